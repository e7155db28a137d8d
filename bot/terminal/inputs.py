"""What people type: questions, names of entries, and which cluster a command is about.

Bytes that are no UTF-8 are shown as such and break nothing; an unknown name is refused with the nearest that there is.
"""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.terminal.errors import UsageProblem
from knowledge.errors import nearest_name

if TYPE_CHECKING:
    from bot.app import App
    from bot.audit import AuditContext
    from bot.cluster.reader import Cluster
    from bot.cluster.requests import Observer, Recorder

LONGEST = 200_000  # characters: a pasted log is welcome, a memory dump is not


def question_of(symptom: str) -> str:
    """The question as it was typed, or from stdin for ``-``.

    Raises:
        UsageProblem: it is empty or far too long.
    """
    text = _decode(sys.stdin.buffer.read(4 * LONGEST + 1)) if symptom == "-" else _decode_argument(symptom)
    if not text.strip():
        raise UsageProblem('The symptom is empty: say what is wrong, e.g. "pods stuck in ContainerCreating".')
    if len(text) > LONGEST:
        raise UsageProblem(f"The symptom is longer than {LONGEST:,} characters: paste the lines around the error.")
    return text


def lines_of_stdin() -> Iterator[str]:
    """One symptom a line, as they come in; empty lines say nothing."""
    for line in sys.stdin.buffer:
        text = _decode(line).rstrip("\r\n")
        if text.strip():
            yield text


def _decode_argument(text: str) -> str:
    """The shell hands over bytes that are no UTF-8 as lone surrogates, which no JSON may hold."""
    return _decode(text.encode("utf-8", errors="surrogateescape"))


def _decode(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")


def known_entries(app: "App", ids: Sequence[str]) -> None:
    """Refuse entries that do not exist.

    Raises:
        UsageProblem: one is unknown.
    """
    for id_ in ids:
        if id_ not in app.entries:
            near = nearest_name(id_, app.entries, cutoff=0.4)
            hint = f" Did you mean {near}?" if near else ""
            where = " or ".join(str(folder) for folder in app.folders)
            everything = "`netclinic knowledge list` names them all."
            raise UsageProblem(f"There is no entry {id_!r} in {where}.{hint} {everything}")


@dataclass(frozen=True)
class Target:
    """A kubeconfig's context, or a recording; nothing given means the kubeconfig's current context."""

    kubeconfig: Path | None = None
    context: str | None = None
    recording: str | None = None

    def __post_init__(self) -> None:
        if self.recording is not None and (self.kubeconfig is not None or self.context is not None):
            raise UsageProblem("--recording stands for a cluster: leave --kubeconfig and --context out.")

    def for_kubectl(self) -> str:
        """What makes kubectl look at the same cluster; empty where it does already, or where there is none."""
        parts = [f"export KUBECONFIG={shlex.quote(str(self.kubeconfig))}"] if self.kubeconfig else []
        parts += [f"kubectl config use-context {shlex.quote(self.context)}"] if self.context else []
        return " && ".join(parts)

    def typed(self) -> dict[str, str]:
        """What was typed of it, for the audit log."""
        given = {"kubeconfig": self.kubeconfig, "context": self.context, "recording": self.recording}
        return {name: str(value) for name, value in given.items() if value is not None}

    def open(
        self,
        app: "App",
        audit: "AuditContext",
        observers: Sequence["Observer"] = (),
        recorder: "Recorder | None" = None,
    ) -> AbstractAsyncContextManager["Cluster"]:
        """The cluster, for as long as the block runs; each read is a record of ``audit`` before it is made."""
        return app.open_cluster(
            audit,
            kubeconfig=self.kubeconfig,
            context=self.context,
            recording=self.recording,
            observers=observers,
            recorder=recorder,
        )
