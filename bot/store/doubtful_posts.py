"""Messages that may stand in Slack twice, because an attempt to post them was given up: looked after until settled.

They are rows of ``idempotency_keys`` under a name of their own, with the message that counts in place of the user.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, select, update

from bot.store.engine import Store
from bot.store.schema import idempotency_keys

_PREFIX = "doubt:"


@dataclass(frozen=True)
class DoubtfulPost:
    """The message ``kept`` (its ts) bears ``key``; another one with that key may appear. ``thread_ts`` may be empty.

    ``since``: when the first attempt was made, as far as is known.
    """

    channel: str
    thread_ts: str
    key: str
    kept: str
    since: datetime

    @property
    def row_key(self) -> str:
        """Its name in the table."""
        return _PREFIX + json.dumps([self.channel, self.thread_ts, self.key, self.since.timestamp()])


def note(store: Store, post: DoubtfulPost) -> None:
    """Keep it; the message that counts now is the one that counts."""
    with store.writing() as connection:
        row = {"key": post.row_key, "user": post.kept, "at": datetime.now(UTC)}
        if not store.insert_if_absent(connection, idempotency_keys, **row):
            connection.execute(
                update(idempotency_keys).where(idempotency_keys.c.key == post.row_key).values(user=post.kept)
            )


def settle(store: Store, post: DoubtfulPost) -> None:
    """Forget it."""
    with store.writing() as connection:
        connection.execute(delete(idempotency_keys).where(idempotency_keys.c.key == post.row_key))


def list_doubtful(store: Store) -> list[DoubtfulPost]:
    """All that are not settled."""
    with store.reading() as connection:
        wanted = idempotency_keys.c.key.startswith(_PREFIX, autoescape=True)
        rows = connection.execute(select(idempotency_keys.c.key, idempotency_keys.c.user).where(wanted)).all()
    return [_parse(key, kept) for key, kept in rows]


def _parse(key: str, kept: str) -> DoubtfulPost:
    channel, thread_ts, name, since = json.loads(key.removeprefix(_PREFIX))
    return DoubtfulPost(channel, thread_ts, name, kept, datetime.fromtimestamp(since, UTC))
