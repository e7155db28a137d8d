"""SQLite's write-ahead log, with which readers do not wait for writers."""

import sqlite3
import time

from bot.store.errors import PATIENCE

PAUSE = 0.02  # seconds between two tries


def use_write_ahead_log(connection: sqlite3.Connection, patience: float = PATIENCE) -> None:
    """Bring the file into that mode, which it remembers.

    Where several open a new file at once, SQLite tells all but one at once that it is locked, whatever their
    ``timeout``: two who hold a shared lock and want it to be exclusive would wait for each other for ever.

    Raises:
        sqlite3.Error: it cannot be brought there, or is locked for longer than ``patience`` seconds.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
