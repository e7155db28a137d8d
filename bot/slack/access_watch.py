"""Asking each cluster what netclinic may read: once serving has begun, and again where it was out of reach.

Nothing waits for it: a cluster that hangs costs its own report and nothing else.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.audit import AuditContext, AuditUnavailable
from bot.cluster.access import gaps
from bot.cluster.cloud_access import trials
from bot.cluster.connection import ConnectionSettingsError
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes import entries_needing, required_calls, required_permissions
from bot.slack.cluster_access import AccessReport, ClusterAccess, describe_gaps
from bot.slack.cluster_choice import Clusters
from bot.slack.services import OpenCluster
from bot.slack.timing import Timing
from knowledge.model import Entry

MAKE_ROLE = "`netclinic rbac | kubectl apply -f -` makes the ClusterRole; bind it to netclinic's user."
_log = logging.getLogger("netclinic.clusters")


async def ask_access(
    open_cluster: OpenCluster, name: str, trail: AuditContext, entries: Mapping[str, Entry], seconds: float
) -> AccessReport:
    """What this cluster says within so many seconds; nothing is raised."""
    try:
        async with (
            asyncio.timeout(seconds),
            open_cluster(name, trail) as cluster,
            cluster.reader(Budget(seconds=seconds).for_everything()) as reader,
        ):
            version = await reader.version()
            missing = await gaps(reader, required_permissions())
    except TimeoutError:
        return AccessReport(name=name, trouble=f"it did not answer within {seconds:g} s")
    except (ConnectionSettingsError, ReadError, AuditUnavailable) as error:
        return AccessReport(name=name, trouble=" ".join(str(error).split()).rstrip("."))
    undecidable = {id_ for gap in missing for id_ in entries_needing(entries.values(), gap.permission)}
    return AccessReport(
        name=name,
        version=version,
        missing=tuple(gap.shown() for gap in missing),
        undecidable=tuple(sorted(undecidable)),
    )


async def try_cloud(
    open_cluster: OpenCluster, name: str, trail: AuditContext, seconds: float
) -> tuple[bool, str] | None:
    """Whether the cloud of this cluster can be read, and what was said; ``None`` where it is not to be asked."""
    try:
        async with (
            asyncio.timeout(seconds),
            open_cluster(name, trail) as cluster,
            cluster.reader(Budget(seconds=seconds).for_everything()) as reader,
            ClusterSession(reader) as session,
        ):
            if reader.cloud is None:
                return None
            found = await trials(session, required_calls())
    except TimeoutError:
        return False, f"It did not answer within {seconds:g} s."
    except (ConnectionSettingsError, AuditUnavailable) as error:
        return False, f"{' '.join(str(error).split()).rstrip('.')}."
    refused = list(dict.fromkeys(trial.told for trial in found if trial.outcome != "granted"))
    if refused:
        return False, f"{'; '.join(refused)}. `netclinic ram` prints the policy."
    return (
        True,
        f"Every call that netclinic makes is granted ({', '.join(trial.action.permission for trial in found)}).",
    )


@dataclass(frozen=True, kw_only=True)
class AccessWatch:
    """Fills ``access``, and says in the log what changed."""

    access: ClusterAccess
    clusters: Clusters
    entries: Mapping[str, Entry]
    open_cluster: OpenCluster
    trail: AuditContext
    timing: Timing

    async def run(self) -> None:
        """Until it is cancelled. Those that answered are asked again each hour: roles change."""
        await asyncio.sleep(self.timing.first_access_look)
        rounds = max(1, round(self.timing.access_refresh / self.timing.access_retry))
        number = 0
        while True:
            try:
                await self._look(is_full=number % rounds == 0)
            except ConnectionSettingsError as error:
                _log.error("Which clusters there are is not known: %s", error)
            except Exception:
                _log.exception("Asking the clusters what may be read failed; it is tried again.")
            number += 1
            await asyncio.sleep(self.timing.access_retry)

    async def _look(self, *, is_full: bool) -> None:
        names = await asyncio.to_thread(self.clusters.list_names)
        self.access.keep_only(names)
        await asyncio.gather(*(self._ask(name) for name in names if is_full or self._is_unknown(name)))

    def _is_unknown(self, name: str) -> bool:
        report = self.access.report(name)
        return report is None or bool(report.trouble)

    async def _ask(self, name: str) -> None:
        seconds = self.timing.access_patience
        report = await ask_access(self.open_cluster, name, self.trail, self.entries, seconds)
        if self.access.put(report):
            _log_report(report, self.timing.access_retry)


def _log_report(report: AccessReport, retry: float) -> None:
    where: dict[str, Sequence[str] | str] = {"cluster": report.name}
    if report.trouble:
        trouble = "Cluster %s could not be asked what may be read: %s. It is asked again in %.0f s."
        _log.warning(trouble, report.name, report.trouble, retry, extra=where)
    elif report.missing:
        more = {**where, "missing": report.missing, "undecidable": report.undecidable}
        _log.warning("Cluster %s: %s. %s", report.name, describe_gaps(report), MAKE_ROLE, extra=more)
    else:
        _log.info("Cluster %s allows every read that netclinic makes.", report.name, extra=where)
