"""The buttons of App Home."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.blocks.action_ids import HOME_RECHECK, OPEN_FORM
from bot.slack.events.accept import said_not_stored, stored
from bot.slack.events.open_form import opened_form
from bot.slack.events.press import key_of, taken
from bot.slack.handlers import home
from bot.slack.handlers.context import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to them."""

    @app.action(OPEN_FORM)
    async def form(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        key = key_of(desk, body)
        trail = desk.trail(str(body["user"]["id"]), "", key)
        if await stored(trail.record("button.pressed", outcome=OPEN_FORM), key):
            await opened_form(desk, str(body["trigger_id"]))
        else:
            await said_not_stored(desk, body, key)
        await ack()

    @app.action(HOME_RECHECK)
    async def again(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await taken(desk, body, home.NAME, {"user": str(body["user"]["id"]), "anew": True})
        await ack()
