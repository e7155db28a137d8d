"""The audit log on a phone: records under the request they belong to, one record in full, what verifying came to."""

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

from bot.audit.page import (
    EMPTY_LOG,
    NO_RECORD,
    RecordPage,
    RecordRow,
    chain_fields,
    local_time,
    name_fields,
    record_row,
    verification_page,
)
from bot.audit.records import Record
from bot.audit.verify import Anchor, Verification, anchor_text
from bot.probes.findings import clip
from bot.slack.blocks.elements import (
    Element,
    Message,
    bullet_list,
    context,
    escape_mrkdwn,
    heading,
    inline_code_runs,
    line,
    mention,
    rich_text,
    text_run,
)
from bot.slack.blocks.limits import MOST_IN_MESSAGE, ElementGroup, count_fitting, pack_blocks
from bot.text import counted, one_line

SHORT = 80  # characters of a name, or of what a record is about
LONGEST = 600  # of one field, where a record is shown in full
LONGEST_REQUEST = 48  # how the id of a request begins is enough to find it
CLOSING = 900  # characters that are kept free for what stands at the end
MOST_LINES = 300  # as many as a message ever has room for: of records that nobody will see no lines are made
TOGETHER = 10  # lines of one request that are shown all or not at all
COMMAND = "/netclinic audit"
NARROWER = "since 2h, actor @name, channel #name, case NC-…, cluster …, action verdict.reached, entry …"


def records_message(page: RecordPage, none: str = "") -> Message:
    """Who did what, when (the reader's clock and UTC), on what and how it came out, in the order that is given."""
    if not page.records:
        return _sentence_message(none or NO_RECORD)
    items = list(_record_groups(page.records[:MOST_LINES], page.zone))
    kept = count_fitting(items, MOST_IN_MESSAGE - CLOSING)
    number = sum(len(item[-1]["elements"]) for item in items[:kept])
    left = page.fit - number
    title = page.heading(number)
    further = f"{left:,} more: narrow with {NARROWER}; `{COMMAND} export` with the same filters gives all."
    more = [rich_text([line(*inline_code_runs(further))])] if left else []
    first = page.records[0].seq
    small = [f"{COMMAND} show {first} shows record {first} in full.", f"Times: {_zone_name(page)}."]
    return Message(
        text=escape_mrkdwn(f"{title}."),
        blocks=[*pack_blocks([[heading(title)], *items[:kept]]), *more, context(*small, *page.notes)],
    )


def record_message(record: Record, page: RecordPage) -> Message:
    """One record in full; ``page.fit`` is how many its request has."""
    items: list[ElementGroup] = [[heading(f"Record {record.seq:,}: {record.action}")]]
    items += [[line(text_run(f"{name}: ", bold=True), *value)] for name, value in _fields(record, page.zone)]
    if page.fit > 1:
        items.append(
            [line(*inline_code_runs(f"{page.fit:,} records of this request: `{COMMAND} show {record.request_id}`"))]
        )
    kept = count_fitting(items, MOST_IN_MESSAGE - CLOSING)
    cut = f"At a terminal `netclinic audit show {record.seq}` shows what did not fit here."
    ends = [rich_text([line(*inline_code_runs(cut))])] if kept < len(items) or "…" in str(items) else []
    hidden = [context(*page.notes)] if page.notes else []
    return Message(
        escape_mrkdwn(f"Record {record.seq}: {record.action}."), [*pack_blocks(items[:kept]), *ends, *hidden]
    )


def verifying_message(records: int) -> Message:
    """What is said before all of them are read."""
    return _sentence_message(
        f"Verifying the audit log: reading {counted(records, 'record')}. The result will stand here."
    )


def verified_message(verification: Verification) -> Message:
    """What was checked; or the first record that is not as it was written."""
    page = verification_page(verification, anchor_option="audit verify SEQ:HASH")
    if page.why:
        lines = [page.why, *page.notes]
    elif page.title:
        rate = f"{verification.rate:,.0f} records/s"
        read = f"Read in {verification.seconds:.1f} s ({rate}); each record's hash and its link."
        lines = [read, *page.notes, f"Anchor of now: `{page.anchor}`"]
    else:
        return _sentence_message(EMPTY_LOG)
    blocks = [rich_text([heading(page.title), bullet_list([line(*inline_code_runs(text)) for text in lines])])]
    return Message(escape_mrkdwn(f"{page.title}."), blocks)


