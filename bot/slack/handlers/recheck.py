"""Checking an answer again: the same question on the same cluster, and what changed since."""

from bot.slack.blocks.elements import Message
from bot.slack.handlers.buttons import ButtonPress
from bot.slack.handlers.context import RECHECK, HandlerContext, checked
from bot.slack.handlers.diagnose import DiagnoseJob
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.handlers.refusal import UserError, run_reporting_errors
from bot.slack.queue.job import Job
from bot.store.cases import Case, StoredAnswer

NAME = RECHECK


async def recheck(context: HandlerContext, job: Job) -> None:
    """The handler: a new answer below the old one in the thread; in its place where only one person sees it."""
    pressed = ButtonPress.of(job.payload)
    trail = context.trail(pressed.user, pressed.channel, job.key, str(job.payload["case"]))
    reply = AnswerMessage(poster=context.parts.poster, trail=trail, channel=pressed.channel, key=job.key)

    async def again() -> None:
        case, before = await job.waited("stored", lambda: _stored(context, job))
        if case is None or before is None:
            raise UserError("The answer is not stored here any more: ask again.")
        if pressed.is_private:
            reply.response_url = pressed.response_url
        else:
            reply.thread_ts = case.thread_ts
        await _inquiry(context, job, reply, before, pressed.user).run()

    async def say(message: Message) -> None:
        await job.step("say", lambda: reply.last_word(message))

    await run_reporting_errors(again, say, trail)


async def _stored(context: HandlerContext, job: Job) -> tuple[Case | None, StoredAnswer | None]:
    store, payload = context.parts.store, job.payload
    return (
        await store.run(context.cases.get, str(payload["case"])),
        await store.run(context.cases.answer, str(payload["answer"])),
    )


def _inquiry(context: HandlerContext, job: Job, reply: AnswerMessage, before: StoredAnswer, user: str) -> DiagnoseJob:
    entries = checked(context, before.question)
    return DiagnoseJob(
        context=context,
        job=job,
        reply=reply,
        kind=RECHECK,
        user=user,
        words=before.question,
        cluster=before.cluster,
        namespace=before.namespace,
        judges=entries is not None,
        entries=entries or (),
        before=before,
    )
