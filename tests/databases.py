"""The same tests on SQLite and on PostgreSQL, where one is at hand: each test gets a database of its own."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bot.store import Store, open_store

SERVER = os.environ.get("TEST_POSTGRESQL_URL", "postgresql://root@127.0.0.1:5432/test")


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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'netclinic.sqlite'}"
        return
    server, name = request.getfixturevalue("postgresql"), f"netclinic_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        yield server.rpartition("/")[0] + f"/{name}"
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An opened database with this version's tables."""
    opened = open_store(database_url, tmp_path)
    yield opened
    opened.close()
