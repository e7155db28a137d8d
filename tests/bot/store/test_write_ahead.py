"""Several who open a new file at once: commands side by side on a fresh machine, or replicas of a first start."""

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from bot.store.write_ahead import use_write_ahead_log

AT_ONCE, FILES, SECONDS = 4, 60, 20


def test_all_who_open_a_new_file_at_once_may_use_it(tmp_path: Path) -> None:
    together = Barrier(AT_ONCE)

    def open_all(_: int) -> None:
        for number in range(FILES):
            together.wait(SECONDS)  # else those who are left would wait for one that failed
            with contextlib.closing(sqlite3.connect(tmp_path / str(number), timeout=30)) as connection:
                use_write_ahead_log(connection)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        assert list(threads.map(open_all, range(AT_ONCE))) == [None] * AT_ONCE
    with contextlib.closing(sqlite3.connect(tmp_path / "0")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_what_stays_locked_is_told(tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(tmp_path / "one", isolation_level=None)) as holder:
        holder.execute("CREATE TABLE one (id)")
        holder.execute("BEGIN EXCLUSIVE")
        with (
            contextlib.closing(sqlite3.connect(tmp_path / "one", timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError, match="locked"),
        ):
            use_write_ahead_log(other, patience=0.1)
