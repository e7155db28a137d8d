"""What is old goes into an archive and out of the log, people's words go for good; what is left verifies."""

import hashlib
import json
import resource
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.audit import Actor, AuditLog
from bot.audit.archives import ArchiveError
from bot.audit.prune import BrokenChain, erase_words, prune
from bot.audit.records import digest
from bot.audit.verify import Anchor, verify
from bot.store import DatabaseError
from bot.terminal.audit_files import slices_hint
from tests.bot.audit.conftest import LATER, NOON, Filled, at, drafts
from tests.databases import sqlite_is_slow


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "2026-11.jsonl"


def test_old_records_go_and_the_rest_verifies(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(12)
    pruned = prune(log, at(7), archive, actor=bob)
    assert pruned is not None
    assert (pruned.count, pruned.to, pruned.record.seq, pruned.record.action) == (7, 7, 13, "audit.pruned")
    verified = verify(log.store, archives=[archive])
    assert (verified.holds, verified.first, verified.last) == (True, 1, 13)
    alone = verify(log.store)
    assert (alone.first, alone.last, alone.pruned, alone.all_read) == (8, 13, 7, True)
    assert alone.fault is not None
    assert (alone.fault.seq, alone.fault.what) == (1, "unproven")
    assert alone.fault.why == (
        "Records 1 to 7 were pruned, as record 13 says, and their archive was not given: give it (--archive FILE)."
    )


def test_the_archive_takes_the_place_of_what_went(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    records = filled(12)
    prune(log, at(7), archive, actor=bob)
    verified = verify(log.store, archives=[archive], anchors=[Anchor(3, records[2].hash)])
    assert (verified.holds, verified.first, verified.count, verified.anchors) == (True, 1, 13, 1)
    assert verified.words_kept == 4


def test_an_archive_stands_for_itself(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    records = filled(12)
    pruned = prune(log, at(7), archive, actor=bob)
    assert pruned is not None
    *lines, last = archive.read_bytes().splitlines(keepends=True)
    values = [json.loads(line) for line in lines]
    assert [value["record"]["seq"] for value in values] == list(range(1, 8))
    assert all(digest(value["record"]) == value["hash"] for value in values)
    assert values[0]["kept"] == records[0].kept
    manifest = json.loads(last)["manifest"]
    assert manifest["sha256_of_lines"] == hashlib.sha256(b"".join(lines)).hexdigest()
    assert (manifest["to"], manifest["hash"], manifest["made_by"]["name"]) == (7, records[6].hash, "bob")
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == pruned.sha256 == pruned.record.details["sha256"]
    assert archive.stat().st_mode & 0o077 == 0


def test_pruning_again_goes_on_where_it_ended(log: AuditLog, filled: Filled, bob: Actor, tmp_path: Path) -> None:
    filled(12)
    archives = [tmp_path / name for name in ("b", "a", "c")]
    counts = [
        done.count
        for path, minute in zip(archives, (3, 7, 9), strict=True)
        if (done := prune(log, at(minute), path, actor=bob))
    ]
    assert counts == [3, 4, 2]
    assert verify(log.store).pruned == 9
    whole = verify(log.store, archives=archives)
    assert (whole.holds, whole.first, whole.last, whole.count) == (True, 1, 15, 15)
    part = verify(log.store, archives=archives[1:])
    assert (part.holds, part.first) == (False, 4)


@pytest.mark.parametrize(
    ("given", "gaps", "first"),
    [("ac", [(4, 7)], 1), ("a", [(4, 9)], 1), ("b", [(8, 9)], 4), ("bc", [], 4), ("", [], 10)],
)
def test_archives_that_are_not_given_are_named_and_nothing_is_proven(
    log: AuditLog, filled: Filled, bob: Actor, tmp_path: Path, given: str, gaps: list[tuple[int, int]], first: int
) -> None:
    records = filled(12)
    for name, minute in (("a", 3), ("b", 7), ("c", 9)):
        prune(log, at(minute), tmp_path / name, actor=bob)
    archives = [tmp_path / name for name in given]
    verified = verify(log.store, archives=archives)
    assert (verified.first, list(verified.not_given), verified.all_read) == (first, gaps, True)
    assert verified.fault is not None
    missing = (1, first - 1) if first > 1 else gaps[0]
    assert (verified.fault.seq, verified.fault.what) == (missing[0], "unproven")
    assert f"Records {missing[0]} to {missing[1]} were pruned" in verified.fault.why
    assert verified.to_json()["pruned_and_not_given"] == [list(gap) for gap in gaps]
    anchored = verify(log.store, archives=archives, anchors=[Anchor(gap[1], records[gap[1] - 1].hash) for gap in gaps])
    assert (anchored.holds, anchored.anchors_out_of_reach) == (False, len(gaps))


def test_a_hole_that_no_pruning_stands_for_is_told(
    log: AuditLog, filled: Filled, owner: Callable[..., None], bob: Actor, tmp_path: Path
) -> None:
    filled(12)
    prune(log, at(3), tmp_path / "a", actor=bob)
    owner("DELETE FROM audit_records WHERE seq BETWEEN 4 AND 6", "DELETE FROM audit_words WHERE seq BETWEEN 4 AND 6")
    fault = verify(log.store, archives=[tmp_path / "a"]).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (4, "removed")


def test_a_forged_pruning_is_no_excuse_for_a_hole_in_the_database(
    log: AuditLog, filled: Filled, owner: Callable[..., None], bob: Actor
) -> None:
    records = filled(12)
    log.record("audit.pruned", actor=bob, detail={"to": 6, "hash": records[5].hash})
    owner("DELETE FROM audit_records WHERE seq BETWEEN 4 AND 6", "DELETE FROM audit_words WHERE seq BETWEEN 4 AND 6")
    fault = verify(log.store).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (4, "removed")


def test_before_very_many_are_removed_at_once_on_a_server_it_says_what_that_means(log: AuditLog) -> None:
    hint = slices_hint(log.store, 50_001)
    assert ("60,001" in slices_hint(log.store, 60_001)) is not log.store.is_sqlite
    assert ("prune in slices" in hint) is not log.store.is_sqlite
    assert slices_hint(log.store, 50_000) == ""


def test_everything_may_be_old(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(12)
    assert prune(log, LATER, archive, actor=bob)
    verified = verify(log.store)
    assert (verified.all_read, verified.first, verified.count) == (True, 13, 1)
    log.record("question.received", actor=bob)
    assert verify(log.store, archives=[archive]).holds


def test_a_clock_that_ran_back_keeps_what_is_younger(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(6)
    filled(6)  # the same minutes again
    pruned = prune(log, at(2), archive, actor=bob)
    assert pruned is not None
    assert pruned.to == 2


def test_nothing_old_makes_no_archive(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(3)
    assert prune(log, NOON, archive, actor=bob) is None
    assert list(archive.parent.glob("*.jsonl")) == []


def test_a_broken_chain_is_not_pruned_away(
    log: AuditLog, filled: Filled, owner: Callable[..., None], bob: Actor, archive: Path
) -> None:
    filled(12)
    owner("UPDATE audit_records SET outcome = 'x' WHERE seq = 5")
    with pytest.raises(BrokenChain, match="Record 5 was changed"):
        prune(log, at(7), archive, actor=bob)
    assert not archive.exists()
    assert not list(archive.parent.glob(".*.unfinished"))
    assert verify(log.store).count == 4


def test_a_file_that_exists_is_not_overwritten(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(12)
    archive.write_text("precious")
    with pytest.raises(ArchiveError, match="exists already"):
        prune(log, at(7), archive, actor=bob)
    assert archive.read_text() == "precious"
    assert verify(log.store).count == 12


@pytest.mark.parametrize("place", ["nowhere/archive.jsonl", "netclinic.sqlite/archive.jsonl"])
def test_a_place_that_cannot_be_written_removes_nothing(
    log: AuditLog, filled: Filled, bob: Actor, tmp_path: Path, place: str
) -> None:
    filled(12)
    (tmp_path / "netclinic.sqlite").touch()
    with pytest.raises(ArchiveError, match="nothing was pruned"):
        prune(log, at(7), tmp_path / place, actor=bob)
    assert verify(log.store).count == 12


def test_without_the_record_of_a_pruning_the_records_are_missing(
    log: AuditLog, filled: Filled, owner: Callable[..., None], bob: Actor, archive: Path
) -> None:
    filled(12)
    prune(log, at(7), archive, actor=bob)
    owner("DELETE FROM audit_records WHERE seq = 13")
    fault = verify(log.store).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (1, "removed")


def test_an_anchor_of_the_last_pruned_record_is_still_checked(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    records = filled(12)
    prune(log, at(7), archive, actor=bob)
    anchors = [Anchor(7, records[6].hash), Anchor(3, records[2].hash)]
    unproven = verify(log.store, anchors=anchors)
    assert (unproven.anchors, unproven.anchors_out_of_reach) == (0, 2)
    assert unproven.fault is not None
    assert (unproven.fault.seq, unproven.fault.what) == (7, "unproven")
    assert "--archive" in unproven.fault.why
    assert verify(log.store, anchors=anchors, archives=[archive]).anchors == 2
    younger = verify(log.store, anchors=[*anchors, Anchor(9, records[8].hash)])
    assert (younger.anchors, younger.anchors_out_of_reach) == (1, 2)
    assert younger.fault is not None
    assert (younger.fault.seq, younger.fault.what) == (1, "unproven"), "an anchor is no archive"
    wrong = verify(log.store, anchors=[Anchor(7, "a" * 64)]).fault
    assert wrong is not None
    assert (wrong.seq, wrong.what) == (7, "rewritten")


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda content: content[: len(content) // 2],
    "a letter changed": lambda content: content.replace(b"/api/1", b"/api/9"),
    "a line gone": lambda content: b"".join(content.splitlines(keepends=True)[1:]),
    "no manifest": lambda content: b"".join(content.splitlines(keepends=True)[:-1]),
    "more after the manifest": lambda content: content + content.splitlines(keepends=True)[0],
    "another file": lambda _: b"\x89PNG\r\n",
    "JSON of others": lambda _: b"[1, 2]\n",
    "records of others": lambda _: b'{"record": {"seq": 1}}\n',
    "empty": lambda _: b"",
    "a manifest that is none": lambda _: b'{"manifest":"x"}\n',
    "a manifest of nothing": lambda _: b'{"manifest":null}\n',
    "nested too deep": lambda _: b'{"record":' + b"[" * 100_000 + b"\n",
    "a manifest with a record": lambda _: b'{"record":{},"manifest":"x"}\n',
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_archive_is_refused(log: AuditLog, filled: Filled, bob: Actor, archive: Path, how: str) -> None:
    filled(12)
    prune(log, at(7), archive, actor=bob)
    archive.write_bytes(DAMAGE[how](archive.read_bytes()))
    with pytest.raises(ArchiveError, match="is no whole archive") as told:
        verify(log.store, archives=[archive])
    assert "\n" not in str(told.value)


def test_an_archive_that_was_made_anew_does_not_fit_the_chain(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    filled(12)
    prune(log, at(7), archive, actor=bob)
    *lines, last = [json.loads(line) for line in archive.read_bytes().splitlines()]
    lines[-1]["record"]["outcome"] = "forged"
    lines[-1]["hash"] = digest(lines[-1]["record"])
    written = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    last["manifest"]["sha256_of_lines"] = hashlib.sha256(written).hexdigest()
    archive.write_bytes(written + json.dumps(last).encode() + b"\n")
    fault = verify(log.store, archives=[archive]).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (7, "changed")


def test_texts_in_an_archive_that_no_database_holds_are_named(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    filled(12)
    prune(log, at(7), archive, actor=bob)
    *lines, last = [json.loads(line) for line in archive.read_bytes().splitlines()]
    lines[3]["record"]["prev"] = "\ud800"
    written = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    last["manifest"]["sha256_of_lines"] = hashlib.sha256(written).hexdigest()
    archive.write_bytes(written + json.dumps(last).encode() + b"\n")
    fault = verify(log.store, archives=[archive]).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (4, "changed")


def test_an_archive_that_is_not_the_one_that_was_signed_off_is_named(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    filled(12)
    prune(log, at(7), archive, actor=bob)
    archive.write_bytes(archive.read_bytes().replace(b'"name":"bob"},"sha', b'"name":"ann"},"sha'))
    assert b'"name":"ann"},"sha' in archive.read_bytes()
    fault = verify(log.store, archives=[archive]).fault
    assert fault is not None
    assert (fault.seq, fault.what) == (1, "changed")
    assert "not the file that record 13 signs off" in fault.why


def test_an_archive_given_twice_counts_once(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(12)
    prune(log, at(7), archive, actor=bob)
    verified = verify(log.store, archives=[archive, archive])
    assert (verified.holds, verified.count) == (True, 13)


def test_archives_that_overlap_are_told_in_a_sentence(
    log: AuditLog, filled: Filled, bob: Actor, tmp_path: Path
) -> None:
    filled(12)
    one, two = tmp_path / "a", tmp_path / "b"
    prune(log, at(3), one, actor=bob)
    prune(log, at(7), two, actor=bob)
    *lines, last = [json.loads(line) for line in one.read_bytes().splitlines()]
    written = b"".join(json.dumps(line).encode() + b"\n" for line in lines[:2])
    last["manifest"]["sha256_of_lines"] = hashlib.sha256(written).hexdigest()
    (tmp_path / "c").write_bytes(written + json.dumps(last).encode() + b"\n")
    fault = verify(log.store, archives=[one, tmp_path / "c", two]).fault
    assert fault is not None
    assert fault.why.endswith("two archives hold that number.")


def test_two_who_archive_to_one_file_do_not_spoil_it(log: AuditLog, filled: Filled, bob: Actor, archive: Path) -> None:
    filled(12)
    told: list[str] = []

    def meanwhile(_: int, __: int) -> None:
        with pytest.raises(ArchiveError, match="Another process is writing") as refused:
            prune(log, at(7), archive, actor=bob)
        told.append(str(refused.value))

    log.append(drafts(2000, start=NOON - timedelta(days=9)))
    filled(1)
    pruned = prune(log, LATER, archive, actor=bob, progress=meanwhile)
    assert pruned is not None
    assert told
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == pruned.sha256
    assert verify(log.store, archives=[archive]).holds


@sqlite_is_slow  # where a reader holds the file, it is tried for half a minute to overwrite in it what was deleted
def test_what_another_pruned_meanwhile_is_not_signed_off_twice(
    log: AuditLog, filled: Filled, bob: Actor, tmp_path: Path
) -> None:
    log.append(drafts(2000, start=NOON - timedelta(days=9)))
    done: list[bool] = []

    def meanwhile(_: int, __: int) -> None:
        done.append(prune(log, LATER, tmp_path / "a", actor=bob) is not None)

    with pytest.raises(BrokenChain, match="Another process has pruned"):
        prune(log, LATER, tmp_path / "b", actor=bob, progress=meanwhile)
    assert done == [True]
    assert not (tmp_path / "b").exists()
    verified = verify(log.store, archives=[tmp_path / "a"])
    assert (verified.holds, verified.count) == (True, 2001)


def test_a_disk_that_is_full_leaves_nothing_and_removes_nothing(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    """The limit on the size of files is what a full disk is: a write that fails, and fails again at closing."""
    log.append(drafts(200))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(ArchiveError, match=r"cannot be written .* nothing was pruned") as told:
            prune(log, LATER, archive, actor=bob)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "\n" not in str(told.value)
    assert not archive.exists()
    assert not list(archive.parent.glob(".*.unfinished"))
    assert verify(log.store).count == 200


FAILS_AT_THE_END = {
    True: [
        "CREATE TABLE nowhere (seq INTEGER PRIMARY KEY)",
        "CREATE TABLE open (seq INTEGER REFERENCES nowhere (seq) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER fails AFTER INSERT ON audit_records BEGIN INSERT INTO open VALUES (1); END",
    ],
    False: [
        "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''lost''; END'",
        "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON audit_records DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION fails()",
    ],
}


def test_where_storing_fails_at_its_very_end_the_archive_is_kept(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    filled(12)
    with log.store.writing() as connection:
        for statement in FAILS_AT_THE_END[log.store.is_sqlite]:
            connection.execute(text(statement))
    with pytest.raises(DatabaseError, match=rf"The archive {archive.name} is kept, since the records may be gone"):
        prune(log, at(7), archive, actor=bob)
    assert archive.exists()
    assert verify(log.store).count == 12


def test_pruned_records_and_erased_words_verify_together(
    log: AuditLog, filled: Filled, bob: Actor, archive: Path
) -> None:
    filled(12)
    erase_words(log, at(4), actor=bob)
    prune(log, at(7), archive, actor=bob)
    assert verify(log.store, archives=[archive]).holds
    assert verify(log.store, archives=[archive]).words_erased == 2
