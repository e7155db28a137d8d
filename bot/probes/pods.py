"""Probes of pods: who waits, who started just now, who lacks an address or asks for a hostPort."""

from datetime import datetime, timedelta

from bot.cluster.declared_reads import Annotation, annotation_of, label, label_of
from bot.cluster.facts.flannel_objects import flannel_namespace
from bot.cluster.facts.platform import K8S_APP
from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import (
    CREATING,
    network_failure,
    network_waiters,
    other_waiters,
    pending_pods,
    scheduled_at,
    waiting_reason,
)
from bot.cluster.requests import Listing
from bot.cluster.resources import EVENTS, PODS
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
from bot.probes.findings import Evidence, Finding, clip
from bot.probes.registry import Arguments, Strings, absent, count, present, probe, some, unknown
from bot.text import span

APP = label("app")
LIST_PODS = Permission("list", PODS)
LIST_EVENTS = Permission("list", EVENTS)
MOST_OF_APP = 100  # pods of one application: a sample on large clusters
STARTING = timedelta(seconds=20)  # a pod may take this long to get its sandbox on a healthy node
START_TIME = "{.status.startTime}"
SHOWN = 3  # pieces of evidence: the first few prove it, more would bury it


def pod_evidence(session: ClusterSession, pod: Object, excerpt: str, shows: str = "") -> Evidence:
    """What was seen of a pod, and the JSONPath by which a person sees the same where ``-o wide`` does not show it."""
    check = f"kubectl -n {namespace_of(pod)} get pod {name_of(pod)} -o " + (f"jsonpath='{shows}'" if shows else "wide")
    return Evidence(object=f"Pod {full_name(pod)}", excerpt=excerpt, seen=session.now(), check=check)


def node_of(pod: Object) -> str:
    """The node it is bound to, empty if none."""
    return safe_name(get_path(pod, "spec", "nodeName"))


def start_time(pod: Object) -> datetime | None:
    """When its newest container started; ``status.startTime`` where none tells."""
    statuses = get_path(pod, "status", "containerStatuses") or []
    times = [moment(get_path(status, "state", "running", "startedAt")) for status in statuses]
    return max((time for time in times if time), default=moment(get_path(pod, "status", "startTime")))


def came_up(pod: Object) -> datetime | None:
    """When the pod itself started, whatever its containers did since."""
    return moment(get_path(pod, "status", "startTime")) or start_time(pod)


def is_live(pod: Object) -> bool:
    """Running on the pod network, and not being deleted."""
    return (
        get_path(pod, "status", "phase") == "Running"
        and not get_path(pod, "spec", "hostNetwork")
        and not get_path(pod, "metadata", "deletionTimestamp")
    )


@probe(nature="sign", reads=(LIST_PODS, LIST_EVENTS))
async def pod_waiting(
    session: ClusterSession,
    *,
    reason: Strings = (CREATING,),
    contains: Strings = (),
    namespace: str | None = None,
    min_age: timedelta | None = None,
    app: Strings = (),
) -> Finding:
    """Pods that are bound to a node and wait now.

    For ContainerCreating only pods count that can be waiting for their network: not on the host's network, without an
    address, and not explained by a volume that fails to mount.

    Args:
        reason: the waiting reason as kubectl shows it, or several of them
        contains: texts of which the waiting message must contain one
        namespace: only pods of this namespace
        min_age: only pods that were bound at least this long ago
        app: look at the pods of kube-system with this label app or k8s-app, even those that run: a crash loop is no
            longer Pending
    """
    if app:
        listing = Listing(tuple(await app_pods(session, app)))
    else:
        listing = await (network_waiters(session) if reason == (CREATING,) else pending_pods(session))
    found = [pod for pod in listing.items if reason == (CREATING,) or waiting_reason(pod) in reason]
    found = [pod for pod in found if namespace in (None, namespace_of(pod)) and _says(pod, contains)]
    if min_age is not None:
        found = [pod for pod in found if (at := scheduled_at(pod)) and session.now() - at >= min_age]
    if not found:
        return await _none_waits(session, reason, listing.complete)
    evidence = [
        pod_evidence(session, pod, f"{_reason_of(pod, reason)} on node {node_of(pod)}") for pod in found[:SHOWN]
    ]
    verb = "waits" if len(found) == 1 else "wait"
    summary = f"{count(len(found), 'pod')} {verb} in {_shown(found, reason)}: {some([full_name(pod) for pod in found])}"
    if reason == (CREATING,) and not [pod for pod in found if await _is_late(session, pod)]:
        why = f"{summary}, bound less than {STARTING.seconds} seconds ago: starting takes that long"
        return unknown(why, evidence, young_pod=[full_name(pod) for pod in found])
    since = min((at for pod in found if (at := scheduled_at(pod))), default=None)
    return present(
        summary,
        evidence,
        pod=[full_name(pod) for pod in found],
        node=[node_of(pod) for pod in found],
        age=[span(since, session.now())] if since else [],
    )


def _reason_of(pod: Object, reasons: Strings) -> str:
    """Of one reason that one: a pod that waits for its network may show none."""
    return reasons[0] if len(reasons) == 1 else waiting_reason(pod)


