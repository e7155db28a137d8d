"""``/netclinic audit``: the audit log read, proven and given out, to the asker alone; and its anchors, by the clock.

An anchor is made once a time slot, whatever replica is awake, and told outside the database.
"""

import asyncio
import contextlib
import html
import io
import logging
import re
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo

from bot.audit import AuditUnavailable
from bot.audit.export import write_events
from bot.audit.filters import MOST_RECORDS, FilterError, Filters, parse_filters
from bot.audit.page import RecordPage, without_others_words
from bot.audit.reading import (
    AmbiguousRequest,
    count_records,
    find_records,
    first_records,
    list_records,
    stream_records,
)
from bot.audit.records import Record
from bot.audit.verify import Anchor, Verification, make_anchor, parse_anchors, verify
from bot.handoff.schedule import choose_zone
from bot.slack.api.errors import SlackError, SlackRefused
from bot.slack.blocks.audit import (
    MOST_LINES,
    anchor_message,
    exported_message,
    record_message,
    records_message,
    verified_message,
    verifying_message,
)
from bot.slack.blocks.elements import Message
from bot.slack.handlers.command import Command
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError
from bot.slack.handlers.handoff import find_zone_name
from bot.slack.handlers.messenger import AuditedMessenger
from bot.slack.jobs import ANCHOR, SHARE, AnchorDue
from bot.slack.logs import log_context
from bot.slack.queue.job import Job, Json
from bot.store import DatabaseError, Store

MAX_ROWS = 20  # records of one list: what is read on a phone
OWN_RECORDS = 10  # more than a command has recorded of itself when it lists
PATIENCE = 3600.0  # seconds for which an anchor is tried while the database is away
PAUSE = 30.0
_CASE = re.compile(r"NC-[A-Z0-9]+", re.IGNORECASE)
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{6,}")
_NO_MATCH = "No record fits. People go by mention, as in actor @name; {command} shows the newest of all."
_log = logging.getLogger("netclinic.audit")


async def run_audit(command: Command) -> None:
    """``audit [list] [filters]``, ``audit show …``, ``audit verify [SEQ:HASH]``, ``audit export [filters]``."""
    words = html.unescape(command.slash.text.strip()[len(command.slash.name) :]).strip()
    if SHARE in command.arguments.flags:
        raise UserError("The audit log is shown to you alone: leave --share out.")
    first, _, rest = words.partition(" ")
    does: dict[str, Callable[[Command, str], Awaitable[None]]] = {
        "list": _list,
        "show": _show,
        "verify": _verify,
        "export": _export,
    }
    if do := does.get(first.lower()):
        await do(command, rest.strip())
    else:
        await _list(command, words)


async def _list(command: Command, words: str) -> None:
    """The newest that fit, newest first, without what this command has recorded itself."""
    zone, filters = await _parse_filters(command, words)
    rows = min(filters.limit, MAX_ROWS)
    store, own = command.context.services.store, command.job.key

    async def render() -> Message:
        found = await store.run(list_records, store, replace(filters, limit=rows + OWN_RECORDS))
        others = [record for record in found if record.request_id != own]
        fit = await store.run(_count_records, store, filters) - (len(found) - len(others))
        page = RecordPage(
            records=_hide_others_words(command, others[:rows]), fit=max(fit, len(others[:rows])), zone=zone
        )
        nobody = _NO_MATCH.format(command="/netclinic audit")
        return records_message(replace(page, hides=_hides_others_words(command)), nobody if filters.actor else "")

    await command.answer_with(render)


async def _show(command: Command, name: str) -> None:
    """One record in full, or all of a request or a case, oldest first."""
    name = name.strip("`")
    if not name:
        raise UserError("Name a record's number, a request's id or a case: /netclinic audit show 128.")
    zone = await _find_zone(command)
    store = command.context.services.store
    try:
        found, fit = await store.run(_find_named_records, store, name)
    except AmbiguousRequest as error:
        raise UserError(str(error)) from error
    if not found:
        raise UserError(f"There is no record, request or case {name[:80]!r}: /netclinic audit shows the newest.")

    async def render() -> Message:
        page = RecordPage(
            records=_hide_others_words(command, found), fit=fit, zone=zone, hides=_hides_others_words(command)
        )
        if len(found) == 1:
            return record_message(page.records[0], page)
        about = f"Case {name.upper()}" if _CASE.fullmatch(name) else "Request"
        return records_message(replace(page, about=about))

    await command.answer_with(render)


