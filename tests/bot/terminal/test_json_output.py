"""What any command prints as JSON is harmless on a terminal, and a program reads the same strings from it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from bot.cli import cli
from bot.text import json_line

Run = Callable[..., Any]
HOSTILE = "\x9b31m\u202egnp.exe\u2066\u200b\x7f\u2028\U000e0041"  # colour, direction, nothing to see, a tag
# What each command is given besides `-o json`; FOLDER is the hostile recording, ARCHIVE a backup.
COMMANDS: dict[str, list[str]] = {
    "ask": [f"pods get no ip {HOSTILE}", "--recording", "FOLDER"],
    "check": ["--recording", "FOLDER"],
    "facts": ["--recording", "FOLDER"],
    "match": [f"pods get no ip {HOSTILE}"],
    "recordings": [],
    "rbac": [],
    "rbac --check": ["--recording", "FOLDER"],
    "ram": [],
    "ram --check": ["--recording", "terway-cloud-vswitch-idle"],
    "handoff": ["8h"],
    "serve": ["--check"],
    "settings": [],
    "audit list": ["--limit", "1000"],
    "audit show": ["1"],
    "audit verify": [],
    "audit export": ["--out", "-"],
    "knowledge list": [],
    "database status": [],
    "database upgrade": [],
    "database backup": ["ARCHIVE"],
    "database restore": ["ARCHIVE", "--replace"],
}
ECHOING = ("ask", "check", "facts", "match", "settings", "audit list", "audit export", "knowledge list")


def giving_json() -> Iterator[str]:
    """The commands that can print JSON, by their own parameters."""

    def below(command: Any, name: str) -> Iterator[str]:
        for part, member in getattr(command, "commands", {}).items():
            yield from below(member, f"{name} {part}".strip())
        hints = get_type_hints(command.callback).values() if command.callback else ()
        if any({"json", "jsonl"} & set(get_args(hint)) for hint in hints):
            yield name

    return below(get_command(cli), "")


def test_every_command_that_prints_json_is_tried() -> None:
    assert set(giving_json()) == {name.partition(" --")[0] for name in COMMANDS}


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory, indexed: Run, data_dir: Path) -> dict[str, Any]:
    """A recording, an entry and settings that hold the hostile text, and a log of questions about them."""
    folder = tmp_path_factory.mktemp("hostile")
    recording, entries, data = folder / "recording", folder / "entries", folder / "data"
    recording.mkdir()
    data.mkdir()
    (data / "index").symlink_to(data_dir / "index")
    settings = {"description": f"Shows {HOSTILE}.", "base": "terway-out-of-ips"}
    (recording / "recording.yaml").write_text(yaml.safe_dump(settings))
    config = yaml.safe_dump({"mode": f"ipvs{HOSTILE}"})
    named = {"namespace": "kube-system", "name": "kube-proxy-worker"}
    proxy = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": {"config.conf": config}}
    (recording / "objects.json").write_text(json.dumps([proxy]))
    environment = {"NETCLINIC_DATA_DIR": str(data)}
    made = indexed("knowledge", "new", "own-entry", "--section", "terway", "--dir", str(entries), **environment)
    assert made.code == 0, made.err
    (entry,) = entries.rglob("own-entry.md")
    title = yaml.safe_dump({"title": f"Odd {HOSTILE}"}, width=1000).strip()
    lines = [title if line.startswith("title:") else line for line in entry.read_text().splitlines()]
    entry.write_text("\n".join(lines))
    return {"recording": str(recording), "entries": str(entries), "environment": environment, "run": indexed}


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_that_acts_on_a_terminal_is_printed(surroundings: dict[str, Any], tmp_path: Path, name: str) -> None:
    run, environment = surroundings["run"], dict(surroundings["environment"])
    if name.startswith(("audit", "database")):
        assert run("facts", "--recording", surroundings["recording"], **environment).code == 0
        run("ask", f"pods get no ip {HOSTILE}", "--recording", surroundings["recording"], **environment)
    if name == "knowledge list":
        environment["NETCLINIC_KNOWLEDGE_DIR"] = surroundings["entries"]
    if name == "settings":
        environment["NETCLINIC_CHANNEL_CLUSTERS"] = f"C1=prod{HOSTILE}"
    if name == "database restore":
        assert run("database", "backup", str(tmp_path / "kept.tar.gz"), **environment).code == 0
    stand_for = {"FOLDER": surroundings["recording"], "ARCHIVE": str(tmp_path / "kept.tar.gz")}
    given = [stand_for.get(each, each) for each in COMMANDS[name]]
    as_json = [] if name == "audit export" else ["-o", "json"]
    ran = run(*name.split(), *given, *as_json, **environment)
    assert ran.out, ran.err
    found = ran.lines
    assert "".join(ran.out.split("\n")).isprintable()
    if name in ECHOING:
        assert "\x9b" in json.dumps(found, ensure_ascii=False)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_a_program_reads_the_same_strings(value: Any) -> None:
    line = json_line(value)
    assert line.decode()[:-1].isprintable()
    assert line.endswith(b"\n")
    assert json.loads(line) == orjson.loads(line) == value


@pytest.mark.parametrize("text", ["新 pod 没有 ip", "naïve café", "–—“”…→", "🙂", "path\\with\\slashes", 'say "no"'])
def test_what_people_write_stays_readable(text: str) -> None:
    assert json_line(text) == orjson.dumps(text) + b"\n"
