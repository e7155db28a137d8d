"""Cases and answers as deeds use them: opened for a thread, kept, and shown again as they stand now."""

from dataclasses import replace
from datetime import datetime

from bot.diagnosis.report import Changes, compare
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine
from bot.slack.blocks.messages import Message
from bot.slack.blocks.overviews import verdicts_message
from bot.slack.blocks.refusals import refusal
from bot.slack.handlers.context import Desk
from bot.store.cases import OPEN, PRIVATE, RESOLVED, Case, KeptAnswer

RECHECK = "recheck"


def new_case(
    desk: Desk, *, channel: str, thread_ts: str, user: str, question: str, at: datetime, is_private: bool
) -> Case:
    """The case of this thread, made now unless it is there."""
    case = Case(
        id="",
        team=desk.parts.bot.team,
        channel=channel,
        thread_ts=thread_ts,
        opened_at=at,
        opened_by=user,
        question=question,
        updated_at=at,
        state=PRIVATE if is_private else OPEN,
    )
    return desk.cases.open(case)


def shown(desk: Desk, answer: KeptAnswer) -> Message:
    """The answer's message, with what was done with it and its case until now."""
    case, entries = desk.cases.get(answer.case_id), checked(desk, answer.question)
    if entries is not None and not answer.told.was_read:
        trouble = answer.told.cluster.trouble if answer.told.cluster else "No cluster was read."
        return refusal(f"Nothing was judged. {trouble}", request=answer.id)
    if case is None or (entries is not None and len(entries) != 1):
        return verdicts_message(answer.told)
    return answer_message(
        answer.told, case=case_line(desk, case, answer), asker=answer.asked_by, changes=changes(desk, answer)
    )


def checked(desk: Desk, question: str) -> tuple[str, ...] | None:
    """The entries that ``check`` was to judge, none for every fault; ``None`` where the question is another."""
    first, *entries = question.split() or [""]
    return tuple(entries) if first == "check" and all(id_ in desk.parts.entries for id_ in entries) else None


def case_line(desk: Desk, case: Case, answer: KeptAnswer) -> CaseLine:
    """The case as this answer of it shows it."""
    said = [word for word in desk.feedback.of_case(case.id) if word.diagnosis_id == answer.id]
    line = CaseLine(
        id=case.id,
        diagnosis=answer.id,
        at=answer.finished_at,
        opened_at=case.opened_at,
        handed_to=case.assignee,
        is_private=case.state == PRIVATE,
        has_oncall=bool(desk.parts.settings.oncall_group),
        namespace=answer.namespace,
        question=answer.question if case.state == PRIVATE or answer.message_ts == case.thread_ts else "",
        helped_by=next((word.user for word in reversed(said) if word.helped), ""),
        not_helped_by=next((word.user for word in reversed(said) if not word.helped), ""),
    )
    if case.state == RESOLVED:
        line = replace(line, resolved_by=case.resolved_by, resolved_at=case.resolved_at)
    return line


def changes(desk: Desk, answer: KeptAnswer) -> Changes | None:
    """What a re-check found to be different from the look before it; ``None`` for other answers."""
    if answer.kind != RECHECK:
        return None
    before = [
        other
        for other in desk.cases.answers(answer.case_id)
        if other.question == answer.question and other.finished_at < answer.finished_at
    ]
    return compare(before[-1].told, answer.told) if before else None