def _find_named_records(store: Store, name: str) -> tuple[Sequence[Record], int]:
    """The first records that a name stands for, as many as one message may hold, and how many there are in all."""
    if _CASE.fullmatch(name):
        of = Filters(case=name.upper(), limit=MOST_LINES)
        return first_records(store, of), _count_records(store, of)
    found = find_records(store, name, MOST_LINES)
    request = found[0].request_id if found else ""
    return found, _count_records(store, Filters(request=request)) if request else len(found)


async def _verify(command: Command, words: str) -> None:
    """Every record is read in a thread; that it will take a while is said first."""
    anchors = parse_anchors(words)
    if words and not anchors:
        raise UserError("That is no anchor: paste the line that was posted, or SEQ:HASH with 64 letters and digits.")
    store = command.context.services.store

    async def render_verifying() -> Message:
        return verifying_message(await store.run(_count_records, store, Filters()))

    async def verify_records() -> Json:
        message = verified_message(await _verify_log(store, anchors))
        return {"text": message.text, "blocks": message.blocks}

    await command.answer_with(render_verifying)
    found = await command.job.step("verify", verify_records)
    await command.job.step("told", lambda: _replace_or_post(command, Message(found["text"], found["blocks"])))


async def _verify_log(store: Store, anchors: Sequence[Anchor]) -> Verification:
    """In a thread that ends soon when nobody waits for it any more."""
    given_up = threading.Event()

    def tell(done: int, of: int) -> None:
        if given_up.is_set():
            raise InterruptedError(f"verifying was given up after {done} of {of} records")

    try:
        return await store.run(verify, store, anchors=anchors, progress=tell)
    finally:
        given_up.set()


async def _replace_or_post(command: Command, message: Message) -> Json:
    """In place of what was said first; Slack takes that for half an hour only, so else as a new message."""
    try:
        await command.reply.end(message)
    except SlackRefused:
        messenger = command.context.messenger(command.trail)
        await messenger.post_ephemeral(command.slash.channel, command.slash.user, message)


async def _export(command: Command, words: str) -> None:
    """A file of JSON lines in the asker's direct messages; that it is given out is recorded before."""
    _, filters = await _parse_filters(command, words)
    context, store = command.context, command.context.services.store

    async def record() -> Json:
        count, newest = await store.run(_export_extent, store, filters)
        if not 0 < count <= MOST_RECORDS:
            return {"records": count}
        detail = {"format": "jsonl", "records": count, "to": "direct message", "filters": filters.shown()}
        record = await command.trail.record("export.made", detail=detail)
        return {"records": count, "newest": newest, "file": f"audit-{record.seq}.jsonl"}

    exported = await command.job.step("record", record)
    if "file" not in exported:
        raise UserError(_export_refusal(exported["records"]))

    async def send() -> Json:
        channel = await context.services.directory.direct_channel(command.slash.user)
        content = await store.run(_export_lines, command, filters, int(exported["newest"]))
        key = f"{command.job.key}:export"
        await context.messenger(command.trail).upload(channel, None, exported["file"], content, "Audit log", key=key)

    await command.job.step("send", send)
    await command.answer(exported_message(exported["records"], exported["file"]))


def _export_refusal(count: int) -> str:
    if not count:
        return "No record fits, so there is nothing to export: /netclinic audit shows the newest."
    return (
        f"{count:,} records fit, and one file may hold {MOST_RECORDS:,} here: narrow it with since and until, "
        "or run `netclinic audit export` at a terminal."
    )


async def _parse_filters(command: Command, words: str) -> tuple[tzinfo, Filters]:
    """The asker's zone, and the filters with a channel's name made an id.

    Raises:
        UserError: the words are no filters.
    """
    zone = await _find_zone(command)
    try:
        filters = parse_filters(words, now=command.context.now(), zone=zone)
    except FilterError as error:
        raise UserError(str(error)) from error
    if filters.channel and not _CHANNEL.fullmatch(filters.channel):
        filters = replace(filters, channel=await _find_channel(command, filters.channel))
    return zone, filters


