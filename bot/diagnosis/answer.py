"""The answer to one question, as records; every door shows these and adds nothing of its own.

Which of the findings speak for a verdict: the choice that every door shows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.cluster.facts import Fact
from bot.diagnosis.judge import NOT_HERE, Judgement, Verdict
from bot.probes.failure_checks import Failing
from bot.probes.findings import Evidence, Finding
from bot.probes.registry import calls
from knowledge.logic import Outcome
from knowledge.model import Entry
from knowledge.rendering import RenderedStep

SETTLE = "First settle: "  # what decides an open verdict stands before what mends it, and must not be taken for it
PREVENT = "To prevent it: "
_EVENT_REASON = re.compile(r"^[A-Za-z]+ \(x\d+\): ")


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """One entry judged on one cluster. ``score`` is ``None`` where only the cluster brought it up.

    ``settle`` says what would decide an open verdict; ``steps``, ``prevent`` and ``verify`` fit this cluster.
    """

    entry: Entry
    score: float | None
    judgement: Judgement
    facts: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    settle: tuple[RenderedStep, ...] = ()
    steps: tuple[RenderedStep, ...] = ()
    prevent: tuple[RenderedStep, ...] = ()
    verify: tuple[RenderedStep, ...] = ()
    caution: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The judgement's verdict."""
        return self.judgement.verdict

    @property
    def asks(self) -> str:
        """The one question that would settle it, and which answer confirms; empty where none would."""
        return self.judgement.asks.sentence if self.judgement.asks else ""

    def to_json(self) -> dict[str, Any]:
        """The contract's shape. Cautions stand in the steps that they guard, so that no reader of steps misses them."""
        return {
            "entry": self.entry.id,
            "headings": list(self.entry.headings),
            "title": self.entry.title,
            "kind": str(self.entry.kind),
            "score": None if self.score is None else round(self.score, 4),
            "verdict": str(self.verdict),
            "applies": not is_elsewhere(self),
            "reason": self.judgement.reason,
            "findings": [finding.to_json() for finding in self.judgement.findings],
            "facts": dict(self.facts),
            "cause": self.cause,
            "steps": list(self._all_steps()),
            "verify": list(map(_step, self.verify)),
        }

    def _all_steps(self) -> Iterator[dict[str, str | None]]:
        if self.asks:
            yield {"text": SETTLE + self.asks, "command": None}
        yield from map(_caution, self.caution)
        for label, steps in ((SETTLE, self.settle), ("", self.steps), (PREVENT, self.prevent)):
            yield from (_step(step, label) for step in steps)


def _step(step: RenderedStep, label: str = "") -> dict[str, str | None]:
    caution = f" Caution: {step.caution}" if step.caution else ""
    return {"text": label + step.text + caution, "command": step.command}


def _caution(text: str) -> dict[str, str | None]:
    return {"text": f"Caution: {text}", "command": None}


@dataclass(frozen=True, kw_only=True)
class ClusterState:
    """The cluster as the question found it; ``problem`` says why it could not be read."""

    context: str
    reachable: bool
    facts: tuple[Fact, ...] = ()
    problem: str = ""

    @property
    def trouble(self) -> str:
        """The same as a sentence; empty when it could be read."""
        return "" if self.reachable else f"The cluster could not be read: {self.problem}."

    def to_json(self) -> dict[str, Any]:
        """The contract's shape: known facts alone."""
        known = {fact.name: fact.value for fact in self.facts if fact.value is not None}
        return {"context": self.context, "reachable": self.reachable, "facts": known}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The diagnoses of one question, best first.

    ``asked_at`` is the cluster's own time; ``unread`` names what could not be looked at, and why. ``failing`` is what
    fails here whatever the entries know of it, the worst first, ``more_failing`` what was left out of it; ``looked_at``
    says where it was looked for, ``not_looked_at`` where it was not, or in part.
    """

    question: str
    in_scope: bool
    confidence: float
    cluster: ClusterState | None
    asked_at: datetime | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    failing: tuple[Failing, ...] = ()
    more_failing: int = 0
    looked_at: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    requests: int = 0
    bytes: int = 0
    cloud_calls: int = 0
    elapsed_ms: int = 0

    @property
    def outcome(self) -> str:
        """The verdict of the first diagnosis, ``unmatched`` without one."""
        return str(self.diagnoses[0].verdict) if self.diagnoses else "unmatched"

    def to_json(self) -> dict[str, Any]:
        """The contract's shape."""
        return {
            "question": self.question,
            "outcome": self.outcome,
            "cluster": self.cluster.to_json() if self.cluster else None,
            "diagnoses": [diagnosis.to_json() for diagnosis in self.diagnoses],
            "failing": [item.to_json() for item in self.failing],
            "reads": {"requests": self.requests, "bytes": self.bytes, "cloud_calls": self.cloud_calls},
            "elapsed_ms": self.elapsed_ms,
        }


def is_elsewhere(item: Diagnosis) -> bool:
    """Whether the entry is about other clusters than this one."""
    return item.judgement.reason.startswith(NOT_HERE)


def evidence_for(item: Diagnosis) -> Iterator[Evidence]:
    """What speaks for the verdict comes first; the same piece is shown once, under whatever reason it was reported."""
    shown: dict[str, list[str]] = {}
    told = [finding for finding in item.judgement.findings if _supports_verdict(item, finding)]
    telling = item.judgement.telling
    for finding in sorted(told, key=lambda each: _place(each, telling)):
        for piece in finding.evidence:
            excerpts = shown.setdefault(piece.object, [])
            if not any(_repeats(piece.excerpt, earlier) for earlier in excerpts):
                excerpts.append(piece.excerpt)
                yield piece


def _repeats(excerpt: str, earlier: str) -> bool:
    """Whether an event only says again what another has said, for another reason."""
    message = _EVENT_REASON.sub("", excerpt)
    return excerpt == earlier or (message != excerpt and message in earlier)


def _place(finding: Finding, telling: Sequence[Finding]) -> tuple[bool, int, bool, bool]:
    """What the reason is made of stands first, in its order; then what was seen, signs before settings.

    That a pod waits is why people ask, and proves nothing: it stands last.
    """
    first = telling.index(finding) if finding in telling else len(telling)
    is_waiting = finding.probe.startswith("pod_waiting(")
    return is_waiting, first, finding.outcome is not Outcome.PRESENT, not finding.is_sign


def _supports_verdict(item: Diagnosis, finding: Finding) -> bool:
    """That an entry fits this kind of cluster is worth showing only where it does not; else only what rules it out."""
    if item.verdict is Verdict.CONFIRMED and finding.outcome is not Outcome.PRESENT:
        return False
    if item.verdict is Verdict.RULED_OUT and item.judgement.telling:
        return finding in item.judgement.telling
    fits = finding.probe in set(map(str, calls(item.entry.applies)))
    return not fits or is_elsewhere(item)
