"""Bolt listeners: they hear Slack, take what is asked apart, and hand it to the work before they acknowledge."""

from slack_bolt.app.async_app import AsyncApp

from bot.slack.deeds.desk import Desk
from bot.slack.listeners import actions, commands, events, shortcuts, views


def register(app: AsyncApp, desk: Desk) -> None:
    """Everything that is listened to."""
    for kind in (actions, commands, events, shortcuts, views):
        kind.register(app, desk)
