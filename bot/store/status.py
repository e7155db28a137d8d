"""How a database is: which tables it has, how much it holds and who serves with it. Nothing is made or changed."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from bot.store import replicas
from bot.store.engine import Store
from bot.store.errors import to_database_error
from bot.store.migrating import newest_version, stored_version
from bot.store.queue_tables import FILE as QUEUE_FILE

SILENT = 30.0  # seconds after which a process is given up (``Timing.takeover``)


@dataclass(frozen=True)
class ServingProcess:
    """A process that serves with this database, and when it was last heard of."""

    id: str
    seconds_silent: float


@dataclass(frozen=True, kw_only=True)
class StoreStatus:
    """``stored`` and ``newest`` are versions of the tables; the first is empty where there are none."""

    shown: str
    stored: str
    newest: str
    bytes: int
    serving: tuple[ServingProcess, ...]


def read_status(store: Store, data_dir: Path) -> StoreStatus:
    """How it is now.

    Raises:
        DatabaseError: it cannot be read.
    """
    if store.is_sqlite and not Path(store.engine.url.database or "").exists():
        return StoreStatus(shown=store.shown, stored="", newest=newest_version(), bytes=0, serving=())
    try:
        with store.reading() as connection:
            stored = stored_version(connection) or ""
            is_served = inspect(connection).has_table("replicas")
            size = 0 if store.is_sqlite else connection.execute(text(_SIZE)).scalar_one()
    except DBAPIError as error:
        raise to_database_error(store.shown, error) from error
    silent = replicas.seconds_silent(store, "") if is_served else {}
    return StoreStatus(
        shown=store.shown,
        stored=stored,
        newest=newest_version(),
        bytes=int(size or _size_of_files(store, data_dir)),
        serving=tuple(ServingProcess(id_, round(age, 1)) for id_, age in sorted(silent.items()) if age < SILENT),
    )


_SIZE = "SELECT pg_database_size(current_database())"


def _size_of_files(store: Store, data_dir: Path) -> int:
    files = [Path(store.engine.url.database or ""), data_dir / QUEUE_FILE]
    logs = [path.with_name(f"{path.name}-wal") for path in files]
    return sum(path.stat().st_size for path in (*files, *logs) if path.exists())
