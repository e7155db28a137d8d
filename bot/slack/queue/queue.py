"""The job queue: what was accepted is stored, and done once, by whichever worker lives.

DBOS keeps each job as a workflow, whose id is the job's key.
"""

import asyncio
import contextvars
import itertools
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dbos import DBOS, SetWorkflowID, error

from bot.slack import logs
from bot.slack.api.errors import JobNotAccepted, SlackError
from bot.slack.queue import dbos_engine
from bot.slack.queue.dbos_engine import PendingJob
from bot.slack.queue.job import Job, Tell
from bot.slack.queue.recovery import Recovery
from bot.slack.queue.schema import queue_url
from bot.slack.queue.workers import Worker
from bot.slack.timing import PRODUCTION, Timing
from bot.store import Store
from bot.tracing import NO_TRACING, Tracing

Handler = Callable[[Job], Awaitable[None]]
__all__ = ["Handler", "JobNotAccepted", "JobQueue"]

WORKFLOW = "netclinic.deed"  # as it is stored with all that is under way: never to be renamed
UNDER_WAY = frozenset({"PENDING", "ENQUEUED", "DELAYED"})

_log = logging.getLogger("netclinic.work")


class JobQueue:
    """The pieces of work of this process. One at a time in a process: DBOS is process-wide.

    They are kept in ``store``'s PostgreSQL database, or beside its SQLite file in ``data_dir``. ``lost`` is called when
    another replica has taken over this one's work: the process should end; ``on_take_over`` when this one does so.
    """

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        *,
        lost: Callable[[], None] = lambda: None,
        on_take_over: Callable[[], object] = lambda: None,
        timing: Timing = PRODUCTION,
        tracing: Tracing = NO_TRACING,
    ) -> None:
        self.worker = Worker(store, data_dir, lost, timing, on_take_over)
        self._timing = timing
        self._tracing = tracing
        self._store = store
        self._data_dir = data_dir
        self._handlers: dict[str, Handler] = {}
        self._running: dict[str, Job] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._waiting_notifier: Handler | None = None
        self._notices: set[asyncio.Task[None]] = set()
        self._set_aside_notifier: Callable[[PendingJob], Awaitable[None]] | None = None
        self._recovery = Recovery(store, self._set_aside)

        async def perform(name: str, payload: Mapping[str, Any]) -> None:
            await self._perform(name, payload)

        self._workflow = DBOS.workflow(name=WORKFLOW)(perform)

    def register(self, name: str, handler: Handler) -> None:
        """Say who does the work of this name. All must be known before :meth:`launch`."""
        if name in self._handlers:
            raise ValueError(f"two handlers for {name}")
        self._handlers[name] = handler

    def on_waiting(self, notify: Handler) -> None:
        """``notify`` is called, once or more often, when work waits for a database that is locked or gone."""
        self._waiting_notifier = notify

    def on_set_aside(self, notify: Callable[[PendingJob], Awaitable[None]]) -> None:
        """``notify`` is called before a job is given up that kept ending its process; what it accepts is not lost."""
        self._set_aside_notifier = notify

    async def launch(self) -> None:
        """Start doing work, first of all what dead replicas left behind.

        Raises:
            DatabaseError: the database cannot be used.
        """
        await self.worker.join()
        # Not in a thread, though it takes a moment: resumed work runs on the event loop that the engine is started on.
        dbos_engine.launch_engine(queue_url(self._store), self._data_dir, self.worker.id, self._timing.engine_poll)
        await self.worker.watch(self._recovery.recover)

    async def accept(self, name: str, key: str, payload: dict[str, Any], patience: float | None = None) -> bool:
        """Store a piece of work, durably when this returns; False when that key was accepted before.

        Handlers call it inside a step, so that a replay does not ask anew. ``patience``: seconds that it may take.

        Raises:
            JobNotAccepted: it is not stored, or not yet: nobody may rely on it.
        """
        if name not in self._handlers:
            raise ValueError(f"nobody does {name}")
        begun = time.monotonic()
        is_new = await self._accept(name, key, payload, patience)
        if is_new:
            self._tracing.accepted(f"accept {name}", key, time.monotonic() - begun, door=name)
        return is_new

    async def _accept(self, name: str, key: str, payload: dict[str, Any], patience: float | None) -> bool:
        try:
            async with asyncio.timeout(patience):
                if not await self.worker.may_accept(within_job=DBOS.workflow_id is not None):
                    raise JobNotAccepted("This replica ends or cannot reach its database: it takes no new work.")
                task = asyncio.create_task(self._start_workflow(name, key, payload), context=contextvars.Context())
                return await asyncio.shield(task)
        except TimeoutError as error:
            raise JobNotAccepted(f"The database gave no answer within {patience:g} s.") from error

    async def payload(self, key: str) -> Mapping[str, Any] | None:
        """What was accepted under a key; ``None`` where nothing was, or it is forgotten."""
        task = asyncio.create_task(DBOS.get_workflow_status_async(key), context=contextvars.Context())
        status = await task
        return None if status is None or not status.input else dict(status.input["args"][1])

    async def accept_unless_succeeded(
        self, name: str, key: str, payload: dict[str, Any], succeeded: Callable[[str], Awaitable[bool]]
    ) -> bool:
        """The same, where what came to nothing may be tried again, under ``key:2`` and so on; False where a piece under
        one of these keys is under way or has ``succeeded``.

        Raises:
            JobNotAccepted: as ``accept``.
        """
        for attempt in itertools.count(1):
            this = key if attempt == 1 else f"{key}:{attempt}"
            if await self.accept(name, this, payload):
                return True
            if not await self._is_over(this) or await succeeded(this):
                return False
        raise AssertionError("attempts do not end")

    async def is_under_way(self, key: str) -> bool:
        """Whether a piece was accepted under that key and is not over yet."""
        task = asyncio.create_task(DBOS.get_workflow_status_async(key), context=contextvars.Context())
        status = await task
        return status is not None and status.status in UNDER_WAY

    async def wait_for_attempts(self, key: str) -> None:
        """Return once no piece under this key, or a later attempt's, is under way, in whichever process."""
        for attempt in itertools.count(1):
            this = key if attempt == 1 else f"{key}:{attempt}"
            if await self.payload(this) is None:
                return
            while await self.is_under_way(this):  # noqa: ASYNC110 - what another process does has no bell
                await asyncio.sleep(self._timing.poll)

    async def _is_over(self, key: str) -> bool:
        task = asyncio.create_task(DBOS.get_workflow_status_async(key), context=contextvars.Context())
        status = await task
        return status is not None and status.status not in UNDER_WAY

    async def count_running(self) -> dict[str, int]:
        """How many pieces are under way in this process, by name."""
        counts: dict[str, int] = {}
        for job in self._running.values():
            counts[job.name] = counts.get(job.name, 0) + 1
        return counts

    async def drain(self, hurry: asyncio.Event) -> None:
        """Take no new work, and give what is under way some seconds to be done, none once ``hurry`` is set.

        Of what takes longer no more steps are begun, and who waits for it is told that it goes on after a restart.
        """
        self.worker.begin_draining()
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._idle, hurry)]
        await asyncio.wait(waiting, timeout=self._timing.draining, return_when=asyncio.FIRST_COMPLETED)
        for each in waiting:
            each.cancel()
        await self.worker.finish_steps(0.0 if hurry.is_set() else self._timing.closing)
        await self._tell_interrupted()

    async def _tell_interrupted(self) -> None:
        async def tell(job: Job, notify: Tell) -> None:
            try:
                with logs.log_context(request_id=job.key):
                    await notify()
            except Exception as error:  # it goes on all the same
                _log.warning("Nobody was told that %s goes on after a restart: %s", job.key, error)

        telling = [
            asyncio.create_task(tell(job, job.interruption.tell), context=contextvars.Context())
            for job in self._running.values()
            if job.interruption.tell is not None
        ]
        if telling:
            _log.info("%d pieces of work go on after the restart.", len(telling))
            _, late = await asyncio.wait(telling, timeout=self._timing.farewell)
            for task in late:
                task.cancel()

    async def close(self) -> None:
        """Stop: steps under way get some seconds to finish, the rest is resumed by the next start or a replica."""
        if not self.worker.is_closing:
            await self.worker.finish_steps(self._timing.closing)
        with ThreadPoolExecutor(1) as executor:  # those of the engine may all be held up by the database
            await asyncio.get_running_loop().run_in_executor(executor, dbos_engine.stop_engine)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())  # the engine's own ended with it
        await self.worker.leave()

    async def _start_workflow(self, name: str, key: str, payload: dict[str, Any]) -> bool:
        with SetWorkflowID(key, workflow_id_reuse_policy="reject"):
            try:
                await DBOS.start_workflow_async(self._workflow, name, payload)
            except error.DBOSWorkflowIDInUseError:
                return False
        return True

    async def _perform(self, name: str, payload: Mapping[str, Any]) -> None:
        key = str(DBOS.workflow_id)
        handler = self._handlers.get(name)
        if handler is None:
            raise LookupError(f"Nobody does {name!r}: a newer netclinic accepted {key}.")
        await self.worker.wait_until_may_begin()
        job = Job(name, key, payload, self.worker, self._notify_waiting, self._timing, tracing=self._tracing)
        self._running[key] = job
        self._idle.clear()
        trace = self._tracing.trace_id(key)
        try:
            with logs.log_context(request_id=key, **({"trace_id": trace} if trace else {})):
                async with self._recovery.turn(job):
                    with self._tracing.work(f"job {name}", key, door=name):
                        await handler(job)
        finally:
            self._running.pop(key, None)
            if not self._running:
                self._idle.set()

    async def _set_aside(self, job: PendingJob) -> None:
        if self._set_aside_notifier is not None:
            await self._set_aside_notifier(job)

    def _notify_waiting(self, job: Job) -> None:
        """Beside the work, which may be over or given up before Slack has taken the word."""

        async def run_notifier(notify: Handler) -> None:
            try:
                with logs.log_context(request_id=job.key):
                    await notify(job)
            except SlackError as error:
                _log.warning("Nobody was told that %s waits: %s", job.key, error)

        if self._waiting_notifier is not None:
            task = asyncio.create_task(run_notifier(self._waiting_notifier), context=contextvars.Context())
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)
