"""Failure checks of nodes: those that are not ready, with what they say of it, and those that wait for a network."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import NODES
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of
from bot.cluster.unready_nodes import leads_to, unready_nodes
from bot.probes.failure_checks import NOT_ASKED, CheckResult, Failing, Severity, failure_check
from bot.probes.findings import clip
from bot.probes.registry import count, some

LIST_NODES = Permission("list", NODES)
READY_NODES, TAINTS = "nodes", "network taints of nodes"
LONGEST = 300  # characters of a node's own words in a sentence
# Keys of taints by which a node says that its network is not set up, and what it waits for: Kubernetes' own (well-known
# taints of its documentation), the cloud provider's, and those of Cilium, Calico and Istio's CNI plugin.
NETWORK_TAINTS = {
    "node.kubernetes.io/network-unavailable": (
        "the network of such a node is not set up: it waits for its route from the cloud controller manager, or for "
        "its network plugin"
    ),
    "node.cloudprovider.kubernetes.io/uninitialized": (
        "such a node waits for the cloud controller manager, which gives each new node its addresses, zone and "
        "instance type"
    ),
    "node.cloudprovider.kubernetes.io/shutdown": "the cloud says that the machine of such a node is shut down",
    "node.cilium.io/agent-not-ready": "such a node waits for its Cilium agent to start",
    "projectcalico.org/node-network-unavailable": "such a node waits for its Calico agent to start",
    "cni.istio.io/not-ready": "such a node waits for Istio's CNI plugin to start",
}
# Words about where pods are placed: only then a cordoned or a tainted node is an answer.
_PLACING = re.compile(
    r"\b(?:schedul\w*|unschedul\w*|lands?|landed|landing|placed?|taint\w*|cordon\w*|tolerat\w*|idle|empty)\b"
    r"|调度|污点|空着|空闲|(?:放|落|跑|排)不(?:上|到)|不往",
    re.IGNORECASE,
)
_PLACED_BY_NOBODY = ("node-role.kubernetes.io/", "virtual-kubelet.io/", "node.kubernetes.io/", *NETWORK_TAINTS)
_PRESSURE = ("MemoryPressure", "DiskPressure", "PIDPressure")


@dataclass(frozen=True)
class Trouble:
    """One node with its own words, and ``beside`` what else is so."""

    node: str
    since: datetime
    words: str
    beside: tuple[str, ...] = ()


@failure_check(READY_NODES, reads=(LIST_NODES, Permission("get", NODES)))
async def nodes_not_ready(session: ClusterSession) -> CheckResult:
    """Nodes whose condition Ready is not True, with pressure on them and whether they are cordoned."""
    unready = await unready_nodes(session)
    found = [_not_ready(session, node) for node in (*unready.whole, *unready.printed)]
    items = tuple(_failing(group, f"{_nodes(group)} NotReady", Severity.NODE) for group in _alike(found))
    return CheckResult(items, _part(READY_NODES, unready.complete, unready.seen))


@failure_check(TAINTS, reads=(LIST_NODES,))
async def network_taints(session: ClusterSession) -> CheckResult:
    """Nodes that keep pods away because their network is not set up."""
    listing = await session.nodes()
    found = [trouble for node in listing.items for key in NETWORK_TAINTS if (trouble := _tainted(session, node, key))]
    items = tuple(_failing(group, f"{_nodes(group)} tainted", Severity.NETWORK) for group in _alike(found))
    return CheckResult(items, _part(TAINTS, listing.complete, len(listing.items)))


@failure_check("nodes that take no pods", reads=(LIST_NODES,))
async def nodes_closed(session: ClusterSession) -> CheckResult:
    """Cordoned nodes, and taints that somebody gave: where the words are about placing pods, on the nodes they name."""
    if not _PLACING.search(session.scope.text):
        return NOT_ASKED
    named = {name_of(node) for node in (await named_objects(session)).nodes}
    listing = await session.nodes()
    meant = [node for node in listing.items if not named or name_of(node) in named]
    found = [trouble for node in meant if (trouble := _closed(session, node))]
    items = tuple(_failing(group, f"{_nodes(group)} closed to pods", Severity.SCHEDULING) for group in _alike(found))
    return CheckResult(items, _part("nodes that take no pods", listing.complete, len(listing.items)))


def _closed(session: ClusterSession, node: Object) -> Trouble | None:
    taints = get_path(node, "spec", "taints") or []
    since = {str(each.get("key")): moment(each.get("timeAdded")) for each in taints}
    mine = [each for each in taints if each.get("effect") in ("NoSchedule", "NoExecute")]
    mine = [each for each in mine if not str(each.get("key")).startswith(_PLACED_BY_NOBODY)]
    words = [f"only pods that tolerate its taint {_written(each)} are placed there" for each in mine]
    keys = [str(each.get("key")) for each in mine]
    if get_path(node, "spec", "unschedulable"):
        words.insert(0, f"cordoned, so no new pod is placed there (kubectl uncordon {name_of(node)})")
        keys.insert(0, "node.kubernetes.io/unschedulable")
    if not words:
        return None
    created = moment(get_path(node, "metadata", "creationTimestamp")) or session.now()
    return Trouble(name_of(node), next(filter(None, map(since.get, keys)), created), "; ".join(words))


def _written(taint: Object) -> str:
    value = f"={taint['value']}" if taint.get("value") else ""
    return f"{taint.get('key')}{value}:{taint.get('effect')}"


def _part(what: str, complete: bool, seen: int) -> str:
    return "" if complete else f"{what}: only the first {seen} were looked at"


def _condition(node: Object, kind: str) -> Object:
    conditions = get_path(node, "status", "conditions") or []
    return next((each for each in conditions if each.get("type") == kind), {})


def _not_ready(session: ClusterSession, node: Object) -> Trouble:
    ready = _condition(node, "Ready")
    since = moment(ready.get("lastTransitionTime")) or session.now()
    words = str(ready.get("message") or ready.get("reason") or "it does not say why")
    beside = [kind for kind in _PRESSURE if _condition(node, kind).get("status") == "True"]
    beside += ["cordoned"] if get_path(node, "spec", "unschedulable") else []
    return Trouble(name_of(node), since, words, tuple(beside))


def _tainted(session: ClusterSession, node: Object, key: str) -> Trouble | None:
    taint = next((each for each in get_path(node, "spec", "taints") or [] if each.get("key") == key), None)
    if taint is None:
        return None
    unavailable = _condition(node, "NetworkUnavailable")
    is_told = unavailable.get("status") == "True"
    times = (taint.get("timeAdded"), *([unavailable.get("lastTransitionTime")] if is_told else []))
    created = moment(get_path(node, "metadata", "creationTimestamp"))
    since = next((at for at in map(moment, times) if at), created or session.now())
    why = f"; {unavailable.get('message')}" if is_told and unavailable.get("message") else ""
    return Trouble(name_of(node), since, f"{key}:{taint.get('effect')} ({NETWORK_TAINTS[key]}){why}")


def _alike(found: Iterable[Trouble]) -> list[list[Trouble]]:
    groups: dict[tuple[str, tuple[str, ...]], list[Trouble]] = {}
    for trouble in found:
        groups.setdefault((trouble.words, trouble.beside), []).append(trouble)
    return [sorted(group, key=lambda each: each.since) for group in groups.values()]


def _nodes(group: Sequence[Trouble]) -> str:
    if len(group) == 1:
        return "The node is"
    return f"{count(len(group), 'node')} ({some([each.node for each in group])}) are"


def _failing(group: Sequence[Trouble], what: str, severity: Severity) -> Failing:
    first = group[0]
    beside = f" ({', '.join(first.beside)})" if first.beside else ""
    return Failing(
        object=f"Node {first.node}",
        since=first.since,
        message=f"{what}{beside}{leads_to(first.words)}: {clip(first.words, LONGEST)}",
        check=f"kubectl describe node {first.node}",
        severity=severity,
        alike=tuple(f"Node {each.node}" for each in group),
        words=first.words.partition(":")[0] if severity is Severity.NETWORK else first.words,  # a taint's key
    )
