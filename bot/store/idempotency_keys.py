"""What may happen once: whoever enters its key first may do it."""

from datetime import UTC, datetime

from sqlalchemy import delete, select

from bot.store.engine import Store
from bot.store.schema import idempotency_keys


def claim(store: Store, key: str, user: str = "") -> bool:
    """Whether nobody entered this key before; entered it is from now on."""
    with store.writing() as connection:
        return store.insert_if_absent(connection, idempotency_keys, key=key, user=user, at=datetime.now(UTC))


def claimed_at(store: Store, key: str) -> datetime | None:
    """When the key was entered first."""
    with store.reading() as connection:
        return connection.scalars(select(idempotency_keys.c.at).where(idempotency_keys.c.key == key)).first()


def delete_before(store: Store, before: datetime) -> int:
    """Remove what was entered before that time; how many."""
    with store.writing() as connection:
        return int(connection.execute(delete(idempotency_keys).where(idempotency_keys.c.at < before)).rowcount)
