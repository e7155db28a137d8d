"""Alerts of one cause share a thread: whose it is, and how many there are."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.store import Store, open_store
from bot.store.alerts import FRESH, RESOLVED, THREADLESS, Alerts, KnownAlert
from bot.store.cases import JOINED, Case, Cases
from bot.store.schema import cases as cases_table

NOW = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Store:
    return open_store(database_url, tmp_path)


def alert(key: str, *, cause: str = "c", job: str = "", at: datetime = NOW, thread: str = "") -> KnownAlert:
    named = {"team": "T", "channel": "C", "kin": f"kin of {cause}", "cluster": "prod", "name": f"Alert {key[0]}"}
    return KnownAlert(key=key, job=job or f"job {key}", cause=cause, thread_ts=thread, first_at=at, last_at=at, **named)


def test_the_first_of_a_cause_has_the_thread(store: Store) -> None:
    known = Alerts(store)
    assert known.place(alert("a1")).owner == "a1"
    assert known.place(alert("b1")).owner == "a1"
    assert known.place(alert("x1", cause="other")).owner == "x1"
    known.set_thread("a1", "1.1", "NC-1")
    found = known.get("b1")
    assert found is not None
    assert (found.thread_ts, found.case_id) == ("1.1", "NC-1")
    assert known.get("nobody") is None


def test_placed_again_by_the_same_job_it_is_where_it_was(store: Store) -> None:
    known = Alerts(store)
    known.place(alert("a1"))
    assert known.place(alert("a1")) == known.get("a1")
    assert known.storm("a1").count == 1


def test_at_the_same_time_one_is_the_owner(store: Store) -> None:
    known = Alerts(store)
    with ThreadPoolExecutor(8) as pool:
        placed = list(pool.map(known.place, [alert(f"a{number}") for number in range(24)]))
    assert len({each.owner for each in placed}) == 1


def test_how_many_there_are(store: Store) -> None:
    known = Alerts(store)
    for key in ("a1", "a2", "b1"):
        known.place(alert(key))
    known.tell_again("b1", RESOLVED, 3, NOW + timedelta(minutes=5))
    storm = known.storm("a1")
    assert (storm.names, storm.count, storm.firing, storm.times) == ((("Alert a", 2), ("Alert b", 1)), 3, 2, 5)
    assert storm.last_at == NOW + timedelta(minutes=5)


def test_a_thread_is_not_gone_on_with_for_ever(store: Store) -> None:
    known = Alerts(store)
    known.place(alert("a1", thread="1.1"))
    late = NOW + FRESH
    assert known.place(alert("b1", at=late)).owner == "a1"
    assert known.place(alert("d1", at=late + FRESH + timedelta(seconds=1))).owner == "d1"


def test_an_owner_that_never_had_a_thread_is_left(store: Store) -> None:
    known = Alerts(store)
    known.place(alert("a1"))
    assert known.place(alert("b1", at=NOW + THREADLESS)).owner == "a1"
    assert known.place(alert("d1", at=NOW + THREADLESS + timedelta(seconds=1))).owner == "d1"


def test_after_a_case_is_resolved_the_next_alert_opens_another(store: Store) -> None:
    known, cases = Alerts(store), Cases(store)
    opened = Case(
        id="",
        team="T",
        channel="C",
        thread_ts="1.1",
        opened_at=NOW,
        opened_by="Alertmanager",
        question="q",
        updated_at=NOW,
    )
    case = cases.open(opened)
    known.place(alert("a1"))
    known.set_thread("a1", "1.1", case.id)
    assert known.place(alert("b1")).owner == "a1"
    assert known.find_kin("kin of c", "x", NOW) is not None
    cases.resolve(case.id, "U1", NOW)
    assert known.find_kin("kin of c", "x", NOW) is None
    assert known.place(alert("d1")).owner == "d1"


def test_the_thread_of_a_joined_case_is_gone_on_with_while_the_other_is_open(store: Store) -> None:
    known, cases = Alerts(store), Cases(store)
    about = {"id": "", "team": "T", "channel": "C", "opened_at": NOW, "opened_by": "U1", "question": "q"}
    standing, joined = (cases.open(Case(thread_ts=ts, updated_at=NOW, **about)) for ts in ("1.1", "2.1"))
    with store.writing() as connection:
        row = update(cases_table).where(cases_table.c.id == joined.id)
        connection.execute(row.values(state=JOINED, same_as=standing.id))
    known.place(alert("a1"))
    known.set_thread("a1", "2.1", joined.id)
    assert known.place(alert("b1")).owner == "a1"
    assert known.find_kin("kin of c", "x", NOW) is not None
    cases.resolve(standing.id, "U1", NOW)
    assert known.find_kin("kin of c", "x", NOW) is None
    assert known.place(alert("d1")).owner == "d1"


def test_kin_are_those_heard_of_lately_with_a_thread(store: Store) -> None:
    known = Alerts(store)
    known.place(alert("a1"))
    assert known.find_kin("kin of c", "b1", NOW) is None
    known.set_thread("a1", "1.1")
    found = known.find_kin("kin of c", "b1", NOW)
    assert found is not None
    assert found.owner == "a1"
    assert known.find_kin("kin of c", "a1", NOW) is None
    assert known.find_kin("kin of c", "b1", NOW + timedelta(seconds=1)) is None
    assert known.find_kin("kin of d", "b1", NOW) is None
