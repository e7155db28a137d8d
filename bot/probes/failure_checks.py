"""How a failure check is declared: one cheap read of what fails here, whatever the FAQ knows of it.

A failure check is an async function of the session that gives a ``CheckResult``. What several of them read is read
once (the session caches), and a read that fails makes it "not looked at", never "nothing fails".
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from bot.cluster.events import Events, warning_events
from bot.cluster.facts.registry import Permission
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes.findings import clip, rfc3339
from knowledge.declarations import DeclarationError, place_of


class Severity(IntEnum):
    """What is told first: the very object that the words name, then what takes most with it."""

    ASKED_ABOUT = 0
    CLUSTER = 1
    COMPONENT = 2
    NODE = 3
    NETWORK = 4
    SCHEDULING = 5
    APPLICATION = 6


@dataclass(frozen=True, kw_only=True)
class Failing:
    """Something that fails now. ``message`` is one sentence with the object's own words, ``check`` shows the same.

    ``object`` is the first, as ``Kind namespace/name``, of the ``alike`` that fail in the same way; ``words`` are the
    cluster's own, without ours around them, and ``nodes`` where pods wait.
    """

    object: str
    since: datetime
    message: str
    check: str
    severity: Severity = Severity.APPLICATION
    alike: tuple[str, ...] = ()
    words: str = ""
    nodes: tuple[str, ...] = ()

    @property
    def is_waiting_pod(self) -> bool:
        """Whether it is a pod that waits for its network."""
        return self.severity is Severity.NETWORK and self.object.startswith("Pod ")

    def to_json(self) -> dict[str, str]:
        """The contract's shape; ``since`` in RFC 3339, UTC."""
        return {
            "object": self.object,
            "since": rfc3339(self.since),
            "message": clip(self.message),
            "check": self.check,
        }


@dataclass(frozen=True)
class CheckResult:
    """What a failure check found; ``unread`` says what could not be looked at, as a sentence without its full stop.

    ``is_asked`` is false where the words did not ask for this look, so that nobody is told that it was taken.
    """

    items: tuple[Failing, ...] = ()
    unread: str = ""
    is_asked: bool = True


NOT_ASKED = CheckResult(is_asked=False)
FailureCheck = Callable[[ClusterSession], Awaitable[CheckResult]]


@dataclass(frozen=True)
class DeclaredCheck:
    """A failure check with the words for what it looks at."""

    what: str
    function: FailureCheck
    reads: tuple[Permission, ...]


_CHECKS: dict[str, DeclaredCheck] = {}


def failure_check(what: str, *, reads: tuple[Permission, ...]) -> Callable[[FailureCheck], FailureCheck]:
    """Declare a failure check; ``what`` completes "looked at: …".

    Raises:
        DeclarationError: that is looked at already.
    """

    def register(function: FailureCheck) -> FailureCheck:
        if what in _CHECKS:
            raise DeclarationError(f"{place_of(function)}: {what} is looked at by {place_of(_CHECKS[what].function)}.")
        _CHECKS[what] = DeclaredCheck(what, function, reads)
        return function

    return register


def declared_checks() -> tuple[DeclaredCheck, ...]:
    """All of them, in the order of their modules: the same cluster gives the same answer."""
    return tuple(_CHECKS.values())


async def readable_warnings(session: ClusterSession) -> Events | None:
    """The warnings about pods; ``None`` where events may not be read: pods then speak for themselves.

    Raises:
        ReadError: they could not be read for another reason.
    """
    try:
        return await warning_events(session, pods=True)
    except ReadError as error:
        if error.kind != "forbidden":
            raise
        return None


def failure_check_permissions() -> set[Permission]:
    """What they read."""
    return {permission for declared in _CHECKS.values() for permission in declared.reads}
