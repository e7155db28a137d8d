"""What a workspace holds: people, channels, groups, messages, views, files.

Plain records: the Web API, the events, the control API and tests all read the same thing, each in its own shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """Somebody who can say something; ``app_id`` is set for bots of other apps.

    ``team`` and ``enterprise`` are set where they are not the workspace's own.
    """

    id: str
    name: str
    real_name: str
    is_bot: bool = False
    bot_id: str | None = None
    app_id: str | None = None
    team: str = ""
    enterprise: str = ""


@dataclass
class Channel:
    """A conversation: public, private (``is_private``) or direct (``is_im``, with ``user`` on its other side).

    ``other_teams`` are those of other companies that it is shared with (Slack Connect).
    """

    id: str
    name: str
    topic: str = ""
    is_private: bool = False
    is_im: bool = False
    is_archived: bool = False
    user: str | None = None
    members: set[str] = field(default_factory=set)
    created: int = 1_700_000_000
    other_teams: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``channel_type`` of events: ``channel``, ``group`` or ``im``."""
        return "im" if self.is_im else "group" if self.is_private else "channel"

    @property
    def scope(self) -> str:
        """The word before the colon in the scopes for it: ``channels``, ``groups`` or ``im``."""
        return {"channel": "channels", "group": "groups", "im": "im"}[self.kind]


@dataclass(frozen=True)
class Group:
    """A user group, mentioned as ``@handle``."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass
class File:
    """A file from its upload URL on; ``content`` is None until something was uploaded."""

    id: str
    name: str
    title: str
    mimetype: str
    alt: str = ""
    content: bytes | None = None
    length: int = 0
    snippet_type: str | None = None
    shares: list[tuple[str, str]] = field(default_factory=list)
    sent_by: str = ""  # the person whose it is: apps read such files with their token alone

    @property
    def path(self) -> str:
        return f"/files/{self.id}/{self.name}"


@dataclass
class Message:
    """One message as it stands now; ``ephemeral_to`` names the only person who sees it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    edited: str | None = None
    ephemeral_to: str | None = None
    files: list[File] = field(default_factory=list)
    metadata: Json | None = None
    bot_id: str | None = None
    app_id: str | None = None
    subtype: str | None = None
    client_msg_id: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    attachments: list[Json] = field(default_factory=list)
    username: str = ""  # that an incoming webhook gives itself
    is_too_old: bool = False  # to be edited, as the workspace's settings may have it after some minutes
    versions: list[str] = field(default_factory=list)
    """The texts that it had before, oldest first."""
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    """What people chose in its menus, by block and action."""

    @property
    def plain(self) -> str:
        """All words that a reader sees in its blocks, one piece a line; its text when it has no blocks."""
        return "\n".join(words(self.blocks)) if self.blocks else self.text

    @property
    def elements(self) -> list[tuple[str, Json]]:
        """Its buttons and menus, each with the id of its block."""
        return list(elements(self.blocks))


@dataclass(frozen=True)
class Status:
    """What the app is doing in a thread; ``at`` is when it said so, by a clock that only goes forward."""

    channel: str
    thread_ts: str
    text: str
    loading: tuple[str, ...]
    at: float


@dataclass
class View:
    """A modal or a Home tab; ``body`` is what the app sent, ``state`` what the person filled in."""

    id: str
    user: str
    body: Json
    hash: str
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    previous: str | None = None
    root: str | None = None

    @property
    def type(self) -> str:
        return str(self.body["type"])

    @property
    def title(self) -> str:
        return str(self.body.get("title", {}).get("text", ""))

    @property
    def plain(self) -> str:
        return "\n".join([*([self.title] if self.title else []), *words(self.body.get("blocks", []))])

    @property
    def elements(self) -> list[tuple[str, Json]]:
        return list(elements(self.body.get("blocks", [])))


_INTERACTIVE = ("elements", "accessory", "element", "actions", "child_blocks")


def elements(blocks: list[Json]) -> Iterator[tuple[str, Json]]:
    """The interactive elements of these blocks, each with the id of its block."""
    for block in blocks:
        for name in _INTERACTIVE:
            inner = block.get(name)
            if name == "child_blocks":
                yield from elements(inner or [])
                continue
            for element in inner if isinstance(inner, list) else [inner] if inner else []:
                if "action_id" in element:
                    yield str(block.get("block_id", "")), element


_WORDS = ("title", "text", "fields", "elements", "accessory", "label", "element", "hint", "placeholder", "tasks")
_MORE = ("details", "output", "rows", "alt_text", "child_blocks", "url", "options", "initial_option", "initial_value")


def words(piece: Any) -> Iterator[str]:
    """What a reader sees of blocks or anything in them, in reading order."""
    if isinstance(piece, str):
        yield piece
    elif isinstance(piece, list):
        for part in piece:
            yield from words(part)
    elif isinstance(piece, dict) and piece.get("type") in (
        "rich_text_section",
        "rich_text_preformatted",
        "rich_text_quote",
    ):
        yield "".join(_inline(part) for part in piece["elements"])
    elif isinstance(piece, dict):
        for name in (*_WORDS, *_MORE):
            if name in piece:
                yield from words(piece[name])


def _inline(part: Json) -> str:
    shown = {
        "user": f"<@{part.get('user_id')}>",
        "usergroup": f"<!subteam^{part.get('usergroup_id')}>",
        "channel": f"<#{part.get('channel_id')}>",
        "broadcast": f"<!{part.get('range')}>",
        "emoji": f":{part.get('name')}:",
    }
    return shown.get(part["type"]) or str(part.get("text") or part.get("url") or part.get("fallback") or "")
