"""Whether pods have a way to the internet, by the cloud's word: default route, NAT gateway, SNAT entries."""

import asyncio
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.cloud.actions import (
    DESCRIBE_INSTANCES,
    DESCRIBE_NAT_GATEWAYS,
    DESCRIBE_NETWORK_INTERFACES,
    DESCRIBE_ROUTE_ENTRY_LIST,
    DESCRIBE_SNAT_TABLE_ENTRIES,
    DESCRIBE_VSWITCHES,
)
from bot.cloud.requests import Action, Parameter
from bot.cluster.facts.cloud import cloud_command, cloud_region, instance_id, whole_list
from bot.cluster.facts.cloud_routes import (
    described,
    has_public_address,
    holds_range,
    is_available,
    nat_gateway,
    public_addresses,
    read_nat_ahead,
    snat_covers,
    snat_entries,
)
from bot.cluster.facts.cloud_vswitches import configured_ids, vswitches
from bot.cluster.facts.cloud_ways_out import EVERYWHERE, is_black_hole, way_out
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.terway import terway_nodes
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import NODES, PODS, SERVICES, TERWAY_NODES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, safe_name
from bot.cluster.transport import ReadError
from bot.probes.events import VSWITCH, named_in
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import is_live, node_of
from bot.probes.registry import absent, present, probe, some, unknown
from knowledge.logic import Outcome

DEFAULT_ROUTE = EVERYWHERE[4]
_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d|/\d)")
PODS_LOOKED_AT = 20  # of one vSwitch, for public addresses of their own


@dataclass(frozen=True)
class _Way:
    """How pods of one vSwitch get out: present where there is none. ``told``: what it lacks, or what it is."""

    vswitch: str
    outcome: Outcome
    told: str
    evidence: tuple[Evidence, ...] = ()
    pods: tuple[Object, ...] = ()
    named: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass
