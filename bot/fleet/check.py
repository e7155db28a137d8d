"""A look at many clusters: some at once, each with its own deadline, none costing another one anything."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.audit import AuditUnavailable
from bot.cluster.connection import ConnectionSettingsError
from bot.diagnosis.answer import Answer, ClusterState
from bot.fleet.summary import ClusterSummary, summarize, unread
from bot.text import one_line

if TYPE_CHECKING:
    from bot.audit import AuditContext
    from bot.cluster.reader import Cluster
    from bot.diagnosis.clinic import Clinic

OpenCluster = Callable[[str], "AbstractAsyncContextManager[Cluster]"]
AT_ONCE = 10  # clusters: what was read of one is in memory until it is judged
GRACE = 2.0  # seconds beside the deadline of reading: for opening the cluster, and for judging what was read
_log = logging.getLogger(__name__)


def make_places() -> asyncio.Semaphore:
    """Room for so many clusters at once; shared by all looks of one process."""
    return asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True)
class FleetCheck:
    """Judges clusters with ``clinic``, whose budget holds for each of them; ``open_cluster`` opens one by its name.

    Reads are recorded where the cluster is opened, verdicts with ``trail``. ``places``: how many are read at once.
    """

    clinic: "Clinic"
    open_cluster: OpenCluster
    trail: "AuditContext"
    places: asyncio.Semaphore = field(default_factory=make_places)
    grace: float = GRACE

    async def run(
        self, names: Sequence[str], entries: Sequence[str] = (), namespace: str | None = None
    ) -> list[ClusterSummary]:
        """A summary of each cluster, in the order of ``names``. Every fault is judged where no ``entries`` are named.

        Raises:
            AuditUnavailable: something could not be recorded; nothing more is read of any cluster.
        """
        looks = [asyncio.create_task(self._look(name, entries, namespace)) for name in names]
        try:
            return await asyncio.gather(*looks)
        finally:
            for look in looks:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)

    async def _look(self, name: str, entries: Sequence[str], namespace: str | None) -> ClusterSummary:
        async with self.places:
            started = time.monotonic()
            try:
                answer = await self._answer(name, entries, namespace)
            except AuditUnavailable:
                raise
            except Exception as error:
                elapsed = round((time.monotonic() - started) * 1000)
                problem = self._problem(name, error)
                await self._record_unread(name, problem)
                return unread(name, problem, elapsed)
            await self._record(name, answer)
            return summarize(answer, name)

    async def _answer(self, name: str, entries: Sequence[str], namespace: str | None) -> Answer:
        async with asyncio.timeout(self._seconds), self.open_cluster(name) as cluster:
            if cluster.context != name:
                raise ConnectionSettingsError(f"{name} cannot be opened from here: it would be {cluster.context}.")
            return await self.clinic.check(entries, cluster, namespace)

    @property
    def _seconds(self) -> float:
        return self.clinic.budget.seconds + self.grace

    def _problem(self, name: str, error: Exception) -> str:
        """Why it could not be looked at, as a sentence."""
        if isinstance(error, ConnectionSettingsError):
            return one_line(str(error))
        if isinstance(error, TimeoutError):
            return f"The cluster could not be read: it gave no answer within {self._seconds:g} s."
        _log.exception("The look at %s failed.", name)
        return f"The look at it failed ({type(error).__name__}: {one_line(str(error))})."

    async def _record(self, name: str, answer: Answer) -> None:
        """The verdicts; of a cluster that could not be read there are none, only that it could not."""
        if answer.cluster is not None and not answer.cluster.reachable:
            await self._record_unread(name, answer.cluster.trouble)
        else:
            await self.trail.record_verdicts(answer)

    async def _record_unread(self, name: str, problem: str) -> None:
        state = ClusterState(context=name, reachable=False, problem=problem)
        await self.trail.record_verdicts(
            Answer(question="", in_scope=True, confidence=1.0, cluster=state, unread=(problem,))
        )
