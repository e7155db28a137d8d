"""``docs/troubleshooting.md`` quotes what the program says: each sentence stands in the code, word for word."""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.bot.test_docs import DOCS, text_of
from tests.checkouts import ROOT

PAGE = DOCS / "troubleshooting.md"
LEAST_WORDS = 4  # what is shorter is a name, a command or a setting


def templates(tree: ast.AST) -> Iterator[str]:
    """Each string of a module, with ``…`` for what is put into it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def said() -> str:
    """Everything that the packages can say, a template a line; code marks count as nothing."""
    files = [file for package in ("bot", "index", "knowledge") for file in (ROOT / package).rglob("*.py")]
    found = (template for file in files for template in templates(ast.parse(file.read_text(encoding="utf-8"))))
    return "\n".join({template.replace("`", "") for template in found})


def quoted(text: str) -> list[str]:
    """The sentences of the tables' first columns, without names and commands."""
    cells = re.findall(r"^\| (.*?) \| ", text, re.MULTILINE)
    found = [quote.replace("\\|", "|") for cell in cells for quote in re.findall(r"`([^`]+)`", cell)]
    return [quote for quote in found if len(quote.split()) >= LEAST_WORDS]


def is_said(sentence: str) -> bool:
    """Whether a template holds it; at its end a ``…`` stands for any rest."""
    return sentence.strip("… .") != "" and sentence.removesuffix(" …").removesuffix("….").rstrip() in said()


@pytest.mark.parametrize("sentence", quoted(text_of(PAGE)))
def test_it_is_what_the_program_says(sentence: str) -> None:
    assert is_said(sentence)


def test_what_nobody_says_is_seen() -> None:
    assert len(quoted(text_of(PAGE))) > 40
    assert quoted("| `The database … is on fire` and `netclinic check` | run |\n") == ["The database … is on fire"]
    assert not is_said("The database … is on fire")
    assert not is_said("…")
