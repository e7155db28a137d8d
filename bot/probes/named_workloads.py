"""The everyday causes of a pod or a workload that does not come up, looked for on those that the question names."""

from collections.abc import Sequence

from bot.cluster.events import Event, events_by_reason, is_fresh
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.pending_pods import scheduled_at, waits_for_sandbox
from bot.cluster.resources import DEPLOYMENTS, EVENTS, PODS, SERVICES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, moment, name_of, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.causes import NO_CAUSE, Cause, Causes, finding_of, joined
from bot.probes.findings import Finding, clip
from bot.probes.named_services import pods_behind
from bot.probes.pod_readiness import (
    FRESH,
    is_over,
    is_ready,
    newest_event,
    restart_reason,
    unready_reason,
    unready_since,
)
from bot.probes.pods import minutes
from bot.probes.registry import probe

READS = tuple(Permission("list", each) for each in (SERVICES, PODS, DEPLOYMENTS, EVENTS))
OWNERS = ("ReplicaSet", "StatefulSet", "DaemonSet", "Job", "Deployment", "ReplicationController")
REFUSED = ("FailedCreate", "FailedScaleOut")
LATE_SECONDS = 60  # a pod may take this long to come up
_NETWORK = ("FailedCreatePodSandBox",)


@probe(nature="sign", reads=READS, cost="wide")
async def named_workload_broken(session: ClusterSession) -> Finding:
    """A pod or a workload that the question names does not come up, for a reason that is not the network.

    No node takes it; its image, volume, Secret or ConfigMap is missing; it crashes; its readiness probe fails; a quota
    or a webhook refuses its pods; its Deployment is scaled to 0.
    """
    return await finding_of(session, workload_causes, "the pods and workloads that the words name come up")


async def workload_causes(session: ClusterSession) -> Causes:
    """What is wrong with the pods and workloads that the question names."""
    named = await named_objects(session)
    if not named.mentions:
        return Causes()
    refused = await _refused(session)
    of_deployments = [await _deployment(session, each) for each in named.deployments]
    served = {full_name(pod): pod for service in named.services for pod in await _behind(session, service)}
    alone = [pod for pod in named.pods if full_name(pod) not in served]
    restarting = await _restarting(session, list(served.values()))
    return joined([refused, *of_deployments, await _pods(session, alone), restarting])


async def _behind(session: ClusterSession, service: Object) -> tuple[Object, ...]:
    try:
        return await pods_behind(session, service)
    except ReadError:
        return ()


async def _refused(session: ClusterSession) -> Causes:
    """What a quota, a webhook or admission says to the controller that makes the pods."""
    named = await named_objects(session)
    events = await events_by_reason(session, REFUSED, pods=False)
    mine = [
        event
        for event in events.items
        if event.kind in OWNERS
        and is_fresh(event, session.now(), FRESH)
        and named.names_workload(event.namespace, event.name)
    ]
    newest = {(event.kind, event.namespace, event.name): event for event in sorted(mine, key=lambda each: each.last)}
    return Causes(tuple(_refusal(event) for event in newest.values()))


def _refusal(event: Event) -> Cause:
    about = f"{event.kind} {event.namespace}/{event.name}"
    why = "a quota refuses them: " if "exceeded quota" in event.message else ""
    why = "an admission webhook refuses them: " if "webhook" in event.message else why
    return Cause(
        object=about,
        message=f"No new pods of {about}: {why}{clip(event.message, 240)}",
        check=f"kubectl -n {event.namespace} get events --field-selector involvedObject.name={event.name}",
        since=event.first,
    )


async def _deployment(session: ClusterSession, deployment: Object) -> Causes:
    about = f"Deployment {full_name(deployment)}"
    check = f"kubectl -n {namespace_of(deployment)} describe deployment {name_of(deployment)}"
    if get_path(deployment, "spec", "replicas") == 0:
        return Causes((Cause(object=about, message=f"{about} is scaled to 0: it has no pods", check=check),))
    selector = get_path(deployment, "spec", "selector", "matchLabels") or {}
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    if not labels:
        return Causes()
    pods = await session.reader.select(PODS, namespace_of(deployment), labels=labels, most=100)
    return await _pods(session, pods.items)


async def _pods(session: ClusterSession, pods: Sequence[Object]) -> Causes:
    """Of several pods of a kind the first that fails tells why."""
    failing = [pod for pod in pods if not is_ready(pod) and _is_late(session, pod) and not is_over(pod, pods)]
    told: dict[str, Cause] = {}
    for pod in failing[:4]:
        if trouble := await _pod_cause(session, pod):
            told.setdefault(trouble.message.partition(": ")[2], trouble)
    return Causes(tuple(told.values())) + await _restarting(session, pods)


async def _restarting(session: ClusterSession, pods: Sequence[Object]) -> Causes:
    """Those that are ready just now, between two ends."""
    for pod in [pod for pod in pods if is_ready(pod)]:
        if found := await restart_reason(session, pod):
            why, last = found
            about = f"Pod {full_name(pod)}"
            check = f"kubectl -n {namespace_of(pod)} describe pod {name_of(pod)}"
            message = f"{about} is ready just now, but not for long: {why}"
            return Causes((Cause(object=about, message=message, check=check, since=last),))
    return NO_CAUSE


def _is_late(session: ClusterSession, pod: Object) -> bool:
    made = moment(get_path(pod, "metadata", "creationTimestamp"))
    is_going = bool(get_path(pod, "metadata", "deletionTimestamp"))
    return not is_going and (made is None or (session.now() - made).total_seconds() >= LATE_SECONDS)


async def _pod_cause(session: ClusterSession, pod: Object) -> Cause | None:
    """Pods that wait for their network are what the entries are about: only what no entry explains is told here."""
    if waits_for_sandbox(pod) and await _waits_for_network(session, pod):
        return None
    why = await unready_reason(session, pod)
    at = scheduled_at(pod)
    waited = f" for {minutes(session.now() - at)}" if at and get_path(pod, "status", "phase") == "Pending" else ""
    return Cause(
        object=f"Pod {full_name(pod)}",
        message=f"Pod {full_name(pod)} is not ready{waited}: {why}",
        check=f"kubectl -n {namespace_of(pod)} describe pod {name_of(pod)}",
        since=unready_since(pod),
    )


async def _waits_for_network(session: ClusterSession, pod: Object) -> bool:
    """Its sandbox failed last, and no image, volume or node was told to be what it waits for since."""
    failed = await newest_event(session, pod, _NETWORK)
    other = await newest_event(session, pod, ("Pulling", "FailedMount", "FailedAttachVolume", "Failed", "BackOff"))
    return (failed is not None and (other is None or other.last <= failed.last)) or other is None
