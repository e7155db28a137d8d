"""The audit log on a terminal: a line a record, one record in full, and what verifying came to."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.audit.chain import Fault
from bot.audit.export import uri_of
from bot.audit.filters import ACTIONS, Filters
from bot.audit.privacy import OWN_WORDS
from bot.audit.reading import MOST_SHOWN
from bot.audit.records import Record
from bot.audit.verify import Verified
from bot.probes.findings import clip
from bot.terminal.console import say, show_table, write_json
from bot.text import counted, one_line

LONGEST = 160  # characters of a detail on one line; `show` has all of it
WIDEST = 11  # columns of a field's name


def show_records(records: Sequence[Record], filters: Filters, zone: tzinfo | None, output: str) -> None:
    """A table, newest first."""
    if output == "json":
        write_json([to_json(record, zone) for record in records])
        return
    console = Console()
    if not records:
        say(console, "No record fits.")
        if filters.action and not any(name.startswith(filters.action) for name in ACTIONS):
            say(console, f"Actions are: {', '.join(ACTIONS)}.")
        return
    rows = [
        (str(record.seq), _when(record, zone), _who(record), record.action, _about(record), _told(record))
        for record in records
    ]
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


def show_verified(verified: Verified, output: str) -> None:
    """What was checked, and what is wrong if anything is."""
    if output == "json":
        write_json(verified.to_json())
        return
    console = Console()
    if verified.fault is not None:
        _show_fault(console, verified, verified.fault)
        return
    if not verified.count:
        say(console, "The audit log is empty.")
        return
    say(console, f"The chain holds: {_extent(verified)}.", style="bold green")
    if verified.pruned:
        say(console, f"Records 1 to {verified.pruned:,} were pruned; --archive FILE checks them too.")
    for first, last in verified.not_given:
        say(console, f"Records {first:,} to {last:,} were pruned too, and their archive was not given: {_ALONE}.")
    say(console, f"People's words: {verified.words_kept:,} as they were written, {verified.words_erased:,} erased.")
    out = f", {verified.anchors_out_of_reach:,} in the pruned part" if verified.anchors_out_of_reach else ""
    told = f"{counted(verified.anchors, 'anchor')} checked{out}." if verified.anchors or out else _NO_ANCHORS
    say(console, told)
    say(console, f"Anchor: {verified.last}:{verified.head}")


def _show_fault(console: Console, verified: Verified, fault: Fault) -> None:
    head = "NOT PROVEN" if fault.what == "unproven" else f"BROKEN at record {fault.seq:,}"
    say(console, f"{head}: {fault.why}", style="bold red")
    those = f"{counted(verified.count, 'record')} {'holds' if verified.count == 1 else 'hold'}"
    if not verified.all_read:
        say(console, f"Up to there {those}; what comes after was not checked.")
    elif verified.count:
        say(console, f"All was read: as a chain {those}, {verified.first:,} to {verified.last:,}.")


_ALONE = "what comes before is vouched for by the record of its own pruning alone"
_NO_ANCHORS = "No anchor was given (--anchor SEQ:HASH): a cut tail or a rewritten chain would not show."


def to_json(record: Record, zone: tzinfo | None) -> dict[str, Any]:
    """A record for programs; ``local_time`` is the reader's."""
    names = ("seq", "time", "action", "case", "cluster", "entry", "request_id", "outcome", "words", "prev", "hash")
    fields = {name: getattr(record, name) for name in names}
    actor = {"kind": record.actor_kind, "id": record.actor_id, "name": record.actor_name}
    actor |= {"channel": record.channel, "team": record.team}
    return {**fields, "local_time": _local(record, zone), "actor": actor, "detail": record.details}


def _extent(verified: Verified) -> str:
    rate = f"{verified.rate:,.0f} records/s"
    which = f"{verified.first:,} to {verified.last:,}"
    return f"{counted(verified.count, 'record')}, {which}, in {verified.seconds:.1f} s ({rate})"


def _fields(record: Record, zone: tzinfo | None) -> list[tuple[str, str]]:
    actor = " ".join(text for text in (record.actor_kind, record.actor_id, record.actor_name) if text)
    fields = [
        ("record", str(record.seq)),
        ("time", f"{record.time}  ({_local(record, zone)})"),
        ("action", record.action),
        ("actor", actor),
        ("channel", record.channel),
        ("team", record.team),
        ("case", record.case),
        ("cluster", record.cluster),
        ("entry", record.entry),
        ("request", record.request_id),
        ("outcome", record.outcome),
        *((name, _value(value)) for name, value in record.details.items()),
        ("prev", record.prev),
        ("hash", record.hash),
    ]
    return [(name, value) for name, value in fields if value]


def _when(record: Record, zone: tzinfo | None) -> str:
    return _local(record, zone)


def _local(record: Record, zone: tzinfo | None) -> str:
    """The time in the reader's zone, with the zone's name; a time that somebody has changed is shown as it is."""
    try:
        at = record.at.astimezone(zone)
    except (ValueError, OverflowError):
        return record.time
    return f"{at:%Y-%m-%d %H:%M:%S} {_zone_of(at)}"


def _zone_of(at: datetime) -> str:
    return "UTC" if at.tzinfo is UTC or not at.utcoffset() else f"{at:%z}"


def _who(record: Record) -> str:
    return record.actor_name or record.actor_id


def _about(record: Record) -> str:
    return " ".join(text for text in (record.case, record.cluster) if text)


def _told(record: Record) -> str:
    """The record on one line: of a read what was read, of an answer what it came to, of anything else all there is."""
    detail = dict(record.details)
    said = [f"“{detail.pop(name)}”" for name in OWN_WORDS if isinstance(detail.get(name), str)]
    if record.action.startswith("cluster.read"):
        figures = [f"{detail[name]} {name}" for name in ("bytes", "ms") if name in detail]
        said += [record.outcome, *figures, str(detail.get("verb", "")), uri_of(detail)]
        return clip(" ".join(part for part in said if part), LONGEST)
    if record.action == "verdict.reached":
        detail = {name: detail[name] for name in ("score", "reads", "unread") if detail.get(name) is not None}
    said += [record.outcome, record.entry, *(f"{name}={_value(value)}" for name, value in detail.items())]
    return clip(" ".join(part for part in said if part), LONGEST)


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_value(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(_value(item) for item in value)
    return "" if value is None else str(value)
