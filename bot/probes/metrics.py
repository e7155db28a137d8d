"""Probes of node metrics: a gauge against its limit, by node, as the cluster's Prometheus has it.

A sample counts while it is fresh, of a node that the cluster has, and of this cluster. A number that is high proves a
full table only while it rises: one that has been flat for hours may be a table sized for its load.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.cluster.declared_reads import config_key, config_text, label, label_of
from bot.cluster.events import Event, events_by_reason, is_fresh
from bot.cluster.facts import Fact, read_fact
from bot.cluster.facts.registry import Permission, fact, known
from bot.cluster.facts.registry import unknown as unknown_fact
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import CONFIG_MAPS, EVENTS, NODES
from bot.cluster.session import ClusterSession, Object, name_of
from bot.cluster.transport import ReadError
from bot.probes.events import event_evidence
from bot.probes.findings import Evidence, Finding
from bot.probes.registry import absent, count, present, probe, some, unknown
from bot.prometheus.node_series import ClusterNodes, ForeignSeries, own_series
from bot.prometheus.reader import PrometheusReader, prometheus_of
from bot.prometheus.series import Key, Series, quoted
from bot.prometheus.trend import Trend, trend
from knowledge.logic import Outcome

ENTRIES, LIMIT = "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"  # of node_exporter, without labels
FRESH = timedelta(minutes=2)  # scrapes are 15 to 60 s apart; an instant query still shows what is five minutes old
RECENT, HISTORY, STEP = "10m", timedelta(hours=3), timedelta(minutes=2)
PEAK = "1h"
MOST_TRENDS = 10  # nodes
ACCELERATED = ("datapathv2", "ipvlan")
NOT_CONFIGURED = "no Prometheus is configured (NETCLINIC_PROMETHEUS_URL)"
READS = (
    *(Permission("list", each) for each in (NODES, EVENTS)),
    Permission("get", CONFIG_MAPS),
)
CLUSTER_ID = config_key("ack-cluster-profile", "clusterid")
CLUSTER_ID_LABEL = label("ack.aliyun.com")
_WAY_OUT = "name its label in NETCLINIC_PROMETHEUS_LABEL"


@dataclass(frozen=True)
class Usage:
    """A gauge of one node against its limit, at ``taken``, which was ``age`` before Prometheus was asked.

    ``peak`` is the highest of the last hour, where there was one; ``key`` tells the series from its twins.
    """

    node: str
    instance: str
    key: Key
    used: float
    limit: float
    taken: datetime
    age: timedelta
    peak: float | None = None

    @property
    def percent(self) -> int:
        """Of the limit, rounded down: 100 is full."""
        return int(100 * self.used / self.limit)

    @property
    def is_fresh(self) -> bool:
        """Whether it tells of now."""
        return self.age <= FRESH

    def __str__(self) -> str:
        return f"{self.used:,.0f} of {self.limit:,.0f} ({self.percent}%)"

    def named(self) -> str:
        """With its node."""
        return f"{self.node} {self}"


@dataclass(frozen=True)
class NodeUsages:
    """``by_node``, of the ``nodes`` that there are, unless not ``complete``; ``asked_at``: Prometheus' clock."""

    by_node: Mapping[str, Usage]
    nodes: frozenset[str]
    complete: bool
    asked_at: float = 0.0


@probe(nature="sign", reads=READS, metrics=lambda given: (given["name"], given["limit"]))
async def metric(
    session: ClusterSession,
    *,
    name: str,
    limit: str,
    high: int = 90,
    low: int = 80,
    event: str = "",
    within: timedelta = timedelta(minutes=20),
) -> Finding:
    """A gauge of the nodes is at its limit now and still rises, by the cluster's Prometheus.

    Present: from ``high`` on, on a node of this cluster, and rising. Absent: below ``low`` on the nodes that the
    question names, or on all. All else is unknown: no fresh sample, high and flat for hours, in between, or, with
    DataPath V2 and IPvlan, wherever pods' connections are counted elsewhere. Where no Prometheus is configured, entries
    are judged as if they did not ask for it.

    Args:
        name: the gauge, without labels of its own
        limit: the gauge that it is compared with
        high: percent of the limit from which on it is high
        low: percent of the limit below which there is room
        event: reason of a Node's event that says the same; the fresher of both is believed
        within: how long ago that event was last seen at most
    """
    prometheus = prometheus_of(session)
    if prometheus is None:
        return unknown(NOT_CONFIGURED)
    try:
        usages = await node_usages(session, prometheus, name, limit)
        asked = await _asked_nodes(session, usages)
        trends = await _trends(prometheus, name, usages, asked, high)
    except ReadError as error:
        return unknown(str(error), unmeasured=[str(error)])
    contradicted = await _contradicted(session, usages, event, within, low)
    found = _weighed(_Weighing(usages, asked, trends, high, low), await _counted_elsewhere(session, name))
    shown = frozenset(found.objects.get("node", ())) or asked
    evidence = [*_evidence(prometheus, name, limit, _most_used(usages, shown)), *map(event_evidence, contradicted)]
    if contradicted:
        said = f"the event {event} of {some([each.name for each in contradicted])} is older than these samples"
        found = replace(found, summary=f"{found.summary}; {said}")
    stands = bool(await _events(session, event, within)) and not contradicted
    overrules = bool(contradicted) or (found.outcome is Outcome.ABSENT and not stands)
    return replace(found, evidence=tuple(evidence), overrules=overrules)


