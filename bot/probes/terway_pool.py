"""What Terway holds on each node, by its own metrics: there only where somebody scrapes the daemon's socket."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes.metrics import FRESH, NOT_CONFIGURED, READS, own_names
from bot.prometheus.node_series import ClusterNodes, ForeignSeries, own_series
from bot.prometheus.reader import prometheus_of
from bot.prometheus.series import Key, Series

TOTAL, IDLE = "terway_resource_pool_total_count", "terway_resource_pool_idle_count"
MOST_NODES = 10
_SORTS = ("name", "type", "ipStack")  # labels by which one node has several pools


@fact(
    "terway.pool_use",
    "addresses (or ENIs) that Terway holds on each node, and how many of them are idle, by Prometheus",
    reads=READS,
)
async def pool_use(session: ClusterSession) -> Fact:
    """Terway's two gauges; stale samples, and nodes that the cluster does not have, are left out."""
    prometheus = prometheus_of(session)
    if prometheus is None:
        return unknown(NOT_CONFIGURED)
    listing, totals, idles, taken = await asyncio.gather(
        session.nodes(), prometheus.latest(TOTAL), prometheus.latest(IDLE), prometheus.sampled_at(TOTAL)
    )
    try:
        names = () if prometheus.endpoint.label else await own_names(session, prometheus, listing.items)
        fitting = own_series(totals, ClusterNodes.of(listing.items), names)
    except ForeignSeries as error:
        raise ReadError("invalid", f"Prometheus could not be read: {error}") from error
    held = _held(fitting, {each.key: each.value for each in idles}, {each.key: each.value for each in taken})
    if not held:
        return unknown("Prometheus has no fresh sample of Terway's pools")
    told = [f"{node} {total:.0f} held, {idle:.0f} idle" for node, (total, idle) in sorted(held.items())]
    rest = len(told) - MOST_NODES
    told = [*told[:MOST_NODES], *([f"and {rest} more"] if rest > 0 else [])]
    source = f"Prometheus {prometheus.endpoint.url}"
    return known("; ".join(told), source, prometheus.endpoint.command(prometheus.selector(TOTAL)))


def _held(
    fitting: Sequence[tuple[str, Series]], idles: Mapping[Key, float], taken: Mapping[Key, float]
) -> dict[str, tuple[float, float]]:
    """By node what it holds and what of it is idle, all its pools together; of two replicas the fresher one counts."""
    newest: dict[tuple[str, ...], tuple[float, float, float]] = {}
    for node, series in fitting:
        at, idle = taken.get(series.key), idles.get(series.key)
        if at is None or idle is None or series.at - at > FRESH.total_seconds():
            continue
        pool = node, *(series.labels.get(label, "") for label in _SORTS)
        if pool not in newest or at > newest[pool][0]:
            newest[pool] = at, series.value, idle
    held: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for (node, *_), (_, total, idle) in newest.items():
        held[node] = held[node][0] + total, held[node][1] + idle
    return held
