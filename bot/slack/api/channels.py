"""The workspace's channels, as far as the app sees them."""

from dataclasses import dataclass

from bot.slack.api.client import Caller
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


async def channels_of(caller: Caller) -> Channels:
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
