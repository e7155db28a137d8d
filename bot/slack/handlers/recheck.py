"""Checking an answer again: the same question on the same cluster, and what changed since.

So it is when somebody has answered the question that settles an entry: with that answer known.
"""

from bot.audit import AuditContext
from bot.slack.blocks.elements import Message
from bot.slack.handlers.case_service import RECHECK, find_case_and_answer, parse_check
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.diagnose import DiagnoseJob
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import SETTLE, CasePress, SettlePress
from bot.slack.queue.job import Job, Json
from bot.store.cases import StoredAnswer
from bot.store.settling import SettlingAnswer


async def recheck(context: HandlerContext, job: Job, press: CasePress) -> None:
    """The handler: a new answer below the old one in the thread; in its place where only one person sees it."""
    await _look_again(context, job, press, RECHECK)


async def settle(context: HandlerContext, job: Job, press: SettlePress) -> None:
    """The handler of an answered question: kept with the case first, then looked at again, and shown as answered."""
    trail = context.audit_context(press.user, press.channel, job.key, press.case)
    await job.step("settle", lambda: _keep_answer(context, trail, press))
    await _look_again(context, job, press, SETTLE.name)


async def _keep_answer(context: HandlerContext, trail: AuditContext, press: SettlePress) -> Json:
    said = "yes" if press.yes else "no"
    await trail.record("question.settled", entry=press.entry, outcome=said, detail={"answer": press.answer})
    answer = SettlingAnswer(
        diagnosis_id=press.answer,
        entry=press.entry,
        case_id=press.case,
        yes=press.yes,
        user=press.user,
        at=context.now(),
    )
    await context.services.store.run(context.settling.save, answer)


async def _look_again(context: HandlerContext, job: Job, press: CasePress, kind: str) -> None:
    trail = context.audit_context(press.user, press.channel, job.key, press.case)
    reply = AnswerMessage(poster=context.services.poster, trail=trail, channel=press.channel, key=job.key)

    async def diagnose_again() -> None:
        case, before = await job.retry("stored", lambda: find_case_and_answer(context, press))
        if case is None or before is None:
            raise UserError("The answer is not stored here any more: ask again.")
        if press.is_private:
            reply.response_url, reply.is_in_place = press.response_url, True
        else:
            reply.thread_ts = case.thread_ts
        await _diagnose_job(context, job, reply, before, press.user, kind).run()

    async def say(message: Message) -> None:
        await job.step("say", lambda: reply.end_with_error(message))

    await run_reporting_errors(diagnose_again, say, trail)


def _diagnose_job(
    context: HandlerContext, job: Job, reply: AnswerMessage, before: StoredAnswer, user: str, kind: str
) -> DiagnoseJob:
    entries = parse_check(context, before.question)
    return DiagnoseJob(
        context=context,
        job=job,
        reply=reply,
        kind=kind,
        user=user,
        words=before.question,
        cluster=before.cluster,
        namespace=before.namespace,
        is_check=entries is not None,
        entries=entries or (),
        before=before,
        notes=before.report.notes,
    )
