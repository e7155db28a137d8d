"""“I have it” below a handoff."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.blocks.action_ids import HANDOFF_TAKEN
from bot.slack.events.press import press_of, taken
from bot.slack.handlers.context import Desk
from bot.slack.handlers.handoff_ack import TAKE, Taking


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to it."""

    @app.action(HANDOFF_TAKEN)
    async def pressed(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        press = press_of(body)
        taking = Taking(press.value, press.user, press.channel, press.response_url)
        await taken(desk, body, TAKE, taking.to_json())
        await ack()
