"""Identical questions within a minute share one read of the cluster: in an incident everybody asks the same."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.slack.timing import PRODUCTION
from bot.store import Store, shared_reads

WINDOW = 60  # seconds within which an answer is as good as new
_log = logging.getLogger("netclinic.looks")


class SharedReads:
    """``patience``: seconds after which a look that another process began is made anew; ``most`` at the same time."""

    def __init__(self, store: Store, *, patience: float, most: int = 4, poll: float = PRODUCTION.poll) -> None:
        self._store = store
        self._patience = patience
        self._poll = poll
        self._slots = asyncio.Semaphore(most)

    async def read_shared(
        self, parts: Sequence[str], owner: str, read: Callable[[], Awaitable[Any]]
    ) -> tuple[Any, bool]:
        """What ``read`` returns (JSON, never None), and whether it was another's look that is shared.

        ``parts`` are what makes two questions identical; ``owner`` is the key of the work, which may come back.
        """
        key = hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()[:32]
        if not await self._begin(key, owner):
            seen = await self._wait_for_other(key, owner)
            if seen is not None:
                return seen, True
        return await self._read_and_share(key, owner, read), False

    async def read_alone(self, read: Callable[[], Awaitable[Any]]) -> Any:
        """A look that is not shared, in its turn."""
        async with self._slots:
            return await read()

    async def _begin(self, key: str, owner: str) -> bool:
        since = datetime.now(UTC) - timedelta(seconds=WINDOW)
        return await self._store.run(shared_reads.begin, self._store, key, owner, since)

    async def _read_and_share(self, key: str, owner: str, read: Callable[[], Awaitable[Any]]) -> Any:
        try:
            seen = await self.read_alone(read)
        except BaseException:
            await asyncio.shield(self._store.run(shared_reads.abandon, self._store, key, owner))
            raise
        await self._store.run(shared_reads.finish, self._store, key, owner, seen)
        return seen

    async def _take_over(self, key: str, owner: str, late: datetime) -> bool:
        if not await self._store.run(shared_reads.take_over, self._store, key, owner, late):
            return False
        _log.warning("The look that others wait for never ended: it is made anew.")
        return True

    async def _wait_for_other(self, key: str, owner: str) -> Any:
        """What the other sees; ``None`` when the look is ours now."""
        while True:
            began, seen = await self._store.run(shared_reads.read_state, self._store, key)
            if seen is not None:
                return seen
            late = datetime.now(UTC) - timedelta(seconds=self._patience)
            if began is None and await self._begin(key, owner):
                return None
            if began is not None and began < late and await self._take_over(key, owner, late):
                return None
            await asyncio.sleep(self._poll)
