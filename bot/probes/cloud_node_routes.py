"""Whether the VPC's route tables lead to the nodes' pods, which Flannel needs, by the cloud's word."""

from datetime import timedelta
from typing import Literal

from bot.cloud.actions import DESCRIBE_INSTANCES, DESCRIBE_ROUTE_ENTRY_LIST, DESCRIBE_ROUTE_TABLE_LIST
from bot.cluster.facts.cloud import cloud_command, cloud_region, cloud_vpc
from bot.cluster.facts.cloud_route_tables import (
    MOST_INSTANCES,
    RoutedNode,
    RouteState,
    route_states,
    routed_node,
    tables_of_nodes,
    tables_of_vswitches,
)
from bot.cluster.facts.cloud_routes import entries_of
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.resources import DAEMON_SETS, EVENTS, NODES, POD_LOGS, PODS
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of, safe_name
from bot.cluster.transport import ReadError
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import SHOWN
from bot.probes.registry import absent, count, present, probe, some, unknown
from bot.probes.routes import route_error

FIRST_MINUTES = timedelta(minutes=5)  # in which a node without a route is normal
TAINT = "node.kubernetes.io/network-unavailable"
NODES_LOOKED_AT = 2  # tainted nodes: more of the same tells nothing new
DEFAULT_QUOTA = 200  # custom entries that a table holds unless more were granted
_READS = (
    *(Permission("list", each) for each in (NODES, EVENTS, PODS, DAEMON_SETS)),
    *(Permission("get", each) for each in (NODES, POD_LOGS)),
    GET_CONFIG,
)


@probe(nature="sign", reads=_READS, calls=(DESCRIBE_ROUTE_TABLE_LIST, DESCRIBE_INSTANCES, DESCRIBE_ROUTE_ENTRY_LIST))
async def node_routes_missing(
    session: ClusterSession, *, of: Literal["tainted", "not_described", "all"] = "tainted"
) -> Finding:
    """A route table of the nodes' vSwitches has no entry from a node's Pod CIDR block to its instance.

    Tables of gateways and border routers do not count, nor do those of vSwitches without nodes. Unknown for nodes in
    their first five minutes, and where an entry is there but not Available yet.

    Args:
        of: tainted: nodes with the network-unavailable taint and condition; not_described: nodes whose route the cloud
            controller manager could not look up; all: all Ready nodes, where their vSwitches go by several tables
    """
    if of == "all":
        return await _of_all(session)
    nodes = await (_tainted(session) if of == "tainted" else _not_described(session))
    if not nodes:
        return absent("no node has the network-unavailable taint" if of == "tainted" else "no node is meant")
    young = [node for node in nodes if _is_young(session, node)]
    routed = [one for node in nodes if node not in young and (one := routed_node(node))]
    if routed:
        found = await _judged(session, routed[:NODES_LOOKED_AT])
        if found.outcome == "present" or len(routed) == len(nodes) <= NODES_LOOKED_AT:
            return found
    why = f"{some([name_of(node) for node in young])} is in its first five minutes" if young else ""
    why = why or f"not all of {some([name_of(node) for node in nodes])} could be looked at, or have a Pod CIDR block"
    return unknown(why, node=[name_of(node) for node in nodes], unsettled=[why])


async def _of_all(session: ClusterSession) -> Finding:
    listing = await session.nodes()
    nodes = [node for node in listing.items if _is_ready(node) and not _is_young(session, node)]
    routed = [one for node in nodes if (one := routed_node(node))]
    if not routed:
        return unknown("no Ready node has a Pod CIDR block and an instance")
    tables = await tables_of_nodes(session, routed)
    found = await _judged(session, routed, tables)
    if found.outcome == "present" and len(tables) == 1:
        why = f"the nodes' vSwitches go by one route table, {tables[0]}, and {found.summary}"
        return unknown(why, found.evidence, unsettled=[why])
    is_whole = listing.complete and len(routed) == len(nodes) <= MOST_INSTANCES
    if found.outcome == "absent" and not is_whole:
        why = f"{found.summary}, as far as nodes were looked at"
        return unknown(why, found.evidence, unsettled=[why])
    return found


