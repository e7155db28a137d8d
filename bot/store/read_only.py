"""Reading a SQLite file where nothing can be written: a read-only file system, a full disk, a copy on a medium."""

from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import make_url

from bot.store.engine import Store
from bot.store.errors import DatabaseError
from bot.store.migrating import is_up_to_date
from bot.store.opening import FILE, open_store

_UNWRITABLE = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL", "SQLITE_IOERR")


def open_to_read(url: str, data_dir: Path) -> Store:
    """The database as :func:`open_store` gives it, or one that can only be read where its file cannot be written.

    Raises:
        DatabaseError: it cannot be read either, or has the tables of another version.
    """
    try:
        return open_store(url, data_dir)
    except DatabaseError as error:
        cause = getattr(error.__cause__, "orig", None)
        is_unwritable = getattr(cause, "sqlite_errorname", "").startswith(_UNWRITABLE)
        path = _file(url, data_dir) if is_unwritable else None
        store = _read_only(path) if path else None
        if store is None or not is_up_to_date(store):
            raise
        return store


def _file(url: str, data_dir: Path) -> Path | None:
    """SQLite's file, where it is one that is named plainly and exists."""
    named = make_url(url) if url else None
    if named is not None and (named.get_backend_name() != "sqlite" or named.query or not named.database):
        return None
    path = Path(named.database) if named is not None and named.database else data_dir / FILE
    return path.absolute() if path.is_file() else None


def _read_only(path: Path) -> Store | None:
    """The file alone, without the shared memory that SQLite wants to make; ``None`` where its log holds more."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        return None
    engine = create_engine(f"sqlite:///{path.as_uri()}?mode=ro&immutable=1&uri=true")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return Store(engine, f"sqlite:///{path}")
