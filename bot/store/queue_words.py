"""People's words in the queue's own tables (DBOS): what was accepted, and what its steps came to.

Only what is over is touched: what is under way needs its words. The keys stay, so that nothing is done a second time.
"""

import contextlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, event, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from bot.store.engine import Store
from bot.store.errors import to_database_error
from bot.store.queue_tables import SCHEMA, queue_engine
from bot.store.words import blank_words

ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
BATCH = 500
_ID, _COLUMNS = "workflow_uuid", ("inputs", "output", "error", "value")
_MENU = "menu"  # the step that asks which cluster is meant: the choice goes on with the question


@dataclass(frozen=True)
class Jobs:
    """Those that were accepted ``before`` then and are over.

    ``of``: only a person's, and those with the ``keys``. ``menus_before``: of questions that wait for a cluster to be
    chosen, only those that are as old. ``ended_after``: only what ended since.
    """

    before: datetime
    of: str = ""
    keys: Collection[str] = ()
    menus_before: datetime | None = None
    ended_after: datetime | None = None


@dataclass(frozen=True)
class QueueWords:
    """The queue's tables beside this store. Raises ``DatabaseError`` where they cannot be used."""

    store: Store
    data_dir: Path

    def erase(self, before: datetime, *, only_count: bool = False, **which: Any) -> int:
        """Blank the words of those :class:`Jobs`; how many rows held some.

        ``only_count`` changes nothing.
        """
        try:
            with self._engine() as engine:
                return _erase(engine, self._schema, Jobs(before, **which), only_count) if engine else 0
        except DBAPIError as error:
            raise to_database_error("the queue of work", error) from error

    @property
    def _schema(self) -> str | None:
        return None if self.store.is_sqlite else SCHEMA

    @contextlib.contextmanager
    def _engine(self) -> Iterator[Engine | None]:
        """The engine of the tables, which leaves nothing of what is blanked; ``None`` where nothing was ever served."""
        with queue_engine(self.store, self.data_dir) as engine:
            if engine is None or not self.store.is_sqlite:
                yield engine
                return
            event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA secure_delete = ON"))
            yield engine
            with engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _erase(engine: Engine, schema: str | None, jobs: Jobs, only_count: bool) -> int:
    with engine.begin() as connection:
        tables = _tables(connection, schema)
        if "workflow_status" not in tables:
            return 0
        ids = sorted(_ended(connection, tables, jobs))
        if jobs.menus_before is not None:
            waiting = _waiting_menus(connection, tables, jobs.menus_before)
            ids = [id_ for id_ in ids if id_ not in waiting]
        return sum(
            _blank(connection, table, ids[at : at + BATCH], only_count)
            for table in tables.values()
            for at in range(0, len(ids), BATCH)
        )


def _tables(connection: Connection, schema: str | None) -> dict[str, Table]:
    """Those that hold something of a job, by name."""
    found, known = {}, inspect(connection)
    for name in known.get_table_names(schema=schema):
        if _ID in {column["name"] for column in known.get_columns(name, schema=schema)}:
            found[name] = Table(name, MetaData(), schema=schema, autoload_with=connection)
    return found


def _ended(connection: Connection, tables: dict[str, Table], jobs: Jobs) -> Iterator[str]:
    status = tables["workflow_status"]
    wanted = status.c.status.in_(ENDED) & (status.c.created_at < _milliseconds(jobs.before))
    if jobs.ended_after:
        wanted &= status.c.updated_at >= _milliseconds(jobs.ended_after)
    inputs = _inputs(connection, tables) if jobs.of else {}
    for id_ in connection.scalars(select(status.c[_ID]).where(wanted)):
        if not jobs.of or id_ in jobs.keys or f'"user":"{jobs.of}"' in inputs.get(id_, ""):
            yield id_


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _inputs(connection: Connection, tables: dict[str, Table]) -> dict[str, str]:
    """What each job was accepted with; which table holds it depends on the queue's version."""
    found: dict[str, str] = {}
    for name in ("workflow_status", "workflow_input"):
        if name in tables and "inputs" in tables[name].c:
            rows = connection.execute(select(tables[name].c[_ID], tables[name].c.inputs))
            found |= {id_: inputs for id_, inputs in rows if inputs}
    return found


def _waiting_menus(connection: Connection, tables: dict[str, Table], before: datetime) -> set[str]:
    steps, status = tables["operation_outputs"], tables["workflow_status"]
    young = select(status.c[_ID]).where(status.c.created_at >= _milliseconds(before))
    return set(connection.scalars(select(steps.c[_ID]).where(steps.c.function_name == _MENU, steps.c[_ID].in_(young))))


def _blank(connection: Connection, table: Table, ids: Collection[str], only_count: bool) -> int:
    columns = [table.c[name] for name in _COLUMNS if name in table.c]
    keys = list(table.primary_key)
    if not columns or not keys:
        return 0
    changed = 0
    for row in connection.execute(select(*keys, *columns).where(table.c[_ID].in_(ids))).all():
        values = row._mapping
        new = {column.name: blank for column in columns if (blank := _blanked(values[column])) != values[column]}
        if new and only_count:
            changed += 1
        elif new:
            place = [key == values[key] for key in keys]
            connection.execute(update(table).where(*place).values(new))
            changed += 1
    return changed


def _blanked(stored: Any) -> Any:
    """What is no JSON of ours is left as it is."""
    if not isinstance(stored, str):
        return stored
    try:
        value = json.loads(stored)
    except ValueError:
        return stored
    blank = blank_words(value)
    return stored if blank == value else json.dumps(blank, ensure_ascii=False, separators=(",", ":"))
