"""Adding records: each has its place in the chain when the call returns, or the caller hears that it has not."""

import asyncio
import json
import threading
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from bot.audit import Actor, AuditLog, AuditUnavailable, Draft
from bot.audit.filters import Filters
from bot.audit.privacy import Privacy
from bot.audit.reading import find_records, list_records
from bot.audit.records import GENESIS
from bot.audit.verify import verify
from bot.store import Store, open_store


def test_the_first_record_begins_the_chain_and_the_next_follows_it(log: AuditLog, bob: Actor) -> None:
    one = log.record("question.received", actor=bob, request_id="r1", case="NC-1", detail={"question": "dns?"})
    two = log.record("refused", actor=bob, cluster="prod", entry="dns-timeout", outcome="UsageProblem")
    assert (one.seq, one.prev) == (1, GENESIS)
    assert (two.seq, two.prev) == (2, one.hash)
    assert (one.request_id, one.case, one.actor, one.details) == ("r1", "NC-1", bob, {"question": "dns?"})
    assert (two.cluster, two.entry, two.outcome, two.details) == ("prod", "dns-timeout", "UsageProblem", {})
    assert one.at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - one.at) < timedelta(minutes=1)


def test_what_is_read_is_what_was_returned(log: AuditLog, bob: Actor) -> None:
    detail = {"question": "域名 'x' \"y\" \\", "n": 1.5, "list": [1, None]}
    one = log.record("question.received", actor=bob, detail=detail)
    assert list(find_records(log.store, "1")) == [one]


async def test_many_at_once_are_one_chain_in_the_order_they_were_handed_over(log: AuditLog, bob: Actor) -> None:
    records = await asyncio.gather(*(log.arecord("cluster.read", actor=bob, detail={"n": n}) for n in range(300)))
    assert [record.seq for record in records] == list(range(1, 301))
    assert [record.details["n"] for record in records] == list(range(300))
    assert verify(log.store).holds


async def test_many_at_once_cost_few_transactions(log: AuditLog, bob: Actor) -> None:
    commits = []
    event.listen(log.store.engine, "commit", commits.append)
    await asyncio.gather(*(log.arecord("cluster.read", actor=bob) for _ in range(200)))
    assert 1 <= len(commits) < 20


