"""A question that its asker has changed, mostly to add the error: looked at again once, in the same thread.

Its answer is checked again with the new words: one line below it says what that changes, and the answer itself shows
what was found. What came to no answer before is a new question, answered in place of what stands there: a menu of
clusters would wait for nothing.
"""

import asyncio
import time
from dataclasses import replace
from functools import partial

from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackError
from bot.slack.blocks.action_ids import RECHECK
from bot.slack.blocks.elements import Message
from bot.slack.handlers.case_service import is_answered
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import run_reporting_errors
from bot.slack.jobs import CHOSEN, EDIT, QUESTION, CasePress, EditedQuestion, Question, once_key
from bot.slack.jobs import RECHECK as RECHECK_JOB
from bot.slack.queue.job import Job, Json
from bot.store.cases import RESOLVED, StoredAnswer

PATIENCE = 300.0  # seconds that it waits for the answer to what was asked first


async def look_at_edit(context: HandlerContext, job: Job, edited: EditedQuestion) -> None:
    """The handler of changed questions."""
    trail = context.audit_context(edited.user, edited.channel, job.key)

    async def act() -> None:
        await job.step("record", record)
        await job.retry("wait", lambda: _wait_for_answer(context, edited.original, job.timing.poll))
        await job.step("again", lambda: _look_again(context, job, edited))

    async def record() -> Json:
        await trail.record("question.edited", detail={"question": edited.words, "how": edited.how})

    async def say(message: Message) -> None:
        """What goes wrong with the new look is said there."""

    await run_reporting_errors(act, say, trail)


async def _wait_for_answer(context: HandlerContext, key: str, poll: float) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        queue = context.services.queue
        if not (await queue.is_under_way(key) or await queue.is_under_way(f"{key}{CHOSEN}")):
            return
        await asyncio.sleep(poll)


async def _names_another_cluster(context: HandlerContext, edited: EditedQuestion, answer: StoredAnswer) -> bool:
    """Whether it is about another cluster now: looked at again, it would be answered for the one before."""
    try:
        named = await asyncio.to_thread(context.services.clusters.find_known, edited.words)
    except ConnectionSettingsError:
        named = ()
    wanted = [edited.cluster] if edited.cluster else named
    return bool(wanted) and answer.cluster not in wanted


async def _find_unanswered(context: HandlerContext, edited: EditedQuestion) -> str:
    """What we said without an answer, as the menu of clusters; empty where nothing stands there."""
    try:
        place = {"channel": edited.channel, "thread_ts": edited.thread_ts}
        return await context.services.poster.find(**place, key=edited.original) or ""
    except SlackError:  # the answer then stands beside it
        return ""


async def _look_again(context: HandlerContext, job: Job, edited: EditedQuestion) -> Json:
    store = context.services.store
    answer = await store.run(context.cases.answer, edited.original)
    answer = answer or await store.run(context.cases.answer, f"{edited.original}{CHOSEN}")
    case = await store.run(context.cases.get, answer.case_id) if answer else None
    if answer is None or case is None or edited.files or await _names_another_cluster(context, edited, answer):
        fields = {name: value for name, value in vars(edited).items() if name != "original"}
        question = Question(**fields)
        if answer is None:
            question = replace(question, message_ts=await _find_unanswered(context, edited))
        await context.accept(QUESTION, f"{edited.original}:{EDIT.name}ed", question)
        return
    if case.state == RESOLVED:
        return
    await store.run(context.cases.change_question, answer.id, edited.words, edited.notes)
    press = CasePress(
        user=edited.user,
        channel=edited.channel,
        thread_ts=case.thread_ts,
        team=edited.team,
        in_shared_channel=edited.in_shared_channel,
        action=RECHECK,
        value="",
        message_ts=answer.message_ts,
        case=case.id,
        answer=answer.id,
    )
    key = once_key(EDIT.name, answer.id)
    await context.accept_unless_succeeded(RECHECK_JOB, key, press, partial(is_answered, context))