async def _judged(session: ClusterSession, nodes: list[RoutedNode], tables: list[str] | None = None) -> Finding:
    tables = tables or await tables_of_nodes(session, nodes)
    states = await route_states(session, tables, nodes)
    missing = [state for state in states if state.state == "missing"]
    evidence = await _evidence(session, missing or states)
    if missing:
        return await _missing(session, missing, evidence)
    if open_ := [state for state in states if state.state == "open"]:
        why = f"the route of {open_[0].node.name} in {open_[0].table} is not Available ({open_[0].seen})"
        return unknown(why, evidence, node=[open_[0].node.name], unsettled=[why])
    told = f"{some(tables)} {'leads' if len(tables) == 1 else 'lead'} to {count(len(nodes), 'node')}"
    names = [node.name for node in nodes]
    return absent(told, evidence, node=names, route_table=tables, way_out=[told])


async def _missing(session: ClusterSession, missing: list[RouteState], evidence: list[Evidence]) -> Finding:
    first = missing[0]
    what = f"a route for {first.node.pod_cidr} to {first.node.instance} in route table {first.table}"
    return present(
        f"{first.node.name} lacks {what}",
        evidence,
        node=[state.node.name for state in missing],
        route_table=[state.table for state in missing],
        instance=[first.node.instance],
        missing=[what],
        route_entries=await _entries_of_full_table(session, first.table),
    )


async def _entries_of_full_table(session: ClusterSession, table: str) -> list[str]:
    """How many custom entries it holds, where that is as many as are allowed by default: a reason, and no proof."""
    try:
        entries = await entries_of(session, table)
    except ReadError as error:
        if error.is_damage:
            raise
        return []
    custom = sum(str(entry.get("Type") or "") == "Custom" for entry in entries)
    return [str(custom)] if custom >= DEFAULT_QUOTA else []


async def _evidence(session: ClusterSession, states: list[RouteState]) -> list[Evidence]:
    region = await cloud_region(session)
    return [
        Evidence(
            object=f"RouteTable {state.table}",
            excerpt=f"{state.seen} ({state.node.name})",
            seen=session.now(),
            check=cloud_command(
                region,
                DESCRIBE_ROUTE_ENTRY_LIST,
                RouteTableId=state.table,
                DestinationCidrBlock=state.node.pod_cidr,
            ),
        )
        for state in states[:SHOWN]
    ]


async def _tainted(session: ClusterSession) -> list[Object]:
    listing = await session.nodes()
    return [
        node
        for node in listing.items
        if any(taint.get("key") == TAINT for taint in get_path(node, "spec", "taints") or [])
        and _condition(node, "NetworkUnavailable").get("status") == "True"
    ]


async def _not_described(session: ClusterSession) -> list[Object]:
    told = await route_error(session, error="not_described", within=timedelta(hours=1))
    read = [await session.node(name) for name in told.objects.get("node", ())[:NODES_LOOKED_AT]]
    return [node for node in read if node]


def _condition(node: Object, kind: str) -> Object:
    listed = get_path(node, "status", "conditions") or []
    return next((each for each in listed if each.get("type") == kind), {})


def _is_ready(node: Object) -> bool:
    return bool(_condition(node, "Ready").get("status") == "True")


def _is_young(session: ClusterSession, node: Object) -> bool:
    """By its own age, and by how long it has been without its network."""
    created = moment(get_path(node, "metadata", "creationTimestamp"))
    condition = _condition(node, "NetworkUnavailable")
    since = moment(condition.get("lastTransitionTime")) if condition.get("status") == "True" else created
    return any(at is not None and session.now() - at < FIRST_MINUTES for at in (created, since))


@probe(nature="condition", reads=_READS, calls=(DESCRIBE_ROUTE_TABLE_LIST,))
async def several_route_tables(session: ClusterSession) -> Finding:
    """The VPC has more than one route table for vSwitches; those of gateways and border routers do not count."""
    vpc, region = await cloud_vpc(session), await cloud_region(session)
    tables = await tables_of_vswitches(session)
    ids = [safe_name(table.get("RouteTableId")) for table in tables]
    if not ids:
        return unknown(f"the cloud tells no route table of {vpc}")
    check = cloud_command(region, DESCRIBE_ROUTE_TABLE_LIST, VpcId=vpc)
    excerpt = f"route tables for vSwitches: {', '.join(ids)}"
    evidence = [Evidence(object=f"VPC {vpc}", excerpt=excerpt, seen=session.now(), check=check)]
    told = f"{vpc} has {count(len(ids), 'route table')} for vSwitches ({some(ids)})"
    if len(ids) == 1:
        return absent(told, evidence, route_table=ids, way_out=[told])
    return present(told, evidence, route_table=ids)
