"""Checking an answer again: the same question on the same cluster, and what changed since."""

from bot.slack.blocks.elements import Message
from bot.slack.handlers.case_service import RECHECK, find_case_and_answer, parse_check
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.diagnose import DiagnoseJob
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import CasePress
from bot.slack.queue.job import Job
from bot.store.cases import StoredAnswer


async def recheck(context: HandlerContext, job: Job, press: CasePress) -> None:
    """The handler: a new answer below the old one in the thread; in its place where only one person sees it."""
    trail = context.audit_context(press.user, press.channel, job.key, press.case)
    reply = AnswerMessage(poster=context.services.poster, trail=trail, channel=press.channel, key=job.key)

    async def diagnose_again() -> None:
        case, before = await job.retry("stored", lambda: find_case_and_answer(context, press))
        if case is None or before is None:
            raise UserError("The answer is not stored here any more: ask again.")
        if press.is_private:
            reply.response_url = press.response_url
        else:
            reply.thread_ts = case.thread_ts
        await _diagnose_job(context, job, reply, before, press.user).run()

    async def say(message: Message) -> None:
        await job.step("say", lambda: reply.end_with_error(message))

    await run_reporting_errors(diagnose_again, say, trail)


def _diagnose_job(
    context: HandlerContext, job: Job, reply: AnswerMessage, before: StoredAnswer, user: str
) -> DiagnoseJob:
    entries = parse_check(context, before.question)
    return DiagnoseJob(
        context=context,
        job=job,
        reply=reply,
        kind=RECHECK,
        user=user,
        words=before.question,
        cluster=before.cluster,
        namespace=before.namespace,
        is_check=entries is not None,
        entries=entries or (),
        before=before,
    )
