"""Refusals and errors: one sentence that names the thing and the way out."""

from bot.probes.findings import clip
from bot.slack.blocks.elements import LONGEST_TEXT, context, escaped, line, marked, plain_text, rich
from bot.slack.blocks.messages import Message, View


def refusal(sentence: str, *, request: str = "") -> Message:
    """``request``: the id under which the audit log and the structured logs hold the details."""
    shown = clip(sentence, LONGEST_TEXT)
    details = [context(f"Details under request {request}")] if request else []
    return Message(text=escaped(shown), blocks=[rich([line(*marked(shown))]), *details])


def refusal_modal(sentence: str, *, request: str = "") -> View:
    """The same where there is no channel to say it in: on App Home, and in other modals."""
    return {
        "type": "modal",
        "title": plain_text("Not done"),
        "close": plain_text("Close"),
        "blocks": refusal(sentence, request=request).blocks,
    }
