"""CONTRIBUTING followed to the letter: each command is run as it stands there, in its order, in a clone of its own."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.probes import registry
from knowledge.declarations import import_declarations
from tests.checkouts import ROOT, clone, code_blocks, section_of

Run = Callable[..., Any]
ENTRY = "terway-eni-detached"
SYMPTOMS = """\
  - "ENI vanished from the instance: eth1: no such device"
  - network interface of the node is gone and pods get no address
  - secondary interface was detached from the ecs
  - "alert: node lost its elastic network interface"
  - why do pods fail after somebody detached an interface in the console
  - eni gone
  - interface missing on the node, pods have no ip
  - 节点的弹性网卡被解绑了，Pod 拿不到地址
  - 网卡不见了，Pod 起不来
  - 有人在控制台卸载了网卡
"""


def commands(section: str) -> list[list[str]]:
    """The ``netclinic`` lines of a section's indented blocks, without the program's name."""
    lines = re.findall(r"^ {4,}netclinic (.+)$", section_of("CONTRIBUTING.md", section), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


def fill_in(entry: Path, recording: Path) -> None:
    """Does what the TODOs ask for."""
    text = entry.read_text(encoding="utf-8")
    text = re.sub(r"(?<=symptoms:\n)(  - .*\n)+", SYMPTOMS, text)
    text = re.sub(r"^ +# TODO.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("TODO the words of the error", "no such device eth1")
    text = re.sub(r"TODO say what the steps.*", "The steps change nothing.", text)
    entry.write_text(re.sub(r"TODO (say )?", "", text), encoding="utf-8")
    for file in recording.iterdir():
        text = re.sub(r"^# TODO.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
        text = re.sub("TODO the words of the error, as the event has them", "no such device eth1", text)
        file.write_text(text.replace("TODO what", "What"), encoding="utf-8")


@pytest.mark.slow
def test_an_entry_is_added_by_the_commands_as_they_stand(netclinic: Run, tmp_path: Path) -> None:
    here = clone(tmp_path / "clone")

    def run(arguments: list[str]) -> Any:
        return netclinic.process(*arguments, cwd=here, PYTHONPATH=str(here))

    new, probes, lint, test, check, match = commands("Add an entry")
    made = run(new)
    assert made.code == 0, made.err
    entry = here / "knowledge" / "entries" / "terway" / f"{ENTRY}.md"
    recording = here / "knowledge" / "recordings" / ENTRY
    for path in (entry, recording):
        assert str(path.relative_to(here)) in made.out
        assert f"`{path.relative_to(here)}" in section_of("CONTRIBUTING.md", "Add an entry")
    assert run(probes).out.startswith("## pod_event\n")
    assert all(": still to be filled in: " in line for line in run(lint).out.splitlines()[:-1])
    fill_in(entry, recording)
    linted = run(lint)
    assert linted.out.startswith("No problems in "), linted.out
    tested = run(test)
    assert (tested.code, tested.out) == (0, "2 of 2 verdicts are as expected.\n"), tested.out
    assert re.search(rf"CONFIRMED .*\({ENTRY}\)", run(check).out)
    assert match[0] == "match"


@pytest.mark.slow
def test_words_find_the_entry_that_was_added(indexed: Run, tmp_path: Path) -> None:
    here = clone(tmp_path / "clone")
    index = tmp_path / "index"  # a copy: the kept one has only so many places
    shutil.copytree(indexed.data_dir / "index", index, ignore=shutil.ignore_patterns(".*"))
    own = {"PYTHONPATH": str(here), "NETCLINIC_INDEX_DIR": str(index)}
    new, *_, match = commands("Add an entry")
    assert indexed.process(*new, cwd=here, **own).code == 0
    fill_in(here / "knowledge" / "entries" / "terway" / f"{ENTRY}.md", here / "knowledge" / "recordings" / ENTRY)
    found = indexed.process(*match, "-o", "json", cwd=here, **own)
    assert found.code == 0, found.err
    assert found.json["matches"][0]["entry"] == ENTRY


async def test_a_probe_is_added_as_it_stands_there(
    make: Any, find: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, test = code_blocks(section_of("CONTRIBUTING.md", "Add a probe"), "python")
    package = tmp_path / "probes_of_a_newcomer"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "scheduling.py").write_text(module, encoding="utf-8")
    (package / "test_scheduling.py").write_text(test, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        import_declarations(package.name, [str(package)])
        written = vars(sys.modules[f"{package.name}.test_scheduling"])
        tests = [value for name, value in written.items() if name.startswith("test_")]
        assert tests
        for each in tests:
            await each(make, find)
    finally:
        registry._PROBES.pop("nodes_cordoned", None)


def test_the_probe_is_written_as_the_checks_want_it(netclinic: Run, tmp_path: Path) -> None:
    here = clone(tmp_path / "clone")
    module, test = code_blocks(section_of("CONTRIBUTING.md", "Add a probe"), "python")
    probe, tests = here / "bot" / "probes" / "scheduling.py", here / "tests" / "bot" / "probes"
    tests.mkdir(parents=True)
    probe.write_text(module, encoding="utf-8")
    (tests / "test_scheduling.py").write_text(test, encoding="utf-8")
    manual, *_ = commands("Add a probe")
    assert netclinic.process(*manual, cwd=here, PYTHONPATH=str(here)).out.startswith("## nodes_cordoned\n")
    for check in (["check"], ["format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *check, "--no-cache", str(probe), str(tests)],
            cwd=here,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout


def test_the_documents_that_it_names_are_there() -> None:
    assert (ROOT / "docs" / "recordings.md").is_file()
