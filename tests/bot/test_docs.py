"""What the documents say of commands, settings and files is what the code has.

The table of settings is made from the code; after a change of settings:

    REWRITE=1 python -m pytest tests/bot/test_docs.py
"""

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.probes import vocabulary
from bot.probes.reference import UnknownProbe, reference
from bot.settings import Settings, variables
from knowledge.linting import HEADINGS_FILE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README, SETTINGS, TERMINAL = ROOT / "README.md", DOCS / "settings.md", DOCS / "terminal.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
MOST_BYTES = 6_000  # of the README: what is read before anybody decides to try it
TABLE = re.compile(r"\| setting \|.*?(?=\n\n|\Z)", re.DOTALL)
COMMAND = re.compile(r"^ *\W*([a-z]+)  +[A-Z]", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
TARGET = re.compile(r"(?:`|^ {4,})(?:[A-Z_]+=\S+ )*make ([a-z-]+)", re.MULTILINE)
VARIABLE = re.compile(r"\b(?:NETCLINIC|SLACK)_[A-Z_]*[A-Z]\b(?!_?\*)")
Run = Callable[..., Any]
of_each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def settings_table() -> str:
    """As Markdown; where the default differs from machine to machine, it is told in words."""
    rows = ["| setting | default | what it is |", "| --- | --- | --- |"]
    for name, variable in variables().items():
        default = Settings.model_fields[name].default
        told = f"{default:g}" if isinstance(default, int | float) else str(default or "")
        if name == "data_dir":
            told = "your platform's user data directory"
        rows.append(f"| `{variable}` | {told} | {Settings.model_fields[name].description} |")
    return "\n".join(rows)


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchors(path: Path) -> set[str]:
    """What a forge makes of the headings: lower case, blanks as dashes, no punctuation."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path) -> list[str]:
    """Its relative links that lead to no file, or to no heading of one."""
    found = []
    for target, anchor in LINK.findall(FENCED.sub("", text_of(path))):
        there = (path.parent / target).resolve() if target else path
        if not there.exists() or not there.is_relative_to(ROOT) or (anchor and anchor not in anchors(there)):
            found.append(f"{target}#{anchor}")
    return found


def test_the_readme_is_read_in_a_minute() -> None:
    assert len(README.read_bytes()) <= MOST_BYTES


def test_the_readme_s_two_commands_stand_as_they_are_typed() -> None:
    assert re.search(r"^ {4}make demo .*\n {4}make test ", text_of(README), re.MULTILINE)


def test_the_settings_are_those_of_the_code() -> None:
    text = SETTINGS.read_text(encoding="utf-8")
    if os.environ.get("REWRITE"):
        text = TABLE.sub(lambda _: settings_table(), text, count=1)
        SETTINGS.write_text(text, encoding="utf-8")
    assert settings_table() in text


@of_each_document
def test_no_document_names_a_setting_that_is_none(path: Path) -> None:
    if path.name != "CHANGELOG.md":  # it tells of those that were
        known = {*variables().values(), *(f"{variable}_FILE" for variable in variables().values())}
        assert set(VARIABLE.findall(text_of(path))) - known == set()


@of_each_document
def test_what_a_document_makes_can_be_made(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    assert set(TARGET.findall(text_of(path))) - targets == set()


@of_each_document
def test_the_links_of_the_documents_lead_somewhere(path: Path) -> None:
    assert broken_links(path) == []


def test_every_document_is_found_from_the_index() -> None:
    index = DOCS / "README.md"
    listed = {(index.parent / target).resolve() for target, _ in LINK.findall(text_of(index))}
    assert {path for path in DOCS.glob("*.md") if path != index} - listed == set()
    assert index in {(README.parent / target).resolve() for target, _ in LINK.findall(text_of(README))}


def test_the_terminal_s_page_names_every_command_and_no_other(netclinic: Run) -> None:
    commands = set(COMMAND.findall(netclinic("--help").out.partition("Commands")[2]))
    assert {"ask", "check", "knowledge"} <= commands
    assert set(re.findall(r"^ {4}netclinic ([a-z]+)", text_of(TERMINAL), re.MULTILINE)) == commands


@pytest.mark.parametrize("group", ["knowledge", "index", "audit", "database"])
def test_the_terminal_s_page_names_every_command_of_a_group(netclinic: Run, group: str) -> None:
    commands = set(COMMAND.findall(netclinic(group, "--help").out.partition("Commands")[2]))
    listed = re.search(rf"netclinic {group} ([a-z|]+)", text_of(TERMINAL))
    assert listed
    assert set(listed.group(1).split("|")) == commands


@of_each_document
def test_no_document_has_a_place_left_to_fill(path: Path) -> None:
    assert not re.search(r"\b[A-Z]+_HERE\b|TODO", text_of(path))


def test_every_probe_and_fact_is_documented() -> None:
    text = reference()
    declared = vocabulary()
    for name, probe in declared.probes.items():
        if probe.nature == "fact":
            continue
        assert f"## {name}\n" in text
        section = reference(name)
        assert all(f"- `{parameter.name}`: " in section for parameter in probe.parameters)
        assert all(parameter.doc for parameter in probe.parameters), name
    assert all(f"| `{fact}` | " in text for fact in declared.facts)


def test_an_unknown_probe_names_the_nearest() -> None:
    with pytest.raises(UnknownProbe, match="Did you mean pod_waiting"):
        reference("pod_wait")
    with pytest.raises(UnknownProbe, match="Did you mean terway_mode"):
        reference("terway_mod")


def test_a_fact_is_documented_under_both_its_names() -> None:
    assert reference("terway.mode") == reference("terway_mode")
    assert reference("terway.mode").startswith("## terway.mode\n\nshared, exclusive or mixed ENI mode; vpc where")
    assert '`terway_mode() == "..."`' in reference("terway.mode")


def test_the_headings_file_is_part_of_the_package() -> None:
    assert HEADINGS_FILE.is_file()


def test_every_file_that_the_architecture_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:bot|index|knowledge|tests)/[\w/.]+)`", text))
    assert len(named) > 25
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