async def node_usages(session: ClusterSession, prometheus: PrometheusReader, name: str, limit: str) -> NodeUsages:
    """The gauge against its limit, of each node that has a sample; once a question.

    Raises:
        ReadError: Prometheus or the nodes could not be read, or the series may be another cluster's.
    """
    return await session.once(("metric", name, limit), lambda: _node_usages(session, prometheus, name, limit))


async def conntrack_usages(session: ClusterSession) -> NodeUsages:
    """Of each node's connection tracking table.

    Raises:
        ReadError: as :func:`node_usages`, or no Prometheus is configured.
    """
    prometheus = prometheus_of(session)
    if prometheus is None:
        raise ReadError("not_found", NOT_CONFIGURED)
    return await node_usages(session, prometheus, ENTRIES, LIMIT)


async def _node_usages(session: ClusterSession, prometheus: PrometheusReader, name: str, limit: str) -> NodeUsages:
    listing, used, limits, taken, peaks = await asyncio.gather(
        session.nodes(),
        prometheus.latest(name),
        prometheus.latest(limit),
        prometheus.sampled_at(name),
        prometheus.highest(name, PEAK),
    )
    nodes = ClusterNodes.of(listing.items)
    try:
        names = () if prometheus.endpoint.label else await own_names(session, prometheus, listing.items)
        fitting = own_series(used, nodes, names)
    except ForeignSeries as error:
        raise ReadError("invalid", f"Prometheus could not be read: {error}: {_WAY_OUT}") from error
    by_key = [{each.key: each.value for each in series} for series in (limits, taken, peaks)]
    found: dict[str, Usage] = {}
    for node, series in fitting:
        usage = _usage(node, series, *by_key)
        if usage is not None and (node not in found or usage.taken > found[node].taken):
            found[node] = usage
    return NodeUsages(found, nodes.names, listing.complete, max((each.at for each in used), default=0.0))


def _usage(
    node: str, series: Series, limits: Mapping[Key, float], taken: Mapping[Key, float], peaks: Mapping[Key, float]
) -> Usage | None:
    """Of one exporter as one Prometheus has it: nothing is put together from two."""
    limit, at = limits.get(series.key), taken.get(series.key)
    if limit is None or at is None or limit <= 0 or series.value < 0:
        return None
    age = timedelta(seconds=max(series.at - at, 0))
    instance = series.labels.get("instance", "")
    moment = datetime.fromtimestamp(at, UTC)
    return Usage(node, instance, series.key, series.value, limit, moment, age, peaks.get(series.key))


async def own_names(session: ClusterSession, prometheus: PrometheusReader, nodes: Sequence[Object]) -> list[str]:
    """What the cluster may be called in a label: its context, and its id at ACK."""
    names = [prometheus.context, *(label_of(node, CLUSTER_ID_LABEL) or "" for node in nodes[:1])]
    try:
        return [*names, config_text(await session.config_map("ack-cluster-profile"), CLUSTER_ID) or ""]
    except ReadError:
        return names


async def _asked_nodes(session: ClusterSession, usages: NodeUsages) -> frozenset[str]:
    """The nodes that the question names, else all of them."""
    try:
        named = frozenset(name_of(node) for node in (await named_objects(session)).nodes)
    except ReadError:
        named = frozenset()
    return (named & usages.nodes) or usages.nodes


