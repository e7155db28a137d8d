"""``netclinic audit list``, ``show`` and ``verify``, through real processes."""

from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.audit import Actor, AuditLog, Draft
from tests.bot.audit.commands.conftest import Run, records


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
