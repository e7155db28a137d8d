"""How the command line fails: one clear sentence on stderr and an exit code, never a traceback."""

import os
import sys
from collections.abc import Iterator

import typer
from rich.console import Console
from rich.text import Text

from bot.settings import SettingsError
from knowledge.errors import EntryErrors

BAD_USAGE, FAILED, INTERRUPTED = 2, 1, 130


class UsageProblem(Exception):
    """What was typed cannot be done; the message says what to type instead."""


def run(cli: typer.Typer, console: Console) -> int:
    """Run the command line and return its exit code. Typer itself tells of wrong flags and ends with 2."""
    try:
        cli()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _failed(console, error)
    return 0


def _failed(console: Console, error: Exception) -> int:
    if isinstance(error, EntryErrors):
        for problem in error.problems:
            console.print(Text(str(problem)))
        return _told(console, "The entries cannot be used until these are mended; `netclinic knowledge lint` tells more.", BAD_USAGE)
    if type(error).__name__ in _BAD_USAGE or isinstance(error, UsageProblem | SettingsError):
        return _told(console, str(error), BAD_USAGE)
    where = next(_own_frames(error), "")
    said = " ".join(str(error).split())[:300]
    return _told(console, f"netclinic failed: {type(error).__name__}: {said}{where} Please report it with this line.", FAILED)


# By name: importing them here would load the Kubernetes client for every command.
_BAD_USAGE = frozenset({"ConnectionSettingsError", "NoClusterConfigured", "RecordingError", "UnknownProbe", "ModelError", "QuestionsError"})


def _own_frames(error: Exception) -> Iterator[str]:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is not None:
        yield f" ({frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno})."


def _told(console: Console, sentence: str, code: int) -> int:
    console.print(Text(sentence), soft_wrap=True)
    return code