async def _trends(
    prometheus: PrometheusReader, name: str, usages: NodeUsages, asked: Iterable[str], high: int
) -> Mapping[str, tuple[Trend, Series | None]]:
    """Of the nodes that are high now, or were within the hour: whether it rises, and its last hours."""
    found = (usages.by_node[node] for node in sorted(asked) if node in usages.by_node)
    wanted = [each for each in found if max(each.used, each.peak or 0) >= each.limit * high / 100][:MOST_TRENDS]
    if not wanted:
        return {}
    instances = list(dict.fromkeys(each.instance for each in wanted))
    recent, history = await asyncio.gather(
        prometheus.samples(name, instances, RECENT),
        prometheus.history(name, instances, HISTORY, STEP, usages.asked_at),
    )
    recent_by_key = {series.key: series for series in recent}
    history_by_key = {series.key: series for series in history}
    trends = {}
    for each in wanted:
        now, before = recent_by_key.get(each.key), history_by_key.get(each.key)
        samples, steps = now.samples if now else (), before.samples if before else ()
        of_node = trend(samples, steps, each.limit * high / 100, each.limit, STEP.total_seconds())
        trends[each.node] = of_node, before
    return trends


@dataclass(frozen=True)
class _Weighing:
    """What there is to weigh: the usages of the nodes that are ``asked`` about, against the entry's percentages."""

    usages: NodeUsages
    asked: frozenset[str]
    trends: Mapping[str, tuple[Trend, Series | None]]
    high: int
    low: int

    @property
    def fresh(self) -> list[Usage]:
        """Those of now, the fullest first."""
        found = [each for node, each in self.usages.by_node.items() if node in self.asked and each.is_fresh]
        return sorted(found, key=lambda each: (-each.percent, each.node))

    def rises(self, usage: Usage) -> bool | None:
        """Whether a node's gauge does; ``None`` where nothing tells."""
        return self.trends[usage.node][0].rises if usage.node in self.trends else None

    def full_until(self, usage: Usage) -> str:
        """When a gauge was high within the hour that is not any more; empty where it was not."""
        if usage.peak is None or usage.peak < usage.limit * self.high / 100 or usage.percent >= self.high:
            return ""
        samples = (self.trends.get(usage.node, (None, None))[1] or Series({}, ())).samples
        times = [at for at, value in samples if value >= usage.limit * self.high / 100]
        when = f", last at {datetime.fromtimestamp(times[-1], UTC):%H:%M} UTC" if times else ""
        return f"{usage.node} held {usage.peak:,.0f} within the last hour{when}"


def _weighed(it: _Weighing, counted_elsewhere: str) -> Finding:
    """What the usages come to."""
    high = [usage for usage in it.fresh if usage.percent >= it.high]
    rising = [usage for usage in high if it.rises(usage)]
    if rising and not counted_elsewhere:
        usage = _joined(rising)
        return present(f"{usage}, and rising", node=_names(rising), usage=[usage])
    if high:
        return _high(it, rising or high, counted_elsewhere)
    open_because = _open(it) or counted_elsewhere
    usage = _joined([each for each in it.fresh if each.percent >= it.low] or it.fresh)
    if open_because:
        why = f"{open_because} ({usage})" if usage else open_because
        return unknown(why, unmeasured=[why])
    peaks = [text for each in it.fresh if (text := it.full_until(each))]
    told = "; ".join([usage, *peaks[:3]])
    return absent(f"below {it.low}% now: {told}", usage=[told])


def _high(it: _Weighing, high: Sequence[Usage], counted_elsewhere: str) -> Finding:
    """High, and no proof."""
    if counted_elsewhere:
        why = f"{_joined(high)}, but {counted_elsewhere}"
    elif steady := [each for each in high if it.rises(each) is False]:
        hours = max(it.trends[each.node][0].steady_for for each in steady) / 3600
        rests = f"has been so for {hours:.0f} h" if hours >= 1 else "does not rise"
        why = f"{_joined(high)}, but it {rests}: a table may be sized for its load"
    else:
        why = f"{_joined(high)}, but too few samples tell whether it rises"
    return replace(unknown(why, node=_names(high), usage=[_joined(high)], unmeasured=[why]), is_hint=True)


