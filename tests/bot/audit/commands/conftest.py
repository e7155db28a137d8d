"""The command line with a database of its own, and the log in that database."""

import os
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.audit import AuditLog
from bot.store import open_store

Run = Callable[..., Any]
ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def tables(put_sqlite: Callable[[Path], Path], tmp_path: Path) -> Path:
    """This version's tables in it: each test would make them anew."""
    return put_sqlite(tmp_path)


@pytest.fixture
def run(netclinic: Run, tables: Path, tmp_path: Path) -> Run:
    """The command line with a database of its own."""
    return lambda *arguments, **environment: netclinic(*arguments, NETCLINIC_DATA_DIR=str(tmp_path), **environment)


@pytest.fixture
def log(tables: Path, tmp_path: Path) -> Iterator[AuditLog]:
    """The same database, from inside."""
    opened = AuditLog(open_store("", tmp_path))
    yield opened
    opened.close()
    opened.store.close()


def records(run: Run, *filters: str) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = run("audit", "list", "--limit", "1000", *filters, "-o", "json").json
    return found[::-1]
