"""``netclinic audit`` and what the other commands leave in the log, through real processes."""

import csv
import json
import os
import pwd
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.audit import Actor, AuditLog, Draft
from bot.audit.filters import Filters
from bot.store import open_store
from bot.terminal.audit_files import export_to

Run = Callable[..., Any]
ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def run(netclinic: Run, tmp_path: Path) -> Run:
    """The command line with a database of its own."""
    return lambda *arguments, **environment: netclinic(*arguments, NETCLINIC_DATA_DIR=str(tmp_path), **environment)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    """The same database, from inside."""
    opened = AuditLog(open_store("", tmp_path))
    yield opened
    opened.close()
    opened.store.close()


def records(run: Run, *filters: str) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = run("audit", "list", "--limit", "1000", *filters, "-o", "json").json
    return found[::-1]


def test_a_command_leaves_who_what_and_every_read(run: Run) -> None:
    assert run("facts", "--recording", "terway-healthy", NETCLINIC_DEADLINE="20").code == 0
    found = records(run)
    assert [one["action"] for one in found[:2]] == ["settings.in_force", "command.received"]
    assert {one["actor"]["name"] for one in found} == {ME}
    assert {one["actor"]["kind"] for one in found} == {"terminal"}
    assert len({one["request_id"] for one in found}) == 1
    assert found[0]["detail"]["settings"]["NETCLINIC_DEADLINE"] == {"value": "20", "source": "environment"}
    assert found[1]["detail"] == {"command": "facts", "recording": "terway-healthy"}
    reads = [one for one in found if one["action"] == "cluster.read"]
    done = [one for one in found if one["action"] == "cluster.read.done"]
    assert len(reads) == len(done) > 5
    assert {one["cluster"] for one in reads} == {"terway-healthy"}


def test_secrets_of_settings_are_masked(run: Run) -> None:
    secret = {"SLACK_BOT_TOKEN": "xoxb-secret", "NETCLINIC_AUDIT_KEY": "0123456789abcdef"}
    run("facts", "--recording", "terway-healthy", **secret)
    (first,) = records(run, "--action", "settings")
    assert first["detail"]["settings"]["SLACK_BOT_TOKEN"]["value"] == "********"
    assert not any(text in json.dumps(first) for text in secret.values())


@pytest.mark.parametrize("command", ["check terway-vswitch-out-of-ips", "rbac --check", "record --out x.tar.gz"])
def test_every_command_that_reads_a_cluster_records_its_reads(run: Run, tmp_path: Path, command: str) -> None:
    assert run(*command.split(), "--recording", "terway-out-of-ips", cwd=tmp_path).code == 0
    found = records(run)
    assert found[1]["detail"]["command"] == command.removesuffix(" terway-vswitch-out-of-ips").partition(" --out")[0]
    assert any(one["action"] == "cluster.read" for one in found)
    assert run("audit", "verify", "-o", "json").json["holds"] is True


def test_a_question_s_words_entries_and_verdicts_are_recorded(indexed: Run, data_dir: Path, tmp_path: Path) -> None:
    environment = {"NETCLINIC_DATA_DIR": str(tmp_path), "NETCLINIC_INDEX_DIR": str(data_dir / "index")}
    ran = indexed(
        "ask", "InvalidVSwitchId.IpNotEnough", "--recording", "terway-out-of-ips", "-o", "json", **environment
    )
    assert (ran.code, ran.err) == (0, "")
    found = indexed("audit", "list", "--limit", "500", "-o", "json", **environment).json[::-1]
    assert [one["action"] for one in found[:3]] == ["settings.in_force", "question.received", "entries.considered"]
    assert found[1]["detail"]["question"] == "InvalidVSwitchId.IpNotEnough"
    assert found[2]["entry"] == "terway-vswitch-out-of-ips"
    verdicts = [one for one in found if one["action"] == "verdict.reached"]
    assert [one["entry"] for one in verdicts] == [item["entry"] for item in ran.json["diagnoses"]]
    reads = [one for one in found if one["action"] == "cluster.read"]
    assert len(reads) == ran.json["reads"]["requests"]
    of_entry = indexed("audit", "list", "--entry", "terway-vswitch-out-of-ips", "-o", "json", **environment).json
    assert {one["action"] for one in of_entry} == {"entries.considered", "verdict.reached"}


