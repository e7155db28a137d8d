"""Finding a message of ours again by the key in its metadata, so that it is not posted a second time."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackRefused

METADATA_EVENT = "netclinic"
SKEW = 300.0  # seconds by which our clock and Slack's may differ


def message_metadata(key: str) -> dict[str, Any]:
    """What a message carries, unseen."""
    return {"event_type": METADATA_EVENT, "event_payload": {"key": key}}


async def find_message(
    slack: SlackClient, channel: str, thread_ts: str | None, key: str, since: datetime
) -> str | None:
    """The ts of the message with that key, if it was posted.

    Raises:
        SlackUnavailable, SlackRefused: that cannot be found out now.
    """
    async for message in find_messages(slack, channel, thread_ts, key, since):
        return str(message["ts"])
    return None


async def find_messages(
    slack: SlackClient, channel: str, thread_ts: str | None, key: str, since: datetime
) -> AsyncIterator[Mapping[str, Any]]:
    """All messages with that key: one, if all goes well.

    Raises:
        SlackUnavailable, SlackRefused: that cannot be found out now.
    """
    async for message in _messages(slack, channel, thread_ts, since):
        carried = message.get("metadata") or {}
        if carried.get("event_type") == METADATA_EVENT and (carried.get("event_payload") or {}).get("key") == key:
            yield message


async def current_text(slack: SlackClient, channel: str, ts: str) -> str | None:
    """A message's text as it stands now; ``None`` when it is gone.

    Raises:
        SlackUnavailable, SlackRefused: that cannot be found out now.
    """
    page = await slack.call("conversations.replies", channel=channel, ts=ts, latest=ts, inclusive=True, limit=1)
    return next((str(item.get("text") or "") for item in page.get("messages") or [] if item["ts"] == ts), None)


async def reaction_names(slack: SlackClient, channel: str, ts: str) -> frozenset[str] | None:
    """The names of a message's reactions, whoever gave them; ``None`` when the message is not found.

    Raises:
        SlackUnavailable, SlackRefused: that cannot be found out now.
    """
    place: dict[str, Any] = {"channel": channel, "ts": ts, "oldest": ts, "latest": ts, "inclusive": True, "limit": 2}
    page = await slack.call("conversations.replies", **place)
    found = next((item for item in page.get("messages") or [] if item["ts"] == ts), None)
    return None if found is None else frozenset(str(each["name"]) for each in found.get("reactions") or [])


async def find_file(
    slack: SlackClient, channel: str, thread_ts: str | None, filename: str, since: datetime
) -> str | None:
    """The id of our file of that name posted since then, if it was."""
    async for message in _messages(slack, channel, thread_ts, since):
        for file in message.get("files") or []:
            if file.get("name") == filename and float(message["ts"]) >= since.timestamp() - SKEW:
                return str(file["id"])
    return None


async def _messages(
    slack: SlackClient, channel: str, thread_ts: str | None, since: datetime
) -> AsyncIterator[Mapping[str, Any]]:
    """The messages of a thread, or of the channel since then, page by page."""
    cursor = ""
    while True:
        arguments: dict[str, Any] = {"channel": channel, "limit": 200, "include_all_metadata": True}
        arguments |= {"cursor": cursor} if cursor else {}
        try:
            if thread_ts:
                page = await slack.call("conversations.replies", ts=thread_ts, **arguments)
            else:
                oldest = f"{since.timestamp() - SKEW:.6f}"
                page = await slack.call("conversations.history", oldest=oldest, **arguments)
        except SlackRefused as error:
            if error.code == "thread_not_found":
                return
            raise
        for message in page.get("messages") or []:
            yield message
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
