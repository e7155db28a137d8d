"""A database and its transactions, alike on SQLite and PostgreSQL, so that nobody else need know which it is.

Calls are synchronous (a write takes a millisecond or so); async callers go through :meth:`Store.run`.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store.errors import PATIENCE, SILENCE, to_database_error

P = ParamSpec("P")
T = TypeVar("T")
THREADS = 8  # that wait for the database at the same time
BEGIN_OPTION = "netclinic_begin"  # execution option: how SQLite's transaction begins
PATIENCE_OPTION = "netclinic_patience"  # execution option: seconds to wait for another writer of SQLite's file
READING, ANSWERING = 60, 10  # such seconds: for what is read, and for what is stored once its locks are held


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
        options: dict[str, Any] = {BEGIN_OPTION: kind, PATIENCE_OPTION: patience, SILENCE: silence}
        try:
            with self.engine.connect().execution_options(**options) as connection, connection.begin():
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as error:
            raise to_database_error(self.shown, error) from error
