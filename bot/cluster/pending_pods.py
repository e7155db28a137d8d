"""Pods that wait for their network: which, where, and whether something else explains the wait.

``Pending`` in the API covers everything from "not scheduled" to "image pull"; only pods that are bound to a node and
still wait for their sandbox can suffer from the network plugin.
"""

import re
from datetime import UTC, datetime, timedelta

from bot.cluster.events import Event, Events, Subject, events_by_reason
from bot.cluster.requests import Listing
from bot.cluster.resources import PODS
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of, namespace_of, safe_name
from bot.cluster.transport import ReadError

CREATING = "ContainerCreating"
BEFORE_SANDBOX = frozenset({CREATING, ""})
# What a pod gets or lacks before its network, and what happens only after it has one.
VOLUME_REASONS = ("FailedMount", "FailedAttachVolume")
PAST_NETWORK_REASONS = ("Pulling", "AllocIPSucceed")
REPEATED = timedelta(minutes=1)  # the kubelet repeats what still fails within this time
SILENT = timedelta(minutes=5)
SILENT_AFTER_FAILURE = timedelta(minutes=15)
SANDBOX_REASONS = ("FailedCreatePodSandBox", "AllocIPFailed")
# A sandbox can fail without the network: its image, the disk or the runtime.
_NOT_THE_NETWORK = re.compile(
    r"sandbox image|pull image|no space left on device|oci runtime|containerd task|cgroup", re.IGNORECASE
)


def waiting_reason(pod: Object) -> str:
    """The first waiting reason of its containers as kubectl shows it; empty where none waits or none is listed."""
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in get_path(pod, "status", kind) or []:
            reason = get_path(status, "state", "waiting", "reason")
            if reason and reason != "PodInitializing":
                return str(reason)
    return CREATING if _bound(pod) and not _has_run(pod) else ""


def waits_for_sandbox(pod: Object) -> bool:
    """Bound to a node, nothing started, no address yet, and not on the host's network."""
    return (
        _bound(pod)
        and not get_path(pod, "spec", "hostNetwork")
        and not _has_run(pod)
        and not get_path(pod, "status", "podIP")
        and not get_path(pod, "metadata", "deletionTimestamp")
        and waiting_reason(pod) in BEFORE_SANDBOX
    )


def _bound(pod: Object) -> bool:
    return bool(get_path(pod, "spec", "nodeName")) and get_path(pod, "status", "phase") == "Pending"


def _has_run(pod: Object) -> bool:
    statuses = [
        *(get_path(pod, "status", "containerStatuses") or []),
        *(get_path(pod, "status", "initContainerStatuses") or []),
    ]
    return any(
        get_path(status, "state", phase) is not None for status in statuses for phase in ("running", "terminated")
    )


async def pending_pods(session: ClusterSession) -> Listing:
    """Pods of phase Pending in the namespace of the question, or everywhere."""
    return await session.all_of(PODS, fields="status.phase=Pending", from_cache=True)


async def network_waiters(session: ClusterSession) -> Listing:
    """The pods that wait for their network now, those that the question names first.

    A pod whose newest event tells of a volume, an image or the runtime waits for that.
    """
    pending, explained = await session.once("waiters", lambda: _waiters(session))
    others = [pod for pod in pending.items if not any(pod is other for other, _ in explained)]
    return Listing(tuple(sorted(others, key=lambda pod: not _is_in_scope(session, pod))), pending.complete)


async def other_waiters(session: ClusterSession) -> list[tuple[Object, Event]]:
    """The pods that wait for something else, each with the event that tells for what."""
    return (await session.once("waiters", lambda: _waiters(session)))[1]


async def _waiters(session: ClusterSession) -> tuple[Listing, list[tuple[Object, Event]]]:
    """Every pod that waits for its sandbox, and those of them whose wait is explained."""
    pending = await pending_pods(session)
    found = [pod for pod in pending.items if waits_for_sandbox(pod)]
    if not found:
        return Listing((), pending.complete), []
    told = [
        await _waiting_events(session, reasons) for reasons in (VOLUME_REASONS, PAST_NETWORK_REASONS, SANDBOX_REASONS)
    ]
    explained = [(pod, event) for pod in found if (event := _explanation(*(newest_of(part, pod) for part in told)))]
    return Listing(tuple(found), pending.complete), explained


def subject(pod: Object) -> Subject:
    """How events name this pod."""
    return "Pod", namespace_of(pod), name_of(pod)


def _is_in_scope(session: ClusterSession, pod: Object) -> bool:
    return session.scope.names(pod) or str(get_path(pod, "spec", "nodeName")).lower() in session.scope.words


def newest_of(events: Events, pod: Object) -> Event | None:
    """The newest event about this very pod, and not about an earlier one of its name."""
    uid = get_path(pod, "metadata", "uid")
    mine = [event for event in events.about(subject(pod)) if event.uid in ("", uid or event.uid)]
    return max(mine, key=lambda event: event.last, default=None)


def _explanation(volume: Event | None, past: Event | None, network: Event | None) -> Event | None:
    """The event by which this pod waits for something else than its network, if one tells so."""
    if network is None:
        return volume or past
    if past is not None and past.last > network.last:
        return past
    if volume is not None and volume.last > network.last + REPEATED:
        return volume
    elsewhere = _NOT_THE_NETWORK.search(network.message) is not None and "network for" not in network.message
    return network if elsewhere else None


async def _waiting_events(session: ClusterSession, reasons: tuple[str, ...]) -> Events:
    """Events of these reasons; none when they cannot be read: then nothing is explained."""
    try:
        return await events_by_reason(session, reasons, pods=True)
    except ReadError as error:
        if error.is_damage:
            raise
        return Events(())


async def network_failure(session: ClusterSession, pod: Object) -> Event | None:
    """The newest event by which this pod's network failed."""
    return newest_of(await _waiting_events(session, SANDBOX_REASONS), pod)


async def affected_nodes(session: ClusterSession) -> tuple[str, ...]:
    """The nodes of the pods that wait for their network, most waiting pods first among equals of the question."""
    waiters = (await network_waiters(session)).items
    return tuple(dict.fromkeys(safe_name(get_path(pod, "spec", "nodeName")) for pod in waiters))


def scheduled_at(pod: Object) -> datetime | None:
    """When it was bound to its node; when nothing tells, not before it was created."""
    told = [c for c in get_path(pod, "status", "conditions") or [] if c.get("type") == "PodScheduled"]
    started, created = get_path(pod, "status", "startTime"), get_path(pod, "metadata", "creationTimestamp")
    times = [*(condition.get("lastTransitionTime") for condition in told), started, created]
    return next((at for at in map(moment, times) if at), None)


async def explains_from(session: ClusterSession) -> dict[str, datetime]:
    """By affected node, since when what was seen on it can explain why its pods wait.

    A failure long before they were bound is none of theirs. Terway repeats itself only every five to ten minutes, so
    one shortly before is; a little longer before when the pod has failed by itself.
    """
    since: dict[str, datetime] = {}
    for pod in (await network_waiters(session)).items:
        at, node = scheduled_at(pod), safe_name(get_path(pod, "spec", "nodeName"))
        silent = SILENT_AFTER_FAILURE if await network_failure(session, pod) else SILENT
        mine = at - silent if at else datetime.min.replace(tzinfo=UTC)
        since[node] = min(mine, since.get(node, mine))
    return since
