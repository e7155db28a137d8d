"""What every command leaves in the audit log, through real processes."""

import json
from pathlib import Path

import pytest

from tests.bot.audit.commands.conftest import ME, Run, records


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
