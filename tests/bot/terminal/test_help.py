"""Every command alike: its page shows examples that can be typed, and what it cannot take is told in one sentence."""

import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command

from bot.cli import cli

Run = Callable[..., Any]
ROOT = get_command(cli)
VALUE = re.compile(r"[A-Z][A-Z:|_]*|[a-z]+(\|[a-z]+)+")  # what is replaced, or what is typed as it stands
LEAKING = re.compile(r"input should|value error|unable to parse|traceback|pydantic", re.IGNORECASE)


def commands(command: Any = ROOT, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with what is typed after ``netclinic``, the groups too."""
    if name:
        yield name, command
    for part, member in getattr(command, "commands", {}).items():
        yield from commands(member, f"{name} {part}".strip())


ALL = dict(commands())
LEAVES = {name: command for name, command in ALL.items() if not getattr(command, "commands", {})}


def parameters(command: Any) -> list[Any]:
    return list(command.get_params(typer.Context(command, help_option_names=["-h", "--help"])))


def shown_examples(help_page: str) -> list[str]:
    return [line.strip() for line in help_page.partition("Examples")[2].splitlines() if line.strip()]


def test_the_walk_finds_commands_and_their_groups() -> None:
    assert {"ask", "audit", "audit prune", "database restore", "knowledge test", "index status"} <= set(ALL)


@pytest.mark.parametrize("name", LEAVES)
def test_every_page_ends_with_examples_that_can_be_typed(netclinic: Run, name: str) -> None:
    ran = netclinic(*name.split(), "--help", COLUMNS="200")
    assert ran.code == 0
    found = shown_examples(ran.out)
    assert found
    for line in found:
        words = shlex.split(re.split(r" [|<>] ", line)[0])
        words = words[1:] if "=" in words[0] else words
        assert words[: 1 + len(name.split())] == ["netclinic", *name.split()]
        LEAVES[name].make_context(name, words[1 + len(name.split()) :])  # raises what its user would be told


@pytest.mark.parametrize("name", ALL)
def test_values_are_shown_in_one_style(name: str) -> None:
    for param in parameters(ALL[name]):
        shown = param.metavar
        assert shown == "" if getattr(param, "is_flag", False) else VALUE.fullmatch(shown), param.name


def refused(name: str, command: Any) -> Iterator[list[str]]:
    """Arguments that this command cannot take."""
    yield [*name.split(), "--no-such-option"]
    for param in parameters(command):
        if re.fullmatch(r"N|SECONDS|[a-z]+\|[a-z|]+", param.metavar) and param.opts[0].startswith("-"):
            yield [*name.split(), param.opts[0], "Soon"]
        if param.required:
            yield name.split()


@pytest.mark.parametrize(
    "arguments", [line for name, command in LEAVES.items() for line in refused(name, command)], ids=" ".join
)
def test_what_it_cannot_take_is_one_sentence(netclinic: Run, arguments: list[str]) -> None:
    ran = netclinic(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert not LEAKING.search(ran.err)


@pytest.mark.parametrize("name", [name for name in ALL if name not in LEAVES])
def test_a_group_names_the_nearest_command(netclinic: Run, name: str) -> None:
    first = next(iter(ALL[name].commands))
    ran = netclinic(name, f"{first}x")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"No such command '{first}x'. Did you mean '{first}'")
    assert ran.err.endswith(f"? `netclinic {name} --help` shows how it is used.\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("replay", "x", "--port", "soon"), "Invalid value for '--port': write a whole number."),
        (("replay", "x", "--port", "65536"), "Invalid value for '--port': write 65535 or less."),
        (("database", "status", "--wait", "-1"), "Invalid value for '--wait': write 0 or more."),
        (("facts", "-o", "yaml"), "Invalid value for '-o' / '--output': 'yaml' is not one of 'text', 'json'."),
        (("ask",), "Missing argument 'SYMPTOM'."),
        (("facts", "--contxt", "x"), "No such option: --contxt (Possible options: --context, --output)."),
    ],
)
def test_the_sentence_says_what_to_write_and_where_to_look(
    netclinic: Run, arguments: tuple[str, ...], told: str
) -> None:
    command = " ".join(word for word in arguments if word in " ".join(ALL).split())
    assert netclinic(*arguments).err == f"{told} `netclinic {command} --help` shows how it is used.\n"


def test_nothing_typed_shows_the_commands(netclinic: Run) -> None:
    for arguments in ((), ("audit",)):
        ran = netclinic(*arguments)
        assert (ran.code, ran.err) == (2, "")
        assert "Commands" in ran.out


def test_words_that_no_entry_holds_are_told(netclinic: Run) -> None:
    ran = netclinic("knowledge", "list", "zzz")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("No entry holds 'zzz' in its id, title or headings")
    assert netclinic("knowledge", "list", "zzz", "-o", "json").json == []


def test_words_to_list_need_no_quotes(netclinic: Run) -> None:
    quoted = netclinic("knowledge", "list", "terway vswitch", "-o", "json").json
    assert netclinic("knowledge", "list", "vswitch", "terway", "-o", "json").json == quoted
    assert "terway-vswitch-out-of-ips" in [item["id"] for item in quoted]
