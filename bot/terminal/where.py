"""Which cluster a command is about, as it was typed."""

import shlex
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.terminal.errors import UsageProblem

if TYPE_CHECKING:
    from bot.app import App
    from bot.cluster.requests import Observer, Witness
    from bot.diagnosis.clinic import Cluster


@dataclass(frozen=True)
class Where:
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

    def opened(
        self, app: "App", observers: Sequence["Observer"] = (), witness: "Witness | None" = None
    ) -> AbstractAsyncContextManager["Cluster"]:
        """The cluster, for as long as the block runs."""
        return app.cluster(
            kubeconfig=self.kubeconfig,
            context=self.context,
            recording=self.recording,
            observers=observers,
            witness=witness,
        )