def _shown(pods: list[Object], reasons: Strings) -> str:
    return " or ".join(dict.fromkeys(_reason_of(pod, reasons) for pod in pods))


async def _none_waits(session: ClusterSession, reason: Strings, complete: bool) -> Finding:
    """Names what the pods that do wait are waiting for instead."""
    is_creating = reason == (CREATING,)
    what = f"no pod waits in {' or '.join(reason)}" + (" for its network" if is_creating else "")
    others = await other_waiters(session) if is_creating else []
    if others:
        pod, event = others[0]
        what += f": {full_name(pod)} waits for something else ({event.reason}: {clip(event.message, 120)})"
    seen = [pod_evidence(session, pod, f"{event.reason}: {event.message}") for pod, event in others[:SHOWN]]
    if not complete:
        return unknown(f"{what}, among those that could be read", seen)
    told = [f"{event.reason}: {clip(event.message, 160)}" for _, event in others[:1]]
    return absent(what, seen, other_pod=[full_name(pod) for pod, _ in others[:1]], other_reason=told)


async def _is_late(session: ClusterSession, pod: Object) -> bool:
    """Waiting longer than a healthy start takes, or already failed."""
    at = scheduled_at(pod)
    return at is None or session.now() - at >= STARTING or await network_failure(session, pod) is not None


def _says(pod: Object, texts: Strings) -> bool:
    statuses = get_path(pod, "status", "containerStatuses") or []
    message = " ".join(str(get_path(status, "state", "waiting", "message") or "") for status in statuses).lower()
    return not texts or any(text.lower() in message for text in texts)


@probe(nature="condition", reads=(LIST_PODS,))
async def pods_restarted(
    session: ClusterSession, *, app: Strings, within: timedelta = timedelta(minutes=10), namespace: str = SYSTEM
) -> Finding:
    """Pods of an application that came up a short time ago, each in place of another.

    A container that was restarted inside its old pod keeps the pod's address: that alone is unknown.

    Args:
        app: values of the label k8s-app or app
        within: how long ago at most
        namespace: where they run
    """
    pods = await app_pods(session, app, namespace)
    fresh = [(pod, at) for pod in pods if (at := came_up(pod)) and session.now() - at <= within]
    names = some([name_of(pod) for pod, _ in fresh])
    if not pods:
        return unknown(f"no pods of {', '.join(app)} were found in {namespace}")
    again = [pod for pod in pods if (at := start_time(pod)) and session.now() - at <= within]
    if not fresh and again:
        return unknown(f"only containers were restarted inside their pods: {some([name_of(pod) for pod in again])}")
    if not fresh:
        return absent(f"no pod of {', '.join(app)} started within {minutes(within)}")
    evidence = [pod_evidence(session, pod, f"started {at:%H:%M:%S} UTC", START_TIME) for pod, at in fresh[:SHOWN]]
    return present(f"started within {minutes(within)}: {names}", evidence)


def minutes(span: timedelta) -> str:
    return f"{int(span.total_seconds() // 60)} minutes"


async def app_pods(session: ClusterSession, app: Strings, namespace: str = SYSTEM, node: str = "") -> list[Object]:
    """Pods whose label ``app`` or ``k8s-app`` has one of these values; of a node, or a hundred of all."""
    if "flannel" in app:
        namespace = await flannel_namespace(session)
    if node:  # one read for all applications: a node has few system pods
        listing = await session.reader.select(PODS, namespace, fields=f"spec.nodeName={node}", from_cache=True)
        return [pod for pod in listing.items if {label_of(pod, key) for key in (APP, K8S_APP)} & set(app)]
    values = ",".join(sorted(app))
    is_own = all(value.startswith("kube-") for value in app)  # Kubernetes' own applications carry k8s-app
    for name in (K8S_APP, APP) if is_own else (APP, K8S_APP):
        listing = await session.reader.select(PODS, namespace, labels=f"{name} in ({values})", most=MOST_OF_APP)
        if listing.items:
            return list(listing.items)
    return []


def _annotations(arguments: Arguments) -> list[Annotation]:
    return [Annotation(name) for name in arguments["key"]]


@probe(nature="condition", reads=(LIST_PODS,), cost="wide", names=_annotations)
async def pod_annotation(session: ClusterSession, *, key: Strings) -> Finding:
    """Pods that carry one of these annotations.

    Args:
        key: annotation names
    """
    listing = await session.all_of(PODS, metadata_only=True, most=2000)
    carried = [(pod, _carried(pod, key)) for pod in listing.items]
    found = [(pod, names) for pod, names in carried if names]
    if not found:
        what = f"no pod carries {' or '.join(key)}"
        return absent(what) if listing.complete else unknown(f"{what} among those that could be read")
    names = [full_name(pod) for pod, _ in found]
    shows = "{.metadata.annotations}"
    evidence = [pod_evidence(session, pod, f"annotation {carries[0]}", shows) for pod, carries in found[:SHOWN]]
    return present(f"{count(len(found), 'pod')} with the annotation: {some(names)}", evidence, pod=names)


def _carried(pod: Object, names: Strings) -> list[str]:
    return sorted(name for name in names if annotation_of(pod, Annotation(name)) is not None)
