"""How the command line fails: one clear sentence on stderr and an exit code, never a traceback."""

import contextlib
import errno
import os
import sys

import typer

NAME = "netclinic"
BAD_USAGE, FAILED, INTERRUPTED = 2, 1, 130

# By name: importing them here would load the Kubernetes client and pydantic for every command.
_BAD_USAGE = frozenset(
    {
        "AddressTaken",
        "ConnectionSettingsError",
        "ModelError",
        "NoClusterConfigured",
        "QuestionsError",
        "RecordingError",
        "SettingsError",
        "CacheError",
        "UnknownProbe",
        "UsageProblem",
    }
)
_CANNOT_GO_ON = frozenset({"ArchiveError", "AuditUnavailable", "CannotServe", "DatabaseError", "NotWhole"})


class UsageProblem(Exception):
    """What was typed cannot be done; the message says what to type instead."""


class OutOfReach(Exception):
    """The cluster did not let us do it; the message says why and the way out."""


def run(cli: typer.Typer) -> int:
    """Run the command line and return its exit code. Typer itself tells of wrong flags and ends with 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a letter gets a question mark, not a failure
            stream.reconfigure(errors="replace")
    try:
        cli(prog_name=NAME)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
        return 0 if isinstance(end.__context__, BrokenPipeError) else _flushed(code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _flushed(0)
    except Exception as error:
        return _failed(error)
    return _flushed(0)


def _flushed(code: int) -> int:
    """What a reader such as ``head`` no longer wants is dropped in silence."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _dropped()
    except OSError as error:
        return _failed(error)
    return code


def _dropped() -> None:
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(error: Exception) -> int:
    said = " ".join(str(error).split())
    name = type(error).__name__
    if isinstance(error, OSError):
        _dropped()  # what standard output did not take is not tried again at the exit
    if name in _BAD_USAGE:
        return _told(said, BAD_USAGE)
    if name == "EntryErrors":
        mend = "The entries cannot be used until these are mended; `netclinic knowledge lint` tells more."
        return _told(f"{error}\n{mend}", BAD_USAGE)
    if isinstance(error, OutOfReach) or name in _CANNOT_GO_ON:
        return _told(said, FAILED)
    if isinstance(error, PermissionError | FileExistsError | NotADirectoryError) and error.filename:
        why = (error.strerror or name).lower()
        way_out = "choose another place, for example with NETCLINIC_DATA_DIR, or change its permissions"
        return _told(f"{error.filename} cannot be used ({why}): {way_out}.", FAILED)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
        what = error.filename or "Standard output, or a file that netclinic writes,"
        return _told(f"{what} cannot be written ({error.strerror}): make room there, or write elsewhere.", FAILED)
    return _told(f"netclinic failed: {name}: {said[:300]}{_place(error)} Please report it with this line.", FAILED)


def _place(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return "" if frame is None else f" ({frame.tb_frame.f_globals.get('__name__')}:{frame.tb_lineno})."


def _told(text: str, code: int) -> int:
    from rich.console import Console

    from bot.text import plain

    Console(stderr=True).print(plain(text), markup=False, highlight=False, soft_wrap=True)
    return code