def test_matching_words_is_recorded_with_scores(indexed: Run, data_dir: Path, tmp_path: Path) -> None:
    environment = {"NETCLINIC_DATA_DIR": str(tmp_path), "NETCLINIC_INDEX_DIR": str(data_dir / "index")}
    ran = indexed("match", "InvalidVSwitchId.IpNotEnough", "-o", "json", **environment)
    found = indexed("audit", "list", "-o", "json", **environment).json[::-1]
    assert [one["action"] for one in found] == ["settings.in_force", "question.received", "entries.considered"]
    assert found[1]["detail"] == {"command": "match", "question": "InvalidVSwitchId.IpNotEnough"}
    assert found[2]["entry"] == ran.json["matches"][0]["entry"]
    assert found[2]["detail"]["scores"].keys() <= {item["entry"] for item in ran.json["matches"]}
    assert len({one["request_id"] for one in found}) == 1


def test_many_lines_are_one_record(indexed: Run, data_dir: Path, tmp_path: Path) -> None:
    environment = {"NETCLINIC_DATA_DIR": str(tmp_path), "NETCLINIC_INDEX_DIR": str(data_dir / "index")}
    lines = b"InvalidVSwitchId.IpNotEnough\n" * 30 + b"how tall is Mount Everest\n"
    ran = indexed("match", "-", "-o", "json", stdin=lines, **environment)
    assert len(ran.lines) == 31
    found = indexed("audit", "list", "-o", "json", **environment).json[::-1]
    assert [one["action"] for one in found] == ["settings.in_force", "command.received", "entries.considered"]
    assert found[2]["detail"] == {"lines": 31, "in_scope": 30, "best": {"terway-vswitch-out-of-ips": 30}}


def test_words_that_cannot_be_recorded_are_not_matched(indexed: Run, data_dir: Path) -> None:
    environment = {
        "NETCLINIC_DATABASE_URL": "sqlite:////proc/nowhere/x",
        "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
    }
    ran = indexed("match", "dns", **environment)
    assert (ran.code, ran.out) == (1, "")
    assert "cannot be used" in ran.err


@pytest.mark.parametrize(("mode", "kept"), [("keep", True), ("drop", False), ("hash", False)])
def test_words_are_kept_as_the_setting_says(
    indexed: Run, data_dir: Path, tmp_path: Path, mode: str, kept: bool
) -> None:
    environment = {"NETCLINIC_DATA_DIR": str(tmp_path), "NETCLINIC_INDEX_DIR": str(data_dir / "index")}
    environment |= {"NETCLINIC_AUDIT_QUESTIONS": mode, "NETCLINIC_AUDIT_KEY": "0123456789abcdef"}
    words = "how tall is Mount Everest, zebra"
    assert indexed("ask", words, "--recording", "terway-healthy", **environment).code == 0
    shown = indexed("audit", "list", "-o", "json", **environment).out
    content = b"".join(path.read_bytes() for path in tmp_path.glob("netclinic.sqlite*"))
    assert ("zebra" in shown) is kept
    assert (b"zebra" in content) is kept
    assert indexed("audit", "verify", **environment).code == 0


def test_a_key_is_needed_for_hashing(run: Run) -> None:
    for key in ({}, {"NETCLINIC_AUDIT_KEY": "short"}):
        ran = run("facts", "--recording", "terway-healthy", NETCLINIC_AUDIT_QUESTIONS="hash", **key)
        assert (ran.code, ran.out) == (2, "")
        assert "needs NETCLINIC_AUDIT_KEY: 16 characters or more" in ran.err


def test_what_could_not_be_done_is_recorded_as_refused(run: Run) -> None:
    ran = run("facts", "--recording", "nowhere")
    assert ran.code == 2
    assert [one["action"] for one in records(run)] == ["settings.in_force", "command.received", "refused"]
    (refused,) = records(run, "--action", "refused")
    assert refused["detail"]["why"] == ran.err.strip()


def test_a_cluster_that_refuses_our_credentials_is_recorded(run: Run) -> None:
    run("check", "terway-vswitch-out-of-ips", "--recording", "terway-out-of-ips-hidden")
    failed = records(run, "--action", "permission.failed")
    assert {one["outcome"] for one in failed} == {"forbidden"}


def test_the_list_is_newest_first_and_says_when_there_are_more(run: Run, log: AuditLog) -> None:
    for number in range(5):
        log.record("message.posted", actor=Actor("slack", "U1", "bob"), case=f"NC-{number}")
    ran = run("audit", "list", "--limit", "3")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["record", "5", "4", "3"]
    assert "--limit shows more" in ran.err
    assert run("audit", "list", "--case", "NC-2").out.splitlines()[1].split()[0] == "3"
    assert run("audit", "list", "--actor", "eve").out == "No record fits.\n"
    assert "Actions are: question.received" in " ".join(run("audit", "list", "--action", "cluster.raed").out.split())


