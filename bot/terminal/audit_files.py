"""``audit export``: records given out to a file or through a pipe."""

import io
import os
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bot.app import App
from bot.audit.archives import ArchiveError
from bot.audit.export import write_csv, write_events
from bot.audit.filters import Filters
from bot.audit.reading import count_records, stream_records
from bot.terminal.audited_command import operating_system_user
from bot.terminal.errors import UsageProblem
from bot.wording import counted

if TYPE_CHECKING:
    from bot.store import Store


def export_to(app: App, out: str, form: str, filters: Filters) -> None:
    """Record that it is done, then do it; a file is for its owner alone.

    Raises:
        UsageProblem: the file cannot be made; nothing was recorded.
        ArchiveError: it cannot be written to its end; what was written of it is removed.
        DatabaseError, AuditUnavailable: the database cannot be used; the file is removed.
    """
    store = app.store
    with store.reading() as connection:
        count = count_records(connection, filters)
    file = _opened(out)
    try:
        with file:
            detail = {"format": form, "records": count, "to": _place(out), "filters": filters.shown()}
            made = app.audit.record("export.made", actor=operating_system_user(), detail=detail)
            app.audit.close()
            written = _write(store, filters, made.seq, form, file)
    except BaseException as error:
        if out != "-":
            Path(out).unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise ArchiveError(f"{_place(out)} cannot be written ({error.strerror}): {_WAY_OUT}.") from error
        raise
    if out != "-":
        sys.stdout.write(f"Wrote {counted(written, 'record')} to {out}.\n")


_WAY_OUT = "make room there, or name another file with --out"


def _write(store: "Store", filters: Filters, before: int, form: str, file: IO[bytes]) -> int:
    """Write the records with smaller numbers; how many, since others may have come after those that were counted."""
    with store.reading() as connection:
        records = (one for one in stream_records(connection, filters) if one.seq < before)
        if form == "csv":
            text = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
            written = write_csv(records, text)
            text.detach()
        else:
            written = write_events(records, file)
    file.flush()
    return written


def _place(out: str) -> str:
    return "standard output" if out == "-" else str(Path(out).absolute())


def _opened(out: str) -> IO[bytes]:
    if out == "-":
        return os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        return os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise UsageProblem(f"{out} exists already: name a new file.") from None
    except OSError as error:
        raise UsageProblem(f"{out} cannot be made ({error.strerror}): name another file with --out.") from error
