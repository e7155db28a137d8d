"""A worker: a process among several that shows it lives, takes over from dead ones, and stops when taken over.

A process that was paused, and whose jobs another has taken over meanwhile, must not go on when it wakes up. So nobody
takes over before ``takeover`` has passed, and nobody works whose last confirmed sign of life is older than ``lease``;
in between lies the time that a request to Slack may take.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from filelock import FileLock, Timeout

from bot.slack.timing import Timing
from bot.store import DatabaseError, Store, replicas

_log = logging.getLogger("netclinic.replica")


HASTE = 2.0  # seconds for a sign of life when somebody waits for new work to be taken
WAKING = 0.1  # of ``doubt``: for one after a sleep of the machine


def _now() -> float:
    """Seconds that pass while the machine sleeps, too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


_suspended: set["asyncio.Future[None]"] = set()  # held, or the tasks that wait for them would be taken for garbage


async def _suspend() -> None:
    """Never return: what waits goes on in another process, or ends with this one."""
    future = asyncio.get_running_loop().create_future()
    _suspended.add(future)
    try:
        await future
    finally:
        _suspended.discard(future)


class Worker:
    """This process. ``lost`` is called once when its work was taken over, ``on_take_over`` when it takes another's."""

    def __init__(
        self,
        store: Store,
        data_dir: Path,
        lost: Callable[[], None],
        timing: Timing,
        on_take_over: Callable[[], object] = lambda: None,
    ) -> None:
        host = socket.gethostname()
        self.id = f"{host}-{os.getpid()}-{secrets.token_hex(3)}"
        self._host = host
        self._store = store
        self._locks = data_dir / "replicas"
        self._lock = FileLock(self._locks / f"{self.id}.lock")
        self._lost = lost
        self._on_take_over = on_take_over
        self._timing = timing
        self._is_lost = False
        self._draining = asyncio.Event()
        self._closing = asyncio.Event()
        self._confirmed = 0.0
        self._confirming = asyncio.Lock()
        self._busy = 0
        self._watch: asyncio.Task[None] | None = None

    async def join(self) -> None:
        """Enter this process, and show from now on that it lives; once.

        Raises:
            DatabaseError: the database cannot be used.
        """
        if self._watch is not None:
            return
        await asyncio.to_thread(self._take_lock)
        await self._store.run(replicas.join, self._store, self.id, self._host, version("netclinic"))
        self._confirmed = _now()
        self._watch = asyncio.create_task(self._show_life())

    async def watch(self, recover: Callable[[Sequence[str]], Awaitable[int]]) -> None:
        """Take over what dead replicas left, and go on looking after them until :meth:`leave`."""
        await self._take_over_dead(recover)
        if self._watch is not None:
            self._watch.cancel()
        self._watch = asyncio.create_task(self._watch_others(recover))

    async def wait_until_allowed(self) -> None:
        """Return when this process may work; never when it is closing or was taken over."""
        if self._closing.is_set():
            await _suspend()
        await self.wait_for_lease()

    async def wait_for_lease(self) -> None:
        """Return when nobody can have taken over this process's work; never when somebody has."""
        while not self.holds_lease():
            if self._is_lost:
                await _suspend()
            await self._confirm()

    async def may_accept(self, *, within_job: bool = False) -> bool:
        """Whether new work may be stored: not when ending or taken over. Told within seconds: somebody waits for it.

        What a job under way leads to is stored while it is given time; the next start begins it.
        """
        if not self.holds_lease():
            await asyncio.wait({asyncio.ensure_future(self._confirm())}, timeout=HASTE)
        is_ending = self._closing.is_set() or (self._draining.is_set() and not within_job)
        return self.holds_lease() and not is_ending

    async def wait_for_silence(self) -> None:
        """Return once the database has not answered for a while; never in a process whose work is another's."""
        doubted = False
        while not doubted or self._is_lost or _now() - self._confirmed < self._timing.doubt:
            age = _now() - self._confirmed
            doubted = age >= self._timing.doubt
            await asyncio.sleep(WAKING * self._timing.doubt if doubted else self._timing.doubt - age)

    @contextlib.asynccontextmanager
    async def running_step(self) -> AsyncIterator[None]:
        """A step: begun only when this process may work, and waited for when it closes."""
        await self.wait_until_allowed()
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    async def pause(self, seconds: float) -> None:
        """Wait within a step; when this process closes meanwhile the step is given up, to be done anew elsewhere."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), seconds)
        with self._not_busy():
            await self.wait_until_allowed()

    @property
    def is_closing(self) -> bool:
        """Whether no more steps are begun."""
        return self._closing.is_set()

    def begin_draining(self) -> None:
        """Take no new work, and nobody else's; what is under way goes on, and so does the sign of life."""
        self._draining.set()

    async def wait_until_may_begin(self) -> None:
        """Return where a job may be begun; never while this process ends: another one begins it."""
        if self._draining.is_set() or self._closing.is_set():
            await _suspend()

    async def finish_steps(self, seconds: float) -> None:
        """Begin no more steps, and wait so long for those under way."""
        self._closing.set()
        if self._watch is not None:
            self._watch.cancel()
        until = time.monotonic() + seconds
        while self._busy and time.monotonic() < until:  # noqa: ASYNC110 - a few times, at the end
            await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Say goodbye: what is left undone may be taken over at once."""
        if self._watch is None:
            return
        self._watch.cancel()
        self._watch = None
        with contextlib.suppress(DatabaseError):
            if not self._is_lost:
                await self._store.run(replicas.leave, self._store, self.id)
        await asyncio.to_thread(self._drop_lock)

    @contextlib.contextmanager
    def _not_busy(self) -> Iterator[None]:
        self._busy -= 1
        try:
            yield
        finally:
            self._busy += 1

    async def _show_life(self) -> None:
        while not self._is_lost:
            await asyncio.sleep(self._timing.heartbeat)
            await self._confirm()

    async def _watch_others(self, recover: Callable[[Sequence[str]], Awaitable[int]]) -> None:
        while not self._is_lost:
            await asyncio.sleep(self._timing.heartbeat)
            try:
                await (self._confirm() if self._draining.is_set() else self._take_over_dead(recover))
            except DatabaseError as error:
                _log.error("%s", error)
            except Exception:
                _log.exception("Looking after the other replicas failed; it is tried again.")

    async def _take_over_dead(self, recover: Callable[[Sequence[str]], Awaitable[int]]) -> None:
        await self._confirm()
        if self._is_lost:
            return
        for id_, silent in (await self._store.run(replicas.seconds_silent, self._store, self.id)).items():
            ended = await asyncio.to_thread(self._has_ended, id_)
            least = 0.0 if ended else self._timing.takeover
            if silent >= least and await self._store.run(replicas.claim, self._store, id_, self.id, least):
                _log.warning("Replica %s is gone: its work is taken over.", id_)
                self._on_take_over()
        gone = await self._store.run(replicas.taken_over, self._store)
        if gone and (number := await recover(gone)):
            _log.warning("%d pieces of work of replicas that are gone go on.", number)

    def holds_lease(self) -> bool:
        """Whether nobody can have taken over this process's work, as far as is known at this moment."""
        return not self._is_lost and _now() - self._confirmed < self._timing.lease

    async def _confirm(self) -> None:
        async with self._confirming:
            if _now() - self._confirmed < self._timing.heartbeat / 2 or self._is_lost:
                return
            started = _now()
            try:
                lives = await self._store.run(replicas.beat, self._store, self.id)
            except DatabaseError as error:
                _log.error("%s", error)
                await asyncio.sleep(self._timing.heartbeat / 5)
                return
            if lives:
                self._confirmed = started
            else:
                self._is_lost = True
                _log.error("Another replica took over the work of this one, which was silent for too long: it ends.")
                self._lost()

    def _take_lock(self) -> None:
        """Held for as long as the process lives, however it ends: who shares the data directory can tell at once."""
        try:
            self._locks.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except (OSError, Timeout) as error:
            raise DatabaseError(
                f"The data directory {self._locks.parent} cannot be written ({error}): "
                "set NETCLINIC_DATA_DIR to another."
            ) from error

    def _drop_lock(self) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def _has_ended(self, id_: str) -> bool:
        """Whether that process certainly no longer runs: it left its lock behind in our data directory."""
        path = self._locks / f"{id_}.lock"
        if not path.exists() or not self._locks_work():
            return False
        try:
            with FileLock(path, timeout=0):
                path.unlink(missing_ok=True)
            return True
        except (OSError, Timeout):
            return False

    def _locks_work(self) -> bool:
        """Some shared file systems grant every lock: then ours can be had a second time."""
        try:
            with FileLock(self._lock.lock_file, timeout=0, is_singleton=False):
                return False
        except Timeout:
            return True
        except OSError:
            return False
