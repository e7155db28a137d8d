"""Reads of a cluster that several identical questions share: who reads, and what was found."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select, update

from bot.store.engine import Store
from bot.store.schema import shared_reads


def begin(store: Store, key: str, owner: str, since: datetime) -> bool:
    """Whether this owner is the one that looks: nobody began since that time, or it did itself."""
    with store.writing() as connection:
        now = datetime.now(UTC)
        if store.insert_if_absent(connection, shared_reads, key=key, owner=owner, started_at=now, seconds=0.0):
            return True
        old = (shared_reads.c.key == key, shared_reads.c.started_at < since)
        change = update(shared_reads).where(*old).values(owner=owner, started_at=now, told=None)
        if connection.execute(change).rowcount == 1:
            return True
        return connection.scalars(select(shared_reads.c.owner).where(shared_reads.c.key == key)).first() == owner


def take_over(store: Store, key: str, owner: str, before: datetime) -> bool:
    """Look instead of an owner that began before that time and never told; False when another did that already."""
    with store.writing() as connection:
        late = (shared_reads.c.key == key, shared_reads.c.told.is_(None), shared_reads.c.started_at < before)
        change = update(shared_reads).where(*late).values(owner=owner, started_at=datetime.now(UTC))
        return connection.execute(change).rowcount == 1


def finish(store: Store, key: str, owner: str, told: Any) -> None:
    """Keep what was seen, unless another looks by now."""
    with store.writing() as connection:
        mine = (shared_reads.c.key == key, shared_reads.c.owner == owner)
        connection.execute(update(shared_reads).where(*mine).values(told=told))


def abandon(store: Store, key: str, owner: str) -> None:
    """The look came to nothing: the next one looks itself."""
    with store.writing() as connection:
        connection.execute(
            delete(shared_reads).where(
                shared_reads.c.key == key, shared_reads.c.owner == owner, shared_reads.c.told.is_(None)
            )
        )


def read_state(store: Store, key: str) -> tuple[datetime | None, Any]:
    """When somebody began it, and what was seen; ``None`` for what is not so yet."""
    with store.reading() as connection:
        row = connection.execute(
            select(shared_reads.c.started_at, shared_reads.c.told).where(shared_reads.c.key == key)
        ).first()
        return (row.started_at, row.told) if row else (None, None)


def delete_before(store: Store, before: datetime) -> int:
    """Remove looks from before that time; how many."""
    with store.writing() as connection:
        return int(connection.execute(delete(shared_reads).where(shared_reads.c.started_at < before)).rowcount)