def test_times_are_shown_and_meant_in_the_reader_s_zone(run: Run, log: AuditLog) -> None:
    record = log.record("message.posted", actor=Actor("slack", "U1", "bob"))
    hour = f"{record.at:%H:%M:%S}"
    in_hangzhou = f"{record.at.astimezone(timezone(timedelta(hours=8))):%H:%M:%S}"
    local = run("audit", "list", TZ="Asia/Shanghai").out
    assert f"{in_hangzhou} +0800" in local
    assert f"{hour} UTC" in run("audit", "list", "--utc", TZ="Asia/Shanghai").out
    shown = run("audit", "show", "1", TZ="Asia/Shanghai").out
    assert record.time in shown
    assert in_hangzhou in shown
    before = record.at.replace(microsecond=0).isoformat()
    assert [one["seq"] for one in records(run, "--since", before)] == [1]
    assert records(run, "--until", before) == []


def test_times_are_meant_and_shown_in_the_zone_of_the_settings(run: Run, log: AuditLog) -> None:
    record = log.record("question.received", actor=Actor("slack", "U1", "bob"), detail={"question": "dns?"})
    in_hangzhou = record.at.astimezone(timezone(timedelta(hours=8)))
    zone = {"NETCLINIC_TIME_ZONE": "Asia/Shanghai", "TZ": "UTC"}
    assert f"{in_hangzhou:%H:%M:%S} +0800" in run("audit", "list", **zone).out
    assert f"{in_hangzhou:%H:%M:%S} +0800" in run("audit", "show", "1", **zone).out
    assert f"{record.at:%H:%M:%S} UTC" in run("audit", "list", "--utc", **zone).out
    before = (in_hangzhou + timedelta(hours=1)).replace(tzinfo=None).isoformat()
    assert run("audit", "list", "--since", before, **zone).out == "No record fits.\n"
    assert run("audit", "prune", "--before", before, "--only-words", **zone).out.startswith("Erased people's words")


def test_a_record_and_a_request_are_shown_in_full(run: Run, log: AuditLog) -> None:
    log.record("question.received", actor=Actor("slack", "U1", "bob"), request_id="9f2c", detail={"question": "dns?"})
    log.record("refused", actor=Actor("slack", "U1", "bob"), request_id="9f2c", outcome="NotAllowed")
    one = run("audit", "show", "1").out
    assert "question     dns?" in one
    assert "request      9f2c" in one
    both = run("audit", "show", "9f", "-o", "json").json
    assert [record["seq"] for record in both] == [1, 2]
    ran = run("audit", "show", "77")
    assert (ran.code, ran.out) == (2, "")
    assert "There is no record or request '77'" in ran.err


def test_what_is_shown_in_full_is_one_request_and_bounded(run: Run, log: AuditLog) -> None:
    bob = Actor("slack", "U1", "bob")
    log.append([Draft(action="cluster.read", actor=bob, request_id="T1:C1:1") for _ in range(1001)])
    ran = run("audit", "show", "T1", "-o", "json")
    assert [one["seq"] for one in ran.json] == list(range(1, 1001))
    assert ran.err == "The first 1,000; `netclinic audit export` gives all.\n"
    log.record("refused", actor=bob, request_id="T1:C2:2")
    several = run("audit", "show", "T1")
    assert (several.code, several.out) == (2, "")
    assert several.err == ("The ids of 2 requests begin with 'T1': give more of the id, as in T1:C2:2 or T1:C1:1.\n")


HOSTILE = "\x1b[2J\x1b[31mred\x07\u202e gnp.exe\r\n\x9b31m [bold]x[/bold] {0} %s"


def test_hostile_text_stays_text(run: Run, log: AuditLog) -> None:
    actor = Actor("slack", HOSTILE, HOSTILE, HOSTILE)
    log.record("refused", actor=actor, case=HOSTILE, cluster=HOSTILE, outcome=HOSTILE, detail={"question": HOSTILE})
    for arguments in (["list"], ["show", "1"], ["verify"], ["list", "--limit", "1", "--utc"]):
        shown = run("audit", *arguments).out
        assert not set(shown) & set("\x1b\x07\u202e\r\x9b"), arguments
    assert "[bold]x[/bold]" in run("audit", "list").out
    assert "\x1b" not in run("audit", "export").out
    assert run("audit", "verify").code == 0


