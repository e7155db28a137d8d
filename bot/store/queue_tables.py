"""Where the queue's own tables (DBOS) are, and what waits in them: the engine itself is ``bot/slack/queue``'s."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, bindparam, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.store.engine import Store
from bot.store.errors import to_database_error

FILE = "dbos.sqlite"  # in the data directory
SCHEMA = "dbos"  # on PostgreSQL
SUBSECONDS_SINCE = (3, 42)  # SQLite's unixepoch('subsec')
UNDER_WAY = ("PENDING", "ENQUEUED", "DELAYED")


@event.listens_for(Engine, "connect")
def _tell_seconds(connection: Any, _: Any) -> None:
    """From Python 3.12 on DBOS asks SQLite for what its 3.42 brings, and the Pythons of many systems have an older one.

    Whole seconds, as DBOS is content with on Python 3.11.
    """
    if isinstance(connection, sqlite3.Connection) and sqlite3.sqlite_version_info < SUBSECONDS_SINCE:
        connection.create_function("unixepoch", 1, lambda _: int(time.time()))


@dataclass(frozen=True)
class Backlog:
    """Jobs that were accepted and are not done, in all processes; the oldest has waited so long."""

    jobs: int = 0
    oldest_seconds: float = 0.0


@contextlib.contextmanager
def queue_engine(store: Store, data_dir: Path) -> Iterator[Engine | None]:
    """The engine of the tables; ``None`` where nothing was ever served."""
    if not store.is_sqlite:
        yield store.engine
        return
    path = data_dir / FILE
    if not path.exists():
        yield None
        return
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 30})
    try:
        yield engine
    finally:
        engine.dispose()


def read_backlog(store: Store, data_dir: Path) -> Backlog:
    """What waits or is under way now.

    Raises:
        DatabaseError: the tables cannot be read.
    """
    schema = None if store.is_sqlite else SCHEMA
    table = "workflow_status" if schema is None else f"{schema}.workflow_status"
    query = text(f"SELECT count(*), min(created_at) FROM {table} WHERE status IN :states")  # noqa: S608 - ours alone
    query = query.bindparams(bindparam("states", expanding=True))
    try:
        with queue_engine(store, data_dir) as engine:
            if engine is None or not inspect(engine).has_table("workflow_status", schema=schema):
                return Backlog()
            with engine.connect() as connection:
                jobs, oldest = connection.execute(query, {"states": UNDER_WAY}).one()
    except DBAPIError as error:
        raise to_database_error("the queue of work", error) from error
    waited = datetime.now(UTC).timestamp() - oldest / 1000 if oldest else 0.0
    return Backlog(int(jobs), max(0.0, waited))
