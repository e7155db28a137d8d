"""Escalating a case to on-call: their group is mentioned with a summary, and the case notes who is on it."""

from functools import partial

from bot.slack.blocks.case import handover_summary
from bot.slack.blocks.elements import Message
from bot.slack.handlers.case_service import case_line, find_case_and_answer, refresh_answers
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import CasePress
from bot.slack.queue.job import Job, Json
from bot.store.cases import Case, StoredAnswer


async def escalate(context: HandlerContext, job: Job, press: CasePress) -> None:
    """The handler: posts in the case's thread, or in the channel that the settings name."""
    trail = context.audit_context(press.user, press.channel, job.key, press.case)

    async def act() -> None:
        case, answer = await job.retry("stored", lambda: find_case_and_answer(context, press))
        if case is None or answer is None:
            raise UserError("The case is not stored here any more: ask again.")
        group = (await job.step("group", lambda: _find_group(context)))["id"]
        if not group:
            name = context.services.settings.oncall_group
            raise UserError(f"Slack knows no user group {name}: correct NETCLINIC_ONCALL_GROUP.")
        await job.step("post", lambda: _post_summary(context, job.key, case, answer, press.user, group))
        await job.step("assign", lambda: _assign(context, case, group))
        await job.step("refresh", lambda: refresh_answers(context, trail, case.id, answer.id))

    async def say(message: Message) -> None:
        thread, url, post_privately = (
            press.thread_ts or None,
            press.response_url,
            context.messenger(trail).post_privately,
        )
        tell = partial(post_privately, press.channel, press.user, message, thread_ts=thread, response_url=url)
        await job.step("say", tell)

    await run_reporting_errors(act, say, trail)


async def _find_group(context: HandlerContext) -> Json:
    found = await context.services.directory.group(context.services.settings.oncall_group)
    return {"id": str(found["id"]) if found else ""}


async def _post_summary(
    context: HandlerContext, key: str, case: Case, answer: StoredAnswer, by: str, group: str
) -> Json:
    line = await context.services.store.run(case_line, context, case, answer)
    message = handover_summary(answer.report, line, to=group, by=by, permalink=case.link, now=context.now())
    wanted = context.services.settings.oncall_channel
    elsewhere = await context.services.directory.find_channel(wanted) if wanted else None
    reply = AnswerMessage(
        poster=context.services.poster,
        trail=context.audit_context(by, case.channel, key, case.id),
        channel=elsewhere or case.channel,
        key=key,
        thread_ts="" if elsewhere else case.thread_ts,
    )
    return await reply.begin(message)


async def _assign(context: HandlerContext, case: Case, group: str) -> Json:
    return await context.services.store.run(context.cases.assign, case.id, group, context.now())
