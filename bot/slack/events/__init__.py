"""Bolt listeners: they hear Slack, take what is asked apart, and hand it to the work before they acknowledge."""

from slack_bolt.app.async_app import AsyncApp

from bot.slack.events import actions, commands, events, forms, shortcuts
from bot.slack.handlers.context import Desk


def register(app: AsyncApp, desk: Desk) -> None:
    """Everything that is listened to."""
    for kind in (actions, commands, events, shortcuts, forms):
        kind.register(app, desk)
