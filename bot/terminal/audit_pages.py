"""The audit log on a terminal: a line a record, one record in full, and what verifying came to."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.audit.export import request_uri
from bot.audit.filters import ACTIONS, Filters
from bot.audit.page import (
    EMPTY_LOG,
    NO_RECORD,
    RecordRow,
    chain_fields,
    complete_reading,
    local_time,
    name_fields,
    record_row,
    verification_page,
)
from bot.audit.reading import MOST_SHOWN
from bot.audit.records import Record
from bot.audit.verify import Verification
from bot.probes.findings import clip
from bot.terminal.console import say, show_table, write_json
from bot.text import one_line

LONGEST = 160  # characters of a detail on one line; `show` has all of it
WIDEST = 11  # columns of a field's name


def show_records(records: Sequence[Record], filters: Filters, zone: tzinfo | None, output: str) -> None:
    """A table, newest first."""
    if output == "json":
        write_json([to_json(record, zone) for record in records])
        return
    console = Console()
    if not records:
        say(console, NO_RECORD)
        if filters.action and not any(name.startswith(filters.action) for name in ACTIONS):
            say(console, f"Actions are: {', '.join(ACTIONS)}.")
        return
    rows = [_columns(record, zone) for record in records]
    show_table(console, ("record", "time", "who", "action", "about", "detail"), rows)
    if len(records) == filters.limit:
        say(Console(stderr=True), f"The newest {filters.limit:,}; --limit shows more.", style="dim")


def show_in_full(records: Sequence[Record], zone: tzinfo | None, output: str) -> None:
    """Every field of each, one a line."""
    if len(records) == MOST_SHOWN:
        say(Console(stderr=True), f"The first {MOST_SHOWN:,}; `netclinic audit export` gives all.", style="dim")
    if output == "json":
        write_json([to_json(record, zone) for record in records])
        return
    console = Console()
    for number, record in enumerate(records):
        if number:
            console.print()
        for name, value in _fields(record, zone):
            say(console, Text(f"{name:<{WIDEST}}  ", style="dim") + Text(one_line(value), style=""))


def show_verified(verification: Verification, output: str) -> None:
    """What was checked, and what is wrong if anything is."""
    if output == "json":
        write_json(verification.to_json())
        return
    console = Console()
    page = verification_page(verification, anchor_option="--anchor SEQ:HASH")
    if page.why:
        say(console, f"{page.title}: {page.why}", style="bold red")
    elif page.title:
        rate = f"{verification.rate:,.0f} records/s"
        say(console, f"{page.title}, in {verification.seconds:.1f} s ({rate}).", style="bold green")
    else:
        say(console, EMPTY_LOG)
    complete = complete_reading(verification) if page.why else ""
    for note in (*page.notes, complete, f"Anchor: {page.anchor}" if page.anchor else ""):
        if note:
            say(console, note)


def to_json(record: Record, zone: tzinfo | None) -> dict[str, Any]:
    """A record for programs; ``local_time`` is the reader's."""
    names = ("seq", "time", "action", "case", "cluster", "entry", "request_id", "outcome", "words", "prev", "hash")
    fields = {name: getattr(record, name) for name in names}
    actor = {"kind": record.actor_kind, "id": record.actor_id, "name": record.actor_name}
    actor |= {"channel": record.channel, "team": record.team}
    return {**fields, "local_time": _local(record, zone), "actor": actor, "detail": record.details}


def _fields(record: Record, zone: tzinfo | None) -> list[tuple[str, str]]:
    actor = " ".join(text for text in (record.actor_kind, record.actor_id, record.actor_name) if text)
    fields = [
        ("record", str(record.seq)),
        ("time", f"{record.time}  ({_local(record, zone)})"),
        ("action", record.action),
        ("actor", actor),
        *name_fields(record),
        *((name, _value(value)) for name, value in record.details.items()),
        *chain_fields(record),
    ]
    return [(name, value) for name, value in fields if value]


def _local(record: Record, zone: tzinfo | None) -> str:
    """The time in the reader's zone, with the zone's name; a time that somebody has changed is shown as it is."""
    at = local_time(record, zone)
    return f"{at:%Y-%m-%d %H:%M:%S} {_zone_of(at)}" if at else record.time


def _zone_of(at: datetime) -> str:
    return "UTC" if at.tzinfo is UTC or not at.utcoffset() else f"{at:%z}"


def _columns(record: Record, zone: tzinfo | None) -> tuple[str, ...]:
    who = record.actor_name or record.actor_id
    about = " ".join(text for text in (record.case, record.cluster) if text)
    return str(record.seq), _local(record, zone), who, record.action, about, _summary(record_row(record, zone))


def _summary(row: RecordRow) -> str:
    """The record on one line: of a read what was read, of an answer what it came to, of anything else all there is."""
    record, detail = row.record, row.detail
    if row.is_read:
        figures = [f"{detail[name]} {name}" for name in ("bytes", "ms") if name in detail]
        parts = [*row.words, record.outcome, *figures, str(detail.get("verb", "")), request_uri(detail)]
        return clip(" ".join(part for part in parts if part), LONGEST)
    if record.action == "verdict.reached":
        detail = {name: detail[name] for name in ("score", "reads", "unread") if detail.get(name) is not None}
    parts = [*row.words, record.outcome, record.entry, *(f"{name}={_value(value)}" for name, value in detail.items())]
    return clip(" ".join(part for part in parts if part), LONGEST)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return "" if value is None else str(value)
