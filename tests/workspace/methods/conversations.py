"""Channels: what they are, who is in them, what was said in them."""

import base64
from collections.abc import Sequence
from typing import Any

from tests.workspace.calls import Call, Refused
from tests.workspace.records import Channel, Json, Message
from tests.workspace.shapes import channel_json, message_json


def page(call: Call, things: Sequence[Any], default: int, most: int = 1000) -> tuple[list[Any], Json]:
    """One page of a list, and what the reply says of the next."""
    limit = min(call.number("limit", default), most)
    if limit < 1:
        raise Refused("invalid_limit")
    start = _position(call.text("cursor"))
    rest = start + limit < len(things)
    cursor = base64.b64encode(f"next:{start + limit}".encode()).decode() if rest else ""
    return list(things[start : start + limit]), {"has_more": rest, "response_metadata": {"next_cursor": cursor}}


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("next:"))
    except ValueError as error:
        raise Refused("invalid_cursor") from error


def info(call: Call) -> Json:
    channel = call.channel()
    call.scope_for(channel, "read")
    return {"channel": channel_json(call.team, channel)}


def listing(call: Call) -> Json:
    kinds = call.text("types", "public_channel").split(",")
    words = {"channel": "public_channel", "group": "private_channel", "im": "im"}
    for kind, scope in (("public_channel", "channels"), ("private_channel", "groups"), ("im", "im")):
        if kind in kinds:
            call.workspace.need(f"{scope}:read")
    bot = call.team.bot.id
    seen = [
        c
        for c in call.team.channels.values()
        if words[c.kind] in kinds
        and (c.kind == "channel" or bot in c.members)
        and not (call.flag("exclude_archived") and c.is_archived)
    ]
    found, more = page(call, seen, 100)
    return {
        "channels": [channel_json(call.team, channel) for channel in found],
        "response_metadata": more["response_metadata"],
    }


def members(call: Call) -> Json:
    channel = call.channel()
    call.scope_for(channel, "read")
    found, more = page(call, sorted(channel.members), 100)
    return {"members": found, "response_metadata": more["response_metadata"]}


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.scope_for(channel, "history")
    if call.team.bot.id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _within(call: Call, messages: Sequence[Message]) -> list[Message]:
    """Those between ``oldest`` and ``latest``, the ends only with ``inclusive``."""
    oldest, latest = _stamp(call, "oldest", 0.0), _stamp(call, "latest", float("inf"))
    inclusive = call.flag("inclusive")
    return [m for m in messages if oldest < float(m.ts) < latest or (inclusive and float(m.ts) in (oldest, latest))]


def _stamp(call: Call, name: str, default: float) -> float:
    try:
        return float(call.text(name) or default)
    except ValueError as error:
        raise Refused(f"invalid_ts_{name}") from error


def _shown(call: Call, messages: Sequence[Message]) -> list[Json]:
    with_metadata = call.flag("include_all_metadata")
    return [message_json(call.team, message, with_metadata=with_metadata) for message in messages]


def history(call: Call) -> Json:
    """Newest first; replies in threads are not in it."""
    channel = _readable(call)
    roots = [m for m in call.team.public(channel.id) if m.thread_ts in (None, m.ts)]
    found, more = page(call, _within(call, roots)[::-1], 100, 999)
    return {"messages": _shown(call, found), "pin_count": 0, **more}


def replies(call: Call) -> Json:
    """Oldest first, the thread's first message on every page; the stamp of a reply gives that reply alone."""
    channel = _readable(call)
    ts = call.needed("ts")
    first = call.team.find(channel.id, ts)
    if first is None or first.ephemeral_to:
        raise Refused("thread_not_found")
    if first.thread_ts not in (None, first.ts):
        return {"messages": _shown(call, [first]), "has_more": False}
    rest = _within(call, call.team.thread(channel.id, ts)[1:])
    found, more = page(call, rest, 1000)
    if not more["has_more"]:
        more = {"has_more": False}
    return {"messages": _shown(call, [first, *found]), **more}


def open_direct(call: Call) -> Json:
    users = [user for user in call.text("users").split(",") if user]
    if len(users) != 1 and not call.text("channel"):
        raise Refused("users_list_not_supplied" if not users else "method_not_supported_for_channel_type")
    if users and users[0] not in call.team.people:
        raise Refused("user_not_found")
    channel = call.team.direct(users[0]) if users else call.channel()
    full = channel_json(call.team, channel) if call.flag("return_im") else {"id": channel.id}
    return {"channel": full}


def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    already = call.team.bot.id in channel.members
    if not already:
        channel.members.add(call.team.bot.id)
        call.workspace.events.joined(channel, call.team.bot)
    return {"channel": channel_json(call.team, channel), **({"warning": "already_in_channel"} if already else {})}
