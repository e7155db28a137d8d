"""A sentence to the one who acted, from a listener: at once, and for them alone."""

import logging

from bot.audit import Trail
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.refusals import refusal
from bot.slack.handlers.context import Desk

_log = logging.getLogger("netclinic.listeners")


async def said_alone(desk: Desk, trail: Trail, response_url: str, sentence: str) -> None:
    """Say it; where Slack does not take it, the log has it."""
    try:
        await desk.voice(trail).respond(response_url, refusal(sentence, request=trail.request_id))
    except SlackFailure as error:
        _log.warning("%s It was to say: %s", error, sentence, extra={"request_id": trail.request_id})
