"""A log with a few records of an ordinary question, on SQLite and on PostgreSQL."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bot.audit import Actor, AuditLog, Draft, Record
from bot.store import DatabaseError, Store

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = datetime.now(UTC) + timedelta(days=1)
Filled = Callable[[int], list[Record]]
BOB = Actor("slack", "U1BOB", "bob", "C1INC", "T1")
ANN = Actor("slack", "U2ANN", "ann", "C2OPS", "T1")


@pytest.fixture
def log(store: Store) -> Iterator[AuditLog]:
    opened = AuditLog(store)
    yield opened
    opened.close()


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def bob() -> Actor:
    return BOB


def drafts(count: int, start: datetime = NOON) -> list[Draft]:
    """``count`` records, a minute apart: each third one a question, by Bob and Ann in turn."""
    return [
        Draft(
            action="question.received" if number % 3 == 0 else "cluster.read",
            actor=ANN if number % 2 else BOB,
            request_id=f"r{number // 3}",
            case=f"NC-{number // 6}",
            cluster="prod" if number % 4 else "staging",
            entry="dns-timeout" if number % 5 == 0 else "",
            outcome="ok" if number % 3 else "",
            detail={"question": f"DNS 域名 {number}"} if number % 3 == 0 else {"path": f"/api/{number}"},
            time=start + timedelta(minutes=number),
        )
        for number in range(count)
    ]


@pytest.fixture
def owner(store: Store) -> Iterator[Callable[..., None]]:
    """``owner(sql, ...)``: somebody who may do all in the database, and has taken the triggers away."""
    with store.writing() as connection:
        if store.is_sqlite:
            names = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in names:
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("audit_records", "audit_words"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))

    def done(*statements: str, **values: object) -> None:
        with store.writing() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    yield done
    if not store.is_sqlite:
        with contextlib.suppress(DatabaseError), store.writing() as connection:  # else all tables are made anew
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            for table in ("audit_records", "audit_words"):
                connection.execute(text(f"ALTER TABLE IF EXISTS {table} ENABLE TRIGGER USER"))


@pytest.fixture
def filled(log: AuditLog) -> Filled:
    """``filled(n)``: the log with so many records of an ordinary day."""
    return lambda count: log.append(drafts(count))
