"""Sharing a private answer: it is posted to the channel where it was asked, as a case like any other from then on."""

from dataclasses import dataclass, replace

from bot.slack.blocks.answer import shared_message, sharing_message
from bot.slack.blocks.elements import Message
from bot.slack.handlers.case_service import find_case_and_answer, open_case, parse_check, render_answer
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, run_reporting_errors
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import CasePress
from bot.slack.queue.job import Job, Json
from bot.store.cases import StoredAnswer


async def share(context: HandlerContext, job: Job, press: CasePress) -> None:
    """The handler. What becomes of it, and what goes wrong, is told to the one person who saw the answer.

    What goes wrong also takes the place of what stands in the channel by then.
    """
    trail = context.audit_context(press.user, press.channel, job.key, press.case)
    reply = AnswerMessage(poster=context.services.poster, trail=trail, channel=press.channel, key=job.key)

    async def act() -> None:
        case, answer = await job.retry("stored", lambda: find_case_and_answer(context, press))
        if case is None or answer is None:
            raise UserError("The answer is not stored here any more: ask again.")
        await SharedAnswer(context, job, press, answer, reply).post()

    async def say(message: Message) -> None:
        async def tell() -> Json:
            if reply.ts:
                await reply.end_with_error(message)
            await context.messenger(trail).respond(press.response_url, message)

        await job.step("say", tell)

    await run_reporting_errors(act, say, trail)


@dataclass(frozen=True)
class SharedAnswer:
    """``answer`` on its way to its channel; ``reply`` is the message there, with the records of its case."""

    context: HandlerContext
    job: Job
    press: CasePress
    answer: StoredAnswer
    reply: AnswerMessage

    async def post(self) -> None:
        """In remembered steps: a crash posts it no second time. A case is named by its thread: a message comes first.

        Raises:
            AuditUnavailable, DatabaseError, SlackUnavailable, SlackRefused: it cannot go on.
        """
        self.reply.ts = await self.job.step("first", self._begin)
        case = await self.job.step("keep", self._keep)
        self.reply.trail = self.context.audit_context(self.press.user, self.press.channel, self.job.key, case)
        self.reply.ts = await self.job.step("answer", self._show)
        await self.job.step("attach", self._attach_file)
        link = await self.job.step("link", lambda: self._store_permalink(case))
        await self.job.step("tell", lambda: self._tell(case, link))

    async def _begin(self) -> Json:
        await self.reply.trail.record(
            "answer.shared",
            cluster=self.answer.cluster,
            outcome=self.answer.report.outcome,
            detail={"answer": self.answer.id},
        )
        return await self.reply.begin(sharing_message(self.answer.report))

    async def _keep(self) -> Json:
        """The case of the message's thread, and the answer in it as if it had been asked there."""
        store, answer, now = self.context.services.store, self.answer, self.context.now()
        case = await store.run(
            open_case,
            self.context,
            channel=answer.channel,
            thread_ts=self.reply.ts or "",
            cluster=answer.cluster,
            user=answer.asked_by,
            question=answer.question,
            at=now,
            is_private=False,
        )
        kind = "ask" if parse_check(self.context, answer.question) is None else "check"
        shared = replace(answer, id=self.job.key, case_id=case.id, kind=kind, asked_at=now, finished_at=now)
        await store.run(self.context.cases.save_answer, replace(shared, message_ts=self.reply.ts or ""))
        return case.id

    async def _message(self) -> Message:
        shared = await self.context.services.store.run(self.context.cases.answer, self.job.key)
        if shared is None:
            raise LookupError(f"the answer {self.job.key} was kept, and is gone")
        return await self.context.services.store.run(render_answer, self.context, shared)

    async def _show(self) -> Json:
        ts = await self.reply.end(await self._message())
        if ts != self.reply.ts:
            await self.context.services.store.run(self.context.cases.set_message, self.job.key, self.reply.channel, ts)
        return ts

    async def _attach_file(self) -> Json:
        await self.reply.attach_file(await self._message())

    async def _store_permalink(self, case: str) -> Json:
        link = await self.context.services.directory.permalink(self.reply.channel, self.reply.ts or "")
        await self.context.services.store.run(self.context.cases.set_link, case, link)
        return link

    async def _tell(self, case: str, link: str) -> Json:
        """In place of the private answer, so that nobody goes on with two of them."""
        message = shared_message(self.answer.report, case, link)
        await self.context.messenger(self.reply.trail).respond(self.press.response_url, message, replace=True)
