"""Failure checks of what the network is made of: its DaemonSets' pods and the cluster's DNS, with their last words."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cluster.events import Event, Events, is_fresh
from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import newest_of, waits_for_sandbox
from bot.cluster.resources import DAEMON_SETS, DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, POD_LOGS, PODS
from bot.cluster.session import (
    SYSTEM,
    ClusterSession,
    Object,
    full_name,
    get_path,
    moment,
    name_of,
    namespace_of,
    safe_name,
)
from bot.cluster.transport import ReadError
from bot.probes.cluster_dns import DNS
from bot.probes.failure_checks import CheckResult, Failing, Severity, failure_check, readable_warnings
from bot.probes.findings import clip
from bot.probes.logs import last_words, never_ran
from bot.probes.pod_readiness import ended_words, unready_since
from bot.probes.pods import app_pods, node_of
from bot.probes.registry import count, some
from bot.probes.services import OF_SERVICE

# The network of a cluster, by the names that ACK's and upstream's manifests give: Terway (terway-eniip, terway-eni,
# terway-controlplane), Flannel (kube-flannel-ds-amd64), kube-proxy (-worker, -master), CoreDNS, NodeLocal DNSCache,
# the cloud controller manager; other people's CNI plugins beside them.
COMPONENT = re.compile(
    r"(terway|kube-flannel|flannel|kube-proxy|coredns|kube-dns|node-local-dns|cloud-controller-manager"
    r"|cilium|calico|canal|weave-net|kube-router|antrea|kube-ovn|aws-node"
    r"|(?:nginx-ingress|ingress-nginx|alb-ingress|mse-ingress)(?:-controller)?)(?![a-z0-9])"
)
COMPONENTS = "network components"
SMALL = 100  # nodes: up to so many all pods of kube-system are listed; else those that events name
MOST_PODS = 500
MOST_NAMED = 5  # pods that are read one by one
READY_WITHIN = timedelta(minutes=1)  # a container that is not ready for so long does not just start
FLAPPING = timedelta(minutes=10)
OFTEN = 3  # restarts: a node's reboot makes one
WORDS = 240  # characters of a log line in a sentence
_BACK_OFF = re.compile(r"back-?off \S* ?restarting failed", re.IGNORECASE)  # says nothing of why
_OWN_EXIT = re.compile(r"exit code (?:\d{1,2}|255)")  # from 128 on a signal ended it
_WAITING_TO_START = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True)
class Broken:
    """One pod of a component: which container, its ``state`` as kubectl shows it, and since when.

    ``ended``: how its last run ended; ``told``: what the kubelet says of it, for where its log says nothing.
    """

    pod: Object
    container: str
    state: str
    restarts: int
    since: datetime
    ended: str = ""
    told: str = ""


@failure_check(
    COMPONENTS,
    reads=(
        Permission("list", DAEMON_SETS),
        Permission("list", PODS),
        Permission("get", PODS),
        Permission("list", EVENTS),
        Permission("get", POD_LOGS),
    ),
)
async def broken_components(session: ClusterSession) -> CheckResult:
    """Pods of the network plugin, kube-proxy, DNS and the cloud controller manager that crash or are not ready."""
    pods, unread = await component_pods(session)
    warnings = await readable_warnings(session) or Events(())
    found = [broken for pod in pods if (broken := _broken(session, pod, newest_of(warnings, pod)))]
    groups: dict[tuple[str, str, str], list[Broken]] = {}
    for each in found:
        groups.setdefault((_component(each.pod), each.container, each.state), []).append(each)
    items = await asyncio.gather(*(_failing(session, group) for group in groups.values()))
    short = await _short_of_pods(session, {name for name, _, _ in groups})
    return CheckResult((*items, *short), unread)


async def component_pods(session: ClusterSession) -> tuple[list[Object], str]:
    """The pods of all components, and what of them could not be looked at.

    Large clusters have thousands: of these only the pods of DNS are listed, and others read that events name.
    """
    sets = await _daemon_sets(session)
    elsewhere = {namespace_of(each) for each in sets} - {SYSTEM}
    if max((_wanted(each) for each in sets), default=0) <= SMALL:
        reads = [session.reader.select(PODS, namespace, most=MOST_PODS) for namespace in sorted({SYSTEM, *elsewhere})]
        listings = await asyncio.gather(*reads)
        pods = [pod for listing in listings for pod in listing.items if COMPONENT.match(name_of(pod))]
        return pods, "" if all(each.complete for each in listings) else f"{COMPONENTS}: more than {MOST_PODS} pods"
    return [*await app_pods(session, DNS), *await _named_by_events(session, {SYSTEM, *elsewhere})], ""


async def _daemon_sets(session: ClusterSession) -> list[Object]:
    """The components' DaemonSets in any namespace; none where they may not be seen."""
    try:
        items = (await session.reader.select(DAEMON_SETS)).items
    except ReadError as error:
        if error.kind != "forbidden":
            raise
        items = tuple((await session.daemon_sets()).values())
    return [each for each in items if COMPONENT.match(name_of(each))]


