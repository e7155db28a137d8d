"""A few figures of a database, for whoever watches it from outside."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from bot.store import replicas
from bot.store.engine import Store
from bot.store.queue_tables import Backlog, read_backlog
from bot.store.schema import audit_records
from bot.store.status import SILENT


@dataclass(frozen=True)
class Figures:
    """``audit_records`` is the number of the newest record; ``replicas`` are the processes that serve."""

    backlog: Backlog
    audit_records: int
    replicas: int


def read_figures(store: Store, data_dir: Path) -> Figures:
    """As they are now.

    Raises:
        DatabaseError: the database cannot be read.
    """
    with store.reading() as connection:
        newest = connection.execute(select(func.max(audit_records.c.seq))).scalar()
    serving = sum(age < SILENT for age in replicas.seconds_silent(store, "").values())
    return Figures(read_backlog(store, data_dir), int(newest or 0), serving)
