"""Taking over what dead processes left: resumed where it stopped, but not what keeps ending its process.

Whatever of a cluster a job chokes on, its next attempt meets again. So each death is noted with the jobs that were
under way: one that died twice in the same step is resumed alone, after three times it is set aside and its asker told.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from bot.slack.queue import dbos_engine
from bot.slack.queue.dbos_engine import PendingJob
from bot.slack.queue.job import Job
from bot.store import Store, job_deaths

SUSPECTED, SET_ASIDE = 2, 3  # deaths in one step

_log = logging.getLogger("netclinic.work")


class Recovery:
    """``set_aside`` is called with a job that is not resumed any more, and returns once that is stored."""

    def __init__(self, store: Store, set_aside: Callable[[PendingJob], Awaitable[None]]) -> None:
        self._store = store
        self._set_aside = set_aside
        self._suspects: set[str] = set()
        self._turn = asyncio.Lock()

    async def recover(self, workers: Sequence[str]) -> int:
        """Take over the jobs of processes that are gone; how many go on.

        Raises:
            DatabaseError: it cannot be done just now.
        """
        pending = await asyncio.to_thread(dbos_engine.pending_jobs, workers)
        if not pending:
            return 0
        in_order = await self._store.run(job_deaths.ended_by_itself, self._store, workers)
        for job in pending:
            if job.worker not in in_order:
                await self._judge(job)
        return await asyncio.to_thread(dbos_engine.recover_jobs, workers)

    async def _judge(self, job: PendingJob) -> None:
        deaths = await self._store.run(job_deaths.count, self._store, job.key, job.worker, job.steps)
        if deaths >= SET_ASIDE:
            _log.error("Work that ended its process %d times is set aside.", deaths, extra={"request_id": job.key})
            await self._set_aside(job)
            await asyncio.to_thread(dbos_engine.cancel_job, job.key)
        elif deaths >= SUSPECTED:  # noted before any of them goes on: what waits its turn is not what kills
            self._suspects.add(job.key)
            await self._store.run(job_deaths.hold_back, self._store, job.key)

    @contextlib.asynccontextmanager
    async def turn(self, job: Job) -> AsyncIterator[None]:
        """While this job may run: at once, unless it is suspected of having ended its process. Then one at a time."""
        if job.key not in self._suspects:
            yield
            return
        async with self._turn:
            await job.retry("turn", lambda: self._store.run(job_deaths.let_begin, self._store, job.key))
            try:
                yield
            finally:
                self._suspects.discard(job.key)
