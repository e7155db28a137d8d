"""Anchors of the audit log, by the clock: each time slot once, whatever replica is awake, told outside the database."""

import asyncio
import logging
import time
from datetime import UTC, datetime

from bot.audit import AuditUnavailable
from bot.audit.filters import Filters
from bot.audit.reading import list_records
from bot.audit.verify import Anchor, make_anchor
from bot.slack.api.errors import SlackFailure
from bot.slack.blocks.audit import anchor_message
from bot.slack.handlers.context import Desk
from bot.slack.handlers.speaking import Voice
from bot.slack.logs import about
from bot.slack.queue.job import Deed, Json
from bot.store import DatabaseError

NAME = "audit.anchor"
PATIENCE = 3600.0  # seconds for which it is tried while the database is away
PAUSE = 30.0
_log = logging.getLogger("netclinic.audit")


def due_key(team: str, now: datetime, hours: float) -> str:
    """The key of the slot that ``now`` is in: the same on every replica. Slots are counted from 1970, UTC."""
    seconds = hours * 3600
    slot = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    return f"{team}:{NAME}:{slot:%Y-%m-%dT%H:%M:%SZ}"


async def anchor(desk: Desk, deed: Deed) -> None:
    """The handler: on record and in the process's log first, then posted where the settings name a channel."""
    with about(request_id=deed.key):
        try:
            made = await deed.step("anchor", lambda: _anchored(desk, deed.key))
            if desk.parts.settings.audit_anchor_channel:
                await deed.step("post", lambda: _posted(desk, deed.key, made))
        except (AuditUnavailable, DatabaseError, SlackFailure) as error:
            _log.error("The audit log's anchor was not posted: %s", error)


async def _anchored(desk: Desk, key: str) -> Json:
    """Tried again while the database is away: the slot does not come twice."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = await desk.parts.store.run(_made, desk, key)
            return {"seq": found.seq, "hash": found.hash, "at": found.at.isoformat() if found.at else ""}
        except (AuditUnavailable, DatabaseError) as error:
            if time.monotonic() > end:
                raise
            _log.error("The audit log could not be anchored, which is tried again: %s", error)
        await asyncio.sleep(PAUSE)


def _made(desk: Desk, key: str) -> Anchor:
    """The slot's anchor: made now, or by an attempt that did not live to tell."""
    filters = Filters(action="audit.anchored", request=key, limit=1)
    for record in list_records(desk.parts.store, filters):
        return Anchor(record.seq, record.hash, record.at)
    return make_anchor(desk.parts.ledger, channel=desk.parts.settings.audit_anchor_channel, request_id=key)


async def _posted(desk: Desk, key: str, made: Json) -> Json:
    wanted = desk.parts.settings.audit_anchor_channel
    channel = await desk.parts.directory.channel_named(wanted)
    if channel is None:
        _log.error("There is no channel %s that netclinic is in: correct NETCLINIC_AUDIT_ANCHOR_CHANNEL.", wanted)
        return
    found = Anchor(made["seq"], made["hash"], datetime.fromisoformat(made["at"]) if made["at"] else None)
    voice = Voice(desk.parts.poster, desk.own_trail(key))
    await voice.post_once(channel=channel, thread_ts=None, key=key, message=anchor_message(found))
