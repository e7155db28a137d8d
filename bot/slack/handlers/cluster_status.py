"""Which clusters can be read, looked at with little patience and remembered for a minute: Home and lists show it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.audit import AuditContext
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession
from bot.diagnosis.answer import ClusterState
from bot.diagnosis.clinic import read_cluster_state
from bot.diagnosis.report import traits
from bot.slack.blocks.overviews import ClusterRow
from bot.slack.cluster_access import ClusterAccess, describe_gaps
from bot.slack.services import OpenCluster

FRESH_SECONDS = 60.0  # seconds
READ_BUDGET = Budget(requests=40, seconds=4.0, seconds_a_request=2.5)
NOTHING_PERMITTED = "it answers, and permits no read: `netclinic rbac | kubectl apply -f -` makes the ClusterRole"
NAMED = 5  # refused reads, and entries that need them: a line has room for no more
LONGEST = 8.0  # seconds in all, with opening: a credential plugin may hang


@dataclass
class ClusterStatus:
    """Opens clusters and keeps what it saw; ``access`` is what each lets netclinic read."""

    open_cluster: OpenCluster
    access: ClusterAccess
    _seen: dict[str, tuple[float, ClusterRow]] = field(default_factory=dict)

    def rows(self, names: Sequence[str], default: str = "") -> list[ClusterRow]:
        """What is known at once; ``reachable`` is ``None`` where nobody has looked lately."""
        return [
            replace(self._fresh_row(name) or ClusterRow(name=name), is_default=name == default, gaps=self._gaps(name))
            for name in names
        ]

    def _gaps(self, name: str) -> str:
        report = self.access.report(name)
        return describe_gaps(report, NAMED) if report else ""

    async def refresh(
        self, names: Sequence[str], trail: AuditContext, default: str = "", *, anew: bool = False
    ) -> list[ClusterRow]:
        """The same, after looking at those of which nothing is known, or at all of them ``anew``."""
        stale = [name for name in names if anew or self._fresh_row(name) is None]
        for row in await asyncio.gather(*(self._check(name, trail) for name in stale)):
            self._seen[row.name] = (time.monotonic(), row)
        return self.rows(names, default)

    def _fresh_row(self, name: str) -> ClusterRow | None:
        at, row = self._seen.get(name, (0.0, None))
        return row if row is not None and time.monotonic() - at < FRESH_SECONDS else None

    async def _check(self, name: str, trail: AuditContext) -> ClusterRow:
        row = ClusterRow(name=name, reachable=False, checked_at=datetime.now(UTC))
        try:
            async with asyncio.timeout(LONGEST), self.open_cluster(name, trail) as cluster:
                state = await _read_state(cluster, name)
        except ConnectionSettingsError as error:
            return replace(row, trouble=str(error))
        except TimeoutError:
            return replace(row, trouble=f"it did not answer within {LONGEST:g} s")
        if not state.reachable:
            return replace(row, trouble=state.problem)
        if all(fact.value is None for fact in state.facts):
            return replace(row, trouble=NOTHING_PERMITTED)
        return replace(row, reachable=True, traits=" · ".join(traits(state)))


async def _read_state(cluster: Cluster, name: str) -> ClusterState:
    async with cluster.reader(READ_BUDGET) as reader, ClusterSession(reader) as session:
        return await read_cluster_state(session, name)
