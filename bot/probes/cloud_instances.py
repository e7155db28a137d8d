"""Whether an ECS instance that the question names lets the cluster's pods in, by the cloud's word."""

import asyncio
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cloud.actions import DESCRIBE_INSTANCES, DESCRIBE_NETWORK_INTERFACES, DESCRIBE_SECURITY_GROUP_ATTRIBUTE
from bot.cluster.facts.cloud import cloud_command, cloud_region, cloud_vpc, instance_id, whole_list
from bot.cluster.facts.cloud_routes import holds_range
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission, read_fact
from bot.cluster.facts.security_group_rules import Ingress, Traffic, ingress_rules, lets_in, rule_in_words
from bot.cluster.resources import NODES
from bot.cluster.session import ClusterSession, Object, get_path, safe_name
from bot.probes.findings import Evidence, Finding
from bot.probes.registry import absent, present, probe, some, unknown

_ADDRESS = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d|/\d)")
_PORT = re.compile(r"(?:\bport\s{1,3}|端口\s{0,3}|\d:)(\d{1,5})\b", re.IGNORECASE)
_PING = re.compile(r"ping|icmp", re.IGNORECASE)
MOST_NODES = 100  # instances that one call takes


@dataclass(frozen=True)
class _Target:
    """What has the address: an instance or an ENI, with its VPC and security groups."""

    id: str
    vpc: str
    groups: tuple[str, ...]
    status: str


@probe(
    nature="state",
    reads=(Permission("list", NODES), GET_CONFIG),
    calls=(DESCRIBE_INSTANCES, DESCRIBE_NETWORK_INTERFACES, DESCRIBE_SECURITY_GROUP_ATTRIBUTE),
)
async def instance_refuses_pods(session: ClusterSession) -> Finding:
    """The instance whose address the question names is in another VPC, or its security groups refuse the cluster.

    By the protocol that the words speak of: ping, or a port. A rule decides where it does for pods' addresses and for
    nodes' alike, because either may arrive; else it is unknown, as it is without an address that an instance has.
    """
    address = await _address_asked_about(session)
    if not address:
        why = "the words name no address of an instance, or several"
        return unknown(why, unsettled=[why])
    target = await _target(session, address)
    if target is None:
        why = f"no instance of this region and account has the address {address}"
        return unknown(why, unsettled=[why])
    region, vpc = await cloud_region(session), await cloud_vpc(session)
    check = cloud_command(region, DESCRIBE_INSTANCES, PrivateIpAddresses=(address,), InstanceNetworkType="vpc")
    excerpt = f"{address}: VpcId {target.vpc}, Status {target.status}, SecurityGroupIds {', '.join(target.groups)}"
    seen = Evidence(object=f"Instance {target.id}", excerpt=excerpt, seen=session.now(), check=check)
    named = {"ecs_private_ip": [address], "ecs_instance": [target.id], "security_group": list(target.groups)}
    if target.vpc != vpc:
        what = f"it is in another VPC ({target.vpc}, the cluster is in {vpc}); peering and CEN were not looked at"
        return present(f"{target.id} has {address}, and {what}", [seen], refused=[what], **named)
    if target.status not in ("Running", "InUse"):
        why = f"{target.id}, which has {address}, is {target.status or 'in an unknown state'}"
        return unknown(why, [seen], unsettled=[why], **named)
    return await _by_groups(session, target, seen, named)


async def _by_groups(session: ClusterSession, target: _Target, seen: Evidence, named: dict[str, list[str]]) -> Finding:
    ingress, sources = await asyncio.gather(ingress_rules(session, target.groups), _sources(session))
    if not sources:
        why = "the cluster does not tell the addresses of its pods and nodes"
        return unknown(why, [seen], unsettled=[why], **named)
    asked = [Traffic(kind, *source) for kind, port in _protocols(session.scope.text) for source in _with(sources, port)]
    results = [(traffic, *lets_in(ingress, traffic)) for traffic in asked]
    decided = {what for _, what, _ in results}
    evidence = [seen, *await _evidence(session, target, ingress, results)]
    protocols = some([traffic.protocol + (f" {traffic.port}" if traffic.port else "") for traffic in asked])
    rule = rule_in_words(results[0][2])
    if decided == {"refused"}:
        what = f"its security groups ({some(target.groups)}) refuse {protocols} from pods and nodes: {rule}"
        return present(f"{target.id}: {what}", evidence, refused=[what], **named)
    if decided == {"in"}:
        told = f"the security groups of {target.id} ({some(target.groups)}) let {protocols} in from pods and nodes"
        return absent(told, evidence, way_out=[told], **named)
    why = f"the security groups of {target.id} let {protocols} in from some of the pods' and nodes' addresses only"
    return unknown(why, evidence, unsettled=[why], **named)


