"""Cases and answers as handlers use them: opened for a thread, found, shown as they stand now, and as rows of lists."""

from dataclasses import replace
from datetime import datetime

from bot.audit import AuditContext
from bot.diagnosis.report import Changes, compare
from bot.slack.api.errors import SlackError
from bot.slack.blocks.answer import answer_message
from bot.slack.blocks.case import CaseLine, handover_summary, refusal_message
from bot.slack.blocks.elements import Message
from bot.slack.blocks.overviews import (
    CaseRow,
    verdicts_message,
)
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import CasePress
from bot.store.cases import GROUP, OPEN, PRIVATE, RESOLVED, Case, StoredAnswer
from bot.store.handovers import Handover

RECHECK = "recheck"
_UNCHANGEABLE = ("message_not_found", "cant_update_message", "edit_window_closed")


def open_case(
    context: HandlerContext, *, channel: str, thread_ts: str, user: str, question: str, at: datetime, is_private: bool
) -> Case:
    """The case of this thread, made now unless it is there."""
    case = Case(
        id="",
        team=context.services.bot.team,
        channel=channel,
        thread_ts=thread_ts,
        opened_at=at,
        opened_by=user,
        question=question,
        updated_at=at,
        state=PRIVATE if is_private else OPEN,
    )
    return context.cases.open(case)


async def find_case_and_answer(context: HandlerContext, press: CasePress) -> tuple[Case | None, StoredAnswer | None]:
    """What a press is about, as it is stored now."""
    store = context.services.store
    return await store.run(context.cases.get, press.case), await store.run(context.cases.answer, press.answer)


def render_answer(context: HandlerContext, answer: StoredAnswer) -> Message:
    """The answer's message, with what was done with it and its case until now."""
    case, entries = context.cases.get(answer.case_id), parse_check(context, answer.question)
    if entries is not None and not answer.report.was_read:
        trouble = answer.report.cluster.trouble if answer.report.cluster else "No cluster was read."
        return refusal_message(f"Nothing was judged. {trouble}", request=answer.id)
    if case is None or (entries is not None and len(entries) != 1):
        return verdicts_message(answer.report)
    return answer_message(
        answer.report,
        case=case_line(context, case, answer),
        asker=answer.asked_by,
        changes=find_changes(context, answer),
    )


def parse_check(context: HandlerContext, question: str) -> tuple[str, ...] | None:
    """The entries that ``check`` was to judge, none for every fault; ``None`` where the question is another."""
    first, *entries = question.split() or [""]
    return tuple(entries) if first == "check" and all(id_ in context.services.entries for id_ in entries) else None


def case_line(context: HandlerContext, case: Case, answer: StoredAnswer) -> CaseLine:
    """The case as this answer of it shows it."""
    handover = context.handovers.of_case(case.id)
    to_group = case.assignee if case.assignee.startswith(GROUP) else ""
    settings = context.services.settings
    said = [word for word in context.feedback.for_case(case.id) if word.diagnosis_id == answer.id]
    line = CaseLine(
        id=case.id,
        answer=answer.id,
        at=answer.finished_at,
        opened_at=case.opened_at,
        handed_to=next(iter(handover.handed_to), "") if handover else to_group,
        taken_by="" if to_group else case.assignee,
        is_private=case.state == PRIVATE,
        has_oncall=bool(settings.oncall_group or settings.oncall),
        namespace=answer.namespace,
        question=answer.question if case.state == PRIVATE or answer.message_ts == case.thread_ts else "",
        settled={entry: (given.user, given.yes) for entry, given in context.settling.given_below(answer.id).items()},
        helped_by=next((word.user for word in reversed(said) if word.helped), ""),
        not_helped_by=next((word.user for word in reversed(said) if not word.helped), ""),
    )
    if case.state == RESOLVED:
        line = replace(line, resolved_by=case.resolved_by, resolved_at=case.resolved_at)
    return line


def find_changes(context: HandlerContext, answer: StoredAnswer) -> Changes | None:
    """What a re-check found to be different from the look before it; ``None`` for other answers."""
    if answer.kind != RECHECK:
        return None
    before = [
        other
        for other in context.cases.answers(answer.case_id)
        if other.question == answer.question and other.finished_at < answer.finished_at
    ]
    return compare(before[-1].report, answer.report) if before else None


async def is_answered(context: HandlerContext, key: str) -> bool:
    """Whether this piece of work came to an answer."""
    return await context.services.store.run(context.cases.answer, key) is not None


async def take_case(context: HandlerContext, trail: AuditContext, case: Case, user: str) -> str:
    """Put a person on an open case, on record. Who is on it now: somebody else where they were first."""
    is_new = await context.services.store.run(context.cases.take, case.id, user, context.now())
    if is_new:
        await trail.record("case.taken", cluster=case.cluster, detail={"before": case.assignee})
    now = await context.services.store.run(context.cases.get, case.id)
    return now.assignee if now else ""


def render_handover(context: HandlerContext, handover: Handover) -> Message | None:
    """The message by which a case was handed to on-call, as things stand now; nothing where its answer is gone."""
    case, answer = context.cases.get(handover.case_id), context.cases.answer(handover.diagnosis_id)
    if case is None or answer is None:
        return None
    return handover_summary(
        answer.report,
        case_line(context, case, answer),
        to=handover.handed_to,
        by=handover.handed_by,
        permalink=case.link,
        now=handover.at,
    )


async def refresh_handover(context: HandlerContext, trail: AuditContext, case: str) -> None:
    """Say in the hand-over message, where there is one, who has the case and whether it is over.

    Raises:
        SlackUnavailable: Slack cannot be reached.
    """
    handover = await context.services.store.run(context.handovers.of_case, case)
    message = await context.services.store.run(render_handover, context, handover) if handover else None
    if handover and message:
        await _update_unless_gone(context, trail, handover.channel, handover.message_ts, message)


async def refresh_answers(context: HandlerContext, trail: AuditContext, case: str, answer: str) -> None:
    """Show again how things stand: in the answer that was pressed, in the case's newest, and where it was handed over.

    Raises:
        SlackUnavailable: Slack cannot be reached.
    """
    kept = await context.services.store.run(context.cases.answers, case)
    for item in [one for one in kept if one.message_ts and (one.id == answer or one is kept[-1])]:
        message = await context.services.store.run(render_answer, context, item)
        await _update_unless_gone(context, trail, item.channel, item.message_ts, message)
    await refresh_handover(context, trail, case)


async def _update_unless_gone(
    context: HandlerContext, trail: AuditContext, channel: str, ts: str, message: Message
) -> None:
    try:
        await context.messenger(trail).update(channel, ts, message)
    except SlackError as error:
        if getattr(error, "code", "") not in _UNCHANGEABLE:
            raise


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


def answer_row(case: Case, answer: StoredAnswer) -> CaseRow:
    """One answer of a case."""
    first = answer.report.diagnoses[0] if answer.report.diagnoses else None
    return CaseRow(
        id=case.id,
        title=first.title if first else "",
        outcome=answer.report.outcome,
        at=answer.finished_at,
        cluster=answer.cluster,
        by=answer.asked_by,
        link=case.link,
        state=case.state,
    )
