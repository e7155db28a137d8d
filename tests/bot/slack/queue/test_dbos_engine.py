"""What nobody needs any more goes; what is pending, young or still in use stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.slack.queue import dbos_engine
from bot.slack.queue.dbos_engine import delete_expired
from bot.slack.queue.job import Job
from bot.slack.queue.queue import JobQueue
from bot.store import Store, idempotency_keys, shared_reads
from tests.timing import QUICK

SECONDS = 60.0


async def test_finished_work_goes_after_days_and_pending_work_never(store: Store, tmp_path: Path) -> None:
    work, done, never = JobQueue(store, tmp_path, timing=QUICK), asyncio.Event(), asyncio.Event()

    async def do(job: Job) -> None:
        if job.payload["pending"]:
            await never.wait()
        done.set()

    work.register("do", do)
    await work.launch()
    await work.accept("do", "finished", {"pending": False})
    await work.accept("do", "pending", {"pending": True})
    await asyncio.wait_for(done.wait(), SECONDS)
    assert await dbos_engine.delete_finished_jobs(datetime.now(UTC) - timedelta(days=7)) == 0
    removed = 0
    async with asyncio.timeout(SECONDS):
        while removed == 0:  # its end may have to be stored yet
            removed = await dbos_engine.delete_finished_jobs(datetime.now(UTC) + timedelta(seconds=5))
    assert removed == 1
    assert not await work.accept("do", "pending", {"pending": True})
    assert await work.accept("do", "finished", {"pending": False})
    await work.close()


async def test_the_rest_goes_in_its_own_time(store: Store, tmp_path: Path) -> None:
    work = JobQueue(store, tmp_path, timing=QUICK)
    await work.launch()
    shared_reads.begin(store, "look", "k1", datetime.now(UTC))
    idempotency_keys.claim(store, "post:1")

    now = datetime.now(UTC)
    assert await delete_expired(store, now) == 0
    assert await delete_expired(store, now + timedelta(days=2)) == 1
    assert not idempotency_keys.claim(store, "post:1")
    assert await delete_expired(store, now + timedelta(days=500)) == 1
    assert idempotency_keys.claim(store, "post:1")
    await work.close()
