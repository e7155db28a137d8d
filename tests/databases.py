"""The same tests on SQLite and on PostgreSQL, where one is at hand: each test gets a database of its own.

Tables are made once a worker and copied from then on: making them takes longer than most tests.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.store import Store, open_store

Connection = psycopg.Connection[tuple[Any, ...]]
SERVER = os.environ.get("TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/test")
FILE = "netclinic.sqlite"


def _is_there() -> str:
    try:
        psycopg.connect(SERVER, connect_timeout=2).close()
    except psycopg.OperationalError as error:
        return f"no PostgreSQL at {SERVER.rpartition('@')[2]} ({str(error).splitlines()[0]})"
    return ""


@pytest.fixture(scope="session")
def postgresql() -> str:
    """A PostgreSQL server's URL; tests that need one are skipped, saying so, where there is none."""
    why_not = _is_there()
    if why_not:
        pytest.skip(why_not)
    return SERVER


_ALONE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    "DROP SCHEMA IF EXISTS dbos CASCADE",
)
_EMPTY_TABLES = """
DO $$ DECLARE each record; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM public.%I', each.tablename);
    END LOOP;
    FOR each IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' LOOP
        EXECUTE format('ALTER SEQUENCE public.%I RESTART', each.sequencename);
    END LOOP;
END $$"""
_SHAPE = """
SELECT CASE WHEN current_setting('is_superuser') = 'on' THEN string_agg(part, E'\n' ORDER BY part) END FROM (
    SELECT concat_ws(' ', table_name, column_name, data_type, column_default, is_nullable) AS part
        FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat(pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', proname, prosrc, proacl, prosecdef, proconfig) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', relname, relacl, relrowsecurity, relowner) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', nspname, nspacl, nspowner) FROM pg_namespace WHERE nspname !~ '^(pg_|dbos$)'
    UNION ALL SELECT concat_ws(' ', defaclrole, defaclobjtype, defaclacl) FROM pg_default_acl
    UNION ALL SELECT version_num FROM public.alembic_version
    UNION ALL SELECT concat_ws(' ', rulename, ev_class, ev_enabled) FROM pg_rewrite WHERE ev_class >= 16384
) AS shape"""


class Server:
    """One database of this worker's own, emptied for each test: making and dropping one takes seconds."""

    def __init__(self, server: str) -> None:
        self._shape = ""
        self._server, self._name = server, f"netclinic_{uuid.uuid4().hex[:12]}"
        self.url = f"{server.rpartition('/')[0]}/{self._name}"

    def create(self) -> None:
        """Make it."""
        self._do(self._server, f'CREATE DATABASE "{self._name}"')

    def drop(self) -> None:
        """Remove it, whoever uses it."""
        self._do(self._server, f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')

    def empty(self) -> None:
        """End what still works in it, and take everything out."""
        self._shape = ""
        self._do(
            self.url,
            *_ALONE,
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
            "GRANT USAGE ON SCHEMA public TO PUBLIC",
        )

    def renew(self, folder: Path) -> None:
        """End what still works in it, and leave this version's tables, with nothing in them.

        They are made anew only where a test has changed them: making them takes longer than most tests.
        """
        if self._shape:
            with psycopg.connect(self.url, autocommit=True) as connection:
                if self._shape == _shape(connection):
                    _execute(connection, *_ALONE, _EMPTY_TABLES)
                    return
        self.empty()
        open_store(self.url, folder).close()
        with psycopg.connect(self.url, autocommit=True) as connection:
            self._shape = _shape(connection)

    def _do(self, url: str, *statements: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            _execute(connection, *statements)


def _execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement.encode())


def _shape(connection: Connection) -> str:
    """Everything but the rows; empty where this user may not switch off the triggers that keep rows."""
    try:
        found = connection.execute(_SHAPE).fetchone()
    except psycopg.errors.UndefinedTable:
        return ""
    return str(found[0] or "") if found else ""


@pytest.fixture(scope="session")
def postgresql_database(postgresql: str) -> Iterator[Server]:
    """This worker's database."""
    server = Server(postgresql)
    server.create()
    yield server
    server.drop()


@pytest.fixture(scope="session")
def put_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Path]:
    """``put_sqlite(folder)``: a file with this version's tables in a data directory."""
    template = tmp_path_factory.mktemp("tables")
    open_store("", template).close()

    def put(folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(template / FILE, folder / FILE))

    return put


KINDS = ["sqlite", "postgresql"]


def _slow(kind: str) -> pytest.MarkDecorator:
    """For what takes long there: this kind of database is left to ``make test-slow``."""
    kinds = [pytest.param(name, marks=[pytest.mark.slow] if name == kind else []) for name in KINDS]
    return pytest.mark.parametrize("database_url", kinds, indirect=True)


postgresql_is_slow, sqlite_is_slow = _slow("postgresql"), _slow("sqlite")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database with this version's tables and nothing in them."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('put_sqlite')(tmp_path)}"
    server: Server = request.getfixturevalue("postgresql_database")
    server.renew(tmp_path)
    return server.url


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / FILE}"
    server: Server = request.getfixturevalue("postgresql_database")
    server.empty()
    return server.url


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An opened database with this version's tables."""
    opened = open_store(database_url, tmp_path)
    yield opened
    opened.close()