class _Looker:
    """Follows the way out of one vSwitch, and keeps what was seen on it."""

    session: ClusterSession
    region: str
    vswitch: Object
    pods: tuple[Object, ...]
    target: str = ""  # an address of the internet, where the question names one
    evidence: list[Evidence] = field(default_factory=list)
    named: dict[str, list[str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return safe_name(self.vswitch.get("VSwitchId"))

    def saw(self, object_: str, excerpt: str, action: Action, **parameters: Parameter) -> None:
        check = cloud_command(self.region, action, **parameters)
        self.evidence.append(Evidence(object=object_, excerpt=excerpt, seen=self.session.now(), check=check))

    def way(self, outcome: Outcome, told: str, pods: Iterable[Object] | None = None) -> _Way:
        mine = self.pods if pods is None else tuple(pods)
        return _Way(self.id, outcome, told, tuple(self.evidence), mine, self.named)

    async def follow(self) -> _Way:
        table = safe_name(get_path(self.vswitch, "RouteTable", "RouteTableId"))
        if not table:
            return self.way(Outcome.UNKNOWN, f"the cloud does not tell the route table of {self.id}")
        self.named["route_table"] = [table]
        out = await way_out(self.session, table, target=self.target)
        excerpt = f"{out.destination}: {described(out.hops) or 'no entry'} (route table of {self.id})"
        asked = {"RouteTableId": table} | ({} if out.is_whole else {"DestinationCidrBlock": out.destination})
        self.saw(f"RouteTable {table}", excerpt, DESCRIBE_ROUTE_ENTRY_LIST, **asked)
        if out.parts:
            why = f"{table} leads to parts of the internet that were not looked into ({some(out.parts)})"
            return self.way(Outcome.UNKNOWN, why)
        if not out.routes:
            return await self._lacks(f"a default route ({DEFAULT_ROUTE}) in route table {table}")
        which = f"the route of {table} to {self.target}" if self.target else f"the default route of {table}"
        if out.hops and all(is_black_hole(kind) for kind, _ in out.hops):
            return await self._lacks(f"a way to the internet: {which} ({out.destination}) is a black hole")
        if not all(map(is_available, out.routes)) or len(out.hops) != 1:
            return self.way(Outcome.UNKNOWN, f"{which} leads to {described(out.hops) or 'nothing'}")
        kind, gateway = out.hops[0]
        if kind != "NatGateway":
            return self.way(Outcome.UNKNOWN, f"the way out of {self.id} is {kind} {gateway}, which was not looked into")
        return await self._by_nat(gateway)

    async def _by_nat(self, gateway: str) -> _Way:
        found, entries = await asyncio.gather(
            nat_gateway(self.session, gateway), snat_entries(self.session, gateway), return_exceptions=True
        )
        if isinstance(found, BaseException):
            raise found
        if found is None:
            return self.way(Outcome.UNKNOWN, f"the cloud does not know {gateway} in this region and account")
        self.named["nat_gateway"] = [gateway]
        kind, status = str(found.get("NetworkType") or ""), str(found.get("Status") or "")
        excerpt = f"NetworkType: {kind}, Status: {status}"
        self.saw(f"NatGateway {gateway}", excerpt, DESCRIBE_NAT_GATEWAYS, NatGatewayId=gateway)
        if kind.lower() == "intranet":
            return await self._lacks(f"a way to the internet: {gateway} is an intranet NAT gateway")
        if not is_available(found):
            return self.way(Outcome.UNKNOWN, f"NAT gateway {gateway} is {status or 'in an unknown state'}")
        if isinstance(entries, BaseException):
            raise entries
        return await self._by_snat(gateway, found, entries)

    async def _by_snat(self, gateway: str, found: Object, entries: tuple[Object, ...]) -> _Way:
        tables = get_path(found, "SnatTableIds", "SnatTableId")
        told = [*(tables if isinstance(tables, list) else []), *(entry.get("SnatTableId") for entry in entries)]
        self.named["snat_table"] = list(dict.fromkeys(safe_name(table) for table in told if table))
        self.named["eip_address"] = list(dict.fromkeys(safe_name(e.get("SnatIp")) for e in entries if e.get("SnatIp")))
        usable = [entry for entry in entries if is_available(entry)]
        mine = [entry for entry in entries if self._covers(entry)]
        sources = [str(entry.get("SourceVSwitchId") or entry.get("SourceCIDR") or "") for entry in mine or entries]
        excerpt = (
            f"SNAT entries for {self.id}: {len(mine)}; {'' if mine else 'others '}for {some(sources) or 'nothing'}"
        )
        self.saw(f"NatGateway {gateway}", excerpt, DESCRIBE_SNAT_TABLE_ENTRIES, NatGatewayId=gateway, PageSize="50")
        left = self._not_covered(usable)
        if not left:
            via = next((str(e.get("SnatIp")) for e in usable if self._covers(e) and e.get("SnatIp")), "")
            return self.way(Outcome.ABSENT, f"{self.id} by {gateway}" + (f" as {via}" if via else ""))
        if len(self._not_covered(entries)) < len(left):
            return self.way(Outcome.UNKNOWN, f"the SNAT entry of {gateway} that covers {self.id} is not Available yet")
        cidr = str(self.vswitch.get("CidrBlock") or "")
        return await self._lacks(f"an SNAT entry for {cidr or self.id} in NAT gateway {gateway}", left)

    def _covers(self, entry: Object) -> bool:
        return len(self._not_covered([entry])) < len(self._sources)

    @property
    def _sources(self) -> list[str]:
        """The pods' addresses; where no pod is there, one empty text for the vSwitch as a whole."""
        return [address_of(pod) for pod in self.pods] or [""]

    def _not_covered(self, entries: Iterable[Object]) -> list[str]:
        entries = list(entries)
        return [each for each in self._sources if not any(snat_covers(entry, self.vswitch, each) for entry in entries)]

    async def _lacks(self, what: str, addresses: Iterable[str] | None = None) -> _Way:
        """Unless the pods have public addresses of their own, or those of their nodes: they need no NAT."""
        left = set(self._sources if addresses is None else addresses)
        pods = [pod for pod in self.pods if address_of(pod) in left]
        if not pods:
            return self.way(Outcome.PRESENT, what)
        without = await self._without_public_address(pods[:PODS_LOOKED_AT])
        if not without:
            told = f"{self.id} lacks {what}, but its pods or their nodes have public addresses of their own"
            return self.way(Outcome.UNKNOWN, told)
        is_whole = len(without) == len(pods[:PODS_LOOKED_AT])
        return self.way(Outcome.PRESENT, what, pods if is_whole else without)

    async def _without_public_address(self, pods: list[Object]) -> list[Object]:
        addresses = tuple(dict.fromkeys(address_of(pod) for pod in pods))
        read = await asyncio.gather(*(self.session.node(name) for name in dict.fromkeys(map(node_of, pods)) if name))
        ids = {node_name(node): instance_id(node) for node in read if node and instance_id(node)}
        asked = [whole_list(self.session, DESCRIBE_NETWORK_INTERFACES, PrivateIpAddress=addresses)]
        if ids:
            asked.append(whole_list(self.session, DESCRIBE_INSTANCES, InstanceIds=tuple(dict.fromkeys(ids.values()))))
        interfaces, *instances = await asyncio.gather(*asked)
        vpc = self.vswitch.get("VpcId")
        own = {private for each in interfaces if each.get("VpcId") in (None, vpc) for private in public_addresses(each)}
        open_ = {item.get("InstanceId") for part in instances for item in part if has_public_address(item)}
        return [pod for pod in pods if address_of(pod) not in own and ids.get(node_of(pod)) not in open_]


def address_of(pod: Object) -> str:
    """A pod's first address, empty where it has none."""
    return str(get_path(pod, "status", "podIP") or "")


def internet_address(text: str) -> str:
    """The one public IPv4 address in the words; empty where there is none, or several."""
    found = [each for each in dict.fromkeys(_ADDRESS.findall(text)) if _is_public(each)]
    return found[0] if len(found) == 1 else ""


def _is_public(text: str) -> bool:
    try:
        return ipaddress.IPv4Address(text).is_global
    except ValueError:
        return False


def node_name(node: Object) -> str:
    """``metadata.name``."""
    return safe_name(get_path(node, "metadata", "name"))


@probe(
    nature="condition",
    reads=(
        *(Permission("list", each) for each in (PODS, NODES, SERVICES, TERWAY_NODES)),
        Permission("get", NODES),
        GET_CONFIG,
    ),
    calls=(
        *(DESCRIBE_VSWITCHES, DESCRIBE_ROUTE_ENTRY_LIST, DESCRIBE_NAT_GATEWAYS, DESCRIBE_SNAT_TABLE_ENTRIES),
        *(DESCRIBE_NETWORK_INTERFACES, DESCRIBE_INSTANCES),
    ),
)
async def vswitch_without_internet(session: ClusterSession) -> Finding:
    """Pods run in a vSwitch that has no default route, or whose NAT gateway has no SNAT entry for them.

    Looks at the Pod vSwitches, or at those alone that the question names or whose pods it names. Unknown where the
    default route leads to something else than a NAT gateway, where the pods or their nodes have public addresses of
    their own, and where no pod runs there yet.
    """
    finding, _ = await asyncio.gather(_without_internet(session), read_nat_ahead(session))
    return finding


async def _without_internet(session: ClusterSession) -> Finding:
    found, lost = await _vswitches_asked_about(session)
    if not found:
        why = f"the cloud does not know {some(lost)} in this region and account" if lost else "no vSwitch is configured"
        return unknown(why)
    pods = [pod for pod in (await session.all_of(PODS)).items if is_live(pod) and address_of(pod)]
    named = {full_name(pod) for pod in (await named_objects(session)).pods}
    mine = _by_vswitch([pod for pod in pods if full_name(pod) in named], found)
    if mine:
        found = {id_: found[id_] for id_ in mine}
    by_vswitch = mine or _by_vswitch(pods, found)
    region = await cloud_region(session)
    target = internet_address(session.scope.text)
    lookers = [_Looker(session, region, item, tuple(by_vswitch.get(id_, ())), target) for id_, item in found.items()]
    return _judged(await asyncio.gather(*(looker.follow() for looker in lookers)), lost)


def _judged(ways: list[_Way], lost: list[str]) -> Finding:
    missing = [way for way in ways if way.outcome is Outcome.PRESENT and way.pods]
    if missing:
        return _lacking(missing)
    evidence = [piece for way in ways for piece in way.evidence]
    open_ = [way.told for way in ways if way.outcome is Outcome.UNKNOWN]
    open_ += [f"the cloud does not know {some(lost)} in this region and account"] if lost else []
    if open_:
        return unknown(open_[0], evidence, unsettled=open_[:1])
    if unused := [way for way in ways if way.outcome is Outcome.PRESENT]:
        told = _lacking(unused)
        return replace(told.as_unknown("and no pod runs there yet"), is_hint=True)
    if not any(way.pods for way in ways):
        return unknown("no running pod has an address of these vSwitches", evidence)
    told_ways = some([way.told for way in ways])
    return absent(f"pods have a way to the internet: {told_ways}", evidence, way_out=[told_ways])


def _lacking(ways: list[_Way]) -> Finding:
    named = {word: names for way in reversed(ways) for word, names in way.named.items()}
    pods = [full_name(pod) for way in ways for pod in way.pods]
    told = f"{ways[0].vswitch} lacks {ways[0].told}"
    evidence = [piece for way in ways for piece in way.evidence]
    return present(told, evidence, vswitch=[way.vswitch for way in ways], pod=pods, missing=[ways[0].told], **named)


def _by_vswitch(pods: Iterable[Object], found: Mapping[str, Object]) -> dict[str, list[Object]]:
    """The pods whose addresses are in the CIDR block of each vSwitch; none without any."""
    held: dict[str, list[Object]] = {}
    for pod in pods:
        for id_, item in found.items():
            if holds_range(str(item.get("CidrBlock") or ""), address_of(pod)):
                held.setdefault(id_, []).append(pod)
    return held


async def _vswitches_asked_about(session: ClusterSession) -> tuple[dict[str, Object], list[str]]:
    """Those that the question names, else all that Terway may use or has ENIs in; and those that nobody knows."""
    ids = named_in([session.scope.text], VSWITCH)
    if not ids:
        ids = [*await configured_ids(session), *await _vswitches_of_enis(session)]
    found = await vswitches(session, ids)
    return found, [id_ for id_ in dict.fromkeys(ids) if id_ not in found]


async def _vswitches_of_enis(session: ClusterSession) -> list[str]:
    """Also those of nodes with settings of their own; nothing in local IPAM mode, where no object tells."""
    try:
        listing = await terway_nodes(session)
    except ReadError as error:
        if error.is_damage:
            raise
        return []
    enis = [eni for node in listing.items for eni in (get_path(node, "status", "networkInterfaces") or {}).values()]
    return sorted({safe_name(eni.get("vSwitchID")) for eni in enis if eni.get("vSwitchID")})