async def _find_zone(command: Command) -> tzinfo:
    settings = command.context.services.settings
    told = await command.job.step("zone", lambda: find_zone_name(command.context, command.slash.user))
    return choose_zone(settings.time_zone, told)


async def _find_channel(command: Command, name: str) -> str:
    """A terminal's host is a channel of its records too, so a name that Slack does not know stays as it is."""

    async def ask() -> Json:
        with contextlib.suppress(SlackRefused):
            return await command.context.services.directory.find_channel(name) or name
        return name

    return str(await command.job.step("channel", ask))


def _hides_others_words(command: Command) -> bool:
    return not command.context.permissions.names_people("audit")


def _hide_others_words(command: Command, records: Sequence[Record]) -> list[Record]:
    """Without other people's words, where nobody in particular is named who may read them."""
    if not _hides_others_words(command):
        return list(records)
    return without_others_words(records, command.slash.user)


def _count_records(store: Store, filters: Filters) -> int:
    with store.reading() as connection:
        return count_records(connection, filters)


def _export_extent(store: Store, filters: Filters) -> tuple[int, int]:
    """How many fit, and the number of the newest of them."""
    with store.reading() as connection:
        newest = list_records(store, replace(filters, limit=1))
        return count_records(connection, filters), newest[0].seq if newest else 0


def _export_lines(command: Command, filters: Filters, newest: int) -> bytes:
    out = io.BytesIO()
    with command.context.services.store.reading() as connection:
        found = [record for record in stream_records(connection, filters) if record.seq <= newest]
    write_events(_hide_others_words(command, found), out)
    return out.getvalue()


def due_key(team: str, now: datetime, hours: float) -> str:
    """The key of the slot that ``now`` is in: the same on every replica. Slots are counted from 1970, UTC."""
    seconds = hours * 3600
    slot = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    return f"{team}:{ANCHOR.name}:{slot:%Y-%m-%dT%H:%M:%SZ}"


async def post_anchor(context: HandlerContext, job: Job, _: AnchorDue) -> None:
    """The handler: on record and in the process's log first, then posted where the settings name a channel."""
    with log_context(request_id=job.key):
        try:
            made = await job.step("anchor", lambda: _make_anchor_patiently(context, job.key))
            if context.services.settings.audit_anchor_channel:
                await job.step("post", lambda: _post_anchor(context, job.key, made))
        except (AuditUnavailable, DatabaseError, SlackError) as error:
            _log.error("The audit log's anchor was not posted: %s", error)


async def _make_anchor_patiently(context: HandlerContext, key: str) -> Json:
    """Tried again while the database is away: the slot does not come twice."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            found = await context.services.store.run(_find_or_make_anchor, context, key)
            return {"seq": found.seq, "hash": found.hash, "at": found.at.isoformat() if found.at else ""}
        except (AuditUnavailable, DatabaseError) as error:
            if time.monotonic() > end:
                raise
            _log.error("The audit log could not be anchored, which is tried again: %s", error)
        await asyncio.sleep(PAUSE)


def _find_or_make_anchor(context: HandlerContext, key: str) -> Anchor:
    """The slot's anchor: made now, or by an attempt that did not live to tell."""
    filters = Filters(action="audit.anchored", request=key, limit=1)
    for record in list_records(context.services.store, filters):
        return Anchor(record.seq, record.hash, record.at)
    return make_anchor(
        context.services.audit_log, channel=context.services.settings.audit_anchor_channel, request_id=key
    )


async def _post_anchor(context: HandlerContext, key: str, made: Json) -> Json:
    wanted = context.services.settings.audit_anchor_channel
    channel = await context.services.directory.find_channel(wanted)
    if channel is None:
        _log.error("There is no channel %s that netclinic is in: correct NETCLINIC_AUDIT_ANCHOR_CHANNEL.", wanted)
        return
    found = Anchor(made["seq"], made["hash"], datetime.fromisoformat(made["at"]) if made["at"] else None)
    messenger = AuditedMessenger(context.services.poster, context.system_audit_context(key))
    await messenger.post_once(channel=channel, thread_ts=None, key=key, message=anchor_message(found))