def _wanted(daemon_set: Object) -> int:
    return int(get_path(daemon_set, "status", "desiredNumberScheduled") or 0)


async def _named_by_events(session: ClusterSession, namespaces: set[str]) -> list[Object]:
    warnings = await readable_warnings(session) or Events(())
    told = [
        event.subject[1:]
        for event in sorted(warnings.items, key=lambda event: event.last, reverse=True)
        if event.namespace in namespaces and COMPONENT.match(event.name) and is_fresh(event, session.now(), FLAPPING)
    ]
    places = list(dict.fromkeys(told))[:MOST_NAMED]
    read = await asyncio.gather(*(session.reader.get(PODS, name, namespace) for namespace, name in places))
    return [pod for pod in read if pod is not None]


async def _short_of_pods(session: ClusterSession, told: set[str]) -> list[Failing]:
    """Where a large cluster's DaemonSet lacks ready pods and none of them was found, the DaemonSet says so."""
    found = []
    for each in await _daemon_sets(session):
        wanted, ready = _wanted(each), int(get_path(each, "status", "numberReady") or 0)
        if wanted > SMALL and ready < wanted and name_of(each) not in told:
            check = f"kubectl -n {namespace_of(each)} get daemonset {name_of(each)}"
            words = f"{ready} of {wanted} pods are ready"
            found.append(
                Failing(
                    object=f"DaemonSet {full_name(each)}",
                    since=session.now(),
                    message=f"Only {words}",
                    check=check,
                    severity=Severity.COMPONENT,
                    words=words,
                )
            )
    return found


def _component(pod: Object) -> str:
    """The workload's name: the pod's without the parts that make it unique."""
    owners = get_path(pod, "metadata", "ownerReferences") or []
    owner = next((str(each.get("name")) for each in owners if each.get("kind") == "DaemonSet"), "")
    return owner or re.sub(r"(-[0-9a-f]{6,10})?-[a-z0-9]{5}$", "", name_of(pod))


def _broken(session: ClusterSession, pod: Object, told: Event | None) -> Broken | None:
    """Whether a container of the pod crashes or does not become ready. A node that is gone is told as a node."""
    if get_path(pod, "metadata", "deletionTimestamp") or get_path(pod, "status", "phase") in ("Succeeded", "Failed"):
        return None
    if not node_of(pod) or waits_for_sandbox(pod):  # told with all pods that wait
        return None
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in get_path(pod, "status", kind) or []:
            state = _init_state(status) if kind.startswith("init") else _state(session, status)
            if state:
                restarts = int(status.get("restartCount") or 0)
                name, since = safe_name(status.get("name")), _since(session, pod, status, told)
                said = str(get_path(status, "state", "waiting", "message") or "") or (told.message if told else "")
                return Broken(pod, name, state, restarts, since, ended_words(status), said)
    return None


def _init_state(status: Object) -> str:
    reason = str(get_path(status, "state", "waiting", "reason") or "")
    return "" if reason in ("", *_WAITING_TO_START) else reason


def _state(session: ClusterSession, status: Object) -> str:
    """CrashLoopBackOff and the like; ``not ready``; empty where it is well."""
    if reason := _init_state(status):
        return reason
    if get_path(status, "state", "terminated") is not None:
        return str(get_path(status, "state", "terminated", "reason") or "Error")
    if (started := moment(get_path(status, "state", "running", "startedAt"))) is None:
        return ""
    ended = moment(get_path(status, "lastState", "terminated", "finishedAt"))
    crashed = bool(get_path(status, "lastState", "terminated", "exitCode")) and ended is not None
    if crashed and int(status.get("restartCount") or 0) >= OFTEN and session.now() - started <= FLAPPING:
        return "restarting"
    is_late = session.now() - started >= READY_WITHIN
    return "not ready" if status.get("ready") is False and is_late else ""


