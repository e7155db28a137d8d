"""Routes, NAT gateways and SNAT entries as the cloud tells them."""

import asyncio
import ipaddress
from collections.abc import Iterable

from bot.cloud.actions import DESCRIBE_NAT_GATEWAYS, DESCRIBE_ROUTE_ENTRY_LIST, DESCRIBE_SNAT_TABLE_ENTRIES
from bot.cluster.facts.cloud import cloud_vpc, whole_list
from bot.cluster.session import ClusterSession, Object, get_path, safe_name
from bot.cluster.transport import ReadError

AVAILABLE = "available"
MOST_AHEAD = 2  # NAT gateways whose SNAT entries are read before anything leads to them


async def routes_to(session: ClusterSession, table: str, destination: str) -> list[Object]:
    """The entries of a route table for exactly this CIDR block.

    Raises:
        ReadError: they could not be read.
    """
    entries = await whole_list(session, DESCRIBE_ROUTE_ENTRY_LIST, RouteTableId=table, DestinationCidrBlock=destination)
    return [entry for entry in entries if entry.get("DestinationCidrBlock") == destination]


async def entries_of(session: ClusterSession, table: str) -> tuple[Object, ...]:
    """All entries of a route table.

    Raises:
        ReadError: not all could be read.
    """
    return await whole_list(session, DESCRIBE_ROUTE_ENTRY_LIST, RouteTableId=table)


def next_hops(entry: Object) -> list[tuple[str, str]]:
    """Type and id of each next hop: ``("NatGateway", "ngw-…")``, ``("Instance", "i-…")``."""
    hops = get_path(entry, "NextHops", "NextHop")
    found = [hop for hop in hops if isinstance(hop, dict)] if isinstance(hops, list) else []
    return [(safe_name(hop.get("NextHopType")), safe_name(hop.get("NextHopId"))) for hop in found]


def is_available(item: Object) -> bool:
    """Whether its ``Status`` is Available; anything else is on its way in or out."""
    return str(item.get("Status") or "").lower() == AVAILABLE


async def nat_gateway(session: ClusterSession, gateway: str) -> Object | None:
    """The NAT gateway, of the VPC's, which may be known already; ``None`` where this region and account have none.

    Raises:
        ReadError: it could not be read.
    """
    try:
        found = await _nat_gateways(session)
    except ReadError as error:
        if error.kind != "refused":
            raise
        found = ()
    if not any(item.get("NatGatewayId") == gateway for item in found):
        found = await whole_list(session, DESCRIBE_NAT_GATEWAYS, NatGatewayId=gateway)
    return next((item for item in found if item.get("NatGatewayId") == gateway), None)


async def read_nat_ahead(session: ClusterSession) -> None:
    """The VPC's NAT gateways with their SNAT entries, while routes are looked for: nearly always one is asked for."""
    try:
        gateways = [safe_name(item.get("NatGatewayId")) for item in await _nat_gateways(session)]
        if len(gateways) <= MOST_AHEAD:
            await asyncio.gather(*(snat_entries(session, gateway) for gateway in gateways))
    except ReadError as error:
        if error.is_damage:
            raise


async def _nat_gateways(session: ClusterSession) -> tuple[Object, ...]:
    return await whole_list(session, DESCRIBE_NAT_GATEWAYS, VpcId=await cloud_vpc(session))


async def snat_entries(session: ClusterSession, gateway: str) -> tuple[Object, ...]:
    """All SNAT entries of a NAT gateway: those for a vSwitch, for a CIDR block and for a whole VPC.

    Raises:
        ReadError: not all could be read.
    """
    return await whole_list(session, DESCRIBE_SNAT_TABLE_ENTRIES, NatGatewayId=gateway)


def snat_covers(entry: Object, vswitch: Object, address: str = "") -> bool:
    """Whether an SNAT entry translates this vSwitch; with ``address``, this one address of it."""
    if entry.get("SourceVSwitchId") and entry.get("SourceVSwitchId") == vswitch.get("VSwitchId"):
        return True
    return holds_range(str(entry.get("SourceCIDR") or ""), address or str(vswitch.get("CidrBlock") or ""))


def holds_range(outer: str, inner: str) -> bool:
    """Whether a CIDR block holds a CIDR block or an address; what is neither holds and is held by nothing."""
    try:
        one, other = ipaddress.ip_network(outer, strict=False), ipaddress.ip_network(inner, strict=False)
    except ValueError:
        return False
    return one.version == other.version and other.subnet_of(one)  # type: ignore[arg-type]


def public_addresses(interface: Object) -> dict[str, str]:
    """By private address the public one that an ENI has for it; an ENI's own is that of its primary address."""
    found = {str(interface.get("PrivateIpAddress") or ""): _public(interface)}
    sets = get_path(interface, "PrivateIpSets", "PrivateIpSet")
    for each in sets if isinstance(sets, list) else []:
        if isinstance(each, dict) and _public(each):
            found[str(each.get("PrivateIpAddress") or "")] = _public(each)
    return {private: public for private, public in found.items() if private and public}


def _public(item: Object) -> str:
    return str(get_path(item, "AssociatedPublicIp", "PublicIpAddress") or "")


def has_public_address(instance: Object) -> bool:
    """Whether an ECS instance has an EIP or a public address of its own."""
    listed = get_path(instance, "PublicIpAddress", "IpAddress")
    return bool(get_path(instance, "EipAddress", "IpAddress") or (isinstance(listed, list) and any(listed)))


def described(hops: Iterable[tuple[str, str]]) -> str:
    """Next hops in words."""
    return ", ".join(f"{kind} {id_}" for kind, id_ in hops)