def exported_message(records: int, filename: str) -> Message:
    """Where the file is."""
    return _sentence_message(
        f"{counted(records, 'record').capitalize()} in {filename}, sent to you alone in direct messages."
    )


def anchor_message(anchor: Anchor) -> Message:
    """One line that can be copied whole into ``netclinic audit verify --anchor``."""
    told = anchor_text(anchor)
    use = "Keep it: netclinic audit verify --anchor tells by it whether the log was cut or rewritten since."
    return Message(escape_mrkdwn(told), [rich_text([line(text_run(told, code=True))]), context(use)])


def _sentence_message(sentence: str) -> Message:
    return Message(escape_mrkdwn(sentence), [rich_text([line(*inline_code_runs(sentence))])])


def _record_groups(shown: Sequence[Record], zone: tzinfo | None) -> Iterator[ElementGroup]:
    """Neighbours of one request stand together below who made it, when and under which id."""
    for _, group in itertools.groupby(shown, key=lambda one: (one.request_id, one.actor_id, one.time[:10])):
        records = list(group)
        for at in range(0, len(records), TOGETHER):
            lines = bullet_list(_row(record_row(record, zone)) for record in records[at : at + TOGETHER])
            yield [lines] if at else [_group_heading(records[0], zone), lines]


def _group_heading(record: Record, zone: tzinfo | None) -> Element:
    where = f", {record.channel}" if record.actor_kind == "terminal" and record.channel else ""
    person = mention(record.actor_id) if record.actor_kind == "slack" else text_run(_name(record))
    id_ = record.request_id[:LONGEST_REQUEST]
    request = [text_run(" · request "), text_run(id_, code=True)] if id_ else []
    return line(person, text_run(f"{clip(where, SHORT)} · {_format_time(record, zone)}"), *request)


def _name(record: Record) -> str:
    return clip(record.actor_name or record.actor_id or record.actor_kind, SHORT)


def _row(row: RecordRow) -> Element:
    record, at = row.record, row.at
    told = [record.outcome, _hint(row), record.entry, record.case, record.cluster]
    summary = " · ".join(clip(text, SHORT) for text in dict.fromkeys(told) if text)
    parts = [text_run(f"{record.seq}", code=True), text_run(f" {at:%H:%M:%S} " if at else f" {record.time[:40]} ")]
    return line(*parts, text_run(record.action[:SHORT], bold=True), *([text_run(f" · {summary}")] if summary else []))


def _hint(row: RecordRow) -> str:
    """What is read, or what somebody wrote."""
    if row.is_read:
        return f"{row.detail.get('verb', '')} {row.detail.get('resource', '')}".strip()
    return next(iter(row.words), "")


def _fields(record: Record, zone: tzinfo | None) -> Iterator[tuple[str, list[Element]]]:
    yield "time", [text_run(f"{_format_time(record, zone)}; {clip(record.time, SHORT)}")]
    yield "actor", [mention(record.actor_id)] if record.actor_kind == "slack" else [text_run(_name(record))]
    yield from ((name, [text_run(text)]) for name, text in name_fields(record))
    for name, value in record.details.items():
        yield clip(name, SHORT), [text_run(clip(_value(value), LONGEST))]
    yield from ((name, [text_run(text, code=True)]) for name, text in chain_fields(record))


def _value(value: Any) -> str:
    if isinstance(value, Mapping | list):
        return one_line(json.dumps(value, ensure_ascii=False))
    return "" if value is None else str(value)


def _format_time(record: Record, zone: tzinfo | None) -> str:
    """``2026-11-22 22:02 +0800 (14:02 UTC)``; the date in UTC too where it is another one."""
    at = local_time(record, zone)
    if at is None:
        return clip(record.time, SHORT)
    utc = at.astimezone(UTC)
    if not at.utcoffset():
        return f"{utc:%Y-%m-%d %H:%M} UTC"
    day = "" if utc.date() == at.date() else f"{utc:%Y-%m-%d} "
    return f"{at:%Y-%m-%d %H:%M %z} ({day}{utc:%H:%M} UTC)"


def _zone_name(page: RecordPage) -> str:
    return str(getattr(page.zone, "key", "") or page.zone)
