"""Everyday causes: what is wrong with an object, in a sentence that stands alone, and how a person sees the same.

Each is a finding outside the FAQ: no entry is about it, and it may explain what an entry would be suspected of.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.cluster.session import ClusterSession
from bot.probes.failure_checks import Failing, Severity
from bot.probes.findings import Evidence, Finding
from bot.probes.registry import absent, present, unknown

MOST = 4  # of one kind: the next ones tell nothing new


@dataclass(frozen=True, kw_only=True)
class Cause:
    """``object`` as ``Kind namespace/name``; ``since`` is ``None`` where nothing tells.

    ``explains``: whether it alone makes requests fail; one pod of three that is not ready does not.
    """

    object: str
    message: str
    check: str
    since: datetime | None = None
    explains: bool = True

    def as_failing(self, now: datetime) -> Failing:
        """The same as something that fails here, told before what nobody asked about."""
        return Failing(
            object=self.object,
            since=self.since or now,
            message=self.message,
            check=self.check,
            severity=Severity.ASKED_ABOUT,
        )


@dataclass(frozen=True)
class Causes:
    """What was found, worst first; ``unclear`` says what could not be told, a sentence each."""

    items: tuple[Cause, ...] = ()
    unclear: tuple[str, ...] = ()

    def __add__(self, other: "Causes") -> "Causes":
        return Causes(self.items + other.items, self.unclear + other.unclear)

    @property
    def explaining(self) -> tuple[Cause, ...]:
        """Those that alone explain why requests fail."""
        return tuple(each for each in self.items if each.explains)


NO_CAUSE = Causes()


def joined(parts: Iterable[Causes]) -> Causes:
    """All of them as one."""
    together = NO_CAUSE
    for part in parts:
        together += part
    return together


LookForCauses = Callable[[ClusterSession], Awaitable[Causes]]


async def finding_of(session: ClusterSession, look_for_causes: LookForCauses, healthy: str) -> Finding:
    """The causes as a probe tells them; ``healthy`` says what was looked for in vain."""
    seen = await session.once(look_for_causes, lambda: look_for_causes(session))
    evidence = [
        Evidence(object=each.object, excerpt=each.message, seen=each.since or session.now(), check=each.check)
        for each in seen.items[:MOST]
    ]
    if seen.explaining:
        return present("; ".join(each.message for each in seen.explaining[:2]), evidence)
    return unknown("; ".join(seen.unclear[:2]), evidence) if seen.unclear else absent(healthy, evidence)
