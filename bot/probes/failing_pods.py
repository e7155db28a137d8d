"""Failure checks of pods: those that wait for their network, a node or something else, and those that are refused."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cluster.events import Event, Events, events_by_reason, is_fresh, warning_events
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects, names_nothing
from bot.cluster.pending_pods import (
    network_failure,
    network_waiters,
    newest_of,
    other_waiters,
    pending_pods,
    scheduled_at,
)
from bot.cluster.resources import (
    DAEMON_SETS,
    DEPLOYMENTS,
    JOBS,
    NODES,
    PODS,
    REPLICA_SETS,
    SERVICES,
    STATEFUL_SETS,
)
from bot.cluster.session import (
    SYSTEM,
    ClusterSession,
    Object,
    full_name,
    get_path,
    moment,
    name_of,
    namespace_of,
)
from bot.cluster.transport import ReadError
from bot.probes.failing_components import COMPONENT
from bot.probes.failure_checks import CheckResult, Failing, Severity, failure_check, readable_warnings
from bot.probes.findings import clip
from bot.probes.pod_readiness import is_ready, running_init, unready_since
from bot.probes.pods import LIST_EVENTS, LIST_PODS, STARTING, minutes, node_of
from bot.probes.registry import count, some
from bot.probes.terway_messages import meaning_of

WAITING_PODS = "pods that wait for their network"
LONGEST = 240  # characters of an object's own words in a sentence
UNPLACED = timedelta(minutes=1)  # a scheduler that is well has spoken by then
RETRIED = timedelta(
    minutes=20
)  # controllers try again after 1,000 s at most (client-go's DefaultControllerRateLimiter)
RECENT = timedelta(minutes=15)
MOST_READ = 5  # objects that are read one by one
# What differs between pods that fail alike: ids of sandboxes, uids, addresses, the pods' own names.
_OWN = re.compile(
    r"[0-9a-f]{8,}|\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?\b|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|\d+", re.IGNORECASE
)
# What the kubelet and gRPC put around the words that matter, and the ids of sandboxes.
_WRAPPING = re.compile(r"rpc error: code = Unknown desc = |^Failed (?:to )?create pod sandbox: ", re.IGNORECASE)
_ID = re.compile(r"\b[0-9a-f]{32,}\b")
NAMED = (SERVICES, DEPLOYMENTS, NODES)  # what is read to see which objects the words name
# Terway's controllers (types/k8s.go) and those of the VPC on EKS (vpc-resource-controller).
_CONTROLLERS_REASONS = frozenset(
    (
        *("AttachENIFailed", "CreateENIFailed", "PodCreateFailed", "CniPodCreateError", "UpdatePodENIFailed"),
        *("BranchAllocationFailed", "BranchENIAnnotationFailed"),
    )
)
_GATED = "SchedulingGated"  # held back on purpose, says whoever made it
INITIALIZING = timedelta(minutes=5)  # what takes longer to get a pod ready is told
_BLOCKED = frozenset(
    {
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "ErrImageNeverPull",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    }
)


@dataclass(frozen=True)
class Trouble:
    """One pod with what is told of it; ``reason`` an event's or a waiting container's, ``said`` its words alone."""

    pod: Object
    reason: str
    words: str
    since: datetime
    said: str = ""


@failure_check(WAITING_PODS, reads=(LIST_PODS, LIST_EVENTS))
async def waiting_for_network(session: ClusterSession) -> CheckResult:
    """Pods that are bound and have no sandbox, each with its newest warning, whatever that says."""
    waiters, warnings = await network_waiters(session), await readable_warnings(session)
    found = []
    for pod in waiters.items:
        event = await network_failure(session, pod) or (newest_of(warnings, pod) if warnings else None)
        if event is None and not _is_older(session, scheduled_at(pod), STARTING):
            continue
        found.append(_trouble(session, pod, event, _controllers_word(session, pod, warnings)))
    silence = "no event tells why" if warnings else "its events may not be read"
    items = tuple(_waiting(group, silence) for group in _alike(found))
    return CheckResult(items, _part(waiters.complete and (warnings is None or warnings.complete), WAITING_PODS))


def _controllers_word(session: ClusterSession, pod: Object, warnings: Events | None) -> Event | None:
    """What a controller of network interfaces says of the pod: the kubelet beside it only says that it waits."""
    told = [event for event in (warnings or Events(())).items if event.reason in _CONTROLLERS_REASONS]
    event = newest_of(Events(tuple(told)), pod)
    return event if event is not None and is_fresh(event, session.now(), RETRIED) else None


def _trouble(session: ClusterSession, pod: Object, event: Event | None, beside: Event | None) -> Trouble:
    since = scheduled_at(pod) or (event.first if event else session.now())
    if event is None:
        return Trouble(pod, "", "", since)
    if beside is not None and beside.reason != event.reason:
        return Trouble(pod, beside.reason, f"{_by_count(beside)}; {_by_count(event)}", since, beside.message)
    return Trouble(pod, event.reason, _by_count(event), since, event.message)


def _by_count(event: Event) -> str:
    times = f" ({event.count} times)" if event.count > 1 else ""
    return f"{event.reason}{times}: {_ID.sub('…', _WRAPPING.sub('', event.message))}"


def _waiting(group: Sequence[Trouble], silence: str) -> Failing:
    nodes = list(dict.fromkeys(node_of(each.pod) for each in group))
    where = f"on node {nodes[0]}" if len(nodes) == 1 else f"on {len(nodes)} nodes ({some(nodes)})"
    words = group[0].words or silence
    return _failing(group, f"{_pods(group, 'waits', 'wait')} for the network {where}", words, Severity.NETWORK)


@failure_check("pods without a node", reads=(LIST_PODS, LIST_EVENTS))
async def not_scheduled(session: ClusterSession) -> CheckResult:
    """Pending pods that no node took, in the scheduler's own words."""
    pending, warnings = await pending_pods(session), await readable_warnings(session) or Events(())
    found = [
        trouble
        for pod in pending.items
        if not node_of(pod) and not get_path(pod, "metadata", "deletionTimestamp")
        if (trouble := _unplaced(session, pod, newest_of(warnings, pod)))
    ]
    items = tuple(
        _failing(group, f"{_pods(group, 'has', 'have')} no node", group[0].words, Severity.SCHEDULING)
        for group in _alike(found)
    )
    return CheckResult(items, _part(pending.complete, "pods without a node"))


