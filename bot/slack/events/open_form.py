"""Opening the form in which a question is asked."""

import asyncio
import logging

from bot.cluster.connection import ConnectionSettingsError
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.forms import ask_form
from bot.slack.handlers.context import Desk

_log = logging.getLogger("netclinic.listeners")


async def opened_form(desk: Desk, trigger_id: str) -> None:
    """Open it; a trigger that Slack no longer takes is logged, for the person sees Slack's own word."""
    try:
        names = await asyncio.to_thread(desk.parts.clusters.known)
    except ConnectionSettingsError as error:
        _log.warning("%s", error)
        names = ()
    default = desk.parts.clusters.default or (names[0] if len(names) == 1 else "")
    try:
        await desk.parts.poster.open_view(trigger_id, ask_form(names, default))
    except SlackFailure as error:
        _log.warning("%s", error)
