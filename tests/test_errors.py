"""What goes wrong reaches people as a sentence: every exception of ours says whether it is meant for them."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import bot
import index
import knowledge
from bot.audit import AuditUnavailable
from bot.audit.archives import ArchiveError
from bot.cluster.connection import ConnectionSettingsError
from bot.recordings import RecordingError
from bot.settings import SettingsError
from bot.store import DatabaseError
from bot.terminal.errors import OutOfReach, UsageProblem, run
from index.models import ModelError
from knowledge.errors import EntryErrors, Problem, UserFacingError

INTERNAL = {
    "bot.cluster.connection.Redirected": "the transport makes it a ReadError",
    "knowledge.errors.ExpressionError": "collected as a Problem with file and line",
    "knowledge.untrusted_yaml.UntrustedYamlError": "whoever loads the file names it in an error of its own",
    "knowledge.bounds.TooLargeError": "whoever reads the file names it in an error of its own",
    "knowledge.template_rules.TemplateRuleError": "lint makes it a Problem with file and line",
    "bot.cluster.transport.ReadError": "a probe makes it `unknown`; who reads without one says what follows from it",
    "bot.cloud.requests.CloudFailure": "whoever asked for the call makes it a ReadError",
    "bot.recordings.failures.ApiFailure": "the replaying server answers it as a Status object",
    "bot.prometheus.node_series.ForeignSeries": "a probe makes it a ReadError, with the setting that helps",
    "bot.slack.audit_watch._Ended": "the watch ends with it",
    "bot.slack.signed_requests.TurnedAway": "the door answers it with its status and reason",
}
FAILURES = {AuditUnavailable, ArchiveError, DatabaseError, OutOfReach}
BAD_USAGE = {ConnectionSettingsError, ModelError, RecordingError, SettingsError, UsageProblem}


def exceptions() -> Iterator[type[Exception]]:
    """Every exception class that one of our modules defines."""
    for package in (bot, index, knowledge):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".versions." in module.name or module.name.endswith(".env"):
                continue  # alembic runs these itself
            for item in vars(importlib.import_module(module.name)).values():
                if isinstance(item, type) and issubclass(item, Exception) and item.__module__ == module.name:
                    yield item


def name_of(error: type[Exception]) -> str:
    return f"{error.__module__}.{error.__qualname__}"


def test_every_exception_of_ours_is_for_people_or_said_to_be_internal() -> None:
    found = {name_of(error): error for error in exceptions()}
    not_for_people = {name for name, error in found.items() if not issubclass(error, UserFacingError)}
    assert not_for_people == set(INTERNAL)
    assert {e.exit_code for e in found.values() if issubclass(e, UserFacingError)} == {1, 2}


def test_what_was_typed_or_set_wrongly_ends_with_2_and_what_failed_with_1() -> None:
    assert {error.exit_code for error in BAD_USAGE} == {2}
    assert {error.exit_code for error in FAILURES} == {1}


class Refused(UserFacingError):
    exit_code = 1


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (UserFacingError("No such\n  thing."), 2, "No such thing.\n"),
        (Refused("It said \x1bno."), 1, "It said no.\n"),
        (
            EntryErrors([Problem(Path("a.md"), 3, "no title"), Problem(Path("a.md"), 1, "no id")]),
            2,
            "a.md:1: no id\na.md:3: no title\n"
            "The entries cannot be used until these are mended; `netclinic knowledge lint` tells more.\n",
        ),
    ],
)
def test_the_command_line_shows_the_sentence_and_takes_the_exit_code(
    error: UserFacingError, code: int, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = typer.Typer()

    @cli.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr("sys.argv", ["netclinic"])
    assert run(cli) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", shown)


def test_what_nobody_foresaw_is_named_with_its_place(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli = typer.Typer()

    @cli.command()
    def fail() -> None:
        raise ValueError("out of range")

    monkeypatch.setattr("sys.argv", ["netclinic"])
    assert run(cli) == 1
    err = capsys.readouterr().err
    assert err.startswith("netclinic failed: ValueError: out of range (")
    assert err.endswith("Please report it with this line.\n")
