"""The pages of ``docs/`` about entries and probes are what ``knowledge show`` and ``knowledge probes`` print.

After a change of an entry or a probe:

    REWRITE=1 python -m pytest tests/bot/test_entry_documents.py
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from bot.probes import vocabulary
from bot.probes.reference import reference
from bot.terminal.entry_markdown import entry_markdown
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Entry
from knowledge.rendering import render
from tests.checkouts import ROOT

Run = Callable[..., Any]
FOLDER = ROOT / "docs" / "entries"
HEAD = """\
# Entries

What netclinic knows: one page an entry, made from `knowledge/entries/` by
`netclinic knowledge show ENTRY -o markdown`. A *fault* is confirmed or ruled out on your cluster; a *guide* is a
how-to, a concept or a policy. [CONTRIBUTING](../../CONTRIBUTING.md#add-an-entry) tells how to add one, for everybody or
for your team alone.

A page is for any cluster: *unknown* and words in capitals stand for what an answer tells of yours.
"""


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    """Those of the repository, by section."""
    return sorted(load_entries([BUILTIN_FOLDER], vocabulary()), key=lambda entry: (entry.section, entry.id))


def index_of(entries: Iterable[Entry]) -> str:
    """A table a section."""
    text, section = HEAD, ""
    for entry in entries:
        if entry.section != section:
            section = entry.section
            text += f"\n## {section}\n\n| entry | kind | title |\n| --- | --- | --- |\n"
        text += f"| [{entry.id}]({entry.id}.md) | {entry.kind} | {entry.title} |\n"
    return text


def agree(page: Path, text: str) -> None:
    """The page is this text; it becomes so where that is wanted."""
    if os.environ.get("REWRITE"):
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == text, f"{page.name} is old: REWRITE=1 makes it anew"


def test_there_is_a_page_for_each_entry_and_no_other(entries: list[Entry]) -> None:
    for entry in entries:
        agree(FOLDER / f"{entry.id}.md", entry_markdown(entry))
    agree(FOLDER / "README.md", index_of(entries))
    assert {page.stem for page in FOLDER.glob("*.md")} == {"README", *(entry.id for entry in entries)}


def test_the_page_of_the_probes_is_their_reference() -> None:
    agree(ROOT / "docs" / "probes.md", reference())


def test_the_command_prints_the_page(netclinic: Run) -> None:
    ran = netclinic("knowledge", "show", "terway-mac-not-found", "-o", "markdown")
    assert (ran.code, ran.out) == (0, (FOLDER / "terway-mac-not-found.md").read_text(encoding="utf-8"))


def test_a_page_is_read_as_it_is_meant(entries: list[Entry]) -> None:
    """Each command stands whole in a block of its own, and steps are counted through."""
    for entry in entries:
        tokens = MarkdownIt("commonmark").parse(entry_markdown(entry))
        commands = [token.content for token in tokens if token.type == "fence"]
        steps = render([*entry.settle, *entry.steps, *entry.prevent, *entry.verify], {}, {})
        assert [text.strip() for text in commands] == [step.command.strip() for step in steps if step.command]
        assert sum(token.type == "list_item_open" and token.markup == "." for token in tokens) == len(steps), entry.id
        assert sum(token.type == "ordered_list_open" for token in tokens) <= 4, entry.id
