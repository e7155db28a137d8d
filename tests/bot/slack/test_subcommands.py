"""The table of subcommands, and what Slack's text for them means."""

from pathlib import Path

import pytest

from bot.slack.handlers import subcommands
from bot.slack.jobs import COMMAND, SlashCommand
from knowledge.loading import BUILTIN_FOLDER, load_entries
from tests.workspace.records import words


def typed(text: str) -> SlashCommand:
    return SlashCommand(text=text, user="U1", channel="C1", response_url="https://slack.example/r")


def test_help_holds_every_row_with_its_examples() -> None:
    shown = "\n".join(words(subcommands.render_help().blocks))
    for row in subcommands.SUBCOMMANDS:
        assert row.shown.line in shown
        assert row.shown.about in shown
        assert all(f"/netclinic {row.shown.name} {example}" in shown for example in row.shown.examples)


def test_examples_name_entries_that_exist() -> None:
    from bot.probes import vocabulary

    known = {entry.id for entry in load_entries([Path(BUILTIN_FOLDER)], vocabulary())}
    named = {
        example
        for row in subcommands.SUBCOMMANDS
        if row.shown.name in ("check", "show")
        for example in row.shown.examples
    }
    assert named
    assert named <= known


def test_names_are_told_apart() -> None:
    names = [row.shown.name for row in subcommands.SUBCOMMANDS]
    assert len(set(names)) == len(names)
    assert subcommands.find_subcommand("ASK") is subcommands.find_subcommand("ask")
    assert subcommands.find_subcommand("asks") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("fatcs", "There is no /netclinic fatcs (did you mean facts?)."),
        ("Chek", "There is no /netclinic Chek (did you mean check?)."),
        ("xyzzy", "There is no /netclinic xyzzy."),
        ("y" * 90, f"There is no /netclinic {'y' * 40}."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(text: str, said: str) -> None:
    assert said in "\n".join(words(subcommands.render_help(text).blocks))


@pytest.mark.parametrize(
    ("text", "name", "rest", "flags"),
    [
        ("", "", "", set()),
        ("  ask  pods stuck ", "ask", "pods stuck", set()),
        ('ask "pods stuck" --share', "ask", "pods stuck", {"share"}),
        ("ask “pods stuck”", "ask", "pods stuck", set()),
        ('ask say "ready" twice', "ask", 'say "ready" twice', set()),
        ("check --share", "check", "", {"share"}),
        ("ask kubectl drain --force hangs", "ask", "kubectl drain --force hangs", set()),
    ],
)
def test_typed_text_is_taken_apart(text: str, name: str, rest: str, flags: set[str]) -> None:
    command = typed(text)
    assert (command.name, command.arguments.words, command.arguments.flags) == (name, rest, flags)
    assert COMMAND.load(COMMAND.dump(command)) == command
