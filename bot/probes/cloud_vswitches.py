"""Whether vSwitches have addresses left, by the cloud's word: the count of this moment, which no object holds."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.cloud.actions import DESCRIBE_VSWITCHES
from bot.cluster.declared_reads import label_of
from bot.cluster.events import Event
from bot.cluster.facts.cloud import cloud_region
from bot.cluster.facts.cloud_vswitches import free_addresses, place_of, takes_blocks, vswitches
from bot.cluster.facts.eni_config import eni_config, parse, zones
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.terway import terway_nodes
from bot.cluster.pending_pods import network_waiters
from bot.cluster.resources import EVENTS, NODES, PODS, TERWAY_NODES
from bot.cluster.session import ClusterSession, Object, name_of
from bot.cluster.transport import ReadError
from bot.probes.events import VSWITCH, named_in
from bot.probes.findings import Evidence, Finding
from bot.probes.nodes import ZONE
from bot.probes.pods import node_of
from bot.probes.registry import absent, present, probe, some, unknown
from bot.probes.terway import NODES_LOOKED_AT, configured_vswitches, last_refusal

BATCH = 10  # addresses that Terway may ask for at once, beside those that wait
HOLDS_OFF = timedelta(minutes=10)  # after a refusal Terway does not ask that vSwitch again (pkg/vswitch)
MOST_SHOWN = 4


@dataclass(frozen=True)
class _Pool:
    """The vSwitches that one node (or zone) may use, as the cloud tells them, and how many pods wait there."""

    name: str
    ids: tuple[str, ...]
    found: Mapping[str, Object]
    waiting: int = 0

    @property
    def counts(self) -> dict[str, int | None]:
        return {id_: free_addresses(self.found[id_]) if id_ in self.found else None for id_ in self.ids}

    @property
    def is_empty(self) -> bool:
        return bool(self.ids) and all(count == 0 for count in self.counts.values())

    @property
    def has_plenty(self) -> bool:
        """Clearly more than is needed in one of them."""
        return any(count is not None and count > self.waiting + BATCH for count in self.counts.values())


@probe(
    nature="condition",
    reads=(
        Permission("list", PODS),
        Permission("list", EVENTS),
        Permission("list", NODES),
        Permission("get", NODES),
        Permission("list", TERWAY_NODES),
        Permission("get", TERWAY_NODES),
        GET_CONFIG,
    ),
    calls=(DESCRIBE_VSWITCHES,),
)
async def vswitches_used_up(session: ClusterSession, *, of: Literal["waiting", "configured"] = "waiting") -> Finding:
    """Every vSwitch that a node may use has no address left at this moment, by the cloud's count.

    Absent where one of them has clearly more than the pods that wait there need; unknown where a handful is left, where
    Terway takes blocks of 16, and where a vSwitch refused an address within the last ten minutes: Terway holds off.

    Args:
        of: waiting: the vSwitches of nodes with pods that wait for their network; configured: those of each zone in
            eni_conf, while no pod waits
    """
    waiters = (await network_waiters(session)).items
    if of == "configured" and waiters:
        return absent("pods wait for their network: the vSwitches of their nodes decide")
    if of == "waiting" and not waiters:
        return absent("no pod waits for an address")
    pools = await (_pools_of_nodes(session, waiters) if of == "waiting" else _pools_of_zones(session))
    if not pools:
        return unknown("no configuration tells which vSwitches are used here")
    return await _judged(session, pools)


async def _judged(session: ClusterSession, pools: list[_Pool]) -> Finding:
    empty = [pool for pool in pools if pool.is_empty]
    evidence = await _evidence(session, empty or pools)
    if empty:
        ids = [id_ for pool in empty for id_ in pool.ids]
        has = "has" if len(set(ids)) == 1 else "have"
        told = f"{some(ids)} {has} no address left, and {empty[0].name} may use no other vSwitch"
        places = [str(item.get("ZoneId") or "") for pool in empty for item in pool.found.values()]
        return present(told, evidence, vswitch=ids, zone=[place for place in places if place], **_nodes(empty))
    told_counts = some([f"{id_} has {n} left" for pool in pools for id_, n in pool.counts.items() if n is not None])
    named = {"free_addresses": [told_counts] if told_counts else []}
    if open_ := next((pool for pool in pools if not pool.has_plenty), None):
        return unknown(_why_open(open_), evidence, **named)
    if takes_blocks(await session.config_map("eni-config")):
        why = f"{told_counts}, but Terway takes whole blocks of 16 (enable_ip_prefix), and a block may be lacking"
        return unknown(why, evidence, **named)
    if (refusal := await last_refusal(session, HOLDS_OFF)) and _may_hold_off(refusal, pools):
        at = f"{refusal.last:%H:%M} UTC"
        why = f"{told_counts} now, but one refused an address at {at}, and Terway asks again ten minutes later"
        return unknown(why, evidence, refused_at=[at], **named)
    return absent(f"addresses are left: {told_counts}", evidence, **named)


def _may_hold_off(refusal: Event, pools: list[_Pool]) -> bool:
    """Whether Terway leaves one alone that has addresses again; one that is still empty is passed over anyhow."""
    named = set(named_in([refusal.message], VSWITCH))
    return any(count != 0 for pool in pools for id_, count in pool.counts.items() if not named or id_ in named)


def _nodes(pools: list[_Pool]) -> dict[str, list[str]]:
    names = [pool.name for pool in pools if pool.waiting]
    return {"node": names} if names else {}


def _why_open(pool: _Pool) -> str:
    if not pool.ids:
        return f"no configuration tells which vSwitches {pool.name} may use"
    lost = [id_ for id_, count in pool.counts.items() if count is None]
    if lost:
        return f"the cloud does not know {some(lost)} in this region and account"
    few = [f"{id_} has {count} left" for id_, count in pool.counts.items()]
    return f"few addresses are left ({some(few)}), and Terway asks for several at once"


async def _evidence(session: ClusterSession, pools: list[_Pool]) -> list[Evidence]:
    region = await cloud_region(session)
    found = {id_: item for pool in pools for id_, item in pool.found.items()}
    return [
        Evidence(
            object=f"VSwitch {id_}",
            excerpt=f"AvailableIpAddressCount: {free_addresses(item)} ({place_of(item)})",
            seen=session.now(),
            check=DESCRIBE_VSWITCHES.command(region, {"VSwitchId": id_}),
        )
        for id_, item in list(found.items())[:MOST_SHOWN]
    ]


async def _pools_of_nodes(session: ClusterSession, waiters: tuple[Object, ...]) -> list[_Pool]:
    waiting = Counter(node_of(pod) for pod in waiters)
    names = [name for name, _ in waiting.most_common(NODES_LOOKED_AT)]
    ids = await asyncio.gather(*(usable_vswitches(session, name) for name in names))
    found = await vswitches(session, [id_ for each in ids for id_ in each])
    return [
        _Pool(name, tuple(sorted(mine)), {id_: found[id_] for id_ in mine if id_ in found}, waiting[name])
        for name, mine in zip(names, ids, strict=True)
    ]


async def _pools_of_zones(session: ClusterSession) -> list[_Pool]:
    configured = zones(parse((await eni_config(session) or {}).get("eni_conf")))
    found = await vswitches(session, [id_ for ids in configured.values() for id_ in ids])
    return [
        _Pool(f"zone {zone}", tuple(ids), {id_: found[id_] for id_ in ids if id_ in found})
        for zone, ids in configured.items()
        if ids
    ]


async def usable_vswitches(session: ClusterSession, name: str) -> set[str]:
    """By Terway's object of the node, or where there is none, by the node's own zone; empty where nothing tells."""
    mine = await _terway_node(session, name)
    if mine is None:
        zone = label_of(await session.node(name) or {}, ZONE)
        mine = {"metadata": {"name": name}, "spec": {"nodeMetadata": {"zoneID": zone}}} if zone else None
    return await configured_vswitches(session, mine) if mine else set()


async def _terway_node(session: ClusterSession, name: str) -> Object | None:
    """``None`` in local IPAM mode, and where Terway's objects may not be read: its settings then tell the same."""
    try:
        listing = await terway_nodes(session)
        mine = next((node for node in listing.items if name_of(node) == name), None)
        if mine is None and not listing.complete:
            return await session.reader.get(TERWAY_NODES, name)
    except ReadError as error:
        if error.is_damage:
            raise
        return None
    return mine
