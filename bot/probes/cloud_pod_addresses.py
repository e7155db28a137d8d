"""Whether pods have addresses of other vSwitches than those configured for their nodes, by the cloud's CIDR blocks."""

import asyncio
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.cloud.actions import DESCRIBE_NETWORK_INTERFACES, DESCRIBE_VSWITCHES
from bot.cluster.declared_reads import label_of
from bot.cluster.facts.cloud import ask_cloud, cloud_region, instance_id
from bot.cluster.facts.cloud_vswitches import configured_ids, vswitches
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.terway import CONFIG_LABEL
from bot.cluster.resources import NODES, PODS, TERWAY_NODES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of
from bot.cluster.transport import ReadError
from bot.probes.cloud_vswitches import usable_vswitches
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import node_of
from bot.probes.registry import absent, count, present, probe, some, unknown
from bot.probes.terway import NODES_LOOKED_AT

Address = ipaddress.IPv4Address


@dataclass(frozen=True)
class _Placed:
    """A pod with an IPv4 address of its own."""

    pod: Object
    address: Address


@probe(
    nature="sign",
    reads=(
        Permission("list", PODS),
        Permission("list", NODES),
        Permission("get", NODES),
        Permission("list", TERWAY_NODES),
        Permission("get", TERWAY_NODES),
        GET_CONFIG,
    ),
    calls=(DESCRIBE_NETWORK_INTERFACES, DESCRIBE_VSWITCHES),
)
async def pod_ips_outside_vswitches(session: ClusterSession) -> Finding:
    """A pod's address is in no CIDR block of the vSwitches that its node may use, and its ENI is in another vSwitch.

    A node's own ConfigMap (label terway-config) and the vSwitchOptions of its Terway object count. Pods on the host's
    network, on virtual nodes, and with an ENI of their own as a trunk's member are left out.
    """
    ids = await configured_ids(session)
    if not ids:
        return unknown("no configuration tells which vSwitches are used here")
    pods = await session.all_of(PODS, from_cache=True)
    placed = list(_placed(pods.items))
    common = _blocks(await vswitches(session, ids), ids)
    suspects = await _suspects(session, placed, common)
    if not suspects:
        told = f"the addresses of {count(len(placed), 'pod')} are in the CIDR blocks of configured vSwitches"
        return absent(told) if pods.complete else unknown(f"{told}, among those that could be read")
    return await _judged(session, suspects)


def _placed(pods: Iterable[Object]) -> Iterator[_Placed]:
    for pod in pods:
        is_over = get_path(pod, "status", "phase") in ("Succeeded", "Failed")
        if get_path(pod, "spec", "hostNetwork") or is_over or not node_of(pod):
            continue
        listed = [get_path(pod, "status", "podIP"), *(_ip(each) for each in get_path(pod, "status", "podIPs") or [])]
        found = next((address for text in listed if (address := _address(text))), None)
        if found:
            yield _Placed(pod, found)


def _ip(each: object) -> object:
    return each.get("ip") if isinstance(each, dict) else None


def _address(text: object) -> Address | None:
    try:
        return Address(str(text))
    except ValueError:
        return None


def _blocks(found: Mapping[str, Object], ids: Iterable[str]) -> list[ipaddress.IPv4Network]:
    """The CIDR blocks of all of these vSwitches.

    Raises:
        ReadError: the cloud does not tell one of them: what is in none of the others may be in it.
    """
    try:
        return [ipaddress.IPv4Network(str(found[id_].get("CidrBlock"))) for id_ in ids]
    except (KeyError, ValueError) as error:
        lost = sorted(id_ for id_ in ids if id_ not in found) or sorted(ids)
        why = f"the cloud does not tell the CIDR block of {some(lost)} in this region and account"
        raise ReadError("refused", why) from error


def _is_in(address: Address, blocks: Iterable[ipaddress.IPv4Network]) -> bool:
    return any(address in block for block in blocks)


async def _suspects(
    session: ClusterSession, placed: list[_Placed], common: list[ipaddress.IPv4Network]
) -> dict[str, list[_Placed]]:
    """By node: pods outside of what is configured for all, and all pods of nodes with settings of their own."""
    labelled = await session.reader.select(NODES, labels=CONFIG_LABEL, metadata_only=True)
    own = {name_of(node) for node in labelled.items if label_of(node, CONFIG_LABEL)}
    found: dict[str, list[_Placed]] = {}
    for each in placed:
        if node_of(each.pod) in own or not _is_in(each.address, common):
            found.setdefault(node_of(each.pod), []).append(each)
    return found


