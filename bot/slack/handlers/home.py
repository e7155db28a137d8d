"""App Home: shown at once with what is known, and again when the clusters were looked at.

It shows what asking would, so those who may not ask see only why.
"""

import asyncio
import logging

from bot.audit import AuditUnavailable
from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackError
from bot.slack.blocks.action_ids import HOME_RECHECK
from bot.slack.blocks.elements import View
from bot.slack.blocks.overviews import MOST_RECENT, closed_home_view, home_view
from bot.slack.handlers.case_service import answer_row, case_row
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError, record_refusal
from bot.slack.handlers.visibility import channels_closed_to, find_open_cases
from bot.slack.jobs import HomeView
from bot.slack.queue.job import Job, Json
from bot.store import DatabaseError

_log = logging.getLogger("netclinic.handlers")


async def publish_home(context: HandlerContext, job: Job, opened: HomeView) -> None:
    """The handler of Home being opened, or of its button to look at the clusters again."""
    user, anew = opened.user, opened.anew

    trail = context.audit_context(user, "", job.key)

    async def check_permission() -> Json:
        if anew:
            await trail.record("button.pressed", outcome=HOME_RECHECK)
        no = await context.services.external_access.unnamed_person_refusal(user, opened.team)
        no = no or await context.permissions.refusal("ask", user)
        if no is None:
            return ""
        await record_refusal(UserError(no.sentence, no.rule), trail)
        await context.services.poster.publish_home(user, closed_home_view(no.sentence))
        return no.sentence

    async def publish() -> Json:
        await context.services.poster.publish_home(user, await _make_view(context, user))

    async def refresh_and_publish() -> Json:
        await context.cluster_status.refresh(
            await _cluster_names(context), trail, context.services.clusters.default, anew=anew
        )
        await context.services.poster.publish_home(user, await _make_view(context, user))

    try:
        if await job.step("may", check_permission):
            return
        await job.step("at once", publish)
        await job.step("looked", refresh_and_publish)
    except SlackError:
        return  # the step has logged it, and Home is opened again soon
    except (AuditUnavailable, DatabaseError) as error:
        _log.error("App Home was not brought up to date: %s", error)


async def _cluster_names(context: HandlerContext) -> tuple[str, ...]:
    try:
        return await asyncio.to_thread(context.services.clusters.list_names)
    except ConnectionSettingsError:
        return ()


async def _make_view(context: HandlerContext, user: str) -> View:
    team, store = context.services.bot.team, context.services.store
    opened = await find_open_cases(context, user)
    recent = await store.run(context.cases.recent_answers, team, user, MOST_RECENT * 3)
    closed = await channels_closed_to(context, {case.channel for case, _ in recent}, user)
    recent = [pair for pair in recent if pair[0].channel not in closed][:MOST_RECENT]
    clusters = context.cluster_status.rows(await _cluster_names(context), context.services.clusters.default)
    return home_view(
        [case_row(case) for case in opened.shown],
        clusters,
        [answer_row(*pair) for pair in recent],
        context.now(),
        hidden=opened.hidden,
    )
