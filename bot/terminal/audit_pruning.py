"""``audit prune``: old records into an archive and out of the log, or people's words erased."""

import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console

from bot.app import App
from bot.audit.pruning import SeveralPeople, erase_words, prune
from bot.terminal.auditing import operating_system_user
from bot.terminal.failing import UsageProblem
from bot.terminal.progress import counting


def prune_records(app: App, before: datetime, archive: Path) -> None:
    """Say how many went where."""
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