def test_threads_and_logs_of_one_database_share_the_chain(log: AuditLog, store: Store, bob: Actor) -> None:
    other = AuditLog(store)

    def write(one: AuditLog) -> None:
        for _ in range(20):
            one.record("cluster.read", actor=bob)

    threads = [threading.Thread(target=write, args=(one,)) for one in (log, other, log, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    verified = verify(store)
    assert (verified.holds, verified.count, verified.last) == (True, 80, 80)


def test_several_records_are_stored_next_to_each_other(log: AuditLog, bob: Actor) -> None:
    actions = ["cluster.read.done", "permission.failed"]
    records = log.append([Draft(action=action, actor=bob) for action in actions])
    assert [record.action for record in records] == actions
    assert records[1].prev == records[0].hash


HOSTILE = [
    "a\0b",
    "\ud800",
    "\x1b[31mred",
    "'; DROP TABLE audit_records; --",
    "%s %(x)s :x",
    "\u202e",
    "x" * 3_000,
    "𝄞",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_text_of_any_kind_is_stored_and_holds(log: AuditLog, name: str) -> None:
    actor = Actor("slack", name, name, name, name)
    detail = {name: name, "note": name}
    log.record(name, actor=actor, request_id=name, case=name, cluster=name, entry=name, detail=detail)
    log.record("refused", actor=actor, detail={"deep": {name: [name]}})
    assert verify(log.store).holds
    assert len(list_records(log.store, Filters())) == 2


def test_a_detail_that_json_cannot_hold_is_stored_as_text(log: AuditLog, bob: Actor) -> None:
    detail = {"nan": float("nan"), "big": 2**70, "path": Path("/x"), "at": datetime(2026, 1, 1, tzinfo=UTC), "s": {1}}
    kept = log.record("refused", actor=bob, detail=detail).details
    assert kept == {"nan": "nan", "big": str(2**70), "path": "/x", "at": "2026-01-01T00:00:00.000000Z", "s": [1]}
    assert verify(log.store).holds


def test_words_are_kept_apart_from_the_record(log: AuditLog, bob: Actor) -> None:
    record = log.record("question.received", actor=bob, detail={"question": "secret plans", "namespace": "shop"})
    assert json.loads(record.detail) == {"namespace": "shop"}
    assert record.details == {"question": "secret plans", "namespace": "shop"}
    with log.store.reading() as connection:
        assert "secret plans" not in str(connection.execute(text("SELECT * FROM audit_records")).all())


def test_hashed_words_are_equal_where_the_words_were_and_can_be_guessed_by_nobody(store: Store, bob: Actor) -> None:
    log = AuditLog(store, Privacy("hash", b"0123456789abcdef"))
    other = AuditLog(store, Privacy("hash", b"another key here"))
    asked = [log.record("question.received", actor=bob, detail={"question": q}) for q in ("DNS  down", "dns down", "x")]
    foreign = other.record("question.received", actor=bob, detail={"question": "dns down"})
    digests = [record.details["question"]["hmac_sha256"] for record in (*asked, foreign)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
    for one in (log, other):
        one.close()
    with store.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_words")).scalar() == 0
    assert verify(store).holds


def test_dropped_words_leave_their_length_alone(store: Store, bob: Actor) -> None:
    log = AuditLog(store, Privacy("drop"))
    record = log.record("button.pressed", actor=bob, detail={"note": "call me", "button": "resolve"})
    log.close()
    assert record.details == {"note": {"characters": 7}, "button": "resolve"}
    assert "call me" not in str(list_records(store, Filters()))


def test_a_database_that_is_gone_is_told_in_one_sentence(log: AuditLog, store: Store, bob: Actor) -> None:
    log.record("question.received", actor=bob)
    with store.writing() as connection:
        connection.execute(text("DROP TABLE audit_records"))
    with pytest.raises(AuditUnavailable, match="The audit log could not be written") as told:
        log.record("cluster.read", actor=bob)
    assert "\n" not in str(told.value)
    assert "INSERT" not in str(told.value)


async def test_all_that_waited_hear_of_it_and_a_later_record_goes_through(
    log: AuditLog, store: Store, bob: Actor
) -> None:
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE audit_records RENAME TO away"))
    tried = await asyncio.gather(*(log.arecord("cluster.read", actor=bob) for _ in range(20)), return_exceptions=True)
    assert all(isinstance(one, AuditUnavailable) for one in tried)
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO audit_records"))
    assert (await log.arecord("cluster.read", actor=bob)).seq == 1


def test_a_full_disk_is_told_and_nothing_of_the_record_is_left(tmp_path: Path, bob: Actor) -> None:
    store = open_store("", tmp_path)

    @event.listens_for(store.engine, "connect")
    def small(connection: object, _: object) -> None:
        connection.execute("PRAGMA max_page_count = 60")  # type: ignore[attr-defined]

    store.engine.dispose()
    log = AuditLog(store)
    drafts = ([Draft(action="cluster.read", actor=bob, detail={"path": "/" * 500})] for _ in range(500))
    with pytest.raises(AuditUnavailable, match="full"):
        deque(map(log.append, drafts))
    log.close()
    verified = verify(store)
    assert verified.holds
    assert verified.count == verified.last > 0


def outcome(bob: Actor, number: int) -> list[Draft]:
    return [Draft(action="cluster.read.done", actor=bob, detail={"read": number})]


def actions(log: AuditLog) -> list[str]:
    return [record.action for record in list_records(log.store, Filters(limit=100))][::-1]


async def test_an_outcome_is_stored_in_its_place_without_anybody_waiting(log: AuditLog, bob: Actor) -> None:
    commits = []
    event.listen(log.store.engine, "commit", commits.append)
    await log.arecord("cluster.read", actor=bob)
    log.enqueue(outcome(bob, 1))
    await log.arecord("cluster.read", actor=bob)
    assert len(commits) == 2
    log.enqueue(outcome(bob, 2))
    log.close()
    assert actions(log) == ["cluster.read", "cluster.read.done"] * 2


def test_an_outcome_is_stored_soon_though_nothing_follows(log: AuditLog, bob: Actor) -> None:
    log.enqueue(outcome(bob, 1))
    for _ in range(600):
        if actions(log):
            break
        time.sleep(0.05)
    assert actions(log) == ["cluster.read.done"]


def test_an_outcome_that_could_not_be_stored_comes_before_whatever_follows(
    log: AuditLog, store: Store, bob: Actor
) -> None:
    log.record("cluster.read", actor=bob)
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE audit_records RENAME TO away"))
    log.enqueue(outcome(bob, 1))
    with pytest.raises(AuditUnavailable):
        log.record("cluster.read", actor=bob)
    with pytest.raises(AuditUnavailable):
        log.close()
    with store.writing() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO audit_records"))
    assert log.record("verdict.reached", actor=bob).seq == 3
    assert actions(log) == ["cluster.read", "cluster.read.done", "verdict.reached"]
    assert verify(store).holds
    log.close()


def test_a_closed_log_has_stored_what_was_handed_over_and_opens_again(log: AuditLog, bob: Actor) -> None:
    handed = [log._writer.submit([Draft(action="cluster.read", actor=bob)]) for _ in range(50)]
    log.close()
    assert all(one.done() for one in handed)
    assert log.record("cluster.read", actor=bob).seq == 51
