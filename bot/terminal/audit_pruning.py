"""``audit prune``: old records into an archive and out of the log, or people's words erased."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot.app import App
from bot.audit.filters import Filters
from bot.audit.prune import SeveralPeople, erase_words, prune
from bot.audit.reading import count_records
from bot.terminal.audited_command import operating_system_user
from bot.terminal.console import say
from bot.terminal.errors import UsageProblem
from bot.terminal.progress import counting

if TYPE_CHECKING:
    from bot.store import Store


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
        done = prune(app.audit, before, archive, actor=operating_system_user(), tell=tell)
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
        done = erase_words(app.audit, before, actor=operating_system_user(), of=of)
    except SeveralPeople as error:
        raise UsageProblem(str(error)) from None
    if done is None:
        sys.stdout.write("No words are kept with older records: nothing was erased.\n")
        return
    sys.stdout.write(f"Erased people's words of {done.count:,} records; record {done.record.seq:,} says so.\n")
