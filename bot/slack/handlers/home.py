"""App Home: shown at once with what is known, and again when the clusters were looked at.

It shows what asking would, so those who may not ask see only why.
"""

import asyncio
import logging

from bot.audit import AuditUnavailable
from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.action_ids import HOME_RECHECK
from bot.slack.blocks.elements import View
from bot.slack.blocks.overviews import closed_home_view, home_view
from bot.slack.handlers.context import Desk
from bot.slack.handlers.refusal import Refused, recorded
from bot.slack.handlers.subcommands import answer_row, case_row
from bot.slack.queue.job import Deed, Json
from bot.store import DatabaseError

NAME = "home"
_log = logging.getLogger("netclinic.deeds")


async def home(desk: Desk, deed: Deed) -> None:
    """The handler: ``user`` opened Home, or asked (``anew``) to look at the clusters again."""
    user, anew = str(deed.payload["user"]), bool(deed.payload.get("anew"))

    trail = desk.trail(user, "", deed.key)

    async def may() -> Json:
        if anew:
            await trail.record("button.pressed", outcome=HOME_RECHECK)
        no = await desk.permissions.refusal("ask", user)
        if no is None:
            return ""
        await recorded(Refused(no.sentence, no.rule), trail)
        await desk.parts.poster.publish_home(user, closed_home_view(no.sentence))
        return no.sentence

    async def at_once() -> Json:
        await desk.parts.poster.publish_home(user, await _view(desk, user))

    async def looked() -> Json:
        await desk.reach.look(await _names(desk), trail, desk.parts.clusters.default, anew=anew)
        await desk.parts.poster.publish_home(user, await _view(desk, user))

    try:
        if await deed.step("may", may):
            return
        await deed.step("at once", at_once)
        await deed.step("looked", looked)
    except SlackFailure:
        return  # the step has logged it, and Home is opened again soon
    except (AuditUnavailable, DatabaseError) as error:
        _log.error("App Home was not brought up to date: %s", error)


async def _names(desk: Desk) -> tuple[str, ...]:
    try:
        return await asyncio.to_thread(desk.parts.clusters.known)
    except ConnectionSettingsError:
        return ()


async def _view(desk: Desk, user: str) -> View:
    team, store = desk.parts.bot.team, desk.parts.store
    opened = await store.run(desk.cases.opened, team, user, 100)
    recent = await store.run(desk.cases.recent, team, user, 10)
    clusters = desk.reach.known(await _names(desk), desk.parts.clusters.default)
    return home_view([case_row(case) for case in opened], clusters, [answer_row(*pair) for pair in recent], desk.now())
