"""Which route tables of the VPC the cluster's nodes go by, and whether these lead to the nodes' pods."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.cloud.actions import DESCRIBE_INSTANCES, DESCRIBE_ROUTE_TABLE_LIST
from bot.cluster.facts.cloud import cloud_vpc, instance_id, whole_list
from bot.cluster.facts.cloud_routes import described, entries_of, is_available, next_hops, routes_to
from bot.cluster.facts.cloud_ways_out import destination_of, inside_of, making_up
from bot.cluster.session import ClusterSession, Object, get_path, name_of, safe_name
from bot.cluster.transport import ReadError

MOST_INSTANCES = 100  # that one call takes
ONE_BY_ONE = 2  # routes that are asked for singly; beyond, whole tables are read


@dataclass(frozen=True)
class RoutedNode:
    """What a node's route is made of: its Pod CIDR block, with its instance as the next hop."""

    name: str
    pod_cidr: str
    instance: str


@dataclass(frozen=True)
class RouteState:
    """One node in one table. ``state``: there, missing, or open where it is on its way."""

    table: str
    node: RoutedNode
    state: str
    seen: str


def routed_node(node: Object) -> RoutedNode | None:
    """``None`` where the node has no Pod CIDR block, or no instance of Alibaba Cloud."""
    cidr, instance = str(get_path(node, "spec", "podCIDR") or ""), instance_id(node)
    return RoutedNode(name_of(node), cidr, instance) if cidr and instance else None


async def tables_of_vswitches(session: ClusterSession) -> list[Object]:
    """The VPC's route tables for vSwitches; those of gateways and of border routers do not count.

    Raises:
        ReadError: not all could be read.
    """
    found = await whole_list(session, DESCRIBE_ROUTE_TABLE_LIST, VpcId=await cloud_vpc(session))
    return [table for table in found if table.get("AssociateType") != "Gateway" and table.get("RouterType") != "VBR"]


async def tables_of_nodes(session: ClusterSession, nodes: list[RoutedNode]) -> list[str]:
    """The ids of the tables that are bound to vSwitches in which these nodes are.

    Raises:
        ReadError: they could not be read, or do not tell.
    """
    tables = await tables_of_vswitches(session)
    if len(tables) > 1:
        mine = await _vswitches_of(session, nodes)
        bound = [table for table in tables if mine & _vswitch_ids(table)]
        if mine - {id_ for table in tables for id_ in _vswitch_ids(table)}:  # unbound ones go by the system table
            bound += [table for table in tables if table.get("RouteTableType") == "System" and table not in bound]
        tables = bound
    ids = [safe_name(table.get("RouteTableId")) for table in tables if table.get("RouteTableId")]
    if not ids:
        raise ReadError("refused", "the cloud tells no route table of the nodes' vSwitches")
    return ids


async def own_table(session: ClusterSession, vswitch: str) -> str:
    """The custom route table that a vSwitch is bound to; empty where it goes by the VPC's system table.

    Raises:
        ReadError: it could not be read, or, without a vSwitch, there is a table that may be meant.
    """
    custom = [table for table in await tables_of_vswitches(session) if table.get("RouteTableType") == "Custom"]
    bound = [table for table in custom if _vswitch_ids(table) & {vswitch} or (not vswitch and _vswitch_ids(table))]
    if bound and not vswitch:
        raise ReadError("refused", "the cloud does not tell the vSwitch, and there are several route tables")
    return safe_name(bound[0].get("RouteTableId")) if bound else ""


def _vswitch_ids(table: Object) -> set[str]:
    listed = get_path(table, "VSwitchIds", "VSwitchId")
    return set(map(str, listed)) if isinstance(listed, list) else set()


async def _vswitches_of(session: ClusterSession, nodes: list[RoutedNode]) -> set[str]:
    ids = tuple(node.instance for node in nodes[:MOST_INSTANCES])
    found = await whole_list(session, DESCRIBE_INSTANCES, InstanceIds=ids)
    told = {str(item.get("InstanceId")): str(get_path(item, "VpcAttributes", "VSwitchId") or "") for item in found}
    if not all(told.get(id_) for id_ in ids):
        raise ReadError("refused", "the cloud does not tell the vSwitches of all nodes")
    return set(told.values())


async def route_states(session: ClusterSession, tables: list[str], nodes: list[RoutedNode]) -> list[RouteState]:
    """Whether each table leads to the pods of each node.

    Raises:
        ReadError: not all could be read.
    """
    by_table = await asyncio.gather(*(_states(session, table, nodes) for table in tables))
    return [state for states in by_table for state in states]


async def _states(session: ClusterSession, table: str, nodes: list[RoutedNode]) -> list[RouteState]:
    if len(nodes) <= ONE_BY_ONE:
        mine = await asyncio.gather(*(routes_to(session, table, node.pod_cidr) for node in nodes))
        if all(mine):
            return [_state(table, node, entries) for node, entries in zip(nodes, mine, strict=True)]
    entries = await entries_of(session, table)
    return [_in_whole_table(table, node, entries) for node in nodes]


def _in_whole_table(table: str, node: RoutedNode, entries: Sequence[Object]) -> RouteState:
    """By its own entry, unless one for a part of its range comes before it. Entries for all its parts are open.

    A larger entry is none of its own, whatever it leads to: the default route is one.
    """
    mine = making_up(entries, node.pod_cidr)
    state = _state(table, node, mine)
    if state.state == "missing":
        return state
    elsewhere = _leading_elsewhere(node, inside_of(entries, node.pod_cidr))
    if elsewhere is None and len(mine) == 1:
        return state
    told = elsewhere or mine[0]
    return replace(state, state="open", seen=f"{destination_of(told)}: {described(next_hops(told))}")


def _leading_elsewhere(node: RoutedNode, entries: Iterable[Object]) -> Object | None:
    return next((entry for entry in entries if next_hops(entry) != [("Instance", node.instance)]), None)


def _state(table: str, node: RoutedNode, entries: list[Object]) -> RouteState:
    hops = [hop for entry in entries for hop in next_hops(entry)]
    is_mine = ("Instance", node.instance) in hops
    if set(hops) == {("Instance", node.instance)} and all(map(is_available, entries)):
        return RouteState(table, node, "there", f"{node.pod_cidr}: Instance {node.instance}, Available")
    if is_mine:
        told = ", ".join(str(entry.get("Status") or "no status") for entry in entries)
        return RouteState(table, node, "open", f"{node.pod_cidr}: {described(hops)}, {told}")
    led = ", ".join(f"{kind} {id_}" for kind, id_ in hops)
    seen = f"{node.pod_cidr}: {led}, not {node.instance}" if led else f"{node.pod_cidr}: no entry"
    return RouteState(table, node, "missing", seen)
