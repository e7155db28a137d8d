"""The probe of what the cloud controller manager (CCM) says of the routes that Flannel needs."""

from datetime import timedelta
from typing import Literal

from bot.cluster.facts.flannel_messages import (
    ROUTE_CREATED,
    ROUTE_ERRORS,
    ROUTE_REASONS,
    RouteError,
    tells_in_event,
    tells_in_log,
)
from bot.cluster.facts.flannel_routes import CCM
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.wordings import texts_of
from bot.cluster.resources import DAEMON_SETS, EVENTS, NODES, POD_LOGS, PODS
from bot.cluster.session import ClusterSession
from bot.probes.events import told_event
from bot.probes.findings import Finding
from bot.probes.logs import pod_log
from bot.probes.registry import absent, probe
from knowledge.logic import Outcome

SYNC_PERIOD = timedelta(minutes=30)  # it looks through all routes every few minutes, and says so each time


@probe(
    nature="sign",
    reads=(
        Permission("list", EVENTS),
        Permission("get", NODES),
        Permission("list", PODS),
        Permission("get", POD_LOGS),
        Permission("list", DAEMON_SETS),
    ),
)
async def route_error(
    session: ClusterSession,
    *,
    error: RouteError,
    at: Literal["event", "log"] = "event",
    within: timedelta = SYNC_PERIOD,
    taint: str | None = None,
) -> Finding:
    """CCM says what keeps it from making a node's route, in the words of any of its releases.

    The words, with their releases, are in bot/cluster/facts/flannel_messages.py.

    Args:
        error: not_created: a node's route could not be made; not_described: it could not be looked up, and counts as
            made; several_tables: the VPC has several route tables; no_table: it has none that CCM sees; tables_unread:
            they could not be read; table_failed: one of them could not be brought up to date
        at: event reads the events of nodes and of the route controller; log the log of CCM where it runs in the cluster
        within: how long ago it was last said at most
        taint: counts only nodes that carry a taint of this key now
    """
    texts = texts_of(ROUTE_ERRORS[error])
    if at == "log":
        return await _logged(session, error, texts, within)
    return await told_event(
        session,
        reason=ROUTE_REASONS[error],
        tells=lambda message: tells_in_event(error, message),
        contains=texts,
        within=within,
        cleared_by=ROUTE_CREATED,
        taint=taint,
    )


async def _logged(session: ClusterSession, error: RouteError, texts: tuple[str, ...], within: timedelta) -> Finding:
    """On managed clusters CCM runs out of sight: its events are then all that can be read."""
    if CCM not in await session.daemon_sets():
        return absent("the cloud controller manager runs outside this cluster, and what it says is in its events")
    found = await pod_log(session, app=(CCM,), container=CCM, contains=texts, within=within, on="all")
    said = [piece for piece in found.evidence if tells_in_log(error, piece.excerpt)]
    if found.outcome is Outcome.PRESENT and not said:
        return absent(f"the log of {CCM} says something else of the route tables", found.evidence)
    return found
