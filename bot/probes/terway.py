"""Probes of Terway's node objects (centralised IPAM): ENIs, their vSwitches and shortages.

Fields as in Terway's API ``network.alibabacloud.com/v1beta1``, kind Node. Clusters in local IPAM mode have none.
"""

import asyncio
from datetime import timedelta
from typing import Any, Literal

from bot.cluster.declared_reads import label_of
from bot.cluster.events import Event, events_by_reason, is_fresh
from bot.cluster.facts.eni_config import eni_config, eni_data, json_object, zones
from bot.cluster.facts.platform import GET_CONFIG, TERWAY_DAEMON_SETS
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.terway import CONFIG_LABEL, terway_nodes
from bot.cluster.pending_pods import affected_nodes, explains_from, other_waiters
from bot.cluster.requests import Listing
from bot.cluster.resources import EVENTS, NODES, POD_LOGS, PODS, TERWAY_NODES
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of
from bot.cluster.transport import ReadError
from bot.probes.events import BEFORE_BINDING, GOT_ADDRESS, VSWITCH, event, event_evidence, named_in, pod_event
from bot.probes.findings import Evidence, Finding
from bot.probes.logs import pod_log
from bot.probes.pods import SHOWN, app_pods, pod_waiting
from bot.probes.registry import absent, count, present, probe, some, unknown
from bot.probes.terway_messages import NODE_REASONS, POD_REASONS, RECOVERED, Cause, texts_of
from knowledge.logic import Outcome

LIST_TERWAY = Permission("list", TERWAY_NODES)
GET_TERWAY = Permission("get", TERWAY_NODES)
LIST_PODS = Permission("list", PODS)
NODES_LOOKED_AT = 3  # affected nodes: more of the same tells nothing new
_ONLY_VPC = "how many addresses are left, only the VPC console shows"
NO_OBJECTS = "Terway keeps no node objects here (local IPAM)"


def _evidence(session: ClusterSession, node: str, excerpt: str) -> Evidence:
    check = f"kubectl get {TERWAY_NODES.kubectl()} {node} -o yaml"
    return Evidence(object=f"Terway node {node}", excerpt=excerpt, seen=session.now(), check=check)


async def terway_pods(session: ClusterSession, node: str) -> list[str]:
    """The names of Terway's pods on a node, none where they cannot be read: for the commands of steps."""
    try:
        return [name_of(pod) for pod in await app_pods(session, TERWAY_DAEMON_SETS, node=node)]
    except ReadError:
        return []


def _interfaces(node: Object) -> dict[str, Object]:
    return {str(name): item for name, item in (get_path(node, "status", "networkInterfaces") or {}).items()}


async def _affected_terway_nodes(session: ClusterSession) -> list[Object]:
    """Terway's objects for them: out of the list that is read anyway, singly on clusters with more than it holds."""
    names = (await affected_nodes(session))[:NODES_LOOKED_AT]
    listing = await terway_nodes(session) if names else Listing(())
    known = {name_of(node): node for node in listing.items}
    rest = [name for name in names if name not in known and not listing.complete]
    read = await asyncio.gather(*(session.reader.get(TERWAY_NODES, name) for name in rest))
    known |= {name_of(node): node for node in read if node is not None}
    return [known[name] for name in names if name in known]


async def configured_vswitches(session: ClusterSession, node: Object) -> set[str]:
    """The vSwitches that this node's pods may use: by its own ConfigMap where it names one, else by ``eni-config``.

    Empty where nothing tells: no configuration, or none for the node's zone (Terway then takes the instance's vSwitch).
    """
    zone = str(get_path(node, "spec", "nodeMetadata", "zoneID") or "")
    data = await eni_config(session)
    override = await _override(session, name_of(node))
    if data is None or override is None:
        return set()
    found = zones(merge_patch(json_object(data.get("eni_conf")), json_object(override.get("eni_conf"))))
    mine = found.get(zone) or ([] if zone else [item for ids in found.values() for item in ids])
    return {*mine, *(str(item) for item in get_path(node, "spec", "eni", "vSwitchOptions") or [])}


