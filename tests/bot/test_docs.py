"""What the documents say of commands and settings is what the code has.

The table of settings in the README is made from the code; after a change of settings:

    REWRITE=1 python -m pytest tests/bot/test_docs.py
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.probes import vocabulary
from bot.probes.reference import UnknownProbe, reference
from bot.settings import Settings, variables
from knowledge.linting import HEADINGS_FILE

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TABLE = re.compile(r"\| setting \|.*?(?=\n\n)", re.DOTALL)
COMMAND = re.compile(r"^ *\W*([a-z]+)  +[A-Z]", re.MULTILINE)
Run = Callable[..., Any]


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


def test_the_readme_lists_the_settings_of_the_code() -> None:
    text = README.read_text(encoding="utf-8")
    if os.environ.get("REWRITE"):
        text = TABLE.sub(lambda _: settings_table(), text, count=1)
        README.write_text(text, encoding="utf-8")
    assert settings_table() in text


def test_the_readme_names_every_command_and_no_other(netclinic: Run) -> None:
    commands = set(COMMAND.findall(netclinic("--help").out.partition("Commands")[2]))
    assert {"ask", "check", "knowledge"} <= commands
    named = set(re.findall(r"netclinic ([a-z]+)\b", README.read_text(encoding="utf-8")))
    assert commands - named == set()
    assert {
        word for word in named if word in re.findall(r"^ {4}netclinic ([a-z]+)", README.read_text(), re.MULTILINE)
    } <= commands


@pytest.mark.parametrize("group", ["knowledge", "index", "audit"])
def test_the_readme_names_every_command_of_a_group(netclinic: Run, group: str) -> None:
    commands = set(COMMAND.findall(netclinic(group, "--help").out.partition("Commands")[2]))
    listed = re.search(rf"netclinic {group} ([a-z|]+)", README.read_text(encoding="utf-8"))
    assert listed
    assert set(listed.group(1).split("|")) == commands


def test_no_document_has_a_place_left_to_fill() -> None:
    for path in (README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        assert not re.search(r"\b[A-Z]+_HERE\b|TODO", path.read_text(encoding="utf-8")), path


def test_the_links_of_the_documents_lead_somewhere() -> None:
    for path in (README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


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
