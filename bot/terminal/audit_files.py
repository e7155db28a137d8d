"""``audit export``: records given out to a file or through a pipe.

``audit prune``: old records into an archive and out of the log, or people's words erased.
"""

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
from bot.text import counted

if TYPE_CHECKING:
    from bot.store import Store
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console

from bot.audit.prune import AmbiguousActor, erase_words, prune
from bot.terminal.console import say
from bot.terminal.progress import counting

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
    file = _open_output(out)
    try:
        with file:
            detail = {"format": form, "records": count, "to": _output_name(out), "filters": filters.shown()}
            made = app.audit.record("export.made", actor=operating_system_user(), detail=detail)
            app.audit.close()
            written = _write(store, filters, made.seq, form, file)
    except BaseException as error:
        if out != "-":
            Path(out).unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise ArchiveError(f"{_output_name(out)} cannot be written ({error.strerror}): {_ADVICE}.") from error
        raise
    if out != "-":
        sys.stdout.write(f"Wrote {counted(written, 'record')} to {out}.\n")


_ADVICE = "make room there, or name another file with --out"


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


def _output_name(out: str) -> str:
    return "standard output" if out == "-" else str(Path(out).absolute())


def _open_output(out: str) -> IO[bytes]:
    if out == "-":
        return os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        return os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except FileExistsError:
        raise UsageProblem(f"{out} exists already: name a new file.") from None
    except OSError as error:
        raise UsageProblem(f"{out} cannot be made ({error.strerror}): name another file with --out.") from error


AT_ONCE = 50_000  # records that PostgreSQL removes within the seconds that somebody who asks waits


def slices_hint(store: "Store", count: int) -> str:
    """What to say before so many records are removed; on SQLite it takes a moment only."""
    if store.is_sqlite or count <= AT_ONCE:
        return ""
    return (
        f"While {count:,} records are removed at once, questions are refused: prune in slices, by an earlier "
        "--before, or more often."
    )


def prune_records(app: App, before: datetime, archive: Path) -> None:
    """Say how many went where."""
    with app.store.reading() as connection:
        count = count_records(connection, Filters(until=before))
    if hint := slices_hint(app.store, count):
        say(Console(stderr=True), hint, style="dim")
    with counting(Console(stderr=True), "archiving") as tell:
        done = prune(app.audit, before, archive, actor=operating_system_user(), progress=tell)
    if done is None:
        sys.stdout.write("No record is older: nothing was pruned.\n")
        return
    sys.stdout.write(
        f"Archived {done.count:,} records, up to number {done.to:,}, to {done.archive} (sha256 {done.sha256}) and "
        f"removed them; record {done.record.seq:,} says so.\n"
    )


def prune_words(app: App, before: datetime, of: str) -> None:
    """Say how many were erased.

    Raises:
        UsageProblem: ``of`` is more than one person.
    """
    try:
        done = erase_words(app.audit, before, actor=operating_system_user(), of=of, data_dir=app.settings.data_dir)
    except AmbiguousActor as error:
        raise UsageProblem(str(error)) from None
    if done is None:
        sys.stdout.write("No older words are kept: nothing was erased.\n")
        return
    also = f" and in {done.elsewhere:,} rows of cases, answers, handoffs and finished work" if done.elsewhere else ""
    sys.stdout.write(f"Erased people's words of {done.count:,} records{also}; record {done.record.seq:,} says so.\n")
