"""It helped, it did not: stored by the work, and a note can be left at once."""

import logging
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.action_ids import HELPED, NOT_HELPED, ButtonValue
from bot.slack.blocks.forms import note_form
from bot.slack.events.press import press_of, taken
from bot.slack.handlers.buttons import NAME, found
from bot.slack.handlers.context import Desk
from bot.slack.handlers.refusal import Refused

_log = logging.getLogger("netclinic.listeners")


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to both buttons."""

    async def said(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        press = press_of(body)
        is_taken = await taken(desk, body, NAME, press.to_json())
        await ack()
        if not is_taken:
            return
        try:
            await found(desk, press)
            form = note_form(ButtonValue.loads(press.value), helped=press.action == HELPED)
            await desk.parts.poster.open_view(str(body["trigger_id"]), form)
        except Refused:
            return  # the work says so
        except SlackFailure as error:
            _log.info("No note can be left: %s", error)

    for action in (HELPED, NOT_HELPED):
        app.action(action)(said)