def _with(sources: list[tuple[str, frozenset[str]]], port: int | None) -> list[tuple[str, int | None, frozenset[str]]]:
    return [(source, port, groups) for source, groups in sources]


async def _evidence(
    session: ClusterSession, target: _Target, ingress: Ingress, results: Sequence[tuple[Traffic, str, Object | None]]
) -> list[Evidence]:
    region = await cloud_region(session)
    told = dict.fromkeys((traffic.protocol, what, rule_in_words(rule)) for traffic, what, rule in results)
    excerpt = "; ".join(f"{protocol} {what}: {rule}" for protocol, what, rule in list(told)[:2])
    return [
        Evidence(
            object=f"SecurityGroup {group}",
            excerpt=f"{sum(rule['SecurityGroupId'] == group for rule in ingress.rules)} inbound rules; {excerpt}",
            seen=session.now(),
            check=cloud_command(region, DESCRIBE_SECURITY_GROUP_ATTRIBUTE, SecurityGroupId=group, Direction="ingress"),
        )
        for group in target.groups[:2]
    ]


def _protocols(text: str) -> list[tuple[str, int | None]]:
    """What the words ask for. Where they name neither ping nor a port, both have to come to the same."""
    port = _PORT.search(text)
    if _PING.search(text):
        return [("ICMP", None)]
    if port:
        return [("TCP", int(port[1]))]
    return [("ICMP", None), ("TCP", None)]


async def _sources(session: ClusterSession) -> list[tuple[str, frozenset[str]]]:
    """The pods' range and the nodes' addresses, these with their security groups; empty where one is not known."""
    pods = (await read_fact(session, "cluster.pod_cidr")).value
    listing = await session.nodes()
    nodes = {instance_id(node): _internal_address(node) for node in listing.items[:MOST_NODES]}
    nodes.pop("", None)
    if not pods or not nodes or not all(nodes.values()):
        return []
    found = await whole_list(session, DESCRIBE_INSTANCES, InstanceIds=tuple(nodes))
    groups = {str(item.get("InstanceId")): _groups(item) for item in found}
    if not set(nodes) <= set(groups):
        return []
    ranges = [part for part in str(pods).split(",") if ":" not in part]
    return [
        *((range_.strip(), frozenset[str]()) for range_ in ranges),
        *((address, frozenset(groups[id_])) for id_, address in nodes.items()),
    ]


def _internal_address(node: Object) -> str:
    listed = get_path(node, "status", "addresses") or []
    found = [str(each.get("address") or "") for each in listed if each.get("type") == "InternalIP"]
    return next((each for each in found if ":" not in each), "")


def _groups(item: Object) -> tuple[str, ...]:
    listed = get_path(item, "SecurityGroupIds", "SecurityGroupId")
    return tuple(map(safe_name, listed)) if isinstance(listed, list) else ()


async def _address_asked_about(session: ClusterSession) -> str:
    """The one address in the words that is none of pods and Services; a node's only where it is the only one."""
    told = [await read_fact(session, name) for name in ("cluster.pod_cidr", "cluster.service_cidr")]
    ranges = [part.strip() for fact in told if fact.value for part in str(fact.value).split(",")]
    found = [text for text in dict.fromkeys(_ADDRESS.findall(session.scope.text)) if _is_address(text)]
    found = [text for text in found if not any(holds_range(range_, text) for range_ in ranges)]
    if len(found) > 1:
        nodes = {_internal_address(node) for node in (await session.nodes()).items}
        found = [text for text in found if text not in nodes]
    return found[0] if len(found) == 1 else ""


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


async def _target(session: ClusterSession, address: str) -> _Target | None:
    """By an instance's own address, else by the secondary addresses of ENIs; that of the cluster's VPC first."""
    instances = await whole_list(session, DESCRIBE_INSTANCES, PrivateIpAddresses=(address,), InstanceNetworkType="vpc")
    found = [_of_instance(item) for item in instances]
    if not found:
        interfaces = await whole_list(session, DESCRIBE_NETWORK_INTERFACES, PrivateIpAddress=(address,))
        found = [_of_interface(item) for item in interfaces]
    vpc = await cloud_vpc(session)
    return next(iter(sorted(found, key=lambda each: each.vpc != vpc)), None)


def _of_instance(item: Object) -> _Target:
    vpc, status = safe_name(get_path(item, "VpcAttributes", "VpcId")), safe_name(item.get("Status"))
    return _Target(safe_name(item.get("InstanceId")), vpc, _groups(item), status)


def _of_interface(item: Object) -> _Target:
    id_ = safe_name(item.get("InstanceId") or item.get("NetworkInterfaceId"))
    return _Target(id_, safe_name(item.get("VpcId")), _groups(item), safe_name(item.get("Status")))
