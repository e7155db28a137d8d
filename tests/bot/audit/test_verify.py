"""Whoever owns the database can change it; verifying names the first record that is not as it was written."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot.audit import Actor, AuditLog, Record
from bot.audit.filters import Filters
from bot.audit.prune import BrokenChain, prune
from bot.audit.reading import find_records, list_records, stream_records
from bot.audit.records import GENESIS, TEXTS, digest
from bot.audit.verify import Anchor, Verification, anchor_text, make_anchor, parse_anchors, verify
from bot.store import Store
from bot.store.schema import audit_records
from tests.bot.audit.conftest import NOON

Filled = Callable[[int], list[Record]]
Owner = Callable[..., None]
COUNT = 12


def verdict(verified: Verification) -> tuple[int, str]:
    assert verified.fault is not None
    assert verified.fault.why.endswith(".")
    return verified.fault.seq, verified.fault.what


def row(record: Record, **changes: Any) -> dict[str, Any]:
    """As a row whose hash is right again."""
    fields = {name: value for name, value in asdict(record).items() if name != "kept"} | changes
    return {**fields, "hash": digest(fields)}


def change(store: Store, seq: int, name: str, value: str) -> None:
    with store.writing() as connection:
        connection.execute(update(audit_records).where(audit_records.c.seq == seq).values({name: value}))


def add(store: Store, *rows: dict[str, Any]) -> None:
    with store.writing() as connection:
        connection.execute(insert(audit_records), list(rows))


def move(owner: Owner, *numbers: tuple[int, int]) -> None:
    """Give records other numbers, as if all at once."""
    for was, becomes in numbers:
        owner("UPDATE audit_records SET seq = :to WHERE seq = :seq", seq=was, to=-becomes)
        owner("UPDATE audit_words SET seq = :to WHERE seq = :seq", seq=was, to=-becomes)
    owner("UPDATE audit_records SET seq = -seq WHERE seq < 0", "UPDATE audit_words SET seq = -seq WHERE seq < 0")


def test_what_nobody_touched_holds_and_says_what_was_checked(log: AuditLog, filled: Filled) -> None:
    records = filled(COUNT)
    told: list[tuple[int, int]] = []
    verified = verify(log.store, progress=lambda done, of: told.append((done, of)))
    assert verified.holds
    assert (verified.first, verified.last, verified.count) == (1, COUNT, COUNT)
    assert (verified.head, verified.pruned) == (records[-1].hash, 0)
    assert (verified.words_kept, verified.words_erased) == (4, 0)
    assert told[-1] == (COUNT, COUNT)
    assert verified.to_json()["fault"] is None


def test_an_empty_log_holds(log: AuditLog) -> None:
    verified = verify(log.store)
    assert (verified.holds, verified.count, verified.head) == (True, 0, "")


@pytest.mark.parametrize(
    "seq", [1, pytest.param(5, marks=pytest.mark.slow), pytest.param(COUNT, marks=pytest.mark.slow)]
)
def test_any_field_of_any_record_that_is_changed_names_it(
    log: AuditLog, filled: Filled, owner: Owner, seq: int
) -> None:
    record = filled(COUNT)[seq - 1]
    for name in (*TEXTS, "hash"):
        for value in (f"{getattr(record, name)}x", getattr(record, name)[1:]):
            change(log.store, seq, name, value)
            if value != getattr(record, name):
                assert verdict(verify(log.store)) == (seq, "changed"), name
        change(log.store, seq, name, getattr(record, name))
        assert verify(log.store).holds, name


@pytest.mark.parametrize("seq", [1, 5, COUNT - 1])
def test_a_changed_record_whose_hash_was_made_anew_is_named(
    log: AuditLog, filled: Filled, owner: Owner, seq: int
) -> None:
    records = filled(COUNT)
    owner("DELETE FROM audit_records WHERE seq = :seq", seq=seq)
    add(log.store, row(records[seq - 1], actor_id="U9EVE"))
    assert verdict(verify(log.store)) == (seq, "changed")


@pytest.mark.parametrize(("seq", "last"), [(1, 1), (5, 5), (4, 7)])
def test_records_that_are_gone_are_named(log: AuditLog, filled: Filled, owner: Owner, seq: int, last: int) -> None:
    filled(COUNT)
    owner("DELETE FROM audit_records WHERE seq BETWEEN :seq AND :last", seq=seq, last=last)
    assert verdict(verify(log.store)) == (seq, "removed")


@pytest.mark.parametrize("seq", [2, 5, COUNT - 1])
def test_a_record_that_is_gone_is_named_though_the_rest_was_renumbered(
    log: AuditLog, filled: Filled, owner: Owner, seq: int
) -> None:
    filled(COUNT)
    owner("DELETE FROM audit_records WHERE seq = :seq", "DELETE FROM audit_words WHERE seq = :seq", seq=seq)
    move(owner, *((number, number - 1) for number in range(seq + 1, COUNT + 1)))
    assert verdict(verify(log.store)) == (seq, "removed")


@pytest.mark.parametrize("seq", [2, 5, COUNT])
def test_a_record_that_was_inserted_is_named(log: AuditLog, filled: Filled, owner: Owner, seq: int) -> None:
    records = filled(COUNT)
    move(owner, *((number, number + 1) for number in range(COUNT, seq - 1, -1)))
    add(log.store, row(records[1], seq=seq, prev=records[seq - 2].hash, words="", detail='{"path":"/forged"}'))
    assert verdict(verify(log.store)) == (seq, "inserted")


@pytest.mark.parametrize("seq", [3, 7])
def test_a_record_that_was_inserted_with_the_link_of_the_one_before_is_named_itself(
    log: AuditLog, filled: Filled, owner: Owner, seq: int
) -> None:
    records = filled(COUNT)
    move(owner, *((number, number + 1) for number in range(COUNT, seq - 1, -1)))
    add(log.store, row(records[1], seq=seq, prev=records[seq - 2].prev, words="", detail='{"path":"/forged"}'))
    assert verdict(verify(log.store)) == (seq, "inserted")


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("seq", [1, 5])
def test_the_first_of_several_that_are_gone_is_named_though_the_rest_was_renumbered(
    log: AuditLog, filled: Filled, owner: Owner, seq: int, count: int
) -> None:
    filled(COUNT)
    for table in ("audit_records", "audit_words"):
        owner(f"DELETE FROM {table} WHERE seq >= :seq AND seq < :end", seq=seq, end=seq + count)  # noqa: S608
    move(owner, *((number, number - count) for number in range(seq + count, COUNT + 1)))
    assert verdict(verify(log.store)) == (seq, "removed")


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("seq", [2, 6])
def test_the_first_of_several_that_were_inserted_is_named(
    log: AuditLog, filled: Filled, owner: Owner, seq: int, count: int
) -> None:
    records = filled(COUNT)
    move(owner, *((number, number + count) for number in range(COUNT, seq - 1, -1)))
    forged: list[dict[str, Any]] = []
    for number in range(seq, seq + count):
        prev = forged[-1]["hash"] if forged else records[seq - 2].hash
        forged.append(row(records[1], seq=number, prev=prev, words="", detail='{"path":"/forged"}'))
    add(log.store, *forged)
    verified = verify(log.store)
    assert verdict(verified) == (seq, "inserted")
    assert verified.fault is not None
    assert verified.fault.why.startswith(f"Records {seq} to {seq + count - 1} were inserted:")


@pytest.mark.parametrize(("was", "becomes"), [(10, 4), (9, 2), (COUNT, 1), (COUNT, 7)])
def test_a_record_that_was_moved_back_is_named_with_its_number(
    log: AuditLog, filled: Filled, owner: Owner, was: int, becomes: int
) -> None:
    filled(COUNT)
    move(owner, (was, becomes), *((number, number + 1) for number in range(becomes, was)))
    verified = verify(log.store)
    assert verdict(verified) == (becomes, "reordered")
    assert verified.fault is not None
    assert verified.fault.why.endswith(f"it was written as {was}.")


def test_a_copy_of_a_record_is_named_itself(log: AuditLog, filled: Filled, owner: Owner) -> None:
    records = filled(COUNT)
    move(owner, *((number, number + 1) for number in range(COUNT, 7, -1)))
    add(log.store, {**row(records[2]), "seq": 8})
    assert verdict(verify(log.store)) == (8, "inserted")


def test_a_record_that_was_blown_up_does_not_hold_verifying_up(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    owner("UPDATE audit_records SET detail = :detail WHERE seq = 5", detail="x" * 5_000_000)
    verified = verify(log.store)
    assert verdict(verified) == (5, "changed")
    assert verified.seconds < 10


@pytest.mark.parametrize("seq", [-5, 0])
def test_a_number_that_no_record_has_is_named(log: AuditLog, filled: Filled, owner: Owner, seq: int) -> None:
    records = filled(3)
    add(log.store, row(records[1], seq=seq))
    assert verdict(verify(log.store)) == (seq, "inserted")


@pytest.mark.parametrize(("one", "two"), [(1, 2), (5, 6), (3, 10), (1, COUNT), (COUNT - 1, COUNT)])
def test_records_that_changed_places_are_named(log: AuditLog, filled: Filled, owner: Owner, one: int, two: int) -> None:
    filled(COUNT)
    move(owner, (one, two), (two, one))
    assert verdict(verify(log.store)) == (one, "reordered")


def test_a_value_that_no_record_can_have_is_a_fault_and_no_crash(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    owner("UPDATE audit_records SET time = 'yesterday', detail = 'no JSON' WHERE seq = 5")
    assert verdict(verify(log.store)) == (5, "changed")


def test_another_type_is_a_fault_and_no_crash(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    if log.store.is_sqlite:  # which lets any type into any column
        owner("UPDATE audit_records SET detail = x'00ff' WHERE seq = 5")
        assert verdict(verify(log.store)) == (5, "changed")


@pytest.mark.parametrize("table", ["audit_records", "audit_words"])
def test_bytes_that_are_no_text_name_their_record(
    log: AuditLog, filled: Filled, owner: Owner, tmp_path: Path, table: str
) -> None:
    filled(COUNT)
    if not log.store.is_sqlite:  # PostgreSQL takes no text that is none
        return
    column = "words" if table == "audit_words" else "detail"
    owner(f"UPDATE {table} SET {column} = CAST(x'22ff4122' AS TEXT) WHERE seq = 7")  # noqa: S608
    assert verdict(verify(log.store)) == (7, "changed")
    with pytest.raises(BrokenChain, match="7"):
        prune(log, datetime.now(UTC), tmp_path / "a.jsonl", actor=Actor("system", "x"))
    (record,) = find_records(log.store, "7")
    assert "?A" in (record.kept if column == "words" else record.detail)
    assert list_records(log.store, Filters())[COUNT - 7] == record
    with log.store.reading() as connection:
        assert list(stream_records(connection, Filters()))[6] == record


def rewritten(records: list[Record], **changes: Any) -> list[dict[str, Any]]:
    """The whole chain made anew, with one record of it changed."""
    rows: list[dict[str, Any]] = []
    for record in records:
        new = changes if record.seq == 3 else {}
        rows.append(row(record, prev=rows[-1]["hash"] if rows else GENESIS, **new))
    return rows


def test_a_cut_tail_shows_by_an_anchor_alone(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    anchor = make_anchor(log, channel="C1OPS")
    assert verify(log.store, anchors=[anchor]).anchors == 1
    owner("DELETE FROM audit_records WHERE seq > 9", "DELETE FROM audit_words WHERE seq > 9")
    assert verify(log.store).holds
    assert verdict(verify(log.store, anchors=[anchor])) == (10, "cut")


def test_a_log_that_was_emptied_shows_by_an_anchor(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    anchor = make_anchor(log)
    owner("DELETE FROM audit_records", "DELETE FROM audit_words")
    assert verdict(verify(log.store, anchors=[anchor])) == (1, "cut")


def test_a_chain_that_was_rewritten_shows_by_an_anchor_alone(log: AuditLog, filled: Filled, owner: Owner) -> None:
    records = filled(COUNT)
    early, late = (Anchor(number, records[number - 1].hash) for number in (2, 8))
    owner("DELETE FROM audit_records")
    add(log.store, *rewritten(records, actor_id="U9EVE"))
    assert verify(log.store).holds
    assert verify(log.store, anchors=[early]).holds
    assert verdict(verify(log.store, anchors=[late, early])) == (8, "rewritten")


def test_an_anchor_is_read_back_from_what_people_copy_out_of_slack(log: AuditLog, filled: Filled) -> None:
    filled(3)
    made = [make_anchor(log), make_anchor(log)]
    page = f"netclinic  9:00 AM\n{anchor_text(made[0])}\nbob: ok\n> `{made[1].seq}:{made[1].hash}`\n12:30 lunch"
    assert [replace(anchor, at=None) for anchor in made] == parse_anchors(page) == parse_anchors(page.upper())
    assert verify(log.store, anchors=parse_anchors(page)).anchors == 2


@pytest.mark.parametrize(
    "words", ["", "12:30", "5:" + "a" * 63, "5:" + "a" * 65, "5:" + "g" * 64, "x5:" + "a" * 64, "0:" + "a" * 64]
)
def test_what_is_no_anchor_is_none(words: str) -> None:
    assert parse_anchors(words) == []


def test_an_anchor_of_no_record_is_not_in_the_pruned_part(log: AuditLog, filled: Filled) -> None:
    filled(3)
    verified = verify(log.store, anchors=[Anchor(0, "a" * 64)])
    assert (verified.anchors, verified.anchors_out_of_reach) == (0, 0)
    assert verdict(verified) == (0, "unproven")


@pytest.mark.parametrize("beyond", [0, 50])
def test_a_log_that_one_forged_pruning_stands_for_is_not_proven_by_an_anchor(
    log: AuditLog, filled: Filled, owner: Owner, beyond: int
) -> None:
    """``beyond`` records more than there were are said to be pruned; the link fits."""
    last = filled(COUNT)[-1]
    anchor = make_anchor(log)
    to, hash_ = anchor.seq + beyond, "f" * 64 if beyond else anchor.hash
    owner("DELETE FROM audit_records", "DELETE FROM audit_words")
    said = f'{{"hash":"{hash_}","to":{to}}}'
    add(log.store, row(last, seq=to + 1, action="audit.pruned", detail=said, prev=hash_, words=""))
    alone = verify(log.store)
    assert verdict(alone) == (1, "unproven")
    assert alone.fault is not None
    assert alone.fault.why.endswith("but it signs off no archive: they may have been taken away by anybody.")
    verified = verify(log.store, anchors=[anchor, Anchor(2, "a" * 64)])
    assert verdict(verified) == (anchor.seq, "unproven")
    assert (verified.anchors, verified.anchors_out_of_reach) == (0, 2)


@pytest.mark.parametrize("sha256", ["", "f" * 64, "0"])
def test_a_forged_pruning_proves_nothing_whatever_it_signs_off(
    log: AuditLog, filled: Filled, owner: Owner, bob: Actor, sha256: str
) -> None:
    """Written into the chain as it should be, and vouched for by an anchor that came after it."""
    records = filled(COUNT)
    said = {"to": 6, "hash": records[5].hash, **({"sha256": sha256} if sha256 else {})}
    log.record("audit.pruned", actor=bob, detail=said)
    owner("DELETE FROM audit_records WHERE seq < 7", "DELETE FROM audit_words WHERE seq < 7")
    verified = verify(log.store, anchors=[make_anchor(log)])
    assert (verified.anchors, verified.all_read) == (1, True)
    assert verdict(verified) == (1, "unproven")
    assert not verified.to_json()["holds"]


def test_a_pruning_is_no_excuse_for_what_is_younger(log: AuditLog, filled: Filled, owner: Owner, bob: Actor) -> None:
    records = filled(COUNT)
    log.record("audit.pruned", actor=bob, detail={"to": COUNT + 1, "hash": "f" * 64})
    owner("DELETE FROM audit_records", "DELETE FROM audit_words")
    add(log.store, row(records[0], seq=COUNT + 2, prev="f" * 64, words=""))
    assert verdict(verify(log.store)) == (1, "removed")


def test_a_pruning_with_a_hash_that_is_no_text_is_a_fault_and_no_crash(
    log: AuditLog, filled: Filled, owner: Owner, tmp_path: Path
) -> None:
    last = filled(COUNT)[-1]
    pruned = prune(log, NOON + timedelta(minutes=3), tmp_path / "a", actor=Actor("system", "x"))
    assert pruned is not None
    said = '{"hash":"\\ud800\\u0000","to":6}'
    add(log.store, row(last, seq=COUNT + 2, action="audit.pruned", detail=said, prev=pruned.record.hash, words=""))
    owner("DELETE FROM audit_records WHERE seq < 7", "DELETE FROM audit_words WHERE seq < 7")
    assert verdict(verify(log.store, archives=[tmp_path / "a"])) == (6, "changed")


def test_a_large_record_that_was_moved_far_is_named_with_its_number(
    log: AuditLog, filled: Filled, owner: Owner
) -> None:
    filled(COUNT - 1)
    log.record("refused", actor=Actor("system", "x"), detail={"why": "x" * 20_000_000})
    move(owner, (COUNT, 2), *((number, number + 1) for number in range(2, COUNT)))
    verified = verify(log.store)
    assert verdict(verified) == (2, "reordered")
    assert verified.seconds < 10


def test_changed_words_name_their_record(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    owner("UPDATE audit_words SET words = :words WHERE seq = 7", words='{"question":"something else"}')
    assert verdict(verify(log.store)) == (7, "changed")


def test_words_that_went_without_a_record_name_theirs(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    owner("DELETE FROM audit_words WHERE seq = 7")
    assert verdict(verify(log.store)) == (7, "erased")


@pytest.mark.parametrize("seq", [2, 99])
def test_words_that_nobody_said_name_their_record(log: AuditLog, filled: Filled, owner: Owner, seq: int) -> None:
    filled(COUNT)
    owner(
        "INSERT INTO audit_words (seq, salt, words) VALUES (:seq, 's', :words)", seq=seq, words='{"question":"forged"}'
    )
    assert verdict(verify(log.store)) == (seq, "inserted")


def test_the_first_of_several_faults_is_named(log: AuditLog, filled: Filled, owner: Owner) -> None:
    filled(COUNT)
    owner("UPDATE audit_records SET case = 'x' WHERE seq IN (9, 4)".replace("case", '"case"'))
    owner("DELETE FROM audit_records WHERE seq = 6")
    verified = verify(log.store)
    assert verdict(verified) == (4, "changed")
    assert verified.count == 3
