"""What DBOS asks of SQLite, with whatever release of it this Python brings."""

import time

from sqlalchemy import create_engine, text

from bot.store import queue_tables


def test_seconds_are_told_by_an_sqlite_that_is_older_than_the_function_s_argument() -> None:
    assert queue_tables.UNDER_WAY  # it is imported wherever DBOS is
    with create_engine("sqlite://").connect() as connection:
        told = connection.execute(text("SELECT unixepoch('subsec')")).scalar_one()
    assert abs(float(told) - time.time()) < 60