def _unplaced(session: ClusterSession, pod: Object, event: Event | None) -> Trouble | None:
    """By the pod's condition, which is kept up to date; by the newest event where there is none."""
    conditions = get_path(pod, "status", "conditions") or []
    told: Object = next((each for each in conditions if each.get("type") == "PodScheduled"), {})
    if told.get("reason") == _GATED or told.get("status") == "True":
        return None
    created = moment(get_path(pod, "metadata", "creationTimestamp"))
    since = moment(told.get("lastTransitionTime")) or created or session.now()
    if message := str(told.get("message") or ""):
        return Trouble(pod, "FailedScheduling", f"the scheduler says: {message}", since, message)
    if event is not None:
        return Trouble(
            pod, event.reason, f"the scheduler says: {event.message}", min(since, event.first), event.message
        )
    if not _is_older(session, created, UNPLACED):
        return None
    return Trouble(pod, "", "no event tells why (does the scheduler run?)", since)


@failure_check(
    "pods that do not come up",
    reads=(LIST_PODS, LIST_EVENTS, Permission("get", PODS), *(Permission("list", each) for each in NAMED)),
)
async def not_starting(session: ClusterSession) -> CheckResult:
    """Pods that wait for a volume, an image or a setting, crash, or fail their readiness probe.

    Where the question names objects or a namespace, theirs alone: in a cluster there is always one, and those of others
    are nobody's answer; where it names an app without saying what it is, those of its namespace too. Who names nothing
    is told of all that events tell of.
    """
    named_none = await names_nothing(session)
    found = [
        Trouble(pod, event.reason, _by_count(event), scheduled_at(pod) or event.first, event.message)
        for pod, event in await other_waiters(session)
        if event.is_warning or _is_meant(session, namespace_of(pod), name_of(pod))
    ]
    known = {full_name(each.pod) for each in found}
    around = (await named_objects(session)).loose_places
    pods = [pod for pod in await _meant_pods(session, named_none, around) if full_name(pod) not in known]
    warnings = await readable_warnings(session) or Events(())
    found += [trouble for pod in pods if (trouble := blocked(session, pod, newest_of(warnings, pod)))]
    items = [
        _failing(group, f"{_pods(group, 'does', 'do')} not start", group[0].words, Severity.APPLICATION)
        for group in _alike(found)
    ]
    known |= {full_name(each.pod) for each in found}
    unready = [trouble for pod in pods if full_name(pod) not in known and (trouble := _unready(session, pod, warnings))]
    items += [
        _failing(group, f"{_pods(group, 'is', 'are')} not ready", group[0].words, Severity.APPLICATION)
        for group in _alike(unready)
    ]
    return CheckResult(tuple(items))


