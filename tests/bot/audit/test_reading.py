"""Reading the log: each filter finds what fits and nothing else, by an index, newest first."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from bot.audit import Actor, AuditLog, Draft, Record
from bot.audit.filters import ACTIONS, Filters, actions_named
from bot.audit.reading import (
    AmbiguousRequest,
    count_records,
    find_records,
    first_records,
    list_records,
    stream_records,
    where_filters,
)
from bot.store.schema import audit_records
from tests.bot.audit.conftest import BOB, NOON

Filled = Callable[[int], list[Record]]
KINDS: dict[str, tuple[Filters, Callable[[Record], bool]]] = {
    "since": (Filters(since=NOON + timedelta(minutes=7)), lambda one: one.seq >= 8),
    "until": (Filters(until=NOON + timedelta(minutes=7)), lambda one: one.seq <= 7),
    "actor by id": (Filters(actor="U1BOB"), lambda one: one.actor_id == "U1BOB"),
    "actor by name": (Filters(actor="ann"), lambda one: one.actor_name == "ann"),
    "channel": (Filters(channel="C2OPS"), lambda one: one.channel == "C2OPS"),
    "case": (Filters(case="NC-1"), lambda one: one.case == "NC-1"),
    "cluster": (Filters(cluster="staging"), lambda one: one.cluster == "staging"),
    "action": (Filters(action="question.received"), lambda one: one.action == "question.received"),
    "a kind of actions": (Filters(action="cluster"), lambda one: one.action == "cluster.read"),
    "entry": (Filters(entry="dns-timeout"), lambda one: one.entry == "dns-timeout"),
    "request": (Filters(request="r3"), lambda one: one.request_id == "r3"),
    "two": (Filters(actor="bob", cluster="staging"), lambda one: one.actor_name == "bob" and one.cluster == "staging"),
    "nothing": (Filters(), lambda one: True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_finds_what_fits_newest_first(log: AuditLog, filled: Filled, kind: str) -> None:
    filters, fits = KINDS[kind]
    expected = [one for one in filled(24) if fits(one)]
    assert expected
    assert list(list_records(log.store, filters)) == expected[::-1]
    with log.store.reading() as connection:
        assert list(stream_records(connection, filters)) == expected
        assert count_records(connection, filters) == len(expected)


@pytest.mark.parametrize(
    "filters", [Filters(actor="U1"), Filters(cluster="pro"), Filters(case="nc-1"), Filters(action="read")]
)
def test_look_alikes_do_not_fit(log: AuditLog, filled: Filled, filters: Filters) -> None:
    filled(12)
    assert list(list_records(log.store, filters)) == []


def test_a_list_is_as_long_as_asked_for(log: AuditLog, filled: Filled) -> None:
    filled(12)
    assert [one.seq for one in list_records(log.store, Filters(limit=3))] == [12, 11, 10]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("until", "two", "nothing")])
def test_each_filter_has_its_index(log: AuditLog, filled: Filled, kind: str) -> None:
    filled(3)
    if log.store.is_sqlite:
        query = where_filters(select(audit_records), KINDS[kind][0])
        shown = str(query.compile(log.store.engine, compile_kwargs={"literal_binds": True}))
        with log.store.reading() as connection:
            plan = str(connection.execute(text("EXPLAIN QUERY PLAN " + shown.replace(":", "\\:"))).all())
        assert "USING INDEX ix_audit_records_" in plan
        assert "SCAN audit_records" not in plan


def test_a_name_finds_what_its_person_did_before_the_name_was_known(log: AuditLog) -> None:
    first = log.record("question.received", actor=Actor("slack", "U1ADA", ""))
    named = log.record("refused", actor=Actor("slack", "U1ADA", "ada"))
    log.record("refused", actor=Actor("slack", "U1LIN", ""))
    assert list(list_records(log.store, Filters(actor="ada"))) == [named, first]


def test_a_name_does_not_find_whom_another_host_gave_the_same_id(log: AuditLog) -> None:
    bob, alice = Actor("terminal", "1000", "bob", "bobs-laptop"), Actor("terminal", "1000", "alice", "alices-laptop")
    elsewhere = log.record("refused", actor=Actor("terminal", "1000", "bob", "prod-1"))
    hers, his = log.record("refused", actor=alice), log.record("refused", actor=bob)
    assert list(list_records(log.store, Filters(actor="bob"))) == [his, elsewhere]
    assert list(list_records(log.store, Filters(actor="alice"))) == [hers]
    assert list(list_records(log.store, Filters(actor="bob@bobs-laptop"))) == [his]
    assert list(list_records(log.store, Filters(actor="alice@bobs-laptop"))) == []
    assert list(list_records(log.store, Filters(actor="1000"))) == [his, hers, elsewhere]


def test_a_record_is_found_by_its_number_and_a_request_by_its_id(log: AuditLog, filled: Filled, bob: Actor) -> None:
    records = filled(12)
    assert list(find_records(log.store, "5")) == [records[4]]
    assert list(find_records(log.store, "r2")) == records[6:9]
    whole = log.record("refused", actor=bob, request_id="9f2c4e71d0")
    assert list(find_records(log.store, "9f2c")) == [whole]
    for nothing in ("99", "r9", "", "%", "r_", "²", "9" * 30, "\udcff\udcfe", "r\0"):
        assert list(find_records(log.store, nothing)) == []


def test_how_several_requests_begin_is_no_name_of_one(log: AuditLog, filled: Filled) -> None:
    records = filled(12)
    with pytest.raises(AmbiguousRequest) as told:
        find_records(log.store, "r")
    assert str(told.value) == "The ids of 4 requests begin with 'r': give more of the id, as in r3 or r2 or r1."
    longer = log.record("refused", actor=BOB, request_id="r2:press:1")
    assert list(find_records(log.store, "r2")) == records[6:9], "the whole id is a name, though another begins so"
    assert list(find_records(log.store, "r2:")) == [longer]


def test_of_a_long_request_as_much_is_read_as_is_wanted(log: AuditLog) -> None:
    records = log.append([Draft(action="cluster.read", actor=BOB, request_id="T1:C1:1") for _ in range(9)])
    assert list(find_records(log.store, "T1", 4)) == records[:4]
    assert list(first_records(log.store, Filters(limit=3))) == records[:3]


def test_the_names_of_actions_group_by_their_first_words() -> None:
    assert actions_named("cluster.read") == ["cluster.read", "cluster.read.done"]
    assert actions_named("nothing") == ["nothing"]
    assert set(actions_named("audit")) == {"audit", "audit.anchored", "audit.pruned", "audit.erased"}
    assert all(about and about == about.strip(". ") for about in ACTIONS.values())


def test_every_action_that_is_recorded_can_be_looked_up() -> None:
    """People filter by these names: an action that is in no list is found by nobody."""
    bot = Path(__file__).parents[3] / "bot"
    calls = r"(?:record|draft|_draft|_draft_of_call|_said)\(\s*(?:log, connection, )?"
    written = re.compile(calls + r"""\"([a-z_.]+)\"|action=\"([a-z_.]+)\"""")
    recorded = {
        name for path in bot.rglob("*.py") for pair in written.findall(path.read_text("utf-8")) for name in pair if name
    }
    assert {"cloud.read", "audit.pruned", "message.posted"} <= recorded
    of_readers = {f"{system}.{what}" for system in ("cluster", "metrics") for what in ("read", "read.done")}
    assert of_readers <= ACTIONS.keys()
    assert recorded - ACTIONS.keys() <= {"errors", "update"}  # a form's answer to Slack
