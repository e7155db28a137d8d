"""Buttons and menus."""

from slack_bolt.app.async_app import AsyncApp

from bot.slack.events import buttons, feedback, handoffs, home_buttons, modals
from bot.slack.handlers.context import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """Everything that can be pressed."""
    feedback.register(app, desk)
    handoffs.register(app, desk)
    home_buttons.register(app, desk)
    modals.register(app, desk)
    buttons.register(app, desk)
