"""Which cases a handoff is about, before anybody has looked again: the open ones with what was told of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.diagnosis.report import Told, ToldDiagnosis
from bot.handoff.case_state import RANK, Standing, standings
from bot.handoff.queries import CaseRow, Facts, thread_link
from bot.handoff.recheck import Wanted
from bot.handoff.records import CaseRef
from bot.handoff.time_range import Span

MOST = 60  # of each list and of the picture's bars; what is left out is counted


@dataclass(frozen=True)
class Draft:
    """The cases of a span, before anybody has looked again. ``open`` are those that are told in full, worst first."""

    span: Span
    facts: Facts
    standings: Mapping[str, Standing]
    open: Sequence[Standing]

    def answers(self) -> list[str]:
        """The ids of the answers that the open cases rest on."""
        return [standing.cause.id for standing in self.open if standing.cause]

    def wanted(self, told: Mapping[str, Told]) -> list[Wanted]:
        """The open cases as they are to be looked at."""
        return [_wanted(standing, told_of(standing, told)) for standing in self.open]


def draft(facts: Facts, span: Span) -> Draft:
    """The open cases that are told in full: the worst first, of these the newest activity."""
    found = standings(facts)
    told = [standing for standing in found.values() if standing.is_told]
    told.sort(key=lambda item: (RANK.get(item.outcome, 9), -item.case.updated_at.timestamp(), item.case.id))
    return Draft(span, facts, found, told[:MOST])


def ref_of(case: CaseRow, text: str = "") -> CaseRef:
    link = case.link or thread_link(case.team, case.channel, case.thread_ts)
    return CaseRef(id=case.id, link=link, text=text)


def told_of(standing: Standing, told: Mapping[str, Told]) -> Told | None:
    """What was told when the cause was found."""
    return told.get(standing.cause.id) if standing.cause else None


def diagnosis_of(standing: Standing, told: Told | None) -> ToldDiagnosis | None:
    """The part of it that is about the cause."""
    return next((item for item in told.diagnoses if item.entry == standing.entry), None) if told else None


def _wanted(standing: Standing, told: Told | None) -> Wanted:
    diagnosis = diagnosis_of(standing, told)
    return Wanted(
        case=standing.case.id,
        entry=standing.entry,
        cluster=standing.cluster,
        namespace=standing.case.namespace,
        before=standing.found,
        rests_on_sign=diagnosis is None or diagnosis.rests_on_sign,
    )


def people_of(draft: Draft) -> set[str]:
    """The ids of everybody whom the handoff may name."""
    cases = draft.facts.cases.values()
    found = {person for case in cases for person in (case.assignee, case.resolved_by)}
    unanswered = {look.asked_by for look in draft.facts.looks if look.outcome == "unmatched"}
    return (found | unanswered | {word.user for word in draft.facts.unhelpful}) - {""}
