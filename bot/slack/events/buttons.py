"""Buttons whose deed is work: re-check, resolve, hand over, and the menu of clusters."""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.blocks.action_ids import CHOOSE_CLUSTER, HAND_OVER, RECHECK, RESOLVE
from bot.slack.events.press import press_of, taken
from bot.slack.handlers.buttons import NAME
from bot.slack.handlers.context import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to them."""

    async def pressed(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await taken(desk, body, NAME, press_of(body).to_json())
        await ack()

    for action in (RECHECK, RESOLVE, HAND_OVER, CHOOSE_CLUSTER):
        app.action(action)(pressed)
    # What nobody else listens for, such as a button of an older version: the work says that it leads nowhere.
    app.action(re.compile(""))(pressed)