def _unready(session: ClusterSession, pod: Object, warnings: Events) -> Trouble | None:
    """A pod that runs and whose probe fails now, where the words name its namespace, or nothing."""
    if session.scope.names(pod) or is_ready(pod) or COMPONENT.match(name_of(pod)):
        return None  # a pod that is named, and the network's own, are told elsewhere
    probes = Events(tuple(event for event in warnings.items if event.reason == "Unhealthy"))
    event, since = newest_of(probes, pod), unready_since(pod)
    if event is None or since is None or not _is_older(session, since, UNPLACED):
        return None
    return Trouble(pod, event.reason, event.message, since, event.message)


async def _meant_pods(session: ClusterSession, everyone: bool, around: frozenset[str]) -> list[Object]:
    """Pods that the question may be about and that may be in trouble: pending ones, and those that events tell of."""

    def is_meant(namespace: str, name: str) -> bool:
        return everyone or namespace in around or _is_meant(session, namespace, name)

    nodes = {name_of(node) for node in (await named_objects(session)).nodes}
    waiting = (await pending_pods(session)).items
    pending = [pod for pod in waiting if is_meant(*_place(pod)) or node_of(pod) in nodes]
    warnings = await readable_warnings(session) or Events(())
    fresh = [event for event in warnings.items if is_fresh(event, session.now(), RECENT)]
    fresh = [event for event in fresh if event.namespace != SYSTEM] if everyone else fresh
    fresh.sort(key=lambda event: event.last, reverse=True)
    told = [event.subject[1:] for event in fresh if is_meant(event.namespace, event.name)]
    known = {_place(pod) for pod in pending}
    places = [place for place in dict.fromkeys(told) if place not in known][:MOST_READ]
    read = await asyncio.gather(*(session.reader.get(PODS, name, namespace) for namespace, name in places))
    return [*pending, *(pod for pod in read if pod is not None)]


def _place(pod: Object) -> tuple[str, str]:
    return namespace_of(pod), name_of(pod)


def _is_meant(session: ClusterSession, namespace: str, name: str) -> bool:
    """By its name, the name of what made it, or its namespace, given or named."""
    scope, name = session.scope, name.lower()
    words = {word for word in scope.words if len(word) > 2}
    is_named = any(name == word or name.startswith(f"{word}-") for word in words)
    return is_named or namespace == scope.namespace or namespace.lower() in words


def blocked(session: ClusterSession, pod: Object, event: Event | None) -> Trouble | None:
    """What keeps a container of the pod from running, if anything does."""
    statuses = [
        *(get_path(pod, "status", "initContainerStatuses") or []),
        *(get_path(pod, "status", "containerStatuses") or []),
    ]
    waiting = [(each, get_path(each, "state", "waiting", "reason")) for each in statuses]
    found = next(((each, reason) for each, reason in waiting if reason in _BLOCKED), None)
    if get_path(pod, "metadata", "deletionTimestamp"):
        return None
    if found is None:
        init, runs = running_init(session, pod)
        said = f"its init container {init} has not ended for {minutes(runs)}"
        return Trouble(pod, "Init", said, session.now() - runs, said) if runs >= INITIALIZING else None
    status, reason = found
    said = str(get_path(status, "state", "waiting", "message") or "") or (event.message if event else "")
    since = moment(get_path(status, "lastState", "terminated", "finishedAt")) or scheduled_at(pod) or session.now()
    crashed = get_path(status, "lastState", "terminated", "exitCode")
    code = f", exit code {crashed}" if isinstance(crashed, int) else ""
    return Trouble(
        pod, str(reason), f"container {status.get('name')} is in {reason}{code}: {said}".rstrip(": "), since, said
    )


@failure_check("pods that do not end", reads=(LIST_EVENTS, Permission("get", PODS)))
async def not_ending(session: ClusterSession) -> CheckResult:
    """Pods that should be gone, and whose sandbox the kubelet cannot take down: often the network plugin fails."""
    warnings = await readable_warnings(session) or Events(())
    failed = [event for event in warnings.items if event.reason == "FailedKillPod"]
    fresh = sorted((event for event in failed if is_fresh(event, session.now(), RETRIED)), key=lambda event: event.last)
    newest = list({event.subject: event for event in fresh}.values())[::-1][:MOST_READ]
    pods = await asyncio.gather(*(session.reader.get(PODS, event.name, event.namespace) for event in newest))
    found = [
        Trouble(pod, event.reason, _by_count(event), ended, event.message)
        for pod, event in zip(pods, newest, strict=True)
        if pod is not None
        if (ended := moment(get_path(pod, "metadata", "deletionTimestamp")))
        if _is_older(session, ended, UNPLACED)
    ]
    items = (
        _failing(group, f"{_pods(group, 'does', 'do')} not end", group[0].words, Severity.NETWORK)
        for group in _alike(found)
    )
    return CheckResult(tuple(items))


