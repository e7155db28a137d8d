"""Every ``netclinic`` command in the documents is one: the command line takes its names, options and values.

Nothing is run: a line of a block is parsed as it stands, its places for words and files as if they were given. Inline,
where a command is only named, what it must be given may be left out.
"""

import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli import cli
from bot.slack.handlers.subcommands import subcommand_names
from tests.bot.test_docs import DOCUMENTS, of_each_document, text_of
from tests.checkouts import ROOT

BLOCK = re.compile(r"^(?: {4,}|\$ )(?:[A-Z_]+=\S* )*(?:\$ |.* -- )?netclinic +(\S.*)$", re.MULTILINE)
INLINE = re.compile(r"`(?:[A-Z_]+=\S* )*netclinic +([^`\n…]+)`")  # with … it is a sentence
SLASH = re.compile(r"(?<![\w.])/netclinic +([a-z]+)")
ALTERNATIVES = re.compile(r"\S+(?:\|\S+)+")
COMMAND = typer.main.get_command(cli)
USAGE_ERROR: Any = typer.BadParameter.__base__  # of the click that typer holds
PLACES = {"N": "1", "SPAN": "12h", "NS": "shop"}


def variants(line: str) -> Iterator[list[str]]:
    """The arguments of a line: one for each of its alternatives (``list|show``), with what may be given (``[...]``)."""
    line = re.sub(r" +\\?\| .*$", "", line)  # into another program
    words = shlex.split(line.replace("[", " ").replace("]", " "), comments=True)
    for chosen in itertools.product(*(word.split("|") if ALTERNATIVES.fullmatch(word) else [word] for word in words)):
        yield [PLACES.get(word, word) for word in chosen]


def trouble(arguments: list[str], *, is_named_only: bool) -> str:
    """What the command line has against these arguments; empty where it would take them."""
    command: Any = COMMAND
    parent: Any = None
    try:
        while True:
            context = command.make_context(command.name or "netclinic", [*arguments], parent=parent)
            arguments = [*context._protected_args, *context.args]
            if not hasattr(command, "resolve_command") or not arguments:
                return ""
            _, found, arguments = command.resolve_command(context, arguments)
            command, parent = found, context
    except typer.Exit:  # --version and --help end there
        return ""
    except USAGE_ERROR as error:
        is_missing = type(error).__name__ in ("MissingParameter", "NoArgsIsHelpError")
        return "" if is_missing and is_named_only else error.format_message()


@of_each_document
def test_every_command_is_one(path: Path) -> None:
    text = text_of(path)
    found = [(line, False) for line in BLOCK.findall(text)] + [(line, True) for line in INLINE.findall(text)]
    for line, is_named_only in found:
        for arguments in variants(line):
            names_only = is_named_only or bool(ALTERNATIVES.search(line))
            assert trouble(arguments, is_named_only=names_only) == "", f"netclinic {line}"


@of_each_document
def test_every_slash_command_is_one(path: Path) -> None:
    known = set(subcommand_names())
    assert {word for word in SLASH.findall(text_of(path)) if word not in known} == set()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("asks x", "No such command 'asks'"),
        ("ask x --clusters prod", "No such option"),
        ("ask", "Missing argument 'SYMPTOM'"),
        ("ask x -o yaml", "'yaml' is not one of"),
        ("knowledge list|delete", "No such command 'delete'"),
        ("rbac now | kubectl apply -f -", "unexpected extra argument"),
    ],
)
def test_what_is_no_command_is_seen(line: str, told: str) -> None:
    assert any(told in trouble(arguments, is_named_only=False) for arguments in variants(line))


def test_commands_are_found_however_they_are_written() -> None:
    text = (
        "    netclinic ask x\n       netclinic check # all\n    kubectl exec a -- netclinic serve\n`netclinic rbac`\n"
    )
    assert BLOCK.findall(text) == ["ask x", "check # all", "serve"]
    assert INLINE.findall(text) == ["rbac"]
    assert sum(len(BLOCK.findall(text_of(path))) for path in DOCUMENTS) > 40
    assert (ROOT / "README.md") in DOCUMENTS
