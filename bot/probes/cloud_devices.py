"""Whether the ENI that Terway looks for hangs on the node, by the cloud's word."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

from bot.cloud.actions import DESCRIBE_NETWORK_INTERFACES
from bot.cluster.events import events_by_reason, is_fresh
from bot.cluster.facts.cloud import cloud_command, cloud_region, instance_id, whole_list
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import network_waiters
from bot.cluster.resources import EVENTS, NODES, PODS
from bot.cluster.session import ClusterSession, Object, full_name, name_of, namespace_of, safe_name
from bot.probes.events import MAC, named_in
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import node_of
from bot.probes.registry import absent, present, probe, some, unknown
from bot.probes.terway_messages import POD_REASONS, texts_of

NODES_LOOKED_AT = 3


@probe(
    nature="condition",
    reads=(*(Permission("list", each) for each in (PODS, EVENTS, NODES)), Permission("get", NODES), GET_CONFIG),
    calls=(DESCRIBE_NETWORK_INTERFACES,),
)
async def missing_device_attached(session: ClusterSession, *, within: timedelta = timedelta(minutes=30)) -> Finding:
    """The ENI whose device a waiting pod misses is attached to the pod's node (``InUse``), by its MAC address.

    Absent where the node's instance has no ENI with that MAC address: it is gone, detached, or on another instance.
    Unknown while it is on its way, and where no event names a MAC address.

    Args:
        within: how long ago a pod was last told so at most
    """
    wanted = await _missed(session, within)
    if not wanted:
        return unknown("no event of a waiting pod names the MAC address of an ENI")
    names = list(dict.fromkeys(node for node, _, _ in wanted))[:NODES_LOOKED_AT]
    read = await asyncio.gather(*(session.node(name) for name in names))
    instances = {name_of(node): instance_id(node) for node in read if node and instance_id(node)}
    if not instances:
        return unknown(f"nothing tells the instance of {some(names)}")
    lists = await asyncio.gather(
        *(whole_list(session, DESCRIBE_NETWORK_INTERFACES, InstanceId=id_) for id_ in instances.values())
    )
    enis = dict(zip(instances, lists, strict=True))
    region = await cloud_region(session)
    seen = [
        (node, mac, pod, status_of(enis[node], mac, instances[node])) for node, mac, pod in wanted if node in instances
    ]
    evidence = [
        _evidence(session, region, instances[node], enis[node], mac)
        for node, mac in dict.fromkeys((node, mac) for node, mac, _, _ in seen)
    ][:NODES_LOOKED_AT]
    return _judged(seen, instances, evidence, all_seen=len(instances) == len({node for node, _, _ in wanted}))


def _judged(
    seen: list[tuple[str, str, str, str]], instances: dict[str, str], evidence: list[Evidence], *, all_seen: bool
) -> Finding:
    attached = [each for each in seen if each[3] == "InUse"]
    told = attached or seen
    named = {
        "node": [node for node, _, _, _ in told],
        "mac": [mac for _, mac, _, _ in told],
        "pod": [pod for _, _, pod, _ in told],
        "instance": [instances[node] for node, _, _, _ in told],
    }
    node, mac, _, status = told[0]
    if attached:
        return present(f"the ENI with {mac} is attached to {instances[node]}", evidence, **named)
    if on_its_way := next((each for each in seen if each[3] and each[3] != "Detaching"), None):
        why = f"the ENI with {on_its_way[1]} is {on_its_way[3]} on {instances[on_its_way[0]]}"
        return unknown(why, evidence, unsettled=[why], **named)
    why = f"{instances[node]} has no ENI with {mac}" if not status else f"the ENI with {mac} is being detached"
    if not all_seen:
        return unknown(f"{why}, as far as nodes were looked at", evidence, **named)
    return absent(why, evidence, **named)


def status_of(enis: Iterable[Object], mac: str, instance: str) -> str:
    """The status of the ENI with this MAC address; empty where the instance has none."""
    for eni in enis:
        is_here = eni.get("InstanceId") in (None, "", instance)
        if is_here and str(eni.get("MacAddress") or "").lower() == mac.lower():
            return safe_name(eni.get("Status")) or "in an unknown state"
    return ""


def _evidence(session: ClusterSession, region: str, instance: str, enis: tuple[Object, ...], mac: str) -> Evidence:
    mine = next((eni for eni in enis if str(eni.get("MacAddress") or "").lower() == mac.lower()), None)
    others = ", ".join(str(eni.get("MacAddress") or "") for eni in enis)
    told = f"MacAddress {mac}: {safe_name(mine.get('NetworkInterfaceId'))}, Status {mine.get('Status')}" if mine else ""
    check = cloud_command(region, DESCRIBE_NETWORK_INTERFACES, InstanceId=instance)
    excerpt = told or f"no ENI with MacAddress {mac}; it has {others or 'none'}"
    return Evidence(object=f"Instance {instance}", excerpt=excerpt, seen=session.now(), check=check)


async def _missed(session: ClusterSession, within: timedelta) -> list[tuple[str, str, str]]:
    """Node, MAC address and pod of each device that was missing last, for pods that wait now."""
    waiters = {("Pod", namespace_of(pod), name_of(pod)): pod for pod in (await network_waiters(session)).items}
    events = await events_by_reason(session, POD_REASONS, pods=True)
    texts = [text.lower() for text in texts_of("device_missing")]
    latest: dict[str, tuple[str, str, str]] = {}
    for each in sorted(events.items, key=lambda item: item.last):
        pod = waiters.get(each.subject)
        macs = named_in([each.message], MAC)
        is_told = any(text in each.message.lower() for text in texts)
        if pod is not None and node_of(pod) and macs and is_told and is_fresh(each, session.now(), within):
            latest[full_name(pod)] = (node_of(pod), macs[-1].lower(), full_name(pod))
    return list(latest.values())