async def _judged(session: ClusterSession, suspects: Mapping[str, list[_Placed]]) -> Finding:
    """The nodes with most of them; what is open on one of them, or on those that were not looked at, stays open."""
    names = sorted(suspects, key=lambda name: (-len(suspects[name]), name))
    looked_at = names[:NODES_LOOKED_AT]
    findings = await asyncio.gather(*(_of_node(session, name, suspects[name]) for name in looked_at))
    for outcome in ("present", "unknown"):
        chosen = [found for found in findings if found.outcome == outcome]
        if chosen:
            return _joined(chosen)
    if len(names) > len(looked_at):
        return unknown(f"not all of {count(len(names), 'node')} with pods outside the common vSwitches were looked at")
    return absent("; ".join(found.summary for found in findings))


def _joined(found: list[Finding]) -> Finding:
    told = "; ".join(each.summary for each in found)
    evidence = [piece for each in found for piece in each.evidence]
    objects: dict[str, list[str]] = {}
    for each in found:
        for name, values in each.objects.items():
            objects.setdefault(name, []).extend(values)
    make = present if found[0].outcome == "present" else unknown
    return make(told, evidence, **objects)


async def _of_node(session: ClusterSession, name: str, placed: list[_Placed]) -> Finding:
    instance = instance_id(await session.node(name) or {})
    if not instance:
        return absent(f"{name} is no ECS instance, and Terway does not give its pods their addresses")
    ids = sorted(await usable_vswitches(session, name))
    if not ids:
        return unknown(f"no configuration tells which vSwitches {name} may use")
    found = await vswitches(session, ids)
    blocks = _blocks(found, ids)
    outside = [each for each in placed if not _is_in(each.address, blocks)]
    if not outside:
        return absent(f"the pods of {name} have addresses of the vSwitches that are configured for it ({some(ids)})")
    first = outside[0]
    listing = await ask_cloud(session, DESCRIBE_NETWORK_INTERFACES, PrivateIpAddress=(str(first.address),))
    with_it = (eni for eni in listing.items if str(first.address) in _addresses_of(eni))
    mine = next((eni for eni in with_it if eni.get("InstanceId") == instance), None)
    return await _of_eni(session, name, outside, ids, mine)


def _addresses_of(eni: Object) -> set[str]:
    sets = get_path(eni, "PrivateIpSets", "PrivateIpSet") or []
    listed = [each.get("PrivateIpAddress") for each in sets if isinstance(each, dict)]
    return {str(address) for address in (*listed, eni.get("PrivateIpAddress")) if address}


async def _of_eni(
    session: ClusterSession, name: str, outside: list[_Placed], ids: list[str], eni: Object | None
) -> Finding:
    address, pods = str(outside[0].address), [full_name(each.pod) for each in outside]
    told = f"{pods[0]} on {name} has {address}, which is in no CIDR block of {some(ids)}"
    if eni is None:
        return unknown(f"{told}, but the cloud knows no ENI of its instance with that address", node=[name], pod=pods)
    vswitch, id_ = str(eni.get("VSwitchId") or ""), str(eni.get("NetworkInterfaceId") or "")
    if eni.get("Type") == "Member":
        return absent(f"{told}: {id_} is an ENI of its own, which follows other settings")
    if not vswitch or vswitch in ids:
        return unknown(f"{told}, but its ENI {id_} is in {vswitch or 'a vSwitch that is not told'}", node=[name])
    return present(
        f"{told}: its ENI {id_} is in {vswitch}",
        await _evidence(session, outside[0], eni),
        node=[name],
        vswitch=[vswitch],
        pod=pods,
        eni=[id_],
    )


async def _evidence(session: ClusterSession, placed: _Placed, eni: Object) -> list[Evidence]:
    region, name = await cloud_region(session), name_of(placed.pod)
    namespace = str(get_path(placed.pod, "metadata", "namespace"))
    asked = {"PrivateIpAddress": (str(placed.address),)}
    return [
        Evidence(
            object=f"Pod {full_name(placed.pod)}",
            excerpt=f"podIP: {placed.address}",
            seen=session.now(),
            check=f"kubectl -n {namespace} get pod {name} -o wide",
        ),
        Evidence(
            object=f"NetworkInterface {eni.get('NetworkInterfaceId')}",
            excerpt=f"VSwitchId: {eni.get('VSwitchId')}, InstanceId: {eni.get('InstanceId')}",
            seen=session.now(),
            check=DESCRIBE_NETWORK_INTERFACES.command(region, asked),
        ),
    ]
