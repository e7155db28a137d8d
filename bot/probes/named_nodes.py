"""The everyday causes of a node in trouble, looked for on the nodes that the question names and those of its pods."""

from datetime import datetime, timedelta

from bot.cluster.events import events_by_reason, is_fresh
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import EVENTS, NODES, POD_LOGS, PODS
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of
from bot.cluster.transport import ReadError
from bot.cluster.unready_nodes import leads_to
from bot.probes.causes import NO_CAUSE, Cause, Causes, finding_of, joined
from bot.probes.complaints import KUBE_PROXY, complaint
from bot.probes.findings import Finding, clip
from bot.probes.kube_proxy import MASTERS, WORKERS
from bot.probes.pod_readiness import is_ready
from bot.probes.pods import app_pods, node_of
from bot.probes.registry import count, probe

READS = (
    *(Permission("list", each) for each in (NODES, PODS, EVENTS)),
    Permission("get", NODES),
    Permission("get", POD_LOGS),
)
# What the kubelet reports beside Ready, and ACK's node problem detector; True is bad.
PRESSURE = ("DiskPressure", "MemoryPressure", "PIDPressure", "RuntimeOffline", "KernelDeadlock", "ReadonlyFilesystem")
FLAPS = timedelta(hours=1)


@probe(nature="sign", reads=READS, cost="wide")
async def named_node_broken(session: ClusterSession) -> Finding:
    """A node that the question names, or that of a pod that it names, is NotReady, or was lately; with the reason."""
    return await finding_of(session, node_causes, "the nodes that the words name are Ready")


async def node_causes(session: ClusterSession) -> Causes:
    """What is wrong with the nodes that the question names."""
    named = await named_objects(session)
    nodes = {name_of(node): node for node in named.nodes}
    of_pods = dict.fromkeys(node_of(pod) for pod in named.pods if node_of(pod))
    for name in list(of_pods)[:2]:
        if name not in nodes and (node := await session.node(name)):
            nodes[name] = node
    found = Causes(tuple([cause for node in nodes.values() if (cause := await _cause(session, node))]))
    return joined([found, *[await _proxy_errors(session, name_of(node)) for node in named.nodes]])


async def _proxy_errors(session: ClusterSession, node: str) -> Causes:
    """What kube-proxy of the node complains of again and again; where it cannot be read the node is judged without."""
    try:
        pods = [pod for pod in await app_pods(session, (*WORKERS, *MASTERS), node=node) if is_ready(pod)]
    except ReadError as error:
        if error.is_damage:
            raise
        return NO_CAUSE
    found = await complaint(session, pods[0], KUBE_PROXY) if pods else None
    return Causes((found,)) if found else NO_CAUSE


async def _cause(session: ClusterSession, node: Object) -> Cause | None:
    conditions = {str(each.get("type")): each for each in get_path(node, "status", "conditions") or []}
    ready = conditions.get("Ready")
    told = [_said(kind, conditions[kind]) for kind in PRESSURE if _is_true(conditions, kind)]
    since = moment((ready or {}).get("lastTransitionTime"))
    if ready is not None and ready.get("status") != "True":
        words = str(ready.get("message") or ready.get("reason"))
        message = f"Node {name_of(node)} is NotReady{leads_to(words)}: {clip(words, 240)}"
        message += f" ({'; '.join(told)})" if told else ""
        return _about(node, message, since)
    if told:
        times = [moment(conditions[kind].get("lastTransitionTime")) for kind in PRESSURE if _is_true(conditions, kind)]
        return _about(node, f"Node {name_of(node)} reports {'; '.join(told)}", max(filter(None, times), default=None))
    return await _flapping(session, node)


def _is_true(conditions: dict[str, Object], kind: str) -> bool:
    return bool(conditions.get(kind, {}).get("status") == "True")


def _said(kind: str, condition: Object) -> str:
    return f"{kind}: {clip(str(condition.get('message') or condition.get('reason') or 'True'), 160)}"


async def _flapping(session: ClusterSession, node: Object) -> Cause | None:
    """Ready now, and NotReady some minutes ago: the node's events tell."""
    try:
        events = await events_by_reason(session, ("NodeNotReady",), pods=False)
    except ReadError:
        return None
    mine = [each for each in events.items if each.name == name_of(node) and is_fresh(each, session.now(), FLAPS)]
    if not mine:
        return None
    times = count(sum(each.count for each in mine), "time")
    return _about(node, f"Node {name_of(node)} was NotReady {times} within the last hour", mine[-1].first)


def _about(node: Object, message: str, since: datetime | None) -> Cause:
    name = name_of(node)
    check = f"kubectl describe node {name}"
    return Cause(object=f"Node {name}", message=message, check=check, since=since)
