"""What is known of a case over all of its answers, and which cases are alike.

A case's newest answer is not always the one that counts: a guide that was asked for in the same thread settles
nothing, and after the fix the cause that had been confirmed is ruled out.

Cases are alike with the same cause and verdict on the same cluster and the same state now: fifteen people who ask
about one empty vSwitch are one thing to know, not fifteen.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from bot.handoff.queries import AnswerRow, Facts
from bot.handoff.records import CurrentState, EvidenceRef, OpenCase, ResolvedCase
from bot.store.cases import ABOUT_FAULTS, NO_FAULT, OPEN, Case

VERDICT_RANK = {"confirmed": 0, "suspected": 1, "": 2, "ruled_out": 3, "answered": 4, "unmatched": 5}
FAULT_SEEN = ("confirmed", "suspected")

T = TypeVar("T")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CaseState:
    """``cause`` is the answer that names the cause, ``newest`` the last one about a fault on the same cluster; neither
    before an answer.

    A cause that was confirmed and has been ruled out since stays the cause, with ``outcome`` ``ruled_out``.
    """

    case: Case
    cause: AnswerRow | None = None
    newest: AnswerRow | None = None

    @property
    def outcome(self) -> str:
        """The verdict now, as far as the answers tell; empty while there is none."""
        return self.newest.outcome if self.newest else self.case.outcome

    @property
    def entry(self) -> str:
        """The cause, or what was ruled out where none is known."""
        return self.cause.entry if self.cause else self.case.entry

    @property
    def title(self) -> str:
        """The cause in words."""
        return self.cause.title if self.cause else self.case.title

    @property
    def found(self) -> str:
        """The verdict on the cause when it was found: what a resolved case is remembered for."""
        return self.cause.outcome if self.cause else self.case.outcome

    @property
    def is_unexplained(self) -> bool:
        """Whether all that its answers told is what it is not."""
        return self.found == "ruled_out"

    @property
    def has_open_problem(self) -> bool:
        """Whether it counts as open, as ``bot.store.cases.is_open_case`` asks the database."""
        return self.case.state == OPEN and self.outcome not in NO_FAULT

    @property
    def cluster(self) -> str:
        """The cluster in which the cause was looked for."""
        return (self.cause.cluster if self.cause else "") or self.case.cluster


def case_states(facts: Facts) -> Mapping[str, CaseState]:
    """Every case of the facts, by id."""
    answers: dict[str, list[AnswerRow]] = defaultdict(list)
    for answer in facts.answers:
        answers[answer.case_id].append(answer)
    return {id_: _case_state(case, answers[id_]) for id_, case in facts.cases.items()}


def _case_state(case: Case, answers: Sequence[AnswerRow]) -> CaseState:
    about_faults = [answer for answer in answers if answer.outcome in ABOUT_FAULTS]
    if not about_faults:
        return CaseState(case)
    newest = about_faults[-1]
    if newest.outcome in FAULT_SEEN:
        return CaseState(case, newest, newest)
    found = [[answer for answer in about_faults if answer.outcome == outcome] for outcome in FAULT_SEEN]
    cause = next((some[-1] for some in found if some), newest)
    return CaseState(case, cause, [answer for answer in about_faults if answer.cluster == cause.cluster][-1])


def group_open_cases(cases: Iterable[OpenCase]) -> list[Sequence[OpenCase]]:
    """Groups in the order of their first members, the newest case of each first. Without an answer none are alike."""
    groups = _group_by(
        cases, lambda case: (*_cause_or_case(case.entry, case), case.found, case.outcome, case.state.now)
    )
    return [sorted(group, key=lambda case: case.opened_at, reverse=True) for group in groups]


def group_resolved_cases(cases: Iterable[ResolvedCase]) -> list[Sequence[ResolvedCase]]:
    """The same for resolved ones. Where the cause stayed unknown, each question stands for itself."""
    return _group_by(
        cases, lambda case: (*_cause_or_case(case.entry if case.outcome != "ruled_out" else "", case), case.outcome)
    )


def representative(group: Sequence[OpenCase]) -> OpenCase:
    """The case that speaks for its group: the one with the newest evidence."""
    return max(group, key=lambda case: (seen.at if (seen := latest_evidence(case)) else _NEVER, case.opened_at))


def latest_evidence(case: OpenCase) -> EvidenceRef | None:
    """The last evidence: what was seen just now where it is still there, else what the answer showed."""
    is_there = case.state.now in (CurrentState.STILL, CurrentState.WORSE)
    return case.state.seen if is_there and case.state.seen else case.seen


def _cause_or_case(entry: str, case: OpenCase | ResolvedCase) -> tuple[str, str]:
    return (entry, case.cluster) if entry else ("", case.ref.id)


def _group_by(items: Iterable[T], key: Callable[[T], Hashable]) -> list[Sequence[T]]:
    groups: dict[Hashable, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.values())