def test_verifying_says_what_was_checked_and_ends_with_1_when_it_is_broken(run: Run, log: AuditLog) -> None:
    for number in range(5):
        log.record("question.received", actor=Actor("slack", "U1", "bob"), detail={"question": str(number)})
    ran = run("audit", "verify")
    text = " ".join(ran.out.split())
    assert ran.code == 0
    assert text.startswith("The chain holds: 5 records, 1 to 5, in ")
    assert "records/s" in text
    assert "5 as they were written, 0 erased" in text
    anchor = ran.out.rpartition("Anchor: ")[2].strip()
    assert run("audit", "verify", "--anchor", anchor).out.count("1 anchor checked.") == 1
    with log.store.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_records_never_change")
        connection.exec_driver_sql("UPDATE audit_records SET outcome = 'x' WHERE seq = 3")
    broken = run("audit", "verify", "--anchor", anchor)
    assert broken.code == 1
    assert broken.out.startswith("BROKEN at record 3: Record 3 was changed")
    assert "Up to there 2 records hold; what comes after was not checked." in " ".join(broken.out.split())
    told = run("audit", "verify", "-o", "json")
    assert told.code == 1
    assert told.json["fault"] == {"record": 3, "what": "changed", "why": told.json["fault"]["why"]}


def test_anchors_come_from_a_file_too(run: Run, log: AuditLog, tmp_path: Path) -> None:
    record = log.record("message.posted", actor=Actor("slack", "U1", "bob"))
    pasted = tmp_path / "anchors.txt"
    pasted.write_text(
        f"netclinic 9:00 AM\nnetclinic audit anchor 1:{record.hash}\nnetclinic audit anchor 9:{'a' * 64}\n"
    )
    ran = run("audit", "verify", "--anchor", str(pasted))
    assert ran.code == 1
    assert "BROKEN at record 2: The log ends at record 1, but record 9 was anchored" in ran.out
    assert ran.out.endswith("All was read: as a chain 1 record holds, 1 to 1.\n")


def test_an_anchor_that_cannot_be_checked_ends_with_1(run: Run, log: AuditLog, tmp_path: Path) -> None:
    record = log.record("message.posted", actor=Actor("slack", "U1", "bob"))
    archive, anchor = str(tmp_path / "old.jsonl"), f"{record.seq}:{record.hash.upper()}"
    assert run("audit", "prune", "--before", "2999-01-01", "--archive", archive).code == 0
    ran = run("audit", "verify", "--anchor", anchor)
    assert ran.code == 1
    assert ran.out.startswith("NOT PROVEN: Record 1, the newest one that was anchored, was pruned")
    assert run("audit", "verify", "--anchor", anchor, "--archive", archive).code == 0
    assert run("audit", "verify", "--anchor", f"0:{record.hash}").code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["verify", "--anchor", "5:abc"], "'5:abc' is no anchor"),
        (["verify", "--anchor", "/nowhere"], "'/nowhere' is no anchor"),
        (["list", "--since", "soon"], "'soon' is no time"),
        (["list", "--limit", "0"], "'0' is no limit"),
        (["list", "--limit", "9" * 5000], "'9999999999999999999999999999999999999999' is no limit"),
        (["list", "--actor", b"\xff"], "'\\udcff' holds what is no letter"),
        (["export", "--case", b"\xff"], "'\\udcff' holds what is no letter"),
        (["show", b"\xff\xfe"], "There is no record or request '\\udcff\\udcfe'"),
        (["prune", "--before", "90d"], "Say either --archive FILE"),
        (["prune", "--before", "90d", "--archive", "x", "--only-words"], "Say either --archive FILE"),
        (["prune", "--before", "90d", "--archive", "x", "--actor", "U1"], "Say either --archive FILE"),
        (["prune", "--before", "soon", "--archive", "x"], "'soon' is no time"),
    ],
    ids=lambda value: " ".join(map(str, value))[:40] if isinstance(value, list) else "",
)
def test_mistakes_are_told_in_one_sentence(run: Run, arguments: list[Any], told: str) -> None:
    ran = run("audit", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1


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


SPOILT = {
    "half a letter": '{"path":"\\ud800","verb":"get","\\udfff":1}',
    "nested too deep": '{"path":' + "[" * 100_000 + "]" * 100_000 + "}",
    "nested too deep for some": '{"path":' + "[" * 300 + "]" * 300 + "}",
    "a large number": '{"ms":' + "9" * 400 + "}",
    "a larger number": '{"ms":' + "9" * 5000 + "}",
    "no number": '{"ms":NaN}',
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_record_that_somebody_spoilt_can_be_read(run: Run, log: AuditLog, what: str) -> None:
    actor = Actor("slack", "U1", "bob")
    log.append([Draft(action="cluster.read", actor=actor, detail={"path": "/x"}) for _ in range(3)])
    with log.store.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_records_never_change")
        connection.exec_driver_sql("UPDATE audit_records SET detail = ? WHERE seq = 2", (SPOILT[what],))
    for command in ("list", "list -o json", "show 2", "show 2 -o json", "export", "export --format csv"):
        ran = run("audit", *command.split())
        assert (ran.code, ran.err) == (0, ""), command
    assert len(records(run)) == 5
    assert run("audit", "verify").out.startswith("BROKEN at record 2")


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
