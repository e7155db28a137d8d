"""The bytes that are hashed: fixed for ever, alike for equal records, different for different ones."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.records import GENESIS, LONGEST, TEXTS, canonical, digest, parse_stamp, readable, short, stamp

FIRST = {
    "seq": 1,
    "time": "2026-11-22T12:00:00.000000Z",
    "action": "question.received",
    "actor_kind": "slack",
    "actor_id": "U1",
    "actor_name": "鲍勃",
    "channel": "C1",
    "team": "T1",
    "case": "",
    "cluster": "prod",
    "entry": "",
    "request_id": "r1",
    "outcome": "",
    "detail": '{"score":0.5}',
    "words": "",
    "prev": GENESIS,
}
WRITTEN = (
    '{"action":"question.received","actor_id":"U1","actor_kind":"slack","actor_name":"鲍勃","case":"","channel":"C1",'
    '"cluster":"prod","detail":"{\\"score\\":0.5}","entry":"","outcome":"","prev":"' + GENESIS + '","request_id":"r1",'
    '"seq":1,"team":"T1","time":"2026-11-22T12:00:00.000000Z","v":1,"words":""}'
)
# Text as databases can hold it; JSON as anybody may hand it over.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=12,
)
records = st.fixed_dictionaries({"seq": st.integers(1, 2**53 - 1), **dict.fromkeys(TEXTS, texts)})


def test_the_hash_of_a_record_is_that_of_its_page_in_the_documentation() -> None:
    assert digest(FIRST) == hashlib.sha256(WRITTEN.encode()).hexdigest()


@given(record=records)
def test_the_hash_is_over_what_rfc_8785_writes(record: dict[str, Any]) -> None:
    assert digest(record) == hashlib.sha256(rfc8785.dumps({"v": 1, **record})).hexdigest()


@given(record=records, name=st.sampled_from(["seq", *TEXTS]), data=st.data())
def test_no_field_can_differ_without_the_hash(record: dict[str, Any], name: str, data: st.DataObject) -> None:
    other = data.draw((st.integers(1, 2**53 - 1) if name == "seq" else texts).filter(lambda new: new != record[name]))
    assert digest(record) != digest({**record, name: other})


@given(record=records, data=st.data())
def test_text_cannot_move_from_one_field_to_another(record: dict[str, Any], data: st.DataObject) -> None:
    one, two = data.draw(st.permutations(TEXTS))[:2]
    if record[one] != record[two]:
        assert digest({**record, one: record[two], two: record[one]}) != digest(record)


@given(record=records)
def test_the_order_of_fields_and_fields_of_others_do_not_matter(record: dict[str, Any]) -> None:
    backwards = dict(reversed([*record.items(), ("hash", "x"), ("kept", "y")]))
    assert digest(backwards) == digest(record)


@pytest.mark.parametrize("wrong", [{"seq": "1"}, {"seq": True}, {"detail": b"{}"}, {"case": None}, {"actor_id": 1}])
def test_a_field_of_another_type_is_no_record(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="another type"):
        digest({**FIRST, **wrong})


@given(value=anything)
def test_any_detail_can_be_written_and_is_read_back_the_same_way(value: Any) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once
    assert b"\0" not in once
    assert rfc8785.dumps(json.loads(once)) == once


@given(value=st.dictionaries(texts, st.integers(-(2**53) + 1, 2**53 - 1) | texts))
def test_equal_details_are_written_alike_whatever_their_order(value: dict[str, Any]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)
    assert json.loads(canonical(value)) == value


@given(at=st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29), timezones=st.just(UTC)))
def test_a_stamp_is_read_back_to_the_microsecond(at: datetime) -> None:
    assert parse_stamp(stamp(at)) == at


@given(
    one=st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),
    two=st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),
)
def test_stamps_sort_as_times_do(one: datetime, two: datetime) -> None:
    assert (stamp(one) < stamp(two)) == (one < two)


def test_a_stamp_is_utc_whatever_zone_the_time_came_in() -> None:
    in_hangzhou = datetime(2026, 11, 22, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    assert stamp(in_hangzhou) == "2026-11-22T12:00:00.000000Z"


@given(text=st.text(st.characters()))
def test_readable_text_can_be_stored_anywhere(text: str) -> None:
    found = readable(text)
    assert "\0" not in found
    assert found.encode().decode() == found
    assert readable(found) == found


def test_names_are_cut_where_an_index_could_not_hold_them() -> None:
    assert short("x" * 5_000) == "x" * (LONGEST - 1) + "…"
    assert len(short("名" * 5_000).encode()) < 2_000
    assert short(None) == ""
