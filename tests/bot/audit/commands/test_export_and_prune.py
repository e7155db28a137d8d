"""``netclinic audit export`` and ``prune``, through real processes."""

import csv
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.audit import Actor, AuditLog, Draft
from bot.audit.filters import Filters
from bot.terminal.audit_files import export_to
from tests.bot.audit.commands.conftest import ME, Run, records


def test_an_export_is_recorded_before_it_is_made(run: Run, log: AuditLog, tmp_path: Path) -> None:
    for number in range(4):
        log.record("message.posted", actor=Actor("slack", "U1", "bob"), case=f"NC-{number}")
    ran = run("audit", "export", "--case", "NC-2")
    assert [line["annotations"]["netclinic/case"] for line in ran.lines] == ["NC-2"]
    (made,) = records(run, "--action", "export.made")
    assert made["actor"]["name"] == ME
    assert made["detail"] == {
        "format": "jsonl",
        "records": 1,
        "to": "standard output",
        "filters": {"case": "NC-2"},
    }
    out = tmp_path / "audit.csv"
    assert run("audit", "export", "--format", "csv", "--out", str(out)).out == f"Wrote 5 records to {out}.\n"
    assert len(list(csv.reader(out.open(newline="")))) == 6
    assert out.stat().st_mode & 0o077 == 0
    again = run("audit", "export", "--out", str(out))
    assert (again.code, again.out) == (2, "")
    assert "exists already" in again.err


def test_an_export_says_how_many_it_holds_though_others_write(
    log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A writer that is held up stores what is owed between the count and the record of the export."""
    monkeypatch.setenv("NETCLINIC_DATA_DIR", str(tmp_path))
    app, out = App.from_environment(), tmp_path / "audit.jsonl"
    actor = Actor("slack", "U1", "bob")
    app.audit.record("refused", actor=actor)
    other = sqlite3.connect(tmp_path / "netclinic.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    app.audit.enqueue([Draft(action="refused", actor=actor)] * 3)
    threading.Thread(target=lambda: (time.sleep(1), other.rollback())).start()
    export_to(app, str(out), "jsonl", Filters())
    assert capsys.readouterr().out == f"Wrote 4 records to {out}.\n"
    assert len(out.read_bytes().splitlines()) == 4


def test_an_export_that_cannot_be_made_is_not_recorded(run: Run, log: AuditLog, tmp_path: Path) -> None:
    log.record("message.posted", actor=Actor("slack", "U1", "bob"))
    ran = run("audit", "export", "--out", str(tmp_path / "nowhere" / "x"))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("cannot be made (No such file or directory): name another file with --out.\n")
    assert len(ran.err.splitlines()) == 1
    assert records(run, "--action", "export.made") == []


@pytest.mark.parametrize(
    "command", ["list", "list -o json", "show 1", "verify", "verify -o json", "export", "export --format csv"]
)
def test_standard_output_that_takes_nothing_fails_in_one_sentence(
    netclinic: Any, log: AuditLog, tmp_path: Path, command: str
) -> None:
    log.record("message.posted", actor=Actor("slack", "U1", "bob"))
    environment = netclinic.environment({"NETCLINIC_DATA_DIR": str(tmp_path)})
    with open("/dev/full", "wb") as full:  # noqa: PTH123
        ran = subprocess.run(
            [sys.executable, "-c", "from bot.cli import main; main()", "audit", *command.split()],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert "cannot be written (No space left on device)" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1, ran.stderr


def test_pruning_archives_removes_and_verifies(run: Run, log: AuditLog, tmp_path: Path) -> None:
    for _ in range(4):
        log.record("question.received", actor=Actor("slack", "U1", "bob"), detail={"question": "dns?"})
    archive = tmp_path / "old.jsonl"
    assert run("audit", "prune", "--before", "1h", "--archive", str(archive)).out.startswith("No record is older")
    tomorrow = f"{datetime.now(UTC).year + 1}-01-01"
    assert "of 4 records; record 5 says so" in run("audit", "prune", "--before", tomorrow, "--only-words").out
    ran = run("audit", "prune", "--before", tomorrow, "--archive", str(archive))
    assert ran.out.startswith(f"Archived 5 records, up to number 5, to {archive} (sha256 ")
    alone = run("audit", "verify")
    assert (alone.code, alone.out.partition(",")[0]) == (1, "NOT PROVEN: Records 1 to 5 were pruned")
    whole = run("audit", "verify", "--archive", str(archive), "-o", "json").json
    assert (whole["holds"], whole["first"], whole["records"], whole["words"]["erased"]) == (True, 1, 6, 4)
    assert [one["actor"]["name"] for one in records(run)] == [ME]


def test_an_archive_that_was_not_given_is_named(run: Run, log: AuditLog, tmp_path: Path) -> None:
    bob, started = Actor("slack", "U1", "bob"), datetime(2020, 1, 1, tzinfo=UTC)
    log.append([Draft(action="message.posted", actor=bob, time=started + timedelta(days=n)) for n in range(5)])
    for archive, before in (("one", "2020-01-03"), ("two", "2020-01-05"), ("three", "2999-01-01")):
        pruned = run("audit", "prune", "--utc", "--before", before, "--archive", str(tmp_path / archive))
        assert pruned.code == 0
        ran = run("audit", "verify", "--archive", str(tmp_path / "one"))
        told = " ".join(ran.out.split())
        if archive == "two":
            assert (ran.code, ran.err) == (1, "")
            assert told.startswith("NOT PROVEN: Records 3 to 4 were pruned, as record 7 says, and their archive was")
            assert "All was read: as a chain 5 records hold, 1 to 7." in told
    assert ran.code == 1
    assert told.startswith("NOT PROVEN: The archive")
    assert "and records 3 to 7 were pruned too: give their archive as well (--archive FILE)." in told


def test_an_id_of_several_people_erases_nobody_s_words(run: Run, log: AuditLog) -> None:
    for name in ("alice", "bob"):
        log.record("question.received", actor=Actor("terminal", "1000", name, name), detail={"question": "dns?"})
    ran = run("audit", "prune", "--before", "2999-01-01", "--only-words", "--actor", "bob")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("leave --actor out to erase everybody's, or prune those records.\n")
    assert len(ran.err.splitlines()) == 1


def test_a_damaged_archive_fails_in_one_sentence(run: Run, tmp_path: Path) -> None:
    (tmp_path / "archive.jsonl").write_text("{}\n")
    ran = run("audit", "verify", "--archive", str(tmp_path / "archive.jsonl"))
    assert (ran.code, ran.out) == (1, "")
    assert "is no whole archive of the audit log" in ran.err
    assert len(ran.err.splitlines()) == 1
