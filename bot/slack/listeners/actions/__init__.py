"""Buttons and menus."""

from slack_bolt.app.async_app import AsyncApp

from bot.slack.deeds.desk import Desk
from bot.slack.listeners.actions import feedback, handoffs, home, modals, presses


def register(app: AsyncApp, desk: Desk) -> None:
    """Everything that can be pressed."""
    feedback.register(app, desk)
    handoffs.register(app, desk)
    home.register(app, desk)
    modals.register(app, desk)
    presses.register(app, desk)