def _since(session: ClusterSession, pod: Object, status: Object, told: Event | None) -> datetime:
    """Since when the pod has not been ready; where nothing tells, its newest warning, its container's end or start."""
    times = (
        get_path(status, "lastState", "terminated", "finishedAt"),
        get_path(status, "state", "running", "startedAt"),
        get_path(pod, "status", "startTime"),
    )
    known = [at for at in map(moment, times) if at]
    return unready_since(pod) or (told.first if told else known[0] if known else session.now())


async def _failing(session: ClusterSession, group: Sequence[Broken]) -> Failing:
    first = min(group, key=lambda each: each.since)
    place = f"-n {namespace_of(first.pod)}"
    line, previous = await last_words(session, first.pod, first.container, has_restarted=first.restarts > 0)
    option = " --previous" if previous else ""
    shows = f"logs {name_of(first.pod)} -c {first.container}{option} --tail=50"
    if never_ran(first.pod, first.container):
        shows = f"describe pod {name_of(first.pod)}"
    nodes = list(dict.fromkeys(node_of(each.pod) for each in group))
    where = f"on node {nodes[0]}" if len(nodes) == 1 else f"on {len(nodes)} nodes ({some(nodes)})"
    return Failing(
        object=f"Pod {full_name(first.pod)}",
        since=first.since,
        message=f"{_component(first.pod)} {_state_in_words(first)} {where}{_said(line, first)}",
        check=f"kubectl {place} {shows}",
        severity=Severity.COMPONENT,
        alike=tuple(f"Pod {full_name(each.pod)}" for each in group),
        words=line,
    )


def _state_in_words(broken: Broken) -> str:
    """With how its last run ended, where that is more than an exit code of its own."""
    times = [count(broken.restarts, "restart")] if broken.restarts else []
    times += [f"last run: {broken.ended}"] if broken.ended and not _OWN_EXIT.fullmatch(broken.ended) else []
    told = f" ({', '.join(times)})" if times else ""
    if broken.state == "not ready":
        return f"is not ready{told}"
    if broken.state == "restarting":
        return f"keeps restarting{told}"
    return f"is in {broken.state}{told}"


def _said(line: str, broken: Broken) -> str:
    """What its log says; a probe that fails is told by the kubelet alone, as is an image that is not there."""
    log = f"; its log says: {clip(line, WORDS)}" if line else ""
    is_told = broken.told and not _BACK_OFF.match(broken.told) and not (log and broken.state == "CrashLoopBackOff")
    return log + (f"; the kubelet says: {clip(broken.told, WORDS)}" if is_told else "")


@failure_check(
    "the cluster's DNS",
    reads=(Permission("list", PODS), Permission("list", ENDPOINT_SLICES), Permission("get", DEPLOYMENTS)),
)
async def dns_without_endpoints(session: ClusterSession) -> CheckResult:
    """The Service kube-dns without a ready endpoint; CoreDNS that was scaled to 0."""
    slices = await session.reader.select(ENDPOINT_SLICES, SYSTEM, labels=f"{OF_SERVICE}={DNS[0]}")
    if any(
        get_path(each, "conditions", "ready") is not False
        for item in slices.items
        for each in item.get("endpoints") or []
    ):
        return CheckResult()
    pods = await app_pods(session, DNS)
    deployment = await session.reader.get(DEPLOYMENTS, "coredns", SYSTEM) if not pods else None
    if deployment is not None and get_path(deployment, "spec", "replicas") == 0:
        return CheckResult(
            (
                _dns(
                    "Deployment kube-system/coredns",
                    "CoreDNS is scaled to 0 replicas, so no name is resolved in the cluster",
                    "kubectl -n kube-system get deployment coredns",
                    session.now(),
                ),
            )
        )
    if not slices.items or not slices.complete:
        return CheckResult()  # a cluster whose DNS is another one, or is not seen
    names = f": {some([name_of(pod) for pod in pods])}" if pods else ""
    words = (
        f"no endpoint of it is ready, so no name is resolved in the cluster ({count(len(pods), 'pod')} of it{names})"
    )
    since = max((at for pod in pods if (at := unready_since(pod))), default=session.now())
    check = f"kubectl -n {SYSTEM} get endpointslices -l {OF_SERVICE}={DNS[0]}"
    return CheckResult((_dns(f"Service {SYSTEM}/{DNS[0]}", words[:1].upper() + words[1:], check, since),))


def _dns(name: str, message: str, check: str, since: datetime) -> Failing:
    return Failing(object=name, since=since, message=message, check=check, severity=Severity.CLUSTER)
