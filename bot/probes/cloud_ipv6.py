"""Whether a pod's IPv6 address has its way from and to the internet, by the cloud's word."""

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import Literal

from bot.cloud.actions import (
    DESCRIBE_IPV6_ADDRESSES,
    DESCRIBE_IPV6_EGRESS_ONLY_RULES,
    DESCRIBE_IPV6_GATEWAYS,
    DESCRIBE_NETWORK_INTERFACES,
    DESCRIBE_ROUTE_ENTRY_LIST,
    DESCRIBE_ROUTE_TABLE_LIST,
    DESCRIBE_SECURITY_GROUP_ATTRIBUTE,
)
from bot.cluster.facts.cloud import cloud_command, cloud_region, cloud_vpc, whole_list
from bot.cluster.facts.cloud_route_tables import own_table
from bot.cluster.facts.cloud_routes import described, is_available
from bot.cluster.facts.cloud_ways_out import way_out
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.security_group_rules import Traffic, ingress_rules, lets_in
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import NODES, PODS, SERVICES
from bot.cluster.session import SYSTEM, ClusterSession, Object, full_name, get_path, namespace_of, safe_name
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import is_live
from bot.probes.registry import absent, present, probe, some, unknown
from knowledge.logic import Outcome

PODS_LOOKED_AT = 2
ANYWHERE = "::/0"


@dataclass(frozen=True)
class _Address:
    """One pod's IPv6 address: present where it lacks what the internet takes. ``told``: what, or why it is open."""

    pod: str
    outcome: Outcome
    told: str
    evidence: tuple[Evidence, ...]
    address: str


@probe(
    nature="condition",
    reads=(*(Permission("list", each) for each in (PODS, NODES, SERVICES)), GET_CONFIG),
    calls=(
        *(DESCRIBE_IPV6_GATEWAYS, DESCRIBE_IPV6_ADDRESSES, DESCRIBE_IPV6_EGRESS_ONLY_RULES),
        *(DESCRIBE_NETWORK_INTERFACES, DESCRIBE_SECURITY_GROUP_ATTRIBUTE),
        *(DESCRIBE_ROUTE_TABLE_LIST, DESCRIBE_ROUTE_ENTRY_LIST),
    ),
)
async def ipv6_without_internet(session: ClusterSession, *, way: Literal["in", "out"]) -> Finding:
    """The VPC has no IPv6 gateway, or the pods' IPv6 addresses have no public bandwidth.

    Of the pods that the question names, else of a few that run. Unknown where the cloud does not know an address
    (prefix mode, a pod that is gone), where some have bandwidth and others not, where a custom route table has no route
    for ::/0 to the gateway, and inbound where an egress-only rule or a security group keeps the internet out.

    Args:
        way: in: from the internet to the pod; out: from the pod to the internet
    """
    vpc, region = await cloud_vpc(session), await cloud_region(session)
    pods, are_all = await _pods(session)
    gateways, *_ = await asyncio.gather(
        whole_list(session, DESCRIBE_IPV6_GATEWAYS, VpcId=vpc),
        *(_asked_for(session, pod) for pod in pods),
        return_exceptions=True,
    )
    if isinstance(gateways, BaseException):
        raise gateways
    check = cloud_command(region, DESCRIBE_IPV6_GATEWAYS, VpcId=vpc)
    if not gateways:
        seen = Evidence(object=f"VPC {vpc}", excerpt="no IPv6 gateway", seen=session.now(), check=check)
        what = f"{vpc} has no IPv6 gateway"
        return present(what, [seen], missing=[what])
    gateway = gateways[0]
    id_, status = safe_name(gateway.get("Ipv6GatewayId")), str(gateway.get("Status") or "")
    business = str(gateway.get("BusinessStatus") or "")
    excerpt = f"Status: {status}, BusinessStatus: {business}"
    seen = Evidence(object=f"Ipv6Gateway {id_}", excerpt=excerpt, seen=session.now(), check=check)
    if status != "Available" or business not in ("", "Normal"):
        why = f"IPv6 gateway {id_} is {status or 'in an unknown state'}, {business or 'its business status unknown'}"
        return unknown(why, [seen], unsettled=[why])
    if not pods:
        why = "no pod with an IPv6 address is named or runs"
        return unknown(why, [seen], unsettled=[why])
    looks = await asyncio.gather(*(_look(session, region, id_, pod, way) for pod in pods))
    return _judged(list(looks), seen, are_all=are_all)


def _judged(looks: list[_Address], seen: Evidence, *, are_all: bool) -> Finding:
    evidence = [seen, *(piece for look in looks for piece in look.evidence)]
    named = {"pod": [look.pod for look in looks], "pod_ipv6": [look.address for look in looks]}
    outcomes = {look.outcome for look in looks}
    if outcomes == {Outcome.PRESENT}:
        return present(f"{looks[0].pod}: {looks[0].told}", evidence, missing=[looks[0].told], **named)
    if outcomes == {Outcome.ABSENT} and are_all:
        told = some([look.told for look in looks])
        return absent(told, evidence, way_out=[told], **named)
    open_ = next((look for look in looks if look.outcome is Outcome.UNKNOWN), None)
    why = open_.told if open_ else f"not all pods were looked at, and of these {looks[0].told}"
    return unknown(why, evidence, unsettled=[why], **named)


