"""``docs/troubleshooting.md`` quotes what the program says, word for word, and all that it says of an installation.

A sentence that is new in the code needs a row there: what to do about it.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest

from tests.bot.test_docs import DOCS, text_of
from tests.checkouts import ROOT

PAGE = DOCS / "troubleshooting.md"
# Of the installation: settings, clusters, database, files. What somebody just typed is told to them, and is not there.
ERRORS = frozenset(
    {
        "AddressInUse",
        "AmbiguousActor",
        "ArchiveError",
        "AuditUnavailable",
        "BackupError",
        "BrokenChain",
        "CacheError",
        "CannotServe",
        "CannotWrite",
        "ConnectionSettingsError",
        "DatabaseError",
        "MembershipUnknown",
        "ModelError",
        "NoClusterConfigured",
        "OutOfReach",
        "SettingsError",
        "UnknownCluster",
    }
)
LEAST_WORDS = 4  # what is shorter is a name, a command or a setting


def templates(tree: ast.AST) -> Iterator[str]:
    """Each string of a module, with ``…`` for what is put into it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def modules() -> tuple[ast.AST, ...]:
    files = [file for package in ("bot", "index", "knowledge") for file in (ROOT / package).rglob("*.py")]
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in files)


@cache
def said() -> str:
    """Everything that the packages can say, a template a line; code marks count as nothing."""
    return "\n".join({template.replace("`", "") for module in modules() for template in templates(module)})


def sentences_of_errors() -> set[str]:
    """What the errors of an installation are made with."""
    calls = (node for module in modules() for node in ast.walk(module) if isinstance(node, ast.Call) and node.args)
    made = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in ERRORS)
    found = {next(templates(text)).replace("`", "") for text in made if isinstance(text, ast.Constant | ast.JoinedStr)}
    return {sentence for sentence in found if len(sentence.split()) >= LEAST_WORDS}


def quoted(text: str) -> list[str]:
    """The sentences of the tables' first columns, without names and commands."""
    cells = re.findall(r"^\| (.*?) \| ", text, re.MULTILINE)
    found = [quote.replace("\\|", "|") for cell in cells for quote in re.findall(r"`([^`]+)`", cell)]
    return [quote for quote in found if len(quote.split()) >= LEAST_WORDS]


def without_rest(sentence: str) -> str:
    """A ``…`` at its end stands for any rest."""
    return sentence.removesuffix(" …").removesuffix("….").rstrip()


def is_said(sentence: str) -> bool:
    """Whether a template holds it."""
    return sentence.strip("… .") != "" and without_rest(sentence) in said()


@pytest.mark.parametrize("sentence", quoted(text_of(PAGE)))
def test_it_is_what_the_program_says(sentence: str) -> None:
    assert is_said(sentence)


def test_each_sentence_about_an_installation_is_explained() -> None:
    explained = [without_rest(quote) for quote in quoted(text_of(PAGE))]
    sentences = sentences_of_errors()
    assert len(sentences) > 80
    assert {each for each in sentences if not any(quote in each for quote in explained)} == set()


def test_what_nobody_says_is_seen() -> None:
    assert len(quoted(text_of(PAGE))) > 40
    assert quoted("| `The database … is on fire` and `netclinic check` | run |\n") == ["The database … is on fire"]
    assert not is_said("The database … is on fire")
    assert not is_said("…")
