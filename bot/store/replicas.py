"""Which processes live: each says so every few seconds, and the work of one that no longer does goes to the others.

On PostgreSQL the server's clock counts: those of the replicas may differ.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from bot.store.engine import Store
from bot.store.schema import replicas

PATIENCE = 5.0  # seconds for a sign of life to be stored: whoever waits for it wants to know that it is not


def join(store: Store, id_: str, host: str, version: str) -> None:
    """Enter a process that has just started."""
    with store.writing() as connection:
        now = _now(store, connection)
        connection.execute(insert(replicas).values(id=id_, host=host, version=version, started_at=now, seen_at=now))


def beat(store: Store, id_: str) -> bool:
    """Say that the process lives; False when another has taken over its work."""
    with store.writing(PATIENCE) as connection:
        mine = (replicas.c.id == id_, replicas.c.taken_over_by == "")
        return connection.execute(update(replicas).where(*mine).values(seen_at=_now(store, connection))).rowcount == 1


def seconds_silent(store: Store, id_: str) -> dict[str, float]:
    """Seconds since each other process was last heard of, those aside whose work was taken over."""
    with store.reading() as connection:
        now = _now(store, connection)
        rows = connection.execute(
            select(replicas.c.id, replicas.c.seen_at).where(replicas.c.id != id_, replicas.c.taken_over_by == "")
        )
        return {row.id: (now - row.seen_at).total_seconds() for row in rows}


def claim(store: Store, dead: str, heir: str, silence: float) -> bool:
    """Take over from a process unless it was heard of within ``silence`` seconds, or another was faster."""
    with store.writing() as connection:
        quiet = replicas.c.seen_at <= _now(store, connection) - timedelta(seconds=silence)
        free = (replicas.c.id == dead, replicas.c.taken_over_by == "", quiet)
        return connection.execute(update(replicas).where(*free).values(taken_over_by=heir)).rowcount == 1


def taken_over(store: Store) -> list[str]:
    """The processes that must do nothing any more; whatever is still theirs is anybody's."""
    with store.reading() as connection:
        return list(connection.scalars(select(replicas.c.id).where(replicas.c.taken_over_by != "")))


def leave(store: Store, id_: str) -> None:
    """The process ends in good order: whoever comes next may take over at once what it left undone."""
    with store.writing() as connection:
        connection.execute(update(replicas).where(replicas.c.id == id_).values(seen_at=datetime.fromtimestamp(0, UTC)))


def delete_started_before(store: Store, before: datetime) -> int:
    """Remove processes that were started before that time and whose work was taken over; how many."""
    with store.writing() as connection:
        old = (replicas.c.taken_over_by != "", replicas.c.started_at < before)
        return int(connection.execute(delete(replicas).where(*old)).rowcount)


def _now(store: Store, connection: Connection) -> datetime:
    if store.is_sqlite:
        return datetime.now(UTC)
    now: Any = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)  # type: ignore[no-any-return]
