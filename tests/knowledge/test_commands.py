"""``netclinic knowledge`` as an author uses it: what one command writes, the others read."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.checkouts import ROOT, clone, install

Run = Callable[..., Any]


def commands_of(out: str) -> list[list[str]]:
    """The commands that ``knowledge new`` prints, without the program's name."""
    return [line.split()[1:] for line in out.splitlines() if line.startswith("    netclinic ")]


def test_in_a_checkout_a_new_entry_is_built_in_and_proved_at_once(netclinic: Run, tmp_path: Path) -> None:
    checkout = clone(tmp_path / "clone")

    def run(*arguments: str) -> Any:
        return netclinic.process(*arguments, cwd=checkout, PYTHONPATH=str(checkout))

    made = run("knowledge", "new", "flannel-route-lost", "--section", "flannel")
    assert made.code == 0, made.err
    assert re.findall(r"^Wrote (.*)$", made.out, re.MULTILINE) == [
        "knowledge/entries/flannel/flannel-route-lost.md",
        "knowledge/recordings/flannel-route-lost/recording.yaml",
        "knowledge/recordings/flannel-route-lost/objects.yaml",
    ]
    lint, test, check = commands_of(made.out)
    whole = run("knowledge", "lint")
    assert whole.out.splitlines()[:-1] == run(*lint).out.splitlines()[:-1]
    assert re.search(r" problems in (\d+) entries: \1 in knowledge/entries\.$", whole.out), whole.out
    assert run(*test).out == "2 of 2 verdicts are as expected.\n"
    assert check[-1] == "knowledge/recordings/flannel-route-lost"


def test_a_team_writes_into_its_own_folder(netclinic: Run, tmp_path: Path) -> None:
    own = {"NETCLINIC_KNOWLEDGE_DIR": str(tmp_path / "ours")}
    (tmp_path / "ours").mkdir()
    empty = netclinic("knowledge", "lint", **own)
    assert empty.out.endswith(f", none in {tmp_path / 'ours'}.\n")
    (tmp_path / "ours" / "proxies").mkdir()  # a section of their own
    made = netclinic("knowledge", "new", "our-proxy-drops", "--section", "proxies", **own)
    path = tmp_path / "ours" / "proxies" / "our-proxy-drops.md"
    assert f"Wrote {path}\n" in made.out
    assert (tmp_path / "ours" / "recordings" / "our-proxy-drops" / "objects.yaml").is_file()
    listed = netclinic("knowledge", "list", "our-proxy", "-o", "json", **own)
    assert [item["id"] for item in listed.json] == ["our-proxy-drops"]
    lint, test, check = (netclinic(*command, **own) for command in commands_of(made.out))
    assert [lint.code, test.code, check.code] == [1, 0, 0], check.err
    by_name = netclinic("check", "our-proxy-drops", "--recording", "our-proxy-drops", "-o", "json", **own)
    assert by_name.json["outcome"] == "confirmed", by_name.err
    assert netclinic("recordings", "-o", "json", **own).json[0]["name"] == "our-proxy-drops"
    assert "did you mean our-proxy-drops" in netclinic("check", "--recording", "our-proxy-drop", **own).err
    assert re.search(r"CONFIRMED .*\(our-proxy-drops\)", " ".join(check.out.split())), check.out
    lines = path.read_text().splitlines()
    named = set(map(int, re.findall(rf"^{re.escape(str(path))}:(\d+): ", lint.out, re.MULTILINE)))
    assert {number for number, line in enumerate(lines, 1) if "TODO" in line} <= named


def test_a_folder_named_by_hand_comes_with_the_setting_that_makes_it_read(netclinic: Run, tmp_path: Path) -> None:
    made = netclinic("knowledge", "new", "slow-dns", "--dir", "our books", cwd=tmp_path)
    assert made.code == 0, made.err
    assert f"    export NETCLINIC_KNOWLEDGE_DIR='{tmp_path / 'our books'}'\n" in made.out
    own = {"NETCLINIC_KNOWLEDGE_DIR": str(tmp_path / "our books")}
    assert netclinic("knowledge", "test", "slow-dns", cwd=tmp_path, **own).code == 0


