"""One piece of accepted work while it is being done: its steps are remembered, so that a crash repeats none of them."""

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

from bot.slack.api.errors import SlackAway, SlackRefused, is_passing
from bot.store import DatabaseError

Json: TypeAlias = Any  # None, bool, int, float, str, and lists and dicts of these
Result = TypeVar("Result")

FIRST_WAIT = 0.5  # seconds before the first repetition; doubled up to LONGEST_WAIT
LONGEST_WAIT = 30.0
PATIENCE = 3600.0  # seconds for which a step is tried while Slack or the database is away

_log = logging.getLogger("netclinic.work")


class WorkGuard(Protocol):
    """Whether this process may still do work."""

    def working(self) -> AbstractAsyncContextManager[None]:
        """A step; it never begins once the process is closing or was taken over."""

    async def pause(self, seconds: float) -> None:
        """Wait between two attempts of a step; never return in such a process."""

    async def silence(self) -> None:
        """Return once the database has not answered for some seconds."""


@dataclass(frozen=True)
class Job:
    """``key`` names the work everywhere; ``payload`` is what was accepted with it.

    ``held_up`` hears, perhaps several times, that it waits for the database.
    """

    name: str
    key: str
    payload: Mapping[str, Any]
    gate: WorkGuard = field(repr=False)
    held_up: Callable[["Job"], None] = field(repr=False, default=lambda job: None)

    async def step(self, name: str, act: Callable[[], Awaitable[Json]]) -> Json:
        """The result of ``act``, which is done at least once, and not again once its result is stored.

        While Slack or the database is away ``act`` is repeated, for up to an hour. Results are JSON. Steps must come in
        the same order each time a handler runs: what decides about it must itself be a step's result or the payload.

        Raises:
            SlackAway, DatabaseError: it stayed away for all that time.
            SlackRefused: Slack said no.
        """
        async with self._begun():
            return _result(await DBOS.run_step_async({"name": name}, self._told, name, act))

    async def waited(self, name: str, act: Callable[[], Awaitable[Result]]) -> Result:
        """The same for what may be read anew each time the handler runs: it is not remembered, and need be no JSON."""
        async with self._begun():
            return await self._patiently(name, act)

    @contextlib.asynccontextmanager
    async def _begun(self) -> AsyncIterator[None]:
        """When this process may work. Until the end it is watched whether the database answers at all."""

        async def watch() -> None:
            await self.gate.silence()
            self.held_up(self)

        watching = asyncio.create_task(watch())
        try:
            async with self.gate.working():
                yield
        finally:
            watching.cancel()

    async def _told(self, name: str, act: Callable[[], Awaitable[Json]]) -> dict[str, Json]:
        """What came of it, failures of Slack included: they are results too, and are replayed as such."""
        try:
            return {"result": await self._patiently(name, act)}
        except SlackRefused as error:
            _log.warning("%s", error, extra={"step": name, "slack_error": error.code})
            return {"refused": {"code": error.code, "sentence": error.sentence}}
        except SlackAway as error:
            _log.error("Given up after an hour: %s", error, extra={"step": name})
            return {"away": str(error)}
        except Exception as error:
            if not is_passing(error):
                raise
            _log.error("Given up after an hour: %s", error, extra={"step": name})
            return {"unusable": str(error)}

    async def _patiently(self, name: str, act: Callable[[], Awaitable[Result]]) -> Result:
        started, wait = time.monotonic(), FIRST_WAIT
        while True:
            try:
                return await act()
            except Exception as error:
                if not _is_away(error) or time.monotonic() - started > PATIENCE:
                    raise
                if is_passing(error):
                    self.held_up(self)
                pause = max(getattr(error, "retry_after", None) or 0.0, wait * random.uniform(0.8, 1.2))
                _log.warning("%s Trying again in %.1f s.", error, pause, extra={"step": name})
            await self.gate.pause(pause)
            wait = min(wait * 2, LONGEST_WAIT)


def _is_away(error: Exception) -> bool:
    return isinstance(error, SlackAway) or is_passing(error)


def _result(outcome: Mapping[str, Json]) -> Json:
    if "refused" in outcome:
        raise SlackRefused(**outcome["refused"])
    if "away" in outcome:
        raise SlackAway(outcome["away"])
    if "unusable" in outcome:
        raise DatabaseError(outcome["unusable"])
    return outcome.get("result")
