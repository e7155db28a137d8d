"""Facts that people ask for about Terway's pods and about pods that wait now."""

from bot.cluster.declared_reads import annotation, annotation_of
from bot.cluster.facts.kube_proxy import LIST_PODS
from bot.cluster.facts.platform import LIST_DAEMON_SETS, LIST_NODES
from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.facts.terway import LIST_TERWAY_NODES, terway_daemon_sets, terway_node_sample
from bot.cluster.pending_pods import waiting_reason
from bot.cluster.resources import NODES, PODS, TERWAY_NODES
from bot.cluster.session import SYSTEM, ClusterSession, Object, full_name, get_path, name_of
from bot.cluster.transport import ReadError

MOST_ADDRESSES = annotation("k8s.aliyun.com/max-available-ip")
SHOWN = 5  # of each list: more belongs into kubectl


@fact("terway.state", "how many of Terway's pods are ready", reads=(LIST_DAEMON_SETS,))
async def state(session: ClusterSession) -> Fact:
    """``numberReady`` of ``desiredNumberScheduled``."""
    sets = await terway_daemon_sets(session)
    if not sets:
        return unknown("there is no Terway DaemonSet in kube-system")
    name = name_of(sets[0])
    ready = get_path(sets[0], "status", "numberReady") or 0
    wanted = get_path(sets[0], "status", "desiredNumberScheduled") or 0
    check = f"kubectl -n {SYSTEM} get daemonset {name}"
    return known(f"{ready} of {wanted} ready", f"DaemonSet {SYSTEM}/{name}", check)


@fact("pods.waiting", "pods that wait now and why, or none", reads=(LIST_PODS,))
async def waiting(session: ClusterSession) -> Fact:
    """Pending pods with the reason that kubectl shows."""
    found = await session.all_of(PODS, fields="status.phase=Pending", from_cache=True)
    lines = [f"{full_name(pod)}: {_why(pod)}" for pod in found.items]
    check = "kubectl get pods -A --field-selector status.phase=Pending"
    text = "; ".join(lines[:SHOWN]) + (f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else "")
    return known(text or "none", f"Pod {full_name(found.items[0])}" if lines else "Pods", check)


def _why(pod: Object) -> str:
    for condition in get_path(pod, "status", "conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            return f"not scheduled ({condition.get('reason') or 'no reason given'})"
    return waiting_reason(pod) or "Pending"


@fact("terway.pod_capacity", "how many pods nodes can hold", reads=(LIST_TERWAY_NODES, LIST_NODES))
async def pod_capacity(session: ClusterSession) -> Fact:
    """From Terway's node objects ((ENIs - 1) x addresses an ENI), else from what the kubelets allow."""
    try:
        capacities = [text for node in await terway_node_sample(session) if (text := _by_enis(node))]
    except ReadError:
        capacities = []
    if capacities:
        first = name_of((await terway_node_sample(session))[0])
        check = f"kubectl get {TERWAY_NODES.kubectl()} {first} -o jsonpath='{{.spec.nodeCap}}'"
        return known("; ".join(capacities), f"Terway node {first}", check)
    sample = (await session.reader.select(NODES, most=SHOWN)).items
    text = "; ".join(f"{name_of(node)}: {_by_kubelet(node)}" for node in sample)
    check = "kubectl get nodes -o custom-columns=NAME:.metadata.name,PODS:.status.allocatable.pods"
    return known(text, f"Node {name_of(sample[0])}", check) if sample else unknown("there are no nodes")


def _by_enis(node: Object) -> str:
    adapters, each = get_path(node, "spec", "nodeCap", "adapters"), get_path(node, "spec", "nodeCap", "ipv4PerAdapter")
    if not isinstance(adapters, int) or not isinstance(each, int) or adapters < 2:
        return ""
    instance = get_path(node, "spec", "nodeMetadata", "instanceType") or "instance type unknown"
    return f"{name_of(node)} ({instance}): {(adapters - 1) * each} addresses for pods ({adapters - 1} ENIs x {each})"


def _by_kubelet(node: Object) -> str:
    """The kubelet's limit, and Terway's where it notes one; the smaller one counts."""
    pods = f"{get_path(node, 'status', 'allocatable', 'pods')} pods (kubelet limit)"
    addresses = annotation_of(node, MOST_ADDRESSES)
    return f"{addresses} addresses for pods, {pods}" if addresses else pods