def merge_patch(conf: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """A node's own ``eni_conf`` over the common one, as Terway lays it: a JSON merge patch."""
    result = dict(conf)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            result[key] = merge_patch(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result


async def _override(session: ClusterSession, node: str) -> dict[str, str] | None:
    """The data of the ConfigMap that the node's label names; empty without a label, ``None`` where it is missing."""
    app_pods = await session.reader.select(NODES, labels=CONFIG_LABEL, metadata_only=True)
    for item in app_pods.items:
        if name_of(item) == node:
            config = await session.config_map(label_of(item, CONFIG_LABEL) or "")
            return None if config is None else eni_data(config)
    return {}


@probe(nature="sign", reads=(LIST_TERWAY, Permission("list", NODES), GET_CONFIG))
async def pod_outside_vswitches(session: ClusterSession) -> Finding:
    """An ENI that carries pods sits in a vSwitch which is not configured for its node.

    A node's own ConfigMap (label terway-config) and the node object's vSwitchOptions count as configured.
    """
    listing = await terway_nodes(session)
    if not listing.items:
        return unknown(f"{NO_OBJECTS}: the CIDR blocks of the vSwitches are in the VPC console only")
    found: list[tuple[Object, str, str]] = []
    untold = []
    for node in listing.items:
        found += await _outside(session, node)
        if _enis_with_pods(node) and not await configured_vswitches(session, node):
            untold.append(name_of(node))
    if not found and untold:
        return unknown(f"no configuration tells which vSwitches {some(untold)} may use")
    if not found:
        what = f"every ENI with pods of {count(len(listing.items), 'node')} is in a configured vSwitch"
        return absent(what) if listing.complete else unknown(f"{what}, among those that could be read")
    evidence = [
        _evidence(session, name_of(node), f"ENI {eni} with pods is in {vsw}, which is not configured")
        for node, eni, vsw in found[:SHOWN]
    ]
    nodes, vswitches = [name_of(node) for node, _, _ in found], [vsw for _, _, vsw in found]
    pods = [pod for node, eni, _ in found for pod in _pods(_interfaces(node)[eni])]
    return present(
        f"pods on {some(nodes)} use vSwitch {some(vswitches)}, which is not configured",
        evidence,
        node=nodes,
        vswitch=vswitches,
        pod=pods,
    )


def _pods(interface: Object) -> list[str]:
    addresses = [*(interface.get("ipv4") or {}).values(), *(interface.get("ipv6") or {}).values()]
    return [str(item["podID"]) for item in addresses if isinstance(item, dict) and item.get("podID")]


def _enis_with_pods(node: Object) -> list[tuple[str, str]]:
    """ENIs that carry pods, with their vSwitches. A member ENI is its pod's own and follows other settings."""
    enis = [(eni, item) for eni, item in _interfaces(node).items() if item.get("networkInterfaceType") != "Member"]
    return [(eni, str(item.get("vSwitchID") or "")) for eni, item in enis if _pods(item)]


async def _outside(session: ClusterSession, node: Object) -> list[tuple[Object, str, str]]:
    used = _enis_with_pods(node)
    if not used:
        return []
    allowed = await configured_vswitches(session, node)
    return [(node, eni, vsw) for eni, vsw in used if vsw and allowed and vsw not in allowed]


@probe(nature="condition", reads=(LIST_TERWAY, GET_TERWAY, LIST_PODS, Permission("list", NODES), GET_CONFIG))
async def eni_slots(session: ClusterSession, *, state: str = "full", unused_vswitch: bool = False) -> Finding:
    """Every ENI slot of a node with waiting pods is taken, as far as Terway's node objects tell.

    The limit is the sum of ``spec.flavor[].count``; the primary ENI is not listed. An unschedulable ENI may only be on
    its way out: unknown then.

    Args:
        state: always "full"
        unused_vswitch: and a configured vSwitch of the node's zone has no ENI there, so that it has no effect
    """
    del state
    nodes = await _affected_terway_nodes(session)
    if not nodes:
        return absent(f"no node with waiting pods shows it: {NO_OBJECTS}, or no pod waits")
    nodes = [node for node in nodes if not unused_vswitch or await _unused_vswitches(session, node)]
    full = [(node, await _unused_vswitches(session, node)) for node in nodes if _is_full(node)]
    evidence = [_evidence(session, name_of(node), _slots_text(node, unused)) for node, unused in full[:SHOWN]]
    if not full and any(not _limit(node) for node in nodes):
        return unknown("Terway's node objects do not tell how many ENIs a node may have")
    if not full:
        told = "; ".join(f"{name_of(node)}: {_slots_text(node, set())}" for node in nodes[:SHOWN])
        return absent(told or "every configured vSwitch of the affected nodes' zones has an ENI there")
    names = [name_of(node) for node, _ in full]
    if any(item.get("unschedulable") for node, _ in full for item in _interfaces(node).values()):
        return unknown(f"an unschedulable ENI holds a slot on {some(names)}", evidence)
    unused_ids = sorted({vsw for _, unused in full for vsw in unused})
    summary = f"all ENI slots of {some(names)} are taken" + (f"; none is in {some(unused_ids)}" if unused_ids else "")
    slots = f"{len(_interfaces(full[0][0]))} of {_limit(full[0][0])}"
    return present(summary, evidence, node=names, unused_vswitch=unused_ids, slots=[slots])


def _limit(node: Object) -> int:
    """ENIs beside the primary one; 0 where nothing tells."""
    flavors = sum(int(item.get("count") or 0) for item in get_path(node, "spec", "flavor") or [])
    return flavors or max(int(get_path(node, "spec", "nodeCap", "adapters") or 0) - 1, 0)


def _is_full(node: Object) -> bool:
    return 0 < _limit(node) <= len(_interfaces(node))


async def _unused_vswitches(session: ClusterSession, node: Object) -> set[str]:
    used = {str(item.get("vSwitchID")) for item in _interfaces(node).values()}
    return await configured_vswitches(session, node) - used


def _slots_text(node: Object, unused: set[str]) -> str:
    text = f"{len(_interfaces(node))} of {_limit(node)} ENI slots taken"
    return text + (f"; no ENI in {', '.join(sorted(unused))}" if unused else "")


@probe(nature="sign", reads=(LIST_TERWAY, GET_TERWAY, LIST_PODS))
async def ip_shortage(session: ClusterSession, *, within: timedelta = timedelta(minutes=30)) -> Finding:
    """Terway's node object says that a vSwitch of an ENI has too few addresses, on a node with waiting pods.

    Terway repeats the condition every five minutes while it fails and clears it on success.

    Args:
        within: how long ago it was observed at most
    """
    found = []
    for node in await _affected_terway_nodes(session):
        for eni, item in _interfaces(node).items():
            condition = get_path(item, "conditions", "InsufficientIP") or {}
            at = moment(condition.get("observedTime"))
            if at and session.now() - at <= within:
                found.append((node, eni, item, str(condition.get("message") or ""), at))
    since = await explains_from(session)
    recent = [each for each in found if each[4] >= since.get(name_of(each[0]), each[4])]
    if found and not recent:
        return unknown(BEFORE_BINDING)
    found = recent
    if not found:
        return absent("no node with waiting pods reports InsufficientIP on an ENI")
    evidence = [
        Evidence(
            object=f"Terway node {name_of(node)}",
            excerpt=f"ENI {eni} InsufficientIP: {message}",
            seen=at,
            check=f"kubectl get {TERWAY_NODES.kubectl()} {name_of(node)} -o yaml",
        )
        for node, eni, _, message, at in found[:SHOWN]
    ]
    vswitches = [
        *named_in([message for *_, message, _ in found], VSWITCH),
        *(str(item.get("vSwitchID")) for _, _, item, _, _ in found),
    ]
    names = [name_of(node) for node, *_ in found]
    return present(
        f"InsufficientIP on {some(names)}: vSwitch {some(vswitches)}", evidence, node=names, vswitch=vswitches
    )


@probe(
    nature="sign",
    reads=(
        Permission("list", EVENTS),
        LIST_PODS,
        Permission("get", PODS),
        Permission("get", NODES),
        Permission("get", POD_LOGS),
    ),
)
async def terway_error(
    session: ClusterSession,
    *,
    cause: Cause,
    at: Literal["pod", "node", "log"],
    within: timedelta = timedelta(minutes=20),
    at_least: int = 1,
) -> Finding:
    """Terway says why a pod that waits now gets no address, in the words of any of its releases.

    The wordings, with their releases, are in bot/probes/terway_messages.py.

    Args:
        cause: vswitch_empty: no address is left; vswitch_missing: no vSwitch of the zone can be used;
            eni_limit: no ENI slot is free; device_missing: the ENI's device does not appear
        at: pod reads the events of waiting pods; node those of their nodes; log the log of Terway there
        within: how long ago it was last seen at most
        at_least: how often a pod must have been told so, over three minutes or longer
    """
    texts = texts_of(cause)
    if at == "pod":
        return await pod_event(session, reason=POD_REASONS, contains=texts, within=within, at_least=at_least)
    if at == "node":
        cleared = RECOVERED if cause != "device_missing" else ()
        return await event(
            session, reason=NODE_REASONS, contains=texts, within=within, on="affected", cleared_by=cleared
        )
    return await pod_log(session, app=TERWAY_DAEMON_SETS, container="terway", contains=texts, within=within)


@probe(nature="condition", reads=(LIST_PODS, Permission("list", EVENTS)))
async def vswitch_addresses(
    session: ClusterSession,
    *,
    state: Literal["empty"] = "empty",
    within: timedelta = timedelta(minutes=30),
    refused: timedelta = timedelta(hours=2),
) -> Finding:
    """Whether a vSwitch is empty while no pod suffers from it: no object of the cluster holds how many are left.

    Absent where pods wait (what they say decides), where Terway handed out an address a short time ago, and where it
    was not refused one; unknown after a refusal.

    Args:
        state: always "empty"
        within: how long ago an address was handed out at most
        refused: how long ago the vSwitch refused one at most
    """
    del state
    waiting = await pod_waiting(session)
    if waiting.outcome is Outcome.PRESENT or await other_waiters(session):
        return absent(waiting.summary, waiting.evidence)
    given = await events_by_reason(session, (GOT_ADDRESS,), pods=True)
    newest = max(given.items, key=lambda item: item.last, default=None)
    last = await last_refusal(session, refused)
    if waiting.outcome is not Outcome.ABSENT:
        return unknown(f"which pods wait could not be read in full; {_ONLY_VPC}")
    if newest and (is_fresh(newest, session.now(), within) or (last and newest.last > last.last)):
        given_to = f"{newest.namespace}/{newest.name} at {newest.last:%H:%M} UTC"
        return absent(f"Terway gave an address to {given_to}", [event_evidence(newest)], given_to=[given_to])
    if not last:
        return absent(f"no vSwitch refused an address in the last {refused // timedelta(hours=1)} hours; {_ONLY_VPC}")
    why = f"no pod waits for its network now, and none got an address since one was refused at {last.last:%H:%M} UTC"
    refused_at = f"{last.last:%H:%M} UTC"
    named = named_in([last.message], VSWITCH)
    return unknown(f"{why}; {_ONLY_VPC}", [event_evidence(last)], refused_at=[refused_at], vswitch=named)


async def last_refusal(session: ClusterSession, within: timedelta) -> Event | None:
    """The newest event that says that a vSwitch is empty, about a pod, a node or a node object of Terway."""
    about_pods = await events_by_reason(session, POD_REASONS, pods=True)
    about_others = await events_by_reason(session, NODE_REASONS, pods=False)
    texts = [text.lower() for text in texts_of("vswitch_empty")]
    told = [
        item
        for item in (*about_pods.items, *about_others.items)
        if is_fresh(item, session.now(), within) and any(text in item.message.lower() for text in texts)
    ]
    return max(told, key=lambda item: item.last, default=None)
