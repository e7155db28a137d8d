"""The audit log in Slack as people read it, compared with the texts in ``shown/``; whatever it holds, Slack takes it.

REWRITE=1 python -m pytest tests/bot/slack/blocks/test_audit.py && git diff tests/bot/slack/blocks/shown
"""

import os
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.audit.chain import Fault
from bot.audit.page import RecordPage
from bot.audit.records import Record, canonical, stamp
from bot.audit.verify import Anchor, Verification, parse_anchors
from bot.slack.blocks.audit import (
    anchor_message,
    exported_message,
    record_message,
    records_message,
    verified_message,
    verifying_message,
)
from bot.slack.blocks.elements import Message

SHOWN = Path(__file__).parent / "shown"
AT = datetime(2026, 11, 22, 17, 2, 11, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")
REQUEST = "T1:C1:1763665320.000100"
HASH = "0123456789abcdef" * 4
DONE = Verification(
    first=101,
    last=100_000,
    count=99_900,
    head=HASH,
    pruned=100,
    words_kept=1200,
    words_erased=3,
    anchors=1,
    anchors_out_of_reach=2,
    seconds=1.25,
    fault=None,
)


def record(seq: int, action: str, **given: Any) -> Record:
    """A record of Bob's question, where nothing else is said."""
    fields: dict[str, Any] = {
        "time": stamp(AT + timedelta(seconds=seq)),
        "actor_kind": "slack",
        "actor_id": "U1BOB",
        "actor_name": "",
        "channel": "C1",
        "team": "T1",
        "case": "NC-7F3K2Q",
        "cluster": "prod-hz",
        "entry": "",
        "request_id": REQUEST,
        "outcome": "",
        "detail": "{}",
        "words": "",
        "prev": "0" * 64,
        "hash": HASH,
        **given,
    }
    return Record(seq=seq, action=action, **fields)


def told(**detail: Any) -> str:
    return canonical(detail).decode()


RECORDS = (
    record(
        44,
        "command.received",
        actor_kind="terminal",
        actor_id="0",
        actor_name="root",
        channel="laptop <1>",
        case="",
        cluster="",
        request_id="9f2c",
    ),
    record(43, "verdict.reached", outcome="confirmed", entry="terway-vswitch-out-of-ips"),
    record(42, "cluster.read.done", outcome="ok", detail=told(verb="list", resource="pods", path="/api/v1/pods")),
    record(41, "question.received", case="", cluster="", kept=told(question="pods *stuck* <!channel>")),
    record(
        40,
        "audit.anchored",
        actor_kind="system",
        actor_id="netclinic",
        actor_name="netclinic",
        channel="",
        case="",
        cluster="",
        request_id="T1:audit.anchor:2026-11-22T00:00:00Z",
    ),
)


@pytest.fixture
def agreed(page: Callable[..., str], refused: Callable[..., list[str]]) -> Callable[[str, Message], None]:
    def compared(name: str, message: Message) -> None:
        kept = SHOWN / f"{name}.txt"
        if os.environ.get("REWRITE"):
            kept.write_text(page(message), encoding="utf-8")
        assert page(message) == kept.read_text(encoding="utf-8")
        assert refused(message) == []

    return compared


Agreed = Callable[[str, Message], None]


def test_records(agreed: Agreed) -> None:
    agreed("audit", records_message(RecordPage(records=RECORDS, fit=134, zone=SHANGHAI, hides=True)))
    agreed("audit-utc", records_message(RecordPage(records=RECORDS[1:3], fit=2, zone=UTC, about="Case NC-7F3K2Q")))
    agreed("audit-none", records_message(RecordPage(records=(), fit=0, zone=UTC)))


def test_of_a_long_request_as_many_lines_are_made_as_fit(refused: Callable[..., list[str]]) -> None:
    class Counted(list[Record]):
        """Knows how far it was read."""

        read = 0

        def __getitem__(self, key: Any) -> Any:
            self.read = max(self.read, key.stop if isinstance(key, slice) else key)
            return super().__getitem__(key)

        def __iter__(self) -> Any:
            self.read = len(self)
            return super().__iter__()

    some = Counted(record(seq, "cluster.read.done", outcome="ok") for seq in range(1, 2001))
    message = records_message(RecordPage(records=some, fit=200_000, zone=UTC, about="Request"))
    assert refused(message) == []
    assert some.read < 500
    shown = [
        row["elements"][0]["text"]
        for part in _parts(message.blocks)
        if part.get("style") == "bullet"
        for row in part["elements"]
    ]
    assert len(shown) > 100
    assert shown == [str(seq) for seq in range(1, len(shown) + 1)]
    assert message.text == f"Request: {len(shown)} of 200,000 records."


def test_one_record(agreed: Agreed) -> None:
    read = replace(RECORDS[2], detail=told(verb="list", path="/api/v1/pods", bytes=1200, ms=31, nested={"a": [1]}))
    agreed("audit-record", record_message(read, RecordPage(records=[read], fit=66, zone=SHANGHAI)))


def test_verifying(agreed: Agreed) -> None:
    agreed("audit-verifying", verifying_message(100_000))
    agreed("audit-holds", verified_message(DONE))
    agreed("audit-holds-without-anchor", verified_message(replace(DONE, pruned=0, anchors=0, anchors_out_of_reach=0)))
    broken = Fault(412, "changed", "Record 412 was changed: its fields do not give its hash.")
    agreed("audit-broken", verified_message(replace(DONE, count=311, fault=broken, all_read=False)))
    unproven = Fault(411, "unproven", "Anchor 411 is in the pruned part: give the archive of it with --archive.")
    agreed("audit-unproven", verified_message(replace(DONE, fault=unproven)))
    agreed("audit-empty", verified_message(replace(DONE, count=0)))


def test_an_anchor_and_an_export(agreed: Agreed, page: Callable[..., str]) -> None:
    anchor = Anchor(1234, HASH, AT)
    agreed("audit-anchor", anchor_message(anchor))
    assert {str(found) for found in parse_anchors(page(anchor_message(anchor)))} == {str(anchor)}
    agreed("audit-exported", exported_message(1, "audit-99.jsonl"))


DEEP = '{"a":' + "[" * 100_000 + "]" * 100_000 + "}"
SCRAPS = ("<!channel>", "<@U1>", "*b*", "`", "&", "x" * 300, "\u202e", "\n", " ", "_i_", "域", "&lt;", "~", "")


@pytest.mark.parametrize("seed", range(40))
def test_whatever_records_hold_slack_takes_it_and_parses_nothing(seed: int, refused: Callable[..., list[str]]) -> None:
    chance = random.Random(seed)

    def text() -> str:
        return "".join(chance.choices(SCRAPS, k=chance.randint(0, 6)))

    names = ("action", "actor_id", "actor_name", "channel", "case", "cluster", "entry", "request_id", "outcome")
    some = [
        replace(
            record(seq, "x"),
            **{name: text() for name in names},
            actor_kind=chance.choice(["slack", "terminal", "system", text()]),
            time=chance.choice([stamp(AT), text()]),
            detail=chance.choice([told(**{text(): text(), "list": [text()] * 90}), text(), DEEP]),
            kept=chance.choice(["", told(question=text())]),
        )
        for seq in range(1, chance.randint(2, 30))
    ]
    page = RecordPage(records=some, fit=len(some) + seed, zone=SHANGHAI)
    for message in (records_message(page), record_message(some[0], page)):
        assert refused(message) == []
        assert not {"mrkdwn", "markdown"} & {part.get("type") for part in _parts(message.blocks)}
        assert "<" not in message.text
    shown = sum(
        part["type"] == "rich_text_list" and len(part["elements"])
        for part in _parts(records_message(page).blocks)
        if "type" in part
    )
    left = len(some) + seed - shown
    assert (f"{left:,} more: narrow" in str(records_message(page).blocks)) is (left > 0)


def _parts(thing: Any) -> list[dict[str, Any]]:
    if isinstance(thing, list):
        return [part for item in thing for part in _parts(item)]
    if isinstance(thing, dict):
        return [thing, *(part for value in thing.values() for part in _parts(value))]
    return []
