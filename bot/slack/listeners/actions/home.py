"""The buttons of App Home."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.deeds import home
from bot.slack.deeds.desk import Desk
from bot.slack.listeners.actions.pressed import key_of
from bot.slack.listeners.forms import opened_form
from bot.slack.showing.actions import HOME_RECHECK, OPEN_FORM


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen to them."""

    @app.action(OPEN_FORM)
    async def form(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await desk.trail(str(body["user"]["id"]), "", key_of(desk, body)).record("button.pressed", outcome=OPEN_FORM)
        await opened_form(desk, str(body["trigger_id"]))
        await ack()

    @app.action(HOME_RECHECK)
    async def again(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        await desk.parts.work.accept(home.NAME, key_of(desk, body), {"user": str(body["user"]["id"]), "anew": True})
        await ack()
