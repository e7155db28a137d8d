"""Probes of nodes: conditions, taints, and how full a node's address range is."""

import asyncio
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.cluster.declared_reads import label, label_of
from bot.cluster.events import events_by_reason, is_fresh
from bot.cluster.facts.cloud_instances import INSTANCE_TYPE
from bot.cluster.facts.flannel_messages import RANGE_FULL
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.wordings import texts_of
from bot.cluster.pending_pods import affected_nodes, network_waiters, subject
from bot.cluster.requests import Listing
from bot.cluster.resources import EVENTS, NODES, PODS
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of
from bot.cluster.transport import ReadError
from bot.cluster.unready_nodes import unready_nodes
from bot.probes.events import pod_event
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import SHOWN, minutes, node_of
from bot.probes.registry import Strings, absent, count, present, probe, some, unknown

ZONE = label("topology.kubernetes.io/zone")
LIST_NODES = Permission("list", NODES)
RANGE_ERRORS = texts_of(RANGE_FULL)
NODES_LOOKED_AT = 3  # affected nodes: more of the same tells nothing new
RESERVED = 3  # network, broadcast and the gateway that host-local leaves out
NEARLY_ALL = 0.95  # of a node's addresses held by pods: full
FEW = 0.8  # at most this share held although none is free: leaked; between the two nobody can tell


async def machine_of(session: ClusterSession, node: str) -> dict[str, list[str]]:
    """What steps call the machine of a node by: its instance id, type and zone; nothing of what is not known."""
    try:
        found = await session.node(node) or {}
    except ReadError:
        return {}
    instance = str(get_path(found, "spec", "providerID") or "").partition(".")[2]
    words = {"instance": instance, "instance_type": label_of(found, INSTANCE_TYPE), "zone": label_of(found, ZONE)}
    return {word: [value] for word, value in words.items() if value}


def node_evidence(session: ClusterSession, node: Object, excerpt: str) -> Evidence:
    """What was seen of a node."""
    name = name_of(node)
    return Evidence(object=f"Node {name}", excerpt=excerpt, seen=session.now(), check=f"kubectl describe node {name}")


@probe(nature="sign", reads=(LIST_NODES, Permission("get", NODES)))
async def node_condition(
    session: ClusterSession,
    *,
    type: str,
    status: str | None = None,
    reason: str | None = None,
    contains: Strings = (),
    taint: str | None = None,
    min_age: timedelta | None = None,
    runtime: str | None = None,
    on: Literal["any", "affected"] = "any",
) -> Finding:
    """A node has a condition now.

    Args:
        type: the condition's type
        status: True, False or Unknown
        reason: its reason
        contains: texts of which its message must contain one, in any case
        taint: the key of a taint that the same node must carry
        min_age: how long the condition must have held at least
        runtime: the container runtime of the same node: docker, containerd
        on: affected looks only at nodes whose pods wait for their network now
    """
    if on == "affected":
        listing = await _read_affected_nodes(session)
    elif type == "Ready" and status in ("False", "Unknown"):
        unready = await unready_nodes(session)
        listing = Listing(unready.whole, unready.all_read)
    else:
        listing = await session.nodes()
    wanted = {"type": type, "status": status, "reason": reason}
    found = [
        (node, condition)
        for node in listing.items
        if taint in (None, *_taints(node)) and runtime in (None, _runtime(node))
        for condition in get_path(node, "status", "conditions") or []
        if all(value in (None, condition.get(key)) for key, value in wanted.items())
        and _message_has(condition, contains)
        and _old_enough(session, condition, min_age)
    ]
    what = f"{type}={status or 'any'}" + (f" with taint {taint}" if taint else "")
    what += f" on {runtime}" if runtime else ""
    what += f" for at least {minutes(min_age)}" if min_age else ""
    if not found:
        return _none(
            listing.complete, f"no node has condition {what}" + (f" saying {contains[0]!r}" if contains else "")
        )
    evidence = [
        node_evidence(session, node, f"{type}={c.get('status')} {c.get('reason')}: {c.get('message')}")
        for node, c in found[:SHOWN]
    ]
    names = [name_of(node) for node, _ in found]
    return present(f"{count(len(names), 'node')} with {what}: {some(names)}", evidence, node=names)


def _runtime(node: Object) -> str:
    """``docker`` of ``docker://19.3.5``; empty where the node does not say."""
    return str(get_path(node, "status", "nodeInfo", "containerRuntimeVersion") or "").partition("://")[0]


async def _read_affected_nodes(session: ClusterSession) -> Listing:
    names = await affected_nodes(session)
    read = await asyncio.gather(*(session.node(name) for name in names[:NODES_LOOKED_AT]))
    return Listing(tuple(node for node in read if node), complete=len(names) <= NODES_LOOKED_AT)


def _none(complete: bool, what: str) -> Finding:
    return absent(what) if complete else unknown(f"{what} among those that could be read")


def _message_has(condition: Object, texts: Strings) -> bool:
    message = str(condition.get("message") or "").lower()
    return not texts or any(text.lower() in message for text in texts)


def _old_enough(session: ClusterSession, condition: Object, min_age: timedelta | None) -> bool:
    since = moment(condition.get("lastTransitionTime"))
    return min_age is None or (since is not None and session.now() - since >= min_age)


def _taints(node: Object) -> dict[str, str]:
    return {str(taint.get("key")): str(taint.get("effect")) for taint in get_path(node, "spec", "taints") or []}