def test_where_nothing_would_read_it_no_entry_is_written(netclinic: Run, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    refused = netclinic.process("knowledge", "new", "slow-dns", cwd=here, PYTHONPATH=str(install(tmp_path / "site")))
    assert refused.code == 2
    assert "set NETCLINIC_KNOWLEDGE_DIR to one, or name one with --dir" in refused.err
    assert list(here.iterdir()) == []


def test_a_section_that_is_mistyped_is_refused_with_those_that_there_are(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "ours" / "proxies").mkdir(parents=True)
    ran = netclinic("knowledge", "new", "slow", "--section", "prixies", "--dir", "ours", cwd=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    known = "terway, flannel, kube-proxy, ipv6, other, proxies"
    way_out = "or make a folder for one of your own (mkdir -p ours/prixies)."
    assert " ".join(ran.err.split()) == f"There is no section prixies: take one of {known}, {way_out}"
    assert [path.name for path in (tmp_path / "ours").iterdir()] == ["proxies"]


def test_a_new_entry_never_overwrites_one(netclinic: Run, tmp_path: Path) -> None:
    def new(entry: str, section: str = "other") -> int:
        code: int = netclinic("knowledge", "new", entry, "--section", section, "--dir", str(tmp_path)).code
        return code

    assert [new("mine"), new("mine"), new("flannel-ip-leak"), new("../evil"), new("fine", "../evil")] == [0, 2, 2, 2, 2]
    recording = tmp_path / "recordings" / "taken" / "recording.yaml"
    recording.parent.mkdir(parents=True)
    recording.write_text("base: terway-healthy\n")
    assert new("taken") == 0
    assert recording.read_text() == "base: terway-healthy\n"


def test_the_shipped_entries_pass_lint(netclinic: Run) -> None:
    ran = netclinic("knowledge", "lint")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"No problems in (\d+) entries: \1 in .*knowledge/entries\.\n", ran.out), ran.out


def test_lint_says_of_a_file_that_it_is_no_entry(netclinic: Run, tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n")
    ran = netclinic("knowledge", "lint", "CHANGELOG.md", cwd=tmp_path)
    assert ran.code == 1
    assert ran.out.startswith("CHANGELOG.md:1: this is no entry, ")
    empty = netclinic("knowledge", "lint", ".", cwd=tmp_path)
    assert empty.code == 2
    assert "holds no entries" in empty.err
    missing = netclinic("knowledge", "lint", "nowhere", cwd=tmp_path)
    assert missing.code == 2
    assert "There is no file or folder nowhere" in missing.err


@pytest.fixture
def our_leak(tmp_path: Path) -> Path:
    """A copy of a shipped entry under another id."""
    entry = ROOT / "knowledge" / "entries" / "flannel" / "flannel-ip-leak.md"
    path = tmp_path / "our-leak.md"
    path.write_text(entry.read_text(encoding="utf-8").replace("id: flannel-ip-leak", "id: our-leak"), encoding="utf-8")
    return path


def replace_line(path: Path, start: str, line: str) -> None:
    path.write_text(re.sub(rf"^{start}.*\n", line, path.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE))


def test_proving_tells_every_verdict_that_differs(netclinic: Run, our_leak: Path) -> None:
    assert netclinic("knowledge", "test", "flannel-ip-leak").code == 0
    replace_line(our_leak, r"  confirmed: \[", "  confirmed: [flannel-healthy]\n")
    replace_line(our_leak, r"  ruled_out: \[", "  ruled_out: [flannel-ip-leak, terway-healthy]\n")
    ran = netclinic("knowledge", "test", "our-leak", NETCLINIC_KNOWLEDGE_DIR=str(our_leak.parent))
    assert ran.code == 1
    assert "our-leak on flannel-healthy: expected confirmed, came to ruled_out: " in ran.out
    assert "our-leak on flannel-ip-leak: expected ruled_out, came to confirmed: " in ran.out


def test_an_entry_without_proofs_is_told_what_to_add(netclinic: Run, our_leak: Path) -> None:
    for verdict in ("confirmed", "ruled_out", "suspected"):
        replace_line(our_leak, rf"  {verdict}: \[", "")
    ran = netclinic("knowledge", "test", "our-leak", NETCLINIC_KNOWLEDGE_DIR=str(our_leak.parent))
    assert ran.code == 1
    assert f"add proved_on with confirmed: [...] and ruled_out: [...] to {our_leak}" in ran.out


def test_an_entry_that_is_not_there_is_told_with_the_folders_that_are_read(netclinic: Run, our_leak: Path) -> None:
    ran = netclinic("knowledge", "test", "our-leek", NETCLINIC_KNOWLEDGE_DIR=str(our_leak.parent))
    assert ran.code == 2
    assert f"There is no entry 'our-leek' in {ROOT / 'knowledge' / 'entries'} or {our_leak.parent}." in ran.err
    assert "Did you mean our-leak?" in ran.err


def test_probes_are_documented_one_by_one(netclinic: Run) -> None:
    whole = netclinic("knowledge", "probes").out
    one = netclinic("knowledge", "probes", "pod_waiting").out
    assert one.startswith("## pod_waiting")
    assert one in whole
    assert "- `reason`: " in one
