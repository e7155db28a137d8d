"""The shell completes values: names of recordings, entries, contexts and actions."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.audit.filters import ACTIONS
from bot.recordings import shipped_names

Run = Callable[..., Any]


def completed(netclinic: Run, line: str, **environment: str) -> list[str]:
    """What bash offers at the line's end."""
    words = line.split()
    place = len(words) if line.endswith(" ") else len(words) - 1
    ran = netclinic(_NETCLINIC_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(place), **environment)
    assert ran.err == ""
    return list(ran.out.split())


def kubeconfig(path: Path, *names: str) -> str:
    path.write_text(json.dumps({"contexts": [{"name": name, "context": {}} for name in names]}))
    return str(path)


@pytest.mark.parametrize("line", ["netclinic replay ", "netclinic ask x --recording ", "netclinic facts --recording "])
def test_recordings(netclinic: Run, line: str) -> None:
    assert completed(netclinic, line) == shipped_names()
    assert completed(netclinic, line + "flannel-ip") == [
        name for name in shipped_names() if name.startswith("flannel-ip")
    ]


@pytest.mark.parametrize(
    "line",
    ["netclinic check ", "netclinic knowledge show ", "netclinic knowledge test ", "netclinic audit list --entry "],
)
def test_entries(netclinic: Run, line: str) -> None:
    listed = [item["id"] for item in netclinic("knowledge", "list", "-o", "json").json]
    assert completed(netclinic, line) == sorted(listed)


def test_entries_of_the_team_and_none_twice(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "ipvs-our-own.md").write_text("")
    own = {"NETCLINIC_KNOWLEDGE_DIR": str(tmp_path)}
    assert completed(netclinic, "netclinic check ipvs-o", **own) == ["ipvs-our-own"]
    assert "ipvs-scheduler" not in completed(netclinic, "netclinic check ipvs-scheduler ipvs-", **own)


def test_contexts_of_all_files_that_kubectl_reads(netclinic: Run, tmp_path: Path) -> None:
    one, two = kubeconfig(tmp_path / "one", "prod-b", "prod-a"), kubeconfig(tmp_path / "two", "prod-a", "staging")
    both = {"KUBECONFIG": f"{one}:{two}:{tmp_path}/nowhere"}
    assert completed(netclinic, "netclinic ask x --context ", **both) == ["prod-a", "prod-b", "staging"]
    assert completed(netclinic, f"netclinic facts --kubeconfig {two} --context p", **both) == ["prod-a"]
    assert completed(netclinic, "netclinic audit list --cluster s", **both) == ["staging"]


@pytest.mark.parametrize("content", [b"", b"[" * 10_000, b"contexts: 3", b"\xff\xfe", b"contexts: [{nam: x}]"])
def test_a_kubeconfig_that_is_none_completes_to_nothing(netclinic: Run, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config").write_bytes(content)
    assert completed(netclinic, "netclinic facts --context ", KUBECONFIG=str(tmp_path / "config")) == []


def test_actions_and_their_kinds(netclinic: Run) -> None:
    found = completed(netclinic, "netclinic audit export --action ")
    assert set(ACTIONS) <= set(found)
    assert {"cluster", "case"} <= set(found)
    assert completed(netclinic, "netclinic audit list --action cluster.") == ["cluster.read", "cluster.read.done"]