@probe(nature="sign", reads=(LIST_NODES,))
async def node_taint(session: ClusterSession, *, key: str, effect: str | None = None) -> Finding:
    """A node carries a taint now.

    Args:
        key: the taint's key
        effect: NoSchedule, PreferNoSchedule or NoExecute
    """
    listing = await session.nodes()
    found = [node for node in listing.items if key in _taints(node) and effect in (None, _taints(node)[key])]
    if not found:
        return _none(listing.complete, f"no node carries the taint {key}")
    names = [name_of(node) for node in found]
    evidence = [node_evidence(session, node, f"taint {key}:{_taints(node)[key]}") for node in found[:SHOWN]]
    return present(f"taint {key} on {some(names)}", evidence, node=names)


@probe(
    nature="sign", reads=(LIST_NODES, Permission("get", NODES), Permission("list", PODS), Permission("list", EVENTS))
)
async def node_range(session: ClusterSession, *, state: Literal["full", "leaked"]) -> Finding:
    """On nodes whose waiting pods report an empty range: how many of its addresses are really held by pods.

    host-local skips network, broadcast and gateway, so a /26 holds 61 pods. Completed pods hold none; Terminating do.

    Args:
        state: full means about all are held by pods; leaked means clearly fewer are
    """
    nodes = await _complaining(session)
    if not nodes and not (await network_waiters(session)).complete:
        return unknown("not all pending pods could be read")
    if not nodes:
        return absent(f"no waiting pod reports {RANGE_ERRORS[0]!r}")
    read = await asyncio.gather(*(_usage(session, name) for name in nodes[:NODES_LOOKED_AT]))
    usages = [usage for usage in read if usage]
    if not usages:
        return unknown(f"the Pod CIDR block of {some(nodes)} could not be read")
    matching = [usage for usage in usages if usage.state == state]
    evidence = [_usage_evidence(session, usage) for usage in usages]
    summary = "; ".join(str(usage) for usage in matching or usages)
    if matching:
        held = [f"{usage.held} of {usage.usable}" for usage in matching[:1]]
        return present(summary, evidence, node=[usage.node for usage in matching], slots=held)
    if any(usage.state == "between" for usage in usages):
        return unknown(f"{summary}: too close to tell", evidence)
    if len(usages) < len(nodes):
        return unknown(f"{summary}; {len(nodes) - len(usages)} more could not be looked at", evidence)
    return absent(summary, evidence)


@probe(nature="sign", reads=(Permission("list", EVENTS), Permission("list", PODS), Permission("get", PODS)))
async def pod_address_refused(session: ClusterSession, *, within: timedelta = timedelta(minutes=30)) -> Finding:
    """host-local refused an address to a pod that waits now: by its books, the range of the pod's node is full.

    The words of each release are in bot/cluster/facts/flannel_messages.py.

    Args:
        within: how long ago it was last refused at most
    """
    return await pod_event(session, reason=("FailedCreatePodSandBox",), contains=RANGE_ERRORS, within=within)


@dataclass(frozen=True)
class Usage:
    """How many of a node's ``usable`` addresses pods hold; ``leaving`` of them are being deleted."""

    node: str
    held: int
    leaving: int
    usable: int

    @property
    def state(self) -> str:
        """full, leaked, or between where nobody can tell: pods that are being deleted may be stuck or about to go."""
        if self.held - self.leaving >= self.usable * NEARLY_ALL:
            return "full"
        return "leaked" if self.held <= self.usable * FEW else "between"

    def __str__(self) -> str:
        going = f", {self.leaving} of them being deleted" if self.leaving else ""
        return f"{self.node}: {self.held} of {self.usable} addresses held by pods{going}"


async def _complaining(session: ClusterSession) -> list[str]:
    events = await events_by_reason(session, ("FailedCreatePodSandBox",), pods=True)
    fresh = [e for e in events.items if e.mentions(RANGE_ERRORS) and is_fresh(e, session.now(), timedelta(minutes=30))]
    pods = {subject(pod): pod for pod in (await network_waiters(session)).items}
    return list(dict.fromkeys(node_of(pods[event.subject]) for event in fresh if event.subject in pods))


async def _usage(session: ClusterSession, name: str) -> Usage | None:
    node = await session.node(name)
    block = str(get_path(node, "spec", "podCIDR") or "")
    try:
        usable = ipaddress.IPv4Network(block, strict=False).num_addresses - RESERVED
    except ValueError:
        return None
    held = [pod for pod in (await session.pods_on(name)).items if _holds_address(pod)]
    leaving = sum(bool(get_path(pod, "metadata", "deletionTimestamp")) for pod in held)
    return Usage(name, len(held), leaving, usable)


def _holds_address(pod: Object) -> bool:
    """Completed pods have given theirs back; pods of the host's network never took one."""
    if get_path(pod, "spec", "hostNetwork") or get_path(pod, "status", "phase") in ("Succeeded", "Failed"):
        return False
    return bool(get_path(pod, "status", "podIP") or get_path(pod, "metadata", "deletionTimestamp")) or (
        get_path(pod, "status", "phase") == "Running"
    )


def _usage_evidence(session: ClusterSession, usage: Usage) -> Evidence:
    check = f"kubectl get pods -A -o wide --field-selector spec.nodeName={usage.node}"
    return Evidence(object=f"Node {usage.node}", excerpt=str(usage).partition(": ")[2], seen=session.now(), check=check)
