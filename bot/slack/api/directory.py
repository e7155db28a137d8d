"""Who and what Slack's ids stand for (people, channels, user groups): asked once, remembered for some minutes."""

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.slack.api.client import SlackClient
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.cluster_choice import matches_channel
from bot.slack.slack_connect import SharedWith

MOST_PAGES = 20
KEPT = 600.0  # seconds
KEPT_MEMBERS = 60.0  # for who is in a private channel
KEPT_SHARING = 60.0  # for whether a channel is shared with another company
MISSED = 5.0  # seconds for which what is not in a list is taken for not there: somebody may be making it right now
_PERSON = re.compile(r"[UW][A-Z0-9]+")  # bots that bear no such id are nobody whom Slack knows
_CHANNEL = re.compile(r"[CG][A-Z0-9]{6,20}")


@dataclass(frozen=True)
class Channel:
    """``is_member``: the bot is a member. ``shared``: whether another company is, too."""

    id: str
    name: str
    is_member: bool
    shared: SharedWith


@dataclass(frozen=True)
class ChannelList:
    """All of them."""

    items: tuple[Channel, ...]

    def find(self, wanted: str) -> list[Channel]:
        """Those that an id, a name or a pattern in the settings means."""
        return [item for item in self.items if matches_channel(wanted.lstrip("#"), item.id, item.name)]


async def list_channels(slack: SlackClient) -> ChannelList:
    """Public channels, and private ones that the bot is in.

    Raises:
        SlackUnavailable, SlackRefused: Slack does not say.
    """
    items: list[Channel] = []
    cursor = ""
    for _ in range(MOST_PAGES):
        page = await slack.call(
            "conversations.list",
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=500,
            **({"cursor": cursor} if cursor else {}),
        )
        items += [
            Channel(item["id"], item["name"], bool(item.get("is_member")), parse_sharing(item))
            for item in page.get("channels") or []
        ]
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return ChannelList(tuple(items))


def parse_sharing(channel: Mapping[str, Any]) -> SharedWith:
    """What Slack's conversation object says of other companies; the own organization's workspaces are none of them."""
    ids = [id_ for name in ("connected_team_ids", "shared_team_ids") for id_ in channel.get(name) or []]
    internal = set(channel.get("internal_team_ids") or [])
    return SharedWith(str(channel.get("name") or ""), bool(channel.get("is_ext_shared")), frozenset(ids) - internal)


class Directory:
    """Looks people, channels and groups up. All methods raise ``SlackUnavailable`` or ``SlackRefused``."""

    def __init__(self, slack: SlackClient) -> None:
        self._slack = slack
        self._cache: dict[tuple[str, str], tuple[float, Any]] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def person(self, user: str) -> dict[str, Any]:
        """Slack's user object: ``name``, ``real_name``, ``tz``, ``is_bot`` …"""

        async def fetch() -> Any:
            return (await self._slack.call("users.info", user=user)).get("user") or {}

        return dict(await self._cached("person", user, fetch))

    def handle(self, user: str) -> str:
        """The name that a person goes by, as far as Slack has told; it is asked meanwhile, for the next time."""
        if _PERSON.fullmatch(user) and ("person", user) not in self._cache and user not in self._fetching:
            self._fetching[user] = asyncio.create_task(self._fetch_person(user))
        return str(self._cache.get(("person", user), (0.0, {}))[1].get("name") or "")

    async def _fetch_person(self, user: str) -> None:
        with contextlib.suppress(SlackError):
            await self.person(user)
        self._fetching.pop(user, None)

    async def channel(self, channel: str, max_age: float = KEPT) -> dict[str, Any]:
        """Slack's conversation object: ``name``, ``is_im``, ``is_member`` …"""

        async def fetch() -> Any:
            return (await self._slack.call("conversations.info", channel=channel)).get("channel") or {}

        return dict(await self._cached("channel", channel, fetch, max_age))

    async def shared_with(self, channel: str) -> SharedWith:
        """Whether another company is in a channel, as of the last minute."""
        return parse_sharing(await self.channel(channel, KEPT_SHARING))

    async def is_private(self, channel: str) -> bool:
        """Whether only its members may read a channel, as of the last minutes; one becomes private, none public."""
        told = await self.channel(channel)
        return bool(told.get("is_private") or told.get("is_im") or told.get("is_mpim"))

    async def channel_members(self, channel: str) -> frozenset[str]:
        """The user ids of a channel's members, as of the last minute."""

        async def fetch() -> Any:
            found: set[str] = set()
            cursor = ""
            for _ in range(MOST_PAGES):
                more = {"cursor": cursor} if cursor else {}
                page = await self._slack.call("conversations.members", channel=channel, limit=1000, **more)
                found |= set(page.get("members") or [])
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    break
            return found

        return frozenset(await self._cached("channel members", channel, fetch, KEPT_MEMBERS))

    async def find_channel(self, wanted: str) -> str | None:
        """The id of the channel that a setting names, by id or name; ``None`` where we see none."""
        if _CHANNEL.fullmatch(wanted):
            return wanted

        async def fetch() -> Any:
            return await list_channels(self._slack)

        for max_age in (KEPT, MISSED):
            if found := (await self._cached("channels", "", fetch, max_age)).find(wanted):
                return str(found[0].id)
        return None

    async def group(self, wanted: str) -> dict[str, Any] | None:
        """The user group with that id or handle: ``id``, ``handle``, ``name``; ``None`` when there is none."""

        async def fetch() -> Any:
            return (await self._slack.call("usergroups.list")).get("usergroups") or []

        for max_age in (KEPT, MISSED):
            for item in await self._cached("groups", "", fetch, max_age):
                if wanted.lstrip("@") in (item["id"], item.get("handle")):
                    return dict(item)
        return None

    async def members(self, group: str) -> frozenset[str]:
        """The user ids in the group with that id."""

        async def fetch() -> Any:
            return (await self._slack.call("usergroups.users.list", usergroup=group)).get("users") or []

        return frozenset(await self._cached("members", group, fetch))

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message; empty when it has none."""
        try:
            reply = await self._slack.call("chat.getPermalink", channel=channel, message_ts=ts)
        except SlackRefused:
            return ""
        return str(reply.get("permalink") or "")

    async def message(self, channel: str, ts: str) -> dict[str, Any] | None:
        """The message with that ts, in a thread or not; ``None`` when it is gone."""
        try:
            page = await self._slack.call("conversations.replies", channel=channel, ts=ts, limit=1, inclusive=True)
        except SlackRefused as error:
            if error.code in ("thread_not_found", "message_not_found"):
                return None
            raise
        return next((dict(item) for item in page.get("messages") or [] if item["ts"] == ts), None)

    async def direct_channel(self, user: str) -> str:
        """The channel of direct messages with a person."""

        async def fetch() -> Any:
            return (await self._slack.call("conversations.open", users=user))["channel"]["id"]

        return str(await self._cached("direct", user, fetch))

    async def _cached(self, kind: str, id_: str, fetch: Callable[[], Awaitable[Any]], max_age: float = KEPT) -> Any:
        at, value = self._cache.get((kind, id_), (0.0, None))
        if value is None or time.monotonic() - at > max_age:
            value = await fetch()
            self._cache[kind, id_] = time.monotonic(), value
        return value
