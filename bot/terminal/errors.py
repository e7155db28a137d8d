"""How the command line fails: one clear sentence on stderr and an exit code, never a traceback."""

import contextlib
import errno
import os
import sys

import typer
from typer.exceptions import TyperException

from knowledge.errors import FAILED, UserFacingError

NAME = "netclinic"
INTERRUPTED = 130  # the exit code of what Ctrl-C ended


class UsageProblem(UserFacingError):
    """What was typed cannot be done; the message says what to type instead."""


class OutOfReach(UserFacingError):
    """The cluster did not let us do it; the message says why and the way out."""

    exit_code = FAILED


def run(cli: typer.Typer) -> int:
    """Run the command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter gets a question mark, not a failure
            stream.reconfigure(errors="replace")
    try:
        code = cli(prog_name=NAME, standalone_mode=False)  # the exit code of what ended itself; else nothing
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        return 0 if isinstance(end.__context__, BrokenPipeError) else _flush(code)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _flush(0)
    except TyperException as error:
        return _report_usage(error)
    except Exception as error:
        return _report_failure(error)
    return _flush(code if isinstance(code, int) else 0)


def _flush(code: int) -> int:
    """What a reader such as ``head`` no longer wants is dropped in silence."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        return _report_failure(error)
    return code


def _report_usage(error: TyperException) -> int:
    """Say in one sentence what of the command is wrong; help that was asked for by typing nothing is shown already."""
    told = " ".join(error.format_message().split())
    if not told:
        return _flush(error.exit_code)
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else NAME
    if malformed := _malformed_value(error):
        told = f"{told.partition(': ')[0]}: {malformed}."
    end = "" if told.endswith("?") else "."
    return _print_error(f"{told.rstrip('.')}{end} `{command} --help` shows how it is used.", error.exit_code)


def _malformed_value(error: TyperException) -> str:
    """What pydantic, with which typer reads values, found wrong; empty where it is something else."""
    if error.__cause__ is None:
        return ""
    from pydantic import ValidationError

    from bot.validation import describe_problem

    return describe_problem(error.__cause__) if isinstance(error.__cause__, ValidationError) else ""


def _discard_output() -> None:
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report_failure(error: Exception) -> int:
    """Say on stderr why the command ended; the exit code."""
    if isinstance(error, OSError):
        _discard_output()  # what standard output did not take is not tried again at the exit
    if isinstance(error, UserFacingError):
        return _print_error(error.message(), error.exit_code)
    name, said = type(error).__name__, " ".join(str(error).split())
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError) and error.filename:
        why = (error.strerror or name).lower()
        way_out = "choose another place, for example with NETCLINIC_DATA_DIR, or change its permissions"
        return _print_error(f"{error.filename} cannot be used ({why}): {way_out}.", FAILED)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        what = error.filename or "Standard output, or a file that netclinic writes,"
        return _print_error(
            f"{what} cannot be written ({error.strerror}): make room there, or write elsewhere.", FAILED
        )
    return _print_error(
        f"netclinic failed: {name}: {said[:300]}{_source_line(error)} Please report it with this line.", FAILED
    )


def _source_line(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "" if frame is None else f" ({frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno})."


def _print_error(text: str, code: int) -> int:
    from rich.console import Console

    from bot.text import plain

    Console(stderr=True).print(plain(text), markup=False, highlight=False, soft_wrap=True)
    return code
