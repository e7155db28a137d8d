"""What a message in Slack is to us: a question, or nothing. Most messages are people talking to each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.parsing import mentions

SAID = frozenset({"", "file_share", "thread_broadcast"})  # other subtypes tell of edits, joins, topics
SLACKBOT = "USLACKBOT"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A person's message. ``thread_ts`` is empty where it stands in the channel itself."""

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str = ""
    is_mention: bool = False

    @property
    def is_direct(self) -> bool:
        """Whether it was said to the bot alone."""
        return self.channel.startswith("D")


def heard(event: Mapping[str, Any], bot_user: str) -> Heard | None:
    """The message of a ``message`` or ``app_mention`` event; ``None`` for edits, joins, bots and the like."""
    user, ts = str(event.get("user") or ""), str(event.get("ts") or "")
    is_persons = user not in ("", bot_user, SLACKBOT) and not event.get("bot_id") and not event.get("hidden")
    if not is_persons or not ts or str(event.get("subtype") or "") not in SAID:
        return None
    text, thread = str(event.get("text") or ""), str(event.get("thread_ts") or "")
    return Heard(
        channel=str(event["channel"]),
        ts=ts,
        user=user,
        text=text,
        thread_ts="" if thread == ts else thread,
        is_mention=event.get("type") == "app_mention" or mentions(text, bot_user),
    )
