"""Stored cases and answers as the rows that lists show."""

from bot.slack.blocks.lists import CaseRow
from bot.store.cases import Case, KeptAnswer


def case_row(case: Case) -> CaseRow:
    """A case by its newest answer."""
    return CaseRow(
        id=case.id,
        title=case.title or case.question,
        outcome=case.outcome,
        at=case.updated_at,
        cluster=case.cluster,
        by=case.opened_by,
        link=case.link,
        state=case.state,
        assignee=case.assignee,
    )


def answer_row(case: Case, answer: KeptAnswer) -> CaseRow:
    """One answer of a case."""
    first = answer.told.diagnoses[0] if answer.told.diagnoses else None
    return CaseRow(
        id=case.id,
        title=first.title if first else "",
        outcome=answer.told.outcome,
        at=answer.finished_at,
        cluster=answer.cluster,
        by=answer.asked_by,
        link=case.link,
        state=case.state,
    )
