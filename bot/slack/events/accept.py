"""Storing what was pressed, typed or submitted within Slack's three seconds; else people are told why not."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from typing import Any, TypeVar

from bot.audit import AuditContext
from bot.slack.api.errors import SlackError
from bot.slack.blocks.case import refusal_message, refusal_modal
from bot.slack.blocks.elements import Message
from bot.slack.handlers.context import HandlerContext

NOT_STORED = (
    "Nothing was read or done, because this could not be recorded: netclinic's database cannot be used just now. "
    "Should nothing come of it within a minute, do it again."
)
T = TypeVar("T")
_log = logging.getLogger("netclinic.listeners")


async def store_in_time(context: HandlerContext, storing: Awaitable[T], key: str) -> T | None:
    """What storing gives; ``None`` where that was not in time: the log says why. It may be done later all the same."""
    within = context.services.timing.acknowledge
    try:
        async with asyncio.timeout(within):
            return await storing
    except Exception as error:
        why = str(error) or f"the database gave no answer within {within:g} s"
        _log.error("Something that was pressed, typed or submitted is not stored: %s", why, extra={"request_id": key})
        return None


async def report_not_stored(context: HandlerContext, body: Mapping[str, Any], key: str) -> None:
    """Tell the one who pressed: where the button stands, or in a modal where that is no channel."""
    url, poster = str(body.get("response_url") or ""), context.services.poster
    try:
        if url and context.is_first_warning(url):
            await poster.warn_at_url(url, refusal_message(NOT_STORED, request=key))
        elif not url:
            await poster.open_view(str(body["trigger_id"]), refusal_modal(NOT_STORED, request=key))
    except SlackError as error:
        _log.warning("Nobody was told that this was not stored: %s", error, extra={"request_id": key})


async def respond_privately(context: HandlerContext, trail: AuditContext, response_url: str, message: Message) -> None:
    """Say it; where Slack does not take it, the log has it."""
    try:
        await context.messenger(trail).respond(response_url, message)
    except SlackError as error:
        _log.warning("%s It was to say: %s", error, message.text, extra={"request_id": trail.request_id})
