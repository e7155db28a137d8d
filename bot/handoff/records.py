"""The records of a handoff. All that a handoff shows is in them: they are stored, and shown again from there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from bot.diagnosis.report import Report, ReportDiagnosis

if TYPE_CHECKING:
    from pydantic import TypeAdapter

# Names under which handoffs were always stored, where they are not those of the fields.
_STORED_NAMES = {"stale": "quiet", "timeline": "bars", "unreachable": "blind"}


def _stored_name(field_name: str) -> str:
    return _STORED_NAMES.get(field_name, field_name)


class CurrentState(StrEnum):
    """What was seen of an open case when the handoff was made.

    Only what had been confirmed can be cleared: what was never sure and is not there leaves the case unexplained.
    """

    STILL = "still there"
    WORSE = "now confirmed"
    CLEARED = "cleared"
    RULED_OUT = "ruled out"
    UNCLEAR = "could not tell"
    UNREAD = "could not look"
    UNASKED = "not looked at"


@dataclass(frozen=True, kw_only=True)
class CaseRef:
    """A case with the link to its thread."""

    id: str
    link: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class EvidenceRef:
    """One piece of evidence: ``object`` as ``Kind namespace/name``, ``check`` the command that shows the same."""

    object: str
    excerpt: str
    at: datetime
    check: str = ""


@dataclass(frozen=True, kw_only=True)
class State:
    """The state of a case now: what was found, one sentence of reason, and what was seen."""

    now: CurrentState
    reason: str = ""
    seen: EvidenceRef | None = None


@dataclass(frozen=True, kw_only=True)
class NextCheck:
    """One thing that would settle what is suspected."""

    text: str
    command: str | None = None


@dataclass(frozen=True, kw_only=True)
class RecentChange:
    """An object that a verdict rests on was changed lately: ``what`` in one word, which is no cause.

    ``manager`` is the field manager that the API server noted: the program that did it, not the person behind it.
    """

    cluster: str
    object: str
    what: str
    at: datetime
    manager: str = ""


@dataclass(frozen=True, kw_only=True)
class NearLimit:
    """A setting that leaves little room, as ``Node n1: 60 of 64 pods (kubelet's limit)``."""

    cluster: str
    text: str


@dataclass(frozen=True, kw_only=True)
class ExpiringSilence:
    """A silence of Alertmanager that ends soon: ``matchers`` as it writes them, ``comment`` by whoever made it."""

    matchers: str
    ends_at: datetime
    made_by: str = ""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class ShiftNote:
    """What somebody left for whoever takes over."""

    user: str
    note: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """A case that is not resolved. ``outcome`` is the verdict as it stands, ``found`` the one when it was found.

    ``entry`` is empty while there is no answer; ``also`` names what else was confirmed. Where ``found`` is
    ``ruled_out`` the cause is unknown, and ``entry`` only what it is not. ``next_step`` is what its owner does first;
    ``askers`` are the people who asked, here and in other threads.
    """

    ref: CaseRef
    entry: str
    title: str
    outcome: str
    found: str
    question: str
    cluster: str
    namespace: str
    opened_at: datetime
    assignee: str
    state: State
    seen: EvidenceRef | None = None
    settle: tuple[NextCheck, ...] = ()
    also: tuple[str, ...] = ()
    next_step: NextCheck | None = None
    askers: tuple[str, ...] = ()

    @property
    def is_unexplained(self) -> bool:
        """Whether all that is known is what it is not, also now."""
        return self.found == "ruled_out" and self.state.now is not CurrentState.WORSE


@dataclass(frozen=True, kw_only=True)
class ResolvedCase:
    """A case that was resolved in the span, with the cause that was found last before it was gone.

    With the ``outcome`` ``ruled_out`` the cause is unknown, and ``entry`` only what it was not.
    """

    ref: CaseRef
    entry: str
    title: str
    outcome: str
    question: str
    cluster: str
    opened_at: datetime
    diagnosed_at: datetime | None
    resolved_at: datetime
    resolved_by: str


@dataclass(frozen=True, kw_only=True)
class Cause:
    """An entry with the cases in which it was seen; in ``confirmed`` of them it was confirmed."""

    entry: str
    title: str
    clusters: tuple[str, ...]
    cases: tuple[CaseRef, ...]
    confirmed: int


@dataclass(frozen=True, kw_only=True)
class UnansweredQuestion:
    """A question that nothing answered; ``later`` is what became of its thread, empty while it is unexplained."""

    ref: CaseRef
    question: str
    asked_at: datetime
    asked_by: str
    later: str = ""


@dataclass(frozen=True, kw_only=True)
class Unhelpful:
    """An answer that somebody marked as of no help. Where ``is_direct`` any note is left out."""

    ref: CaseRef
    entry: str
    user: str
    note: str
    at: datetime
    is_direct: bool = False


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that was done, as the audit log holds it. ``times`` when the same was done again and again."""

    at: datetime
    actor: str
    what: str
    ref: CaseRef | None = None
    cluster: str = ""
    times: int = 1


@dataclass(frozen=True, kw_only=True)
class UnreachableCluster:
    """A cluster that could not be read: at its newest try in the span, or (``is_now``) when this was made."""

    cluster: str
    at: datetime
    why: str
    ref: CaseRef | None = None
    is_now: bool = False


@dataclass(frozen=True, kw_only=True)
class TimelineBar:
    """A case on the picture's time line; ``end`` is ``None`` while it is open, ``cleared`` by now or not.

    ``entry`` is empty where the cause is unknown.
    """

    case: str
    entry: str
    cluster: str
    outcome: str
    start: datetime
    end: datetime | None
    cleared: bool = False


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The headline, and how many there are of what the lists hold the first of.

    ``open`` includes ``stale`` ones; ``open_in_full`` does not. ``unexplained`` are the open cases of which only a
    cause was ruled out, ``hidden`` those whose threads are closed to the readers, ``unanswered`` the open questions
    that nothing answered: none of them is in ``open``.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"alias_generator": _stored_name}

    opened: int = 0
    open: int = 0
    open_in_full: int = 0
    stale: int = 0
    guides: int = 0
    resolved: int = 0
    new_causes: int = 0
    unexplained: int = 0
    unanswered: int = 0
    answered_late: int = 0
    unhelpful: int = 0
    actions: int = 0
    timeline: int = 0
    hidden: int = 0

    @property
    def all_open(self) -> int:
        """Every open case, as App Home and `/netclinic cases` count them."""
        return self.open + self.unexplained + self.hidden


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """What the next engineer must know of a span. ``zone`` is that of its clock times; ``people`` holds names by id.

    ``stale`` are the newest of the open cases that nobody has touched for a week, ``guides`` questions of the span
    that a guide answered and nobody resolved. ``unexplained`` are open cases of which only a cause was ruled out;
    ``answered_late`` questions that nothing answered when they were asked, and that are explained or resolved since.
    ``silences_trouble``: why Alertmanager's silences are not known; ``more_silences`` end beside those that are listed.
    ``pictures_off``: nothing here can draw, so there is no picture.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"alias_generator": _stored_name}

    id: str
    since: datetime
    until: datetime
    zone: str
    note: str = ""
    made_by: str = ""
    handed_from: tuple[str, ...] = ()
    handed_to: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counts)
    rechecked: bool = True
    open: tuple[OpenCase, ...] = ()
    stale: tuple[CaseRef, ...] = ()
    guides: tuple[CaseRef, ...] = ()
    resolved: tuple[ResolvedCase, ...] = ()
    new_causes: tuple[Cause, ...] = ()
    repeated: tuple[Cause, ...] = ()
    unexplained: tuple[OpenCase, ...] = ()
    unanswered: tuple[UnansweredQuestion, ...] = ()
    answered_late: tuple[UnansweredQuestion, ...] = ()
    unhelpful: tuple[Unhelpful, ...] = ()
    actions: tuple[Action, ...] = ()
    unreachable: tuple[UnreachableCluster, ...] = ()
    timeline: tuple[TimelineBar, ...] = ()
    changes: tuple[RecentChange, ...] = ()
    near_limits: tuple[NearLimit, ...] = ()
    silences: tuple[ExpiringSilence, ...] = ()
    silences_trouble: str = ""
    more_silences: int = 0
    shift_notes: tuple[ShiftNote, ...] = ()
    pictures_off: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing happened, and nothing is open."""
        listed = (self.open, self.stale, self.guides, self.resolved, self.unexplained, self.unanswered)
        return not any(
            (
                *(*listed, self.answered_late, self.unhelpful, self.unreachable, self.actions),
                *(self.counts.opened, self.counts.hidden),
            )
        )

    def to_json(self) -> dict[str, Any]:
        """Every field, times in ISO 8601; ``from_json`` gives the same record back."""
        whole: dict[str, Any] = _adapter().dump_python(self, mode="json", by_alias=True)
        return whole

    @staticmethod
    def from_json(stored: Mapping[str, Any]) -> "Handoff":
        """What ``to_json`` wrote."""
        return _adapter().validate_python(stored)


@cache
def _adapter() -> "TypeAdapter[Handoff]":
    from pydantic import TypeAdapter

    return TypeAdapter(Handoff)


def first_evidence(report: Report, diagnosis: ReportDiagnosis | None, at: datetime | None = None) -> EvidenceRef | None:
    """The first piece. It was seen by the cluster's clock, which may be wrong: its age counts, ``at`` by ours."""
    if diagnosis is None or not diagnosis.evidence:
        return None
    piece = diagnosis.evidence[0]
    age = max(report.now - piece.seen, timedelta())
    return EvidenceRef(object=piece.object, excerpt=piece.excerpt, at=(at or report.told_at) - age, check=piece.check)
