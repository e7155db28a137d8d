"""Saying, changing and taking back."""

import json
import re
from typing import Any

from tests.workspace.calls import Call, Refused
from tests.workspace.kit.blocks import letters, with_ids, wrong_in_message
from tests.workspace.records import Channel, Json, Message
from tests.workspace.shapes import message_json

MOST_TEXT = 40_000
MOST_TEXT_IN_UPDATE = 4_000
MOST_IN_BLOCKS = 13_000
_MOST_METADATA = 8_000


def checked_blocks(blocks: Any) -> list[Json]:
    """Blocks as Slack keeps them; Refused as Slack refuses them."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise Refused("invalid_blocks_format")
    found = wrong_in_message(blocks)
    if found:
        messages = [f"[ERROR] {what}" for what in found]
        raise Refused("invalid_blocks", errors=found, response_metadata={"messages": messages})
    if letters(blocks) > MOST_IN_BLOCKS:
        raise Refused("msg_blocks_too_long")
    return with_ids(blocks)


def checked_metadata(metadata: Any) -> Json | None:
    if metadata in (None, {}, ""):
        return None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict) or set(metadata) - {
        "event_type",
        "event_payload",
        "entities",
    }:
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(metadata)) > _MOST_METADATA:
        raise Refused("metadata_too_large")
    return metadata


def said(call: Call) -> tuple[str, list[Json]]:
    """Text and blocks of a new message, checked."""
    text, blocks = call.text("text"), call.args.get("blocks")
    markdown = call.text("markdown_text")
    if markdown:
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > 12_000:
            raise Refused("msg_too_long")
        return markdown, with_ids([{"type": "markdown", "text": markdown}])
    if len(text) > MOST_TEXT:
        raise Refused("msg_too_long")
    kept = checked_blocks(blocks) if blocks not in (None, "") else []
    if not text.strip() and not kept and not call.args.get("attachments"):
        raise Refused("no_text")
    return _escaped(text), kept


def _escaped(text: str) -> str:
    """As Slack keeps it: an ampersand that begins no entity is escaped."""
    return re.sub(r"&(?!(?:amp|lt|gt);)", "&amp;", text)


def _destination(call: Call) -> Channel:
    """Where a message goes: a channel's id or ``#name``, or a person's id for their direct conversation."""
    which = call.needed("channel")
    if which in call.team.people:
        call.workspace.need("im:write")
        return call.team.direct(which)  # type: ignore[no-any-return]
    named = next((c for c in call.team.channels.values() if c.name == which.lstrip("#") and not c.is_im), None)
    channel: Channel = named or call.channel()
    if call.team.bot.id not in channel.members and "chat:write.public" not in call.workspace.app.scopes:
        raise Refused("not_in_channel")
    if channel.is_archived:
        raise Refused("is_archived")
    return channel


def _thread(call: Call, channel: Channel) -> str | None:
    """The thread's first message; a reply's stamp leads to the thread that it is in."""
    ts = call.text("thread_ts")
    if not ts:
        return None
    if not ts.replace(".", "", 1).isdigit():
        raise Refused("invalid_thread_ts")
    parent: Message | None = call.team.find(channel.id, ts)
    if parent is None or parent.ephemeral_to:
        raise Refused("message_not_found")
    return parent.thread_ts or ts


def by_bot(call: Call, channel: Channel, text: str, blocks: list[Json], **more: Any) -> Message:
    """A message of the bot, posted; the app hears of it as Slack lets it."""
    bot = call.team.bot
    message = Message(
        channel.id, call.team.new_ts(), bot.id, text, blocks, bot_id=bot.bot_id, app_id=bot.app_id, **more
    )
    call.team.post(message)
    if message.ephemeral_to is None:
        call.workspace.events.message(message)
    return message


def post_message(call: Call) -> Json:
    channel = _destination(call)
    text, blocks = said(call)
    metadata = checked_metadata(call.args.get("metadata"))
    message = by_bot(call, channel, text, blocks, thread_ts=_thread(call, channel), metadata=metadata)
    shown = message_json(call.team, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def post_ephemeral(call: Call) -> Json:
    channel = call.channel()
    user = call.needed("user")
    if call.team.bot.id not in channel.members:
        raise Refused("not_in_channel")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = said(call)
    thread = call.text("thread_ts") or None
    return {"message_ts": by_bot(call, channel, text, blocks, thread_ts=thread, ephemeral_to=user).ts}


def update(call: Call) -> Json:
    """Without blocks the old ones stay, as metadata does; an empty list removes them."""
    message = call.own_message("cant_update_message")
    if message.is_too_old:
        raise Refused("edit_window_closed")
    before = message_json(call.team, message)
    given = call.args.get("blocks")
    text = _escaped(call.text("text", message.text))
    if len(text) > MOST_TEXT_IN_UPDATE:
        raise Refused("msg_too_long")
    blocks = message.blocks if given in (None, "") else checked_blocks(given)
    if not text.strip() and not blocks:
        raise Refused("no_text")
    changes: Json = {"text": text, "blocks": blocks, "edited": call.team.new_ts()}
    if call.args.get("metadata") is not None:
        changes["metadata"] = checked_metadata(call.args["metadata"])
    call.team.edit(message, **changes)
    call.workspace.events.edited(message, before)
    return {"channel": message.channel, "ts": message.ts, "text": text, "message": message_json(call.team, message)}


def delete(call: Call) -> Json:
    message = call.own_message("cant_delete_message")
    call.team.remove(message)
    call.workspace.events.deleted(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(call: Call) -> Json:
    channel, ts = call.channel(), call.text("message_ts")
    message = call.team.find(channel.id, ts)
    if message is None or message.ephemeral_to:
        raise Refused("message_not_found")
    link = f"{call.workspace.url}/archives/{channel.id}/p{ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    return {"channel": channel.id, "permalink": link + thread}


def _reacted(call: Call) -> tuple[Message, str]:
    channel = call.channel()
    if call.team.bot.id not in channel.members:
        raise Refused("not_in_channel")
    if channel.is_archived:
        raise Refused("is_archived")
    message: Message | None = call.team.find(channel.id, call.needed("timestamp"))
    if message is None or message.ephemeral_to:
        raise Refused("message_not_found")
    return message, call.needed("name").strip(":")


def react(call: Call) -> Json:
    message, name = _reacted(call)
    if call.team.bot.id in message.reactions.get(name, []):
        raise Refused("already_reacted")
    message.reactions.setdefault(name, []).append(call.team.bot.id)
    call.team.changed()
    return {}


def unreact(call: Call) -> Json:
    message, name = _reacted(call)
    if call.team.bot.id not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    message.reactions[name].remove(call.team.bot.id)
    if not message.reactions[name]:
        del message.reactions[name]
    call.team.changed()
    return {}