def _open(it: _Weighing) -> str:
    """Why nothing is ruled out; empty where every node that was asked about has room."""
    missing = sorted(it.asked - {usage.node for usage in it.fresh})
    if missing:
        return f"Prometheus has no fresh sample of {some(missing)}"
    if not it.asked:
        return "no node could be read"
    if it.asked == it.usages.nodes and not it.usages.complete:
        return "not all nodes could be read"
    if any(usage.percent >= it.low for usage in it.fresh):
        return f"neither below {it.low}% nor from {it.high}% on"
    return ""


async def _counted_elsewhere(session: ClusterSession, name: str) -> str:
    """Of conntrack alone: with eBPF, pods' connections are in maps that no metric shows. Empty where they are not."""
    if name != ENTRIES:
        return ""
    plugin = (await read_fact(session, "network_plugin")).value
    if plugin not in ("terway", None):
        return ""
    datapath = (await read_fact(session, "terway.datapath")).value
    if plugin is None or datapath is None:
        return "it is not known whether pods' connections are in this table"
    if datapath in ACCELERATED:
        return f"pods' connections are in eBPF maps with {datapath}, not in this table"
    return ""


async def _contradicted(
    session: ClusterSession, usages: NodeUsages, reason: str, within: timedelta, low: int
) -> list[Event]:
    """The events that all are older than a sample of their node that shows room."""
    events = await _events(session, reason, within)
    return events if events and all(_is_outdated(each, session.now(), usages, low) for each in events) else []


def _is_outdated(event: Event, now: datetime, usages: NodeUsages, low: int) -> bool:
    usage = usages.by_node.get(event.name)
    return usage is not None and usage.is_fresh and usage.percent < low and usage.age < now - event.last


async def _events(session: ClusterSession, reason: str, within: timedelta) -> list[Event]:
    """Fresh ones of nodes, newest first; none where they cannot be read."""
    if not reason:
        return []
    try:
        found = (await events_by_reason(session, (reason,), pods=False)).items
    except ReadError:
        return []
    fresh = [each for each in found if each.kind == "Node" and is_fresh(each, session.now(), within)]
    return sorted(fresh, key=lambda each: each.last, reverse=True)


def _most_used(usages: NodeUsages, asked: frozenset[str], most: int = 3) -> list[Usage]:
    found = [each for node, each in usages.by_node.items() if node in asked]
    return sorted(found, key=lambda each: (-each.percent, each.node))[:most]


def _evidence(prometheus: PrometheusReader, name: str, limit: str, usages: Iterable[Usage]) -> list[Evidence]:
    return [
        Evidence(
            object=f"Node {usage.node}",
            excerpt=f"{name} {usage.used:,.0f}, {limit} {usage.limit:,.0f} ({usage.percent}%), of {usage.instance}",
            seen=usage.taken,
            check=prometheus.endpoint.command(_both(prometheus, name, limit, usage.instance)),
        )
        for usage in usages
    ]


def _both(prometheus: PrometheusReader, name: str, limit: str, instance: str) -> str:
    """A query that shows the gauge and its limit side by side."""
    matchers = [f"__name__=~{quoted(f'{name}|{limit}')}", f"instance={quoted(instance)}", prometheus.endpoint.label]
    return f"{{{','.join(filter(None, matchers))}}}"


def _joined(usages: Sequence[Usage], most: int = 3) -> str:
    rest = len(usages) - most
    more = f" and {count(rest, 'more node')}" if rest > 0 else ""
    return ", ".join(each.named() for each in usages[:most]) + more


def _names(usages: Iterable[Usage]) -> list[str]:
    return [each.node for each in usages]


@fact("conntrack.use", "connection tracking entries of each node, and their limit, by Prometheus", reads=READS)
async def conntrack_use(session: ClusterSession) -> Fact:
    """node_exporter's two gauges; stale samples are left out and named."""
    prometheus = prometheus_of(session)
    if prometheus is None:
        return unknown_fact(NOT_CONFIGURED)
    usages = await conntrack_usages(session)
    fresh = [each for each in _most_used(usages, usages.nodes, most=len(usages.nodes)) if each.is_fresh]
    if not fresh:
        return unknown_fact("Prometheus has no fresh sample of any node")
    missing = sorted(usages.nodes - set(_names(fresh)))
    told = [_joined(fresh, most=10), *([f"no fresh sample of {some(missing)}"] if missing else [])]
    source = f"Prometheus {prometheus.endpoint.url}"
    return known("; ".join(told), source, prometheus.endpoint.command(prometheus.selector(ENTRIES)))