@failure_check(
    "workloads whose pods are refused",
    reads=(LIST_EVENTS, *(Permission("get", kind) for kind in (REPLICA_SETS, STATEFUL_SETS, JOBS, DAEMON_SETS))),
)
async def not_created(session: ClusterSession) -> CheckResult:
    """Workloads whose pods the API server refuses now (a quota, a webhook), as long as they still lack them."""
    warnings = await warning_events(session, pods=False)
    fresh = [
        event
        for event in warnings.items
        if event.reason == "FailedCreate" and event.kind in _WORKLOADS and is_fresh(event, session.now(), RETRIED)
        if session.scope.namespace in (None, event.namespace)
    ]
    newest = {event.subject: event for event in sorted(fresh, key=lambda event: event.last)}
    if newest:
        made = await events_by_reason(session, ("SuccessfulCreate",), pods=False)
        newest = {key: event for key, event in newest.items() if not _later(made.latest(key), event.last)}
    looked_at = sorted(newest.values(), key=lambda event: event.last, reverse=True)
    lacking = await asyncio.gather(*(_still_lacks(session, event) for event in looked_at[:MOST_READ]))
    items = tuple(_not_created(event) for event, lacks in zip(looked_at, lacking, strict=False) if lacks)
    is_whole = warnings.complete and len(looked_at) <= MOST_READ
    return CheckResult(items, _part(is_whole, "workloads whose pods are refused"))


_WORKLOADS = {"ReplicaSet": REPLICA_SETS, "StatefulSet": STATEFUL_SETS, "Job": JOBS, "DaemonSet": DAEMON_SETS}


def _later(at: datetime | None, than: datetime) -> bool:
    return at is not None and at > than


async def _still_lacks(session: ClusterSession, event: Event) -> bool:
    """Whether the workload is there and has fewer pods than it wants; where it may not be read, its event counts."""
    try:
        found = await session.reader.get(_WORKLOADS[event.kind], event.name, event.namespace)
    except ReadError as error:
        if error.kind != "forbidden":
            raise
        return True
    return found is not None and _lacks_pods(event.kind, found)


def _lacks_pods(kind: str, workload: Object) -> bool:
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    if kind == "Job":
        ended = any(each.get("type") in ("Complete", "Failed") for each in status.get("conditions") or [])
        return not ended and not spec.get("suspend") and not status.get("active")
    if kind == "DaemonSet":
        wanted, there = status.get("desiredNumberScheduled"), status.get("currentNumberScheduled")
    else:
        wanted, there = spec.get("replicas", 1), status.get("replicas")
    return int(there or 0) < int(1 if wanted is None else wanted)


def _not_created(event: Event) -> Failing:
    return Failing(
        object=f"{event.kind} {event.namespace}/{event.name}",
        since=event.first,
        message=f"Its pods cannot be created: {clip(event.message, LONGEST)}",
        check=f"kubectl -n {event.namespace} describe {event.kind.lower()} {event.name}",
        severity=Severity.SCHEDULING,
        words=event.message,
    )


def _is_older(session: ClusterSession, at: datetime | None, span: timedelta) -> bool:
    return at is None or session.now() - at >= span


def _part(complete: bool, what: str) -> str:
    return "" if complete else f"{what}: not all of them could be read"


def _alike(found: Iterable[Trouble]) -> list[list[Trouble]]:
    """The troubles that differ in ids, names and addresses alone, together."""
    groups: dict[tuple[str, str], list[Trouble]] = {}
    for trouble in found:
        groups.setdefault((trouble.reason, _shape_of(trouble)), []).append(trouble)
    return [sorted(group, key=lambda each: each.since) for group in groups.values()]


def _shape_of(trouble: Trouble) -> str:
    names = (full_name(trouble.pod), name_of(trouble.pod), namespace_of(trouble.pod), node_of(trouble.pod))
    words = trouble.words
    for name in filter(None, names):
        words = words.replace(name, "")
    return _OWN.sub("", words)


def _pods(group: Sequence[Trouble], one: str, many: str) -> str:
    """``It waits``, ``10 pods wait``."""
    if len(group) == 1:
        return f"It {one}"
    return f"{count(len(group), 'pod')} ({some([full_name(each.pod) for each in group])}) {many}"


def _failing(group: Sequence[Trouble], what: str, words: str, severity: Severity) -> Failing:
    first = group[0].pod
    return Failing(
        object=f"Pod {full_name(first)}",
        since=group[0].since,
        message=f"{what}{meaning_of(group[0].said)}: {clip(words, LONGEST)}",
        check=f"kubectl -n {namespace_of(first)} describe pod {name_of(first)}",
        severity=severity,
        alike=tuple(f"Pod {full_name(each.pod)}" for each in group),
        words=group[0].said,
        nodes=tuple(dict.fromkeys(filter(None, (node_of(each.pod) for each in group)))),
    )
