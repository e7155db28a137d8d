"""The menu behind three dots: each option does what a button with its action does."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.slack.blocks.action_ids import CASE_MENU, HELPED, NOT_HELPED, OTHER_CLUSTER
from bot.slack.events.buttons import accept_feedback, accept_press, parse_button_press
from bot.slack.events.modals import open_modal
from bot.slack.handlers.context import HandlerContext
from bot.slack.jobs import PRESS


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Listen to the menu."""

    @app.action(CASE_MENU)
    async def choose(ack: AsyncAck, body: Mapping[str, Any]) -> None:
        press = parse_button_press(body)
        if press.action in (HELPED, NOT_HELPED):
            await accept_feedback(context, body)
        elif press.action == OTHER_CLUSTER:
            await open_modal(context, body)
        else:
            await accept_press(context, body, PRESS, press)
        await ack()
