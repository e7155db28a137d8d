"""Opening the database and its transactions, alike on SQLite and PostgreSQL, so that nobody else need know which it is.

Calls are synchronous (a write takes a millisecond or so); async callers go through :meth:`Store.run`.
"""

import asyncio
import contextlib
import contextvars
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.error_advice import told, way_out
from knowledge.errors import FAILED, UserFacingError

P = ParamSpec("P")
T = TypeVar("T")
FILE = "netclinic.sqlite"
THREADS = 8  # that wait for the database at the same time
PATIENCE = 30  # seconds to wait for another writer of the same SQLite file
_BEGIN = "netclinic_begin"
_PATIENCE = "netclinic_patience"
SILENCE = "netclinic_silence"  # execution option: seconds without a word of PostgreSQL's, None for any number
READING, ANSWERING = 60, 10  # such seconds: for what is read, and for what is stored once its locks are held


class DatabaseError(UserFacingError):
    """The database cannot be used; the message names it and the way out.

    ``passing``: it is locked or cannot be reached, which may be over in a while; a full or damaged one stays so.
    """

    exit_code = FAILED

    def __init__(self, sentence: str, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing


@dataclass(frozen=True)
class Store:
    """An opened database. ``shown`` is its URL without the password."""

    engine: Engine
    shown: str
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "store"), repr=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine alone."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database.

        Raises:
            DatabaseError: it is gone, locked or damaged.
        """
        with self._transaction("DEFERRED", PATIENCE, READING) as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self, patience: float = PATIENCE, *, long: bool = False) -> Iterator[Connection]:
        """A transaction that is stored when the block ends; on SQLite it has the file to itself from its start.

        ``patience`` is how many seconds it waits there for another writer. A server that answers nothing for a while
        longer is given up, unless what is done may take ``long``.

        Raises:
            DatabaseError: it is gone, locked, full or damaged; nothing of the block was stored.
        """
        with self._transaction("IMMEDIATE", patience, None if long else patience + ANSWERING) as connection:
            yield connection

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result, from a thread: the event loop goes on.

        The threads are the store's own: all may be held up by the database, and nothing else waits for them.
        """
        within = contextvars.copy_context()
        work = partial(within.run, partial(function, *args, **kwargs))
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def insert_if_absent(self, connection: Connection, table: Table, **values: Any) -> bool:
        """Insert a row unless its key exists; whether it was inserted."""
        statement = self.insert(table).values(**values).on_conflict_do_nothing()
        return connection.execute(statement.returning(*table.primary_key)).first() is not None

    def insert(self, table: Table) -> Any:
        """The dialect's own INSERT, which knows ON CONFLICT."""
        from sqlalchemy.dialects import postgresql, sqlite  # each takes a while, and few processes need both

        return (sqlite if self.is_sqlite else postgresql).insert(table)

    def close(self) -> None:
        """Give the connections back; it can be used again."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _transaction(self, kind: str, patience: float, silence: float | None) -> Iterator[Connection]:
        options: dict[str, Any] = {_BEGIN: kind, _PATIENCE: patience, SILENCE: silence}
        try:
            with self.engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as error:
            raise to_database_error(self.shown, error) from error


def open_store(url: str, data_dir: Path) -> Store:
    """The database at ``url`` (SQLite in ``data_dir`` when empty), brought to this version's tables.

    Raises:
        DatabaseError: the URL is no database's, or the database cannot be used.
    """
    from bot.store.migrating import migrate

    store = _connected(url, data_dir)
    migrate(store, data_dir)
    return store


def _connected(url: str, data_dir: Path) -> Store:
    if not url:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(
                f"The data directory {data_dir} cannot be made ({error.strerror}): set NETCLINIC_DATA_DIR to another."
            ) from error
        url = f"sqlite:///{data_dir / FILE}"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            "NETCLINIC_DATABASE_URL is no database URL: write postgresql://user@host:5432/name, or leave it empty."
        ) from None
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        from bot.store.postgresql import apply_read_timeout

        found = parsed.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 15000}
        engine = create_engine(found, pool_pre_ping=True, pool_size=8, connect_args=arguments)
        apply_read_timeout(engine, PATIENCE)
    elif parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed.set(drivername="sqlite"), connect_args={"timeout": PATIENCE})
        _as_one_writer(engine)
    else:
        raise DatabaseError(
            f"NETCLINIC_DATABASE_URL names {parsed.drivername}, which netclinic does not know: "
            "write postgresql://… or sqlite:///FILE."
        )
    hidden = {name: "***" for name in parsed.query if "password" in name.lower()}
    return Store(engine, parsed.update_query_dict(hidden).render_as_string(hide_password=True))


def _as_one_writer(engine: Engine) -> None:
    """SQLite so that readers never wait, and a writer takes its lock at once rather than failing half-way."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(options.get(_PATIENCE, PATIENCE) * 1000)}")
        connection.exec_driver_sql(f"BEGIN {options.get(_BEGIN, 'DEFERRED')}")


def to_database_error(shown: str, error: Exception) -> DatabaseError:
    """The sentence for a database that failed."""
    sentence = f"The database {shown} cannot be used ({told(error)}): {way_out(shown, error)}."
    return DatabaseError(sentence, passing=_may_pass(error))


_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# Connections that broke or are refused, servers that start, stop or fail over, and locks that were waited for in vain.
_PASSING_CLASSES = frozenset({"08", "40", "57"})
_PASSING_STATES = frozenset({"25006", "25P03", "53300", "55P03"})


def _may_pass(error: Exception) -> bool:
    origin = getattr(error, "orig", None)
    if (code := getattr(origin, "sqlite_errorcode", None)) is not None:
        return code & 0xFF in _LOCKED
    if state := getattr(origin, "sqlstate", None):
        return state in _PASSING_STATES or state[:2] in _PASSING_CLASSES
    is_connection = isinstance(error, OperationalError | InterfaceError) and not isinstance(origin, sqlite3.Error)
    return is_connection or isinstance(error, PoolTimeout)