async def _look(session: ClusterSession, region: str, gateway: str, pod: Object, way: str) -> _Address:
    address, name = ipv6_of(pod), full_name(pod)
    found = await whole_list(session, DESCRIBE_IPV6_ADDRESSES, Ipv6Address=address)
    mine = next((item for item in found if _same(str(item.get("Ipv6Address") or ""), address)), None)
    if mine is None:
        return _Address(name, Outcome.UNKNOWN, f"the cloud does not know {address} of {name} by itself", (), address)
    bandwidth = get_path(mine, "Ipv6InternetBandwidth", "Bandwidth") or 0
    business = str(get_path(mine, "Ipv6InternetBandwidth", "BusinessStatus") or "")
    excerpt = f"Ipv6InternetBandwidth.Bandwidth: {bandwidth}, NetworkType: {mine.get('NetworkType')}"
    check = cloud_command(region, DESCRIBE_IPV6_ADDRESSES, Ipv6Address=address)
    seen = Evidence(object=f"Ipv6Address {address}", excerpt=excerpt, seen=session.now(), check=check)

    def told(outcome: Outcome, what: str) -> _Address:
        return _Address(name, outcome, what, (seen,), address)

    if not isinstance(bandwidth, int):
        return told(Outcome.UNKNOWN, f"the cloud does not tell the bandwidth of {address}")
    if bandwidth == 0:
        return told(Outcome.PRESENT, f"its IPv6 address {address} has no public bandwidth")
    if business not in ("", "Normal"):
        return told(Outcome.UNKNOWN, f"the public bandwidth of {address} is {business}")
    has = f"{address} of {name} has {bandwidth} Mbit/s"
    coming = _inbound(session, gateway, mine, has) if way == "in" else _nothing_more(has)
    lacking, decided = await asyncio.gather(_lacks_route(session, gateway, mine), coming)
    return told(Outcome.UNKNOWN, f"{has}, but {lacking}") if lacking else told(*decided)


async def _asked_for(session: ClusterSession, pod: Object) -> tuple[Object, ...]:
    """Beside the gateway, which nearly always is there."""
    return await whole_list(session, DESCRIBE_IPV6_ADDRESSES, Ipv6Address=ipv6_of(pod))


async def _nothing_more(has: str) -> tuple[Outcome, str]:
    return Outcome.ABSENT, has


async def _lacks_route(session: ClusterSession, gateway: str, item: Object) -> str:
    """What a custom route table lacks; the system table has its route to the gateway since that was made."""
    vswitch = safe_name(item.get("VSwitchId"))
    table = await own_table(session, vswitch)
    if not table:
        return ""
    out = await way_out(session, table, version=6)
    where = f"route table {table} of {vswitch}"
    if not out.routes:
        return f"{where} has no route for {ANYWHERE}"
    if any(kind.lower() != "ipv6gateway" for kind, _ in out.hops) or not all(map(is_available, out.routes)):
        return (
            f"the route for {out.destination} in {where} leads to {described(out.hops) or 'nothing'}, not to {gateway}"
        )
    return ""


async def _inbound(session: ClusterSession, gateway: str, item: Object, has: str) -> tuple[Outcome, str]:
    """What keeps the internet out although there is bandwidth: an egress-only rule, or the security groups."""
    eni = safe_name(item.get("AssociatedInstanceId"))
    is_eni = eni.startswith("eni-")
    rules, found = await asyncio.gather(
        whole_list(session, DESCRIBE_IPV6_EGRESS_ONLY_RULES, Ipv6GatewayId=gateway),
        whole_list(session, DESCRIBE_NETWORK_INTERFACES, NetworkInterfaceId=(eni,)) if is_eni else _none(),
    )
    if any(rule.get("InstanceId") == item.get("Ipv6AddressId") for rule in rules):
        return Outcome.UNKNOWN, f"{has}, but an egress-only rule of {gateway} keeps the internet out"
    if not is_eni:
        return Outcome.UNKNOWN, f"{has}, and the cloud does not tell the security groups behind it"
    groups = [safe_name(g) for e in found for g in get_path(e, "SecurityGroupIds", "SecurityGroupId") or []]
    if not groups:
        return Outcome.UNKNOWN, f"{has}, and the cloud does not tell the security groups of {eni}"
    ingress = await ingress_rules(session, groups)
    if not any(rule.get("Ipv6SourceCidrIp") for rule in ingress.rules):
        return Outcome.UNKNOWN, f"{has}, but security group {some(groups)} has no inbound rule with an IPv6 source"
    if lets_in(ingress, Traffic("TCP", ANYWHERE))[0] != "in":
        return Outcome.UNKNOWN, f"{has}, and security group {some(groups)} lets only some ports or sources in over IPv6"
    return Outcome.ABSENT, f"{has}, and security group {some(groups)} lets all of IPv6 in"


async def _none() -> tuple[Object, ...]:
    return ()


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.IPv6Address(one) == ipaddress.IPv6Address(other)
    except ValueError:
        return False


def ipv6_of(pod: Object) -> str:
    """A pod's IPv6 address, empty where it has none."""
    listed = get_path(pod, "status", "podIPs") or []
    return next((str(each.get("ip")) for each in listed if ":" in str(each.get("ip") or "")), "")


async def _pods(session: ClusterSession) -> tuple[list[Object], bool]:
    """Those that the question names, else a few that run; and whether these are all that are meant."""
    named = [pod for pod in (await named_objects(session)).pods if is_live(pod) and ipv6_of(pod)]
    if named:
        return named[:PODS_LOOKED_AT], len(named) <= PODS_LOOKED_AT
    listing = await session.all_of(PODS)
    found = [pod for pod in listing.items if is_live(pod) and ipv6_of(pod) and namespace_of(pod) != SYSTEM]
    return found[:PODS_LOOKED_AT], listing.complete and len(found) <= PODS_LOOKED_AT
