"""An accepted job while it is done: its steps are remembered, so that a crash repeats none of them."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, TypeVar

from dbos import DBOS

from bot.slack.api.errors import SlackRefused, SlackUnavailable, is_transient
from bot.slack.timing import PRODUCTION, Timing
from bot.store import DatabaseError
from bot.tracing import NO_TRACING, Tracing

Json: TypeAlias = Any  # None, bool, int, float, str, and lists and dicts of these
Result = TypeVar("Result")

_log = logging.getLogger("netclinic.work")


class WorkGuard(Protocol):
    """Whether this process may still do work."""

    def running_step(self) -> AbstractAsyncContextManager[None]:
        """A step; it never begins once the process is closing or was taken over."""

    async def pause(self, seconds: float) -> None:
        """Wait between two attempts of a step; never return in such a process."""

    async def wait_for_silence(self) -> None:
        """Return once the database has not answered for some seconds."""


Tell: TypeAlias = Callable[[], Awaitable[None]]


@dataclass
class Interruption:
    """What tells whoever waits for a job that this process ends before it is done; ``None`` where there is no need."""

    tell: Tell | None = None


@dataclass(frozen=True)
class Job:
    """``key`` names the work everywhere; ``payload`` is what was accepted with it.

    ``on_waiting`` hears, perhaps several times, that it waits for the database. ``interruption.tell`` is called when
    the process ends and no step of the job is begun any more: the next start resumes it.
    """

    name: str
    key: str
    payload: Mapping[str, Any]
    guard: WorkGuard = field(repr=False)
    on_waiting: Callable[["Job"], None] = field(repr=False, default=lambda job: None)
    timing: Timing = field(repr=False, default=PRODUCTION)
    interruption: Interruption = field(repr=False, default_factory=Interruption)
    tracing: Tracing = field(repr=False, default=NO_TRACING)

    async def step(self, name: str, act: Callable[[], Awaitable[Json]]) -> Json:
        """The result of ``act``, which is done at least once, and not again once its result is stored.

        While Slack or the database is away ``act`` is repeated, for up to an hour. Results are JSON. Steps must come in
        the same order each time a handler runs: what decides about it must itself be a step's result or the payload.

        Raises:
            SlackUnavailable, DatabaseError: it stayed away for all that time.
            SlackRefused: Slack said no.
        """
        async with self._allowed():
            return _unwrap(await DBOS.run_step_async({"name": name}, self._run_step, name, act))

    async def retry(self, name: str, act: Callable[[], Awaitable[Result]]) -> Result:
        """The same for what may be read anew each time the handler runs: it is not remembered, and need be no JSON."""
        async with self._allowed():
            return await self._retry_while_unavailable(name, act)

    @contextlib.asynccontextmanager
    async def _allowed(self) -> AsyncIterator[None]:
        """When this process may work. Until the end it is watched whether the database answers at all."""

        async def watch() -> None:
            await self.guard.wait_for_silence()
            self.on_waiting(self)

        watching = asyncio.create_task(watch())
        try:
            async with self.guard.running_step():
                yield
        finally:
            watching.cancel()

    async def _run_step(self, name: str, act: Callable[[], Awaitable[Json]]) -> dict[str, Json]:
        """What came of it, failures of Slack included: they are results too, and are replayed as such."""
        try:
            with self.tracing.span(f"step {name}"):
                return {"result": await self._retry_while_unavailable(name, act)}
        except SlackRefused as error:
            _log.warning("%s", error, extra={"step": name, "slack_error": error.code})
            return {"refused": {"code": error.code, "sentence": error.sentence}}
        except SlackUnavailable as error:
            _log.error("Given up after an hour: %s", error, extra={"step": name})
            return {"away": str(error)}
        except Exception as error:
            if not is_transient(error):
                raise
            _log.error("Given up after an hour: %s", error, extra={"step": name})
            return {"unusable": str(error)}

    async def _retry_while_unavailable(self, name: str, act: Callable[[], Awaitable[Result]]) -> Result:
        started, wait = time.monotonic(), self.timing.first_retry
        while True:
            try:
                return await act()
            except Exception as error:
                if not _is_unavailable(error) or time.monotonic() - started > self.timing.give_up:
                    raise
                if is_transient(error):
                    self.on_waiting(self)
                pause = max(getattr(error, "retry_after", None) or 0.0, wait * random.uniform(0.8, 1.2))
                _log.warning("%s Trying again in %.1f s.", error, pause, extra={"step": name})
            await self.guard.pause(pause)
            wait = min(wait * 2, self.timing.longest_retry)


def _is_unavailable(error: Exception) -> bool:
    return isinstance(error, SlackUnavailable) or is_transient(error)


def _unwrap(outcome: Mapping[str, Json]) -> Json:
    if "refused" in outcome:
        raise SlackRefused(**outcome["refused"])
    if "away" in outcome:
        raise SlackUnavailable(outcome["away"])
    if "unusable" in outcome:
        raise DatabaseError(outcome["unusable"])
    return outcome.get("result")
