"""What fails here, whether an entry knows it or not: all failure checks at once, alike ones as one, the worst first."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.cluster.facts.registry import ODD_SHAPES
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.diagnosis.judge import NOT_HERE, Judgement, Verdict
from bot.probes.failing_nodes import READY_NODES
from bot.probes.failure_checks import CheckResult, DeclaredCheck, Failing, declared_checks
from bot.probes.findings import Finding, clip
from bot.probes.registry import calls
from knowledge.logic import Outcome
from knowledge.model import Call, Entry

THEREFORE = "so these were not looked at: "  # stands behind why; stored reports hold it
MOST = 8  # lines: more are not read at 3 a.m.


@dataclass(frozen=True)
class FailingHere:
    """The worst of what fails, ``more`` left out; where it was ``looked_at``, and sentences on where it was not."""

    items: tuple[Failing, ...] = ()
    more: int = 0
    looked_at: tuple[str, ...] = ()
    not_looked_at: tuple[str, ...] = ()

    @property
    def shows_ready_nodes(self) -> bool:
        """Whether nothing fails, and all nodes were seen to be ready."""
        return not self.items and was_looked_at(READY_NODES, self)


class Looked(Protocol):
    """Where it was looked for what fails, and where it was not."""

    @property
    def looked_at(self) -> tuple[str, ...]: ...
    @property
    def not_looked_at(self) -> tuple[str, ...]: ...


def was_looked_at(what: str, told: Looked) -> bool:
    """Whether a failure check was made, and of all that it is about."""
    return what in told.looked_at and not any(line.startswith(what) for line in told.not_looked_at)


async def what_fails(session: ClusterSession) -> FailingHere:
    """Make every failure check that is declared (``bot/probes/failure_checks.py``)."""
    checks = declared_checks()
    seen = await asyncio.gather(*(_result(session, each) for each in checks))
    found = _ranked(item for each in seen if each for item in each.items)
    unread = [declared.what for declared, each in zip(checks, seen, strict=True) if each is None]
    partly = dict.fromkeys(each.unread for each in seen if each and each.unread)
    return FailingHere(
        items=found[:MOST],
        more=max(0, len(found) - MOST),
        looked_at=tuple(declared.what for declared, each in zip(checks, seen, strict=True) if each and each.is_asked),
        not_looked_at=(*([f"{THEREFORE}{', '.join(unread)}"] if unread else []), *partly),
    )


async def _result(session: ClusterSession, declared: DeclaredCheck) -> CheckResult | None:
    """What a failure check gives; ``None`` where it could not be made: the reader tells why."""
    try:
        return await declared.function(session)
    except ReadError:
        return None
    except ODD_SHAPES as error:
        return CheckResult(unread=f"{declared.what}: an object has an unexpected shape ({error})")


def explains(judgement: Judgement, failing: Failing) -> bool:
    """Whether something confirmed shows the same: it need not be told twice, and is no riddle.

    That a pod waits is what both are about; the message, the log or the node by which it does has to be shown.
    """
    if judgement.verdict is not Verdict.CONFIRMED or not judgement.rests_on_sign:
        return False
    found = [finding for finding in judgement.findings if finding.outcome is Outcome.PRESENT]
    return any(_shows(finding, failing) for finding in found if not finding.probe.startswith("pod_waiting("))


def hints_at(judgement: Judgement, failing: Sequence[Failing]) -> bool:
    """Whether an entry left open has seen its own words on a pod that waits: that alone proves nothing, and leads."""
    if judgement.verdict is not Verdict.SUSPECTED or judgement.is_riddle:
        return False
    seen = [finding for finding in judgement.findings if finding.is_hint and finding.is_sign]
    seen = [finding for finding in seen if not finding.probe.startswith("pod_waiting(")]
    waiting = {name for item in failing if item.is_waiting_pod for name in item.alike}
    return any(piece.object in waiting for finding in seen for piece in finding.evidence)


def _shows(finding: Finding, failing: Failing) -> bool:
    pieces = [piece for piece in finding.evidence if piece.object in failing.alike]
    if failing.is_waiting_pod:
        named = {f"Pod {name}" for name in finding.objects.get("pod", ())} & set(failing.alike)
        return bool(pieces or named or set(failing.nodes) & set(finding.objects.get("node", ())))
    told = " ".join((finding.probe, finding.summary, *(piece.excerpt for piece in pieces)))
    return bool(pieces and failing.words) and failing.words in told


def reopen(judged: Sequence[tuple[Entry, Judgement]], failing: Sequence[Failing]) -> list[tuple[Entry, Judgement]]:
    """Where a pod waits for its network and nothing confirmed says why, no entry that could be it is ruled out.

    Another release may say the same in words that no entry knows.
    """
    riddles = [item for item in failing if item.is_waiting_pod]
    riddles = [item for item in riddles if not any(explains(judgement, item) for _, judgement in judged)]
    if not riddles:
        return list(judged)
    return [(entry, _reopened(entry, judgement, riddles[0])) for entry, judgement in judged]


def _reopened(entry: Entry, judgement: Judgement, riddle: Failing) -> Judgement:
    is_open = judgement.verdict is Verdict.RULED_OUT and not judgement.reason.startswith(NOT_HERE)
    if not (is_open and any(map(asks_why_pods_wait, calls(entry.confirmed_by)))):
        return judgement
    if any(found.is_of_cloud for found in judgement.telling):
        return judgement  # the cloud counted what the message is silent about
    name = riddle.object.removeprefix("Pod ")
    says = f"with a message that this entry does not know: {clip(riddle.words, 160)!r}"
    reason = f"{name} waits for its network {says if riddle.words else 'and no event tells why'}."
    return replace(judgement, verdict=Verdict.SUSPECTED, reason=reason, found={}, is_riddle=True)


def asks_why_pods_wait(call: Call) -> bool:
    if call.probe == "pod_waiting":
        return not any(name in ("app", "reason") for name, _ in call.arguments)
    return call.probe in ("pod_event", "terway_error", "node_range")


def _ranked(found: Iterable[Failing]) -> tuple[Failing, ...]:
    """The worst first, of these what fails for most objects, then what has failed longest; each object once."""
    ranked = sorted(found, key=lambda item: (item.severity, -len(item.alike), item.since, item.object))
    told: set[str] = set()
    kept = []
    for item in ranked:
        if item.object not in told:
            told |= {item.object, *item.alike}
            kept.append(replace(item, alike=item.alike or (item.object,), words=item.words))
    return tuple(kept)
