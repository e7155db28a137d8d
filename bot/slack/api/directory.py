"""Who and what Slack's ids stand for: asked once, remembered for some minutes.

The workspace's channels, as far as the app sees them.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackFailure, SlackRefused
from bot.slack.cluster_choice import fits

MOST_PAGES = 20


@dataclass(frozen=True)
class Channel:
    """``has_us``: the bot is a member."""

    id: str
    name: str
    has_us: bool


@dataclass(frozen=True)
class Channels:
    """All of them."""

    items: tuple[Channel, ...]

    def meant(self, wanted: str) -> list[Channel]:
        """Those that an id, a name or a pattern in the settings means."""
        return [item for item in self.items if fits(wanted.lstrip("#"), item.id, item.name)]


async def channels_of(caller: SlackClient) -> Channels:
    """Public channels, and private ones that the bot is in.

    Raises:
        SlackAway, SlackRefused: Slack does not say.
    """
    items: list[Channel] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        page = await caller.call(
            "conversations.list",
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=500,
            **({"cursor": cursor} if cursor else {}),
        )
        items += [Channel(item["id"], item["name"], bool(item.get("is_member"))) for item in page.get("channels") or []]
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return Channels(tuple(items))


KEPT = 600.0  # seconds
MISSED = 5.0  # seconds for which what is not in a list is taken for not there: somebody may be making it right now
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,20}")


class Directory:
    """Looks people, channels and groups up. All methods raise ``SlackAway`` or ``SlackRefused``."""

    def __init__(self, caller: SlackClient) -> None:
        self._caller = caller
        self._kept: dict[tuple[str, str], tuple[float, Any]] = {}
        self._meeting: dict[str, asyncio.Task[None]] = {}

    async def person(self, user: str) -> dict[str, Any]:
        """Slack's user object: ``name``, ``real_name``, ``tz``, ``is_bot`` …"""

        async def ask() -> Any:
            return (await self._caller.call("users.info", user=user)).get("user") or {}

        return dict(await self._once("person", user, ask))

    def handle(self, user: str) -> str:
        """The name that a person goes by, as far as Slack has told; it is asked meanwhile, for the next time."""
        if user and ("person", user) not in self._kept and user not in self._meeting:
            self._meeting[user] = asyncio.create_task(self._met(user))
        return str(self._kept.get(("person", user), (0.0, {}))[1].get("name") or "")

    async def _met(self, user: str) -> None:
        with contextlib.suppress(SlackFailure):
            await self.person(user)
        self._meeting.pop(user, None)

    async def channel(self, channel: str) -> dict[str, Any]:
        """Slack's conversation object: ``name``, ``is_im``, ``is_member`` …"""

        async def ask() -> Any:
            return (await self._caller.call("conversations.info", channel=channel)).get("channel") or {}

        return dict(await self._once("channel", channel, ask))

    async def channel_named(self, wanted: str) -> str | None:
        """The id of the channel that a setting names, by id or name; ``None`` where we see none."""
        if _CHANNEL.fullmatch(wanted):
            return wanted

        async def ask() -> Any:
            return await channels_of(self._caller)

        for kept in (KEPT, MISSED):
            if found := (await self._once("channels", "", ask, kept)).meant(wanted):
                return str(found[0].id)
        return None

    async def group(self, wanted: str) -> dict[str, Any] | None:
        """The user group with that id or handle: ``id``, ``handle``, ``name``; ``None`` when there is none."""

        async def ask() -> Any:
            return (await self._caller.call("usergroups.list")).get("usergroups") or []

        for kept in (KEPT, MISSED):
            for item in await self._once("groups", "", ask, kept):
                if wanted.lstrip("@") in (item["id"], item.get("handle")):
                    return dict(item)
        return None

    async def members(self, group: str) -> frozenset[str]:
        """The user ids in the group with that id."""

        async def ask() -> Any:
            return (await self._caller.call("usergroups.users.list", usergroup=group)).get("users") or []

        return frozenset(await self._once("members", group, ask))

    async def link(self, channel: str, ts: str) -> str:
        """The address of a message; empty when it has none."""
        try:
            reply = await self._caller.call("chat.getPermalink", channel=channel, message_ts=ts)
        except SlackRefused:
            return ""
        return str(reply.get("permalink") or "")

    async def message(self, channel: str, ts: str) -> dict[str, Any] | None:
        """The message with that ts, in a thread or not; ``None`` when it is gone."""
        try:
            page = await self._caller.call("conversations.replies", channel=channel, ts=ts, limit=1, inclusive=True)
        except SlackRefused as error:
            if error.code in ("thread_not_found", "message_not_found"):
                return None
            raise
        return next((dict(item) for item in page.get("messages") or [] if item["ts"] == ts), None)

    async def direct(self, user: str) -> str:
        """The channel of direct messages with a person."""

        async def ask() -> Any:
            return (await self._caller.call("conversations.open", users=user))["channel"]["id"]

        return str(await self._once("direct", user, ask))

    async def _once(self, kind: str, id_: str, ask: Callable[[], Awaitable[Any]], kept: float = KEPT) -> Any:
        at, value = self._kept.get((kind, id_), (0.0, None))
        if value is None or time.monotonic() - at > kept:
            value = await ask()
            self._kept[kind, id_] = time.monotonic(), value
        return value
