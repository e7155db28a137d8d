"""Every command but ``ask`` and ``match``, through a real process."""

import json
import os
import re
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.recordings import shipped_names
from tests.checkouts import clone
from tests.command_line import START, Netclinic

Run = Callable[..., Any]
COMMANDS = ("ask", "check", "facts", "match", "record", "replay", "recordings", "rbac", "settings", "completion",
            "knowledge", "index")  # fmt: skip


def test_help_names_every_command(netclinic: Run) -> None:
    ran = netclinic("--help")
    assert ran.code == 0
    assert all(re.search(rf"^\W*{name} ", ran.out, re.MULTILINE) for name in COMMANDS)


def test_recordings_are_listed_with_what_they_show(netclinic: Run) -> None:
    ran = netclinic("recordings", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    assert [item["name"] for item in ran.json] == shipped_names()
    assert all(list(item) == ["name", "description"] and item["description"].endswith(".") for item in ran.json)


def test_a_table_through_a_pipe_has_one_row_a_line(netclinic: Run) -> None:
    ran = netclinic("recordings", COLUMNS="40")
    assert len(ran.out.splitlines()) == len(shipped_names()) + 1
    assert not re.search(r"[ \t]$", ran.out, re.MULTILINE)


def test_the_role_reads_and_does_nothing_else(netclinic: Run) -> None:
    ran = netclinic("rbac", "-o", "json")
    assert (ran.code, ran.err) == (0, "")
    role = ran.json
    assert (role["apiVersion"], role["kind"]) == ("rbac.authorization.k8s.io/v1", "ClusterRole")
    verbs = {verb for rule in role["rules"] for verb in rule["verbs"]}
    resources = {resource for rule in role["rules"] for resource in rule["resources"]}
    assert verbs == {"get", "list"}
    assert "secrets" not in resources
    assert not [
        text for rule in role["rules"] for part in ("apiGroups", "resources") for text in rule[part] if "*" in text
    ]
    assert yaml.safe_load(netclinic("rbac").out) == role


def test_check_tells_what_a_recording_refuses(netclinic: Run) -> None:
    refused = netclinic("rbac", "--check", "--recording", "terway-out-of-ips-hidden", "-o", "json").json
    assert refused["allowed"] is False
    missing = {(item["verb"], item["resource"]): item["entries"] for item in refused["missing"]}
    assert "terway-vswitch-out-of-ips" in missing["list", "events"]
    assert netclinic("rbac", "--check", "--recording", "terway-healthy", "-o", "json").json == {
        "allowed": True,
        "missing": [],
    }


def test_check_judges_every_fault_without_words(netclinic: Run) -> None:
    ran = netclinic("check", "--recording", "flannel-ip-leak", "-o", "json")
    found = {item["entry"]: item["verdict"] for item in ran.json["diagnoses"]}
    assert found["flannel-ip-leak"] == "confirmed"
    assert found["terway-vswitch-out-of-ips"] == "ruled_out"
    assert [entry for entry, verdict in found.items() if verdict == "confirmed"] == ["flannel-ip-leak"]
    page = netclinic("check", "--recording", "flannel-ip-leak").out
    assert page.splitlines()[0].startswith("CONFIRMED  Leaked address leases fill the node's range")
    assert "The vSwitch behind Terway has run out of IP addresses (terway-vswitch-out-of-ips)" in " ".join(page.split())


def test_facts_come_with_their_source(netclinic: Run) -> None:
    ran = netclinic("facts", "--recording", "terway-healthy", "-o", "json")
    facts = ran.json["facts"]
    assert ran.json["context"] == "terway-healthy"
    assert facts["terway.mode"] == {
        "value": "shared",
        "source": "DaemonSet kube-system/terway-eniip",
        "check": facts["terway.mode"]["check"],
        "reason": "",
    }
    assert "terway.mode" in netclinic("facts", "--recording", "terway-healthy").out


def test_settings_name_their_sources(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "netclinic.toml").write_text('slack_bot_token = "xoxb-1-2-3"\nnetclinic_deadline = 4\n')
    named = {"NETCLINIC_CONFIG": str(tmp_path), "NETCLINIC_DATABASE_URL": "postgresql://me:pass@db/x"}
    ran = netclinic("settings", "-o", "json", **named)
    rows = {row["name"]: (row["value"], row["source"]) for row in ran.json}
    assert rows["SLACK_BOT_TOKEN"] == ("********", f"{tmp_path}/netclinic.toml")
    assert rows["NETCLINIC_DEADLINE"] == ("4", f"{tmp_path}/netclinic.toml")
    assert rows["NETCLINIC_DATABASE_URL"] == ("postgresql://me:********@db/x", "environment")
    assert rows["SLACK_API_URL"] == ("", "default")
    assert "xoxb" not in netclinic("settings", **named).out + netclinic("settings", cwd=tmp_path).out


def test_an_unknown_setting_is_told_below_the_list_of_known_ones(netclinic: Run) -> None:
    ran = netclinic("settings", NETCLINIC_DATADIR="/x")
    assert ran.code == 2
    assert "NETCLINIC_DATA_DIR" in ran.out
    assert "NETCLINIC_DATADIR is not a setting (did you mean NETCLINIC_DATA_DIR?)" in ran.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(netclinic: Run, shell: str) -> None:
    ran = netclinic("completion", shell)
    assert ran.code == 0
    assert "_NETCLINIC_COMPLETE" in ran.out


def test_the_completion_of_bash_finds_commands(netclinic: Run) -> None:
    ran = netclinic(_NETCLINIC_COMPLETE="complete_bash", COMP_WORDS="netclinic rec", COMP_CWORD="1")
    assert ran.out.split() == ["record", "recordings"]


def test_an_entry_is_shown_for_any_cluster(netclinic: Run) -> None:
    ran = netclinic("knowledge", "show", "ipvs-udp-timeout")
    assert ran.code == 0
    assert "{{" not in ran.out
    assert "FAQ: Modify the IPVS UDP session timeout" in ran.out
    assert "kubectl -n NAMESPACE exec POD" in ran.out


def test_what_was_recorded_answers_like_the_cluster(netclinic: Run, tmp_path: Path) -> None:
    saved = tmp_path / "incident.tar.gz"
    ran = netclinic("record", "--out", str(saved), "--recording", "flannel-ip-leak")
    assert ran.code == 0, ran.err
    again = netclinic("check", "--recording", str(saved), "-o", "json").json
    first = netclinic("check", "--recording", "flannel-ip-leak", "-o", "json").json
    assert [(item["entry"], item["verdict"]) for item in again["diagnoses"]] == [
        (item["entry"], item["verdict"]) for item in first["diagnoses"]
    ]
    assert netclinic("record", "--out", str(saved), "--recording", "flannel-ip-leak").code == 2


def test_replay_serves_until_it_is_stopped(netclinic: Any, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    command = [*START, "replay", "flannel-ip-leak", "--kubeconfig-out", str(kubeconfig)]
    with subprocess.Popen(command, env=netclinic.environment({}), cwd=tmp_path, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline().decode()
            url = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert url, said
            with urllib.request.urlopen(f"{url.group()}/version") as reply:  # noqa: S310
                assert json.load(reply)["gitVersion"].startswith("v1.")
            ran = netclinic("facts", "-o", "json", KUBECONFIG=str(kubeconfig))
            assert ran.json["facts"]["network_plugin"]["value"] == "flannel"
        finally:
            os.kill(process.pid, signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_the_index_tells_whether_it_is_there(netclinic: Run) -> None:
    ran = netclinic("index", "status")
    assert ran.code == 0
    assert "`netclinic index build` makes it" in ran.out


def test_the_built_index_is_ready(indexed: Run) -> None:
    assert indexed("index", "status").out.rstrip().endswith(": ready.")


@pytest.mark.slow
def test_one_symptom_more_has_little_learned_again(indexed: Netclinic, tmp_path: Path) -> None:
    checkout = clone(tmp_path / "clone")
    entry = checkout / "knowledge" / "entries" / "terway" / "terway-acceleration-mode.md"
    entry.write_text(entry.read_text().replace("symptoms:\n", "symptoms:\n  - what speeds up our pods\n", 1))
    shutil.copytree(indexed.data_dir / "index", tmp_path / "data" / "index")
    where = {"PYTHONPATH": str(checkout), "NETCLINIC_DATA_DIR": str(tmp_path / "data")}
    ran = indexed.process("index", "build", cwd=checkout, **where)
    assert ran.code == 0
    assert ran.err.splitlines() == [f"building the index: {stage}" for stage in ("encoding symptoms", "learning")]


def test_it_says_which_version_it_is(netclinic: Run) -> None:
    ran = netclinic("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"netclinic {version('netclinic')}\n", "")
