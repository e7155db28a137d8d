"""Looking at a cluster for an answer: opened, read with the progress shown and every read on record, told."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from bot.audit import Trail
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.requests import Observer, Request
from bot.diagnosis.answer import Answer, ClusterState
from bot.diagnosis.clinic import Clinic, Cluster
from bot.diagnosis.report import Told, tell
from bot.slack.handlers.context import Desk

Asked = Callable[[Clinic, Cluster | None], Awaitable[Answer]]


@dataclass
class Watching:
    """Hears of the reads (an observer of the reader) and shows them: what was read, and what is being read."""

    show: Callable[[Sequence[str], str], None]
    _done: dict[str, None] = field(default_factory=dict)

    async def before(self, request: Request) -> None:
        """Named by kind: paths are too long for a line."""
        self.show(list(self._done), request.resource)

    async def after(self, request: Request, outcome: str, size: int, seconds: float) -> None:
        """A read that failed is named in the answer, not here."""
        self._done[request.resource] = None
        self.show(list(self._done), "")


async def look(desk: Desk, cluster: str, trail: Trail, ask: Asked, observers: Sequence[Observer] = ()) -> Told:
    """What ``ask`` finds on the cluster; on none where ``cluster`` is empty. Entries, reads and verdicts are recorded.

    A cluster that cannot be opened is told like one that cannot be reached: the knowledge is given all the same.

    Raises:
        AuditUnavailable: something could not be recorded, and was not done.
    """
    clinic = trail.clinic(await desk.parts.clinic())
    try:
        async with _opened(desk, cluster, observers) as opened:
            answer = await ask(clinic, trail.cluster(opened) if opened else None)
    except ConnectionSettingsError as error:
        problem = str(error).rstrip(".")
        answer = replace(
            await ask(clinic, None), cluster=ClusterState(context=cluster, reachable=False, problem=problem)
        )
    await trail.answered(answer)
    return tell(answer)


@contextlib.asynccontextmanager
async def _opened(desk: Desk, cluster: str, observers: Sequence[Observer]) -> AsyncIterator[Cluster | None]:
    if not cluster:
        yield None
        return
    async with desk.parts.open_cluster(cluster, observers) as opened:
        yield opened
