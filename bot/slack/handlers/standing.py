"""A question that stands already: its thread gets one short message, and the case in the other one counts who asks.

So it is with an alert. The whole answer is kept all the same, and shown where somebody wants it; once the case is
resolved the short messages say so. What a private channel's case is about is told nowhere else, so there the question
is answered in full; so it is in a channel that another company reads, too.
"""

from dataclasses import replace
from functools import partial

from bot.audit import AuditContext
from bot.slack.api.errors import SlackUnavailable
from bot.slack.blocks.elements import Message
from bot.slack.blocks.standing import same_as_message
from bot.slack.handlers.case_service import case_line, refresh_answers, update_unless_gone
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.counting import counting_period, wait_until_counted
from bot.slack.handlers.errors import run_reporting_errors
from bot.slack.handlers.visibility import closed_channels
from bot.slack.jobs import ASKERS, AskersCount
from bot.slack.queue.job import Job, Json
from bot.store.cases import JOINED, RESOLVED, StoredAnswer


async def keep_or_join(
    context: HandlerContext, trail: AuditContext, answer: StoredAnswer, *, is_alert: bool = False
) -> str:
    """Store an answer; the id of the case in another thread that it is joined to, empty where it is the first one."""
    team, store, may_tell = context.services.bot.team, context.services.store, {answer.channel: True}
    keep = partial(context.standing.keep, is_alert=is_alert)
    while (kept := await store.run(keep, team, answer, may_tell)).unsure:
        closed = await _closed(context, kept.unsure, answer.channel)
        may_tell |= {channel: channel not in closed for channel in kept.unsure}
    if kept.same_as:
        await trail.record("case.joined", cluster=answer.cluster, detail={"with": kept.same_as})
        await _note_link(context, kept.same_as)
    return kept.same_as


async def is_standing(context: HandlerContext, answer: StoredAnswer) -> bool:
    """Whether its question stands in a thread that may be told of where it would be answered."""
    found = await context.services.store.run(context.standing.find, context.services.bot.team, answer)
    closed = await _closed(context, frozenset(case.channel for case in found), answer.channel)
    return any(case.channel not in closed for case in found)


async def _closed(context: HandlerContext, channels: frozenset[str], place: str) -> set[str]:
    """Those of which nothing may be told there: all others while Slack does not say."""
    try:
        return await closed_channels(context, channels, place)
    except SlackUnavailable:
        return set(channels - {place})


async def _note_link(context: HandlerContext, case: str) -> None:
    """The address of the standing case's thread, where its own answer has not noted it yet."""
    found = await context.services.store.run(context.cases.get, case)
    if found is not None and not found.link:
        link = await context.services.directory.permalink(found.channel, found.thread_ts)
        await context.services.store.run(context.cases.set_link, case, link)


def render_same_as(context: HandlerContext, answer: StoredAnswer) -> Message | None:
    """The short message in place of a joined case's first answer; ``None`` for all others."""
    case = context.cases.get(answer.case_id)
    standing = context.cases.get(case.same_as) if case and case.state == JOINED else None
    if case is None or standing is None or context.cases.answers(case.id)[0].id != answer.id:
        return None
    line = case_line(context, case, answer)
    return same_as_message(answer.report, line, since=standing.opened_at, now=answer.finished_at)


async def list_joined(context: HandlerContext, case: str) -> Json:
    """The ids of the cases whose short messages are to say that this one is resolved; none while it is open."""
    store = context.services.store
    standing = await store.run(context.cases.get, case)
    return await store.run(context.standing.joined, case) if standing and standing.state == RESOLVED else []


async def refresh_joined(context: HandlerContext, trail: AuditContext, case: str) -> Json:
    """Show the short message of a joined case as things stand now; one that is gone needs none."""
    store = context.services.store
    answers = await store.run(context.cases.answers, case)
    message = await store.run(render_same_as, context, answers[0]) if answers else None
    if message and answers[0].message_ts:
        await update_unless_gone(context, trail, answers[0].channel, answers[0].message_ts, message)


async def accept_count(context: HandlerContext, case: str) -> Json:
    """The standing case's answer is to tell that one more asks."""
    await context.accept(ASKERS, f"{case}:askers:{counting_period()}", AskersCount(case=case))


async def count_askers(context: HandlerContext, job: Job, due: AskersCount) -> None:
    """The handler that shows how many people ask on the standing case's first answer."""
    trail = replace(context.system_audit_context(job.key), case=due.case)

    async def act() -> None:
        await job.step("wait", wait_until_counted)
        await job.step("show", show)

    async def show() -> Json:
        answers = await context.services.store.run(context.cases.answers, due.case)
        if answers:
            await refresh_answers(context, trail, due.case, answers[-1].id)
        for joined in await list_joined(context, due.case):  # it was resolved while they were written
            await refresh_joined(context, trail, joined)

    async def say(message: Message) -> None:
        """Nobody waits for it."""

    await run_reporting_errors(act, say, trail)
