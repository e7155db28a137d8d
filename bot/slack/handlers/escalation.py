"""Escalating a case to on-call: they are mentioned with a summary, below which one of them takes the case."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.audit import AuditContext
from bot.handoff.oncall import parse_on_call
from bot.handoff.schedule import choose_zone
from bot.slack.blocks.action_ids import HAND_OVER, ButtonValue
from bot.slack.blocks.case import handover_summary
from bot.slack.blocks.elements import Message
from bot.slack.handlers.case_service import case_line, find_case_and_answer, refresh_answers, take_case
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import ButtonPress, CasePress, once_key
from bot.slack.queue.job import Job, Json
from bot.store.cases import GROUP, RESOLVED, Case, StoredAnswer
from bot.store.handovers import Handover

PEOPLE = ("U", "W")  # how the ids of people begin
NOBODY_NAMED = (
    "Nobody is named to hand a case to: set NETCLINIC_ONCALL_GROUP to a user group, or NETCLINIC_ONCALL to people."
)


async def escalate(context: HandlerContext, job: Job, press: CasePress) -> None:
    """The handler: posts in the case's thread, or in the channel that the settings name."""
    trail = context.audit_context(press.user, press.channel, job.key, press.case)

    async def act() -> None:
        case, answer = await job.retry("stored", lambda: find_case_and_answer(context, press))
        if case is None or answer is None:
            raise UserError("The case is not stored here any more: ask again.")
        found = await job.step("group", lambda: _find_on_call(context))
        to = [found["id"]] if found["id"] else list(found.get("people") or ())  # earlier versions knew groups alone
        if not to:
            name = context.services.settings.oncall_group
            raise UserError(
                f"Slack knows no user group {name}: correct NETCLINIC_ONCALL_GROUP." if name else NOBODY_NAMED
            )
        ts = await job.step("post", lambda: _post_summary(context, job.key, case, answer, press.user, to))
        await job.step("assign", lambda: _assign(context, case, answer, press.user, to, ts))
        await job.step("refresh", lambda: _refresh(context, trail, case.id, answer.id))

    async def say(message: Message) -> None:
        thread, url, post_privately = (
            press.thread_ts or None,
            press.response_url,
            context.messenger(trail).post_privately,
        )
        tell = partial(post_privately, press.channel, press.user, message, thread_ts=thread, response_url=url)
        await job.step("say", tell)

    await run_reporting_errors(act, say, trail)


async def _refresh(context: HandlerContext, trail: AuditContext, case: str, answer: str) -> Json:
    """The answers say who was called; what was posted just now stays, unless somebody was quicker."""
    now = await context.services.store.run(context.cases.get, case)
    is_changed = now is not None and (now.state == RESOLVED or now.assignee.startswith(PEOPLE))
    await refresh_answers(context, trail, case, answer, with_handover=is_changed)


def handing_over_key(case: str) -> str:
    """The key of handing a case to on-call, which is done once."""
    return once_key(HAND_OVER, case)


async def is_handed_over(context: HandlerContext, case: Case) -> bool:
    """Whether on-call was called for it already; versions before 0.2 noted the group alone."""
    return bool(case.assignee.startswith(GROUP) or await context.services.store.run(context.handovers.of_case, case.id))


async def _find_on_call(context: HandlerContext) -> Json:
    """The id of the user group, or the people whose turn it is: of two settings the group counts."""
    settings = context.services.settings
    if settings.oncall_group:
        found = await context.services.directory.group(settings.oncall_group)
        return {"id": str(found["id"]) if found else ""}
    on_call = parse_on_call(settings.oncall, choose_zone(settings.time_zone))
    return {"id": "", "people": list(on_call.now_on_call(context.now()))}


async def _find_place(context: HandlerContext, case: Case) -> tuple[str, str]:
    """The channel and the thread of the summary."""
    wanted = context.services.settings.oncall_channel
    elsewhere = await context.services.directory.find_channel(wanted) if wanted else None
    return (elsewhere, "") if elsewhere else (case.channel, case.thread_ts)


async def _post_summary(
    context: HandlerContext, key: str, case: Case, answer: StoredAnswer, by: str, to: Sequence[str]
) -> Json:
    line = await context.services.store.run(case_line, context, case, answer)
    line = replace(line, taken_by="")  # whoever was on it gives it away
    message = handover_summary(answer.report, line, to=to, by=by, permalink=case.link, now=context.now())
    channel, thread = await _find_place(context, case)
    reply = AnswerMessage(
        poster=context.services.poster,
        trail=context.audit_context(by, case.channel, key, case.id),
        channel=channel,
        key=key,
        thread_ts=thread,
    )
    return await reply.begin(message)


async def _assign(
    context: HandlerContext, case: Case, answer: StoredAnswer, by: str, to: Sequence[str], ts: str
) -> Json:
    """Whoever was on it has given it away; of people who are called nobody is on it before they say so.

    The hand-over is stored last: from then on one of them can take the case, which must not be undone here.
    """
    stored = await context.services.store.run(context.handovers.of_case, case.id)
    if stored is not None and stored.message_ts == ts:
        return
    group = to[0] if to[0].startswith(GROUP) else ""
    await context.services.store.run(context.cases.assign, case.id, group, context.now())
    channel, _ = await _find_place(context, case)
    handover = Handover(
        case_id=case.id,
        diagnosis_id=answer.id,
        handed_by=by,
        handed_to=tuple(to),
        at=context.now(),
        channel=channel,
        message_ts=ts,
    )
    await context.services.store.run(context.handovers.save, handover)


async def take_handed_over(context: HandlerContext, trail: AuditContext, press: ButtonPress) -> Json:
    """What “I take it” does: the first who presses has the case, which is watched from then on; its thread hears it.

    Raises:
        UserError: somebody else has it, it is resolved, or the button is none of ours.
    """
    case, handover = await _find_handed_over(context, press)
    if case.state == RESOLVED:
        raise UserError(
            f"Case {case.id} was resolved already by {await context.display_name(case.resolved_by)}: nothing is to do."
        )
    now_with = await take_case(context, trail, case, press.user)
    is_new = now_with == press.user != case.assignee
    if is_new and case.cluster:
        until = context.now() + timedelta(seconds=context.services.timing.watch_for)
        await context.services.store.run(context.cases.watch, case.id, until)
    await refresh_answers(context, trail, case.id, handover.diagnosis_id)
    if now_with != press.user:
        raise UserError(f"{await context.display_name(now_with)} has case {case.id} already.")
    return {"told": True} if is_new else {}


async def _find_handed_over(context: HandlerContext, press: ButtonPress) -> tuple[Case, Handover]:
    """Raises ``UserError`` where the button leads nowhere."""
    try:
        id_ = ButtonValue.loads(press.value).case
    except ValueError:
        raise UserError("This button leads nowhere: open the case's thread.") from None
    case = await context.services.store.run(context.cases.get, id_)
    handover = await context.services.store.run(context.handovers.of_case, id_)
    if handover is None:  # its message is in Slack a moment before that is stored
        await context.services.queue.wait_for_attempts(handing_over_key(id_))
        handover = await context.services.store.run(context.handovers.of_case, id_)
    if case is None or handover is None or case.team != context.services.bot.team:
        raise UserError("This case is not stored here any more: ask again in its thread.")
    if press.channel != handover.channel:
        raise UserError("This button belongs to another channel: press the one where the case was handed over.")
    return case, handover
