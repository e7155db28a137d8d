"""The tables of pending work, which are DBOS' own: which version they have, and bringing them to this one's."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dbos._migration import get_migration_versions, get_sqlite_migration_versions, sqlite_migrations
from dbos._sys_db import SystemDatabase

from bot.slack.queue.dbos_engine import PlainJson, prepare_sqlite
from bot.store import DatabaseError, Store
from bot.store.error_advice import advice_for
from bot.store.queue_tables import FILE, SCHEMA, queue_engine


@dataclass(frozen=True)
class QueueVersion:
    """``stored`` is 0 where there are no such tables yet."""

    stored: int
    newest: int


def queue_url(store: Store) -> str:
    """The PostgreSQL URL as DBOS takes it; empty for SQLite, whose file lies in the data directory."""
    if store.is_sqlite:
        return ""
    return store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def queue_version(store: Store, data_dir: Path) -> QueueVersion:
    """Which version the tables have; nothing is made.

    Raises:
        DatabaseError: they cannot be read.
    """
    with _told_as_database_error(store), queue_engine(store, data_dir) as engine:
        if engine is None:
            return QueueVersion(0, len(sqlite_migrations))
        if store.is_sqlite:
            return QueueVersion(*get_sqlite_migration_versions(engine))
        return QueueVersion(*get_migration_versions(engine, SCHEMA, use_listen_notify=False))


def upgrade_queue(store: Store, data_dir: Path) -> None:
    """Make or upgrade the tables; newer ones stay as they are.

    Raises:
        DatabaseError: they cannot be made or changed by this user.
    """
    with _told_as_database_error(store):
        database = SystemDatabase.create(
            system_database_url=queue_url(store) or prepare_sqlite(data_dir / FILE),
            engine_kwargs={"pool_timeout": 30, "max_overflow": 0, "pool_size": 2},
            engine=None,
            schema=SCHEMA,
            serializer=PlainJson(),
            executor_id=None,
            use_listen_notify=False,
        )
        try:
            database.run_migrations()
        finally:
            database.destroy()


@contextlib.contextmanager
def _told_as_database_error(store: Store) -> Iterator[None]:
    try:
        yield
    except DatabaseError:
        raise
    except Exception as error:
        told = " ".join(str(getattr(error, "orig", None) or error).split())[:200].rstrip(".")
        raise DatabaseError(
            f"The database of pending work cannot be used ({told}): {advice_for(store.shown, error)}."
        ) from error
