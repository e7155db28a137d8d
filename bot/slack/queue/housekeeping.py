"""Forgetting what nobody needs any more: finished work, shared looks, and what could happen once only long ago."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from bot.slack.queue import dbos_engine
from bot.store import DatabaseError, Store, idempotency_keys, replicas, shared_reads

EVERY = 3600.0  # seconds
WORK_KEPT = timedelta(days=7)  # Slack sends an event again for an hour
LOOKS_KEPT = timedelta(days=1)
ONCE_KEPT = timedelta(days=400)  # longer than any button lives
REPLICAS_KEPT = timedelta(days=7)

_log = logging.getLogger("netclinic.housekeeping")


async def keep_house(store: Store) -> None:
    """Tidy up, now and every hour."""
    while True:
        try:
            await tidy(store, datetime.now(UTC))
        except DatabaseError as error:
            _log.error("%s", error)
        except Exception:
            _log.exception("Housekeeping failed; it is tried again in an hour.")
        await asyncio.sleep(EVERY)


async def tidy(store: Store, now: datetime) -> int:
    """Forget what is old enough; how many rows."""
    removed = await dbos_engine.forget(now - WORK_KEPT)
    removed += await store.run(shared_reads.forget, store, now - LOOKS_KEPT)
    removed += await store.run(idempotency_keys.forget, store, now - ONCE_KEPT)
    removed += await store.run(replicas.forget, store, now - REPLICAS_KEPT)
    if removed:
        _log.info("Forgot %d rows that nobody needs any more.", removed)
    return removed
