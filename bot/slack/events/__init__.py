"""Bolt listeners: they take Slack's payloads apart and store each as a job before they acknowledge."""

from slack_bolt.app.async_app import AsyncApp

from bot.slack.events import access, buttons, case_menu, commands, forms, handoff_notes, messages, modals
from bot.slack.handlers.context import HandlerContext


def register(app: AsyncApp, context: HandlerContext) -> None:
    """Everything that is listened to, behind the question who may. Modals come before buttons, which take every press
    that is left."""
    for kind in (access, modals, handoff_notes, case_menu, buttons, commands, forms, messages):
        kind.register(app, context)
