"""Slack's way of writing mentions, links and special characters in a message's text.

What people type becomes what Slack stores; and what is stored tells who would be notified, which is how a test sees
a pod's name that mentions a whole channel.
"""

import re
from typing import Any

from tests.workspace.records import Json
from tests.workspace.team import Team

_ENTITY = re.compile(r"<(?:[@#!][^<>]+|(?:https?://|mailto:)[^<>]+)>")
_WORD = re.compile(
    r"(?P<entity><(?:[@#!][^<>]+|(?:https?://|mailto:)[^<>]+)>)|(?P<url>https?://[^\s<>]+)|(?<![\w.])(?P<at>[@#][\w.-]*\w)"
)
_SPECIAL = ("here", "channel", "everyone")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def typed(team: Team, text: str) -> str:
    """What Slack stores of what a person typed: ``@name``, ``#name`` and links as entities, the rest escaped."""
    stored, end = "", 0
    for match in _WORD.finditer(text):
        stored += escape(text[end : match.start()]) + _entity(team, match)
        end = match.end()
    return stored + escape(text[end:])


def _entity(team: Team, match: re.Match[str]) -> str:
    word = match[0]
    if match["entity"]:
        return word
    if match["url"]:
        return f"<{word.replace('&', '&amp;')}>"
    name = word[1:]
    if word[0] == "#":
        channel = next((c for c in team.channels.values() if c.name == name and not c.is_im), None)
        return f"<#{channel.id}|{channel.name}>" if channel else word
    if name in _SPECIAL:
        return f"<!{name}>"
    person = next((p for p in team.people.values() if p.name == name), None)
    if person:
        return f"<@{person.id}>"
    group = next((g for g in team.groups.values() if g.handle == name), None)
    return f"<!subteam^{group.id}|@{group.handle}>" if group else word


def rich(text: str) -> list[Json]:
    """The rich_text block that Slack's editor makes of a stored text."""
    parts: list[Json] = []
    end = 0
    for match in _ENTITY.finditer(text):
        if text[end : match.start()]:
            parts.append({"type": "text", "text": unescape(text[end : match.start()])})
        parts.append(_part(match[0][1:-1]))
        end = match.end()
    if text[end:]:
        parts.append({"type": "text", "text": unescape(text[end:])})
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": parts}]}]


def _part(entity: str) -> Json:
    name, _, label = entity.partition("|")
    if name.startswith("@"):
        return {"type": "user", "user_id": name[1:]}
    if name.startswith("#"):
        return {"type": "channel", "channel_id": name[1:]}
    if name.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": name[9:]}
    if name[1:] in _SPECIAL:
        return {"type": "broadcast", "range": name[1:]}
    return {"type": "link", "url": unescape(name), **({"text": unescape(label)} if label else {})}


def mentions(text: str, blocks: list[Any]) -> set[str]:
    """Whom a message notifies: ``U…``, ``S…`` of groups, ``!channel``, ``!here``, ``!everyone``."""
    found: set[str] = set() if blocks else _in_text(text)
    for piece in _pieces(blocks):
        kind = piece.get("type")
        if kind in ("mrkdwn", "markdown"):
            found |= _in_text(str(piece.get("text", "")))
        elif kind == "user":
            found.add(str(piece.get("user_id")))
        elif kind == "usergroup":
            found.add(str(piece.get("usergroup_id")))
        elif kind == "broadcast":
            found.add("!" + str(piece.get("range")))
    return found


def _in_text(text: str) -> set[str]:
    found = set()
    for entity in _ENTITY.findall(text):
        name = entity[1:-1].partition("|")[0]
        if name.startswith("@"):
            found.add(name[1:])
        elif name.startswith("!subteam^"):
            found.add(name[9:])
        elif name[1:] in _SPECIAL and name.startswith("!"):
            found.add(name)
    return found


def _pieces(value: Any) -> list[Json]:
    if isinstance(value, list):
        return [piece for part in value for piece in _pieces(part)]
    if isinstance(value, dict):
        return [value, *(piece for part in value.values() for piece in _pieces(part))]
    return []
