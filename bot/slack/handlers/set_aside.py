"""Telling that a job is given up because it ended its process again and again: on record, and to who waits for it."""

import logging
from dataclasses import replace

from bot.slack.blocks.case import refusal_message
from bot.slack.handlers.asked_message import asked_message
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.messenger import AnswerMessage
from bot.slack.jobs import KINDS, SET_ASIDE, PersonPayload, SetAside
from bot.slack.queue.dbos_engine import PendingJob
from bot.slack.queue.job import Job

SENTENCE = (
    "I gave this up: working on it ended netclinic three times, and everybody else waited. What it stumbles over is "
    "on the cluster, or in the question. Tell whoever runs netclinic; the log tells more."
)
_log = logging.getLogger("netclinic.handlers")


async def accept_set_aside(context: HandlerContext, job: PendingJob) -> None:
    """Store, in place of a job that is given up, the one that tells of it; of that one, the log tells."""
    if job.name != SET_ASIDE.name:
        told = SetAside(name=job.name, key=job.key, payload=dict(job.payload))
        await context.accept(SET_ASIDE, f"{job.key}:{SET_ASIDE.name}", told)


async def tell_set_aside(context: HandlerContext, job: Job, payload: SetAside) -> None:
    """The handler. The word stands in place of what the job had posted so far."""
    asked = _person(payload)
    user, channel = (asked.user, asked.channel) if asked else ("", "")
    trail = context.audit_context(user, channel, payload.key) if user else context.system_audit_context(payload.key)

    async def record() -> bool:
        await trail.record("job.set_aside", outcome=payload.name, detail={"text": SENTENCE})
        return True

    await job.step("record", record)
    if message := asked_message(payload.key):
        context.services.poster.reactions.forget(message)
    if asked is None or not asked.is_awaited:
        return
    answer = AnswerMessage(
        poster=context.services.poster,
        trail=trail,
        channel=channel,
        key=payload.key,
        thread_ts=asked.thread_ts,
        response_url=asked.response_url,
    )
    sentence = replace(refusal_message(SENTENCE, request=payload.key), shows_nothing=True)

    async def say() -> str:
        """A message under the job's key may stand there already, as "Looking at …": then it becomes this one."""
        answer.ts = await answer.begin(sentence)
        return await answer.end(sentence) if answer.ts else ""

    await job.step("say", say)


def _person(payload: SetAside) -> PersonPayload | None:
    kind = KINDS.get(payload.name)
    try:
        found = kind.load(payload.payload) if kind else None
    except ValueError:
        _log.warning("What was set aside cannot be read any more.", extra={"request_id": payload.key})
        return None
    return found if isinstance(found, PersonPayload) else None
