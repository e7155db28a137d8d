"""Events: messages, mentions, and App Home opened."""

import re

from slack_bolt.app.async_app import AsyncApp

from bot.slack.events import home, messages
from bot.slack.handlers.context import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """The events that are listened to."""
    messages.register(app, desk)
    home.register(app, desk)
    app.event(re.compile(""))(_passed_over)


async def _passed_over() -> None:
    """Events that we have no use for are acknowledged all the same: Slack would send them again and again."""
