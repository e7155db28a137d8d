"""Pods that wait for their network: which, where, and whether something else explains the wait.

``Pending`` in the API covers everything from "not scheduled" to "image pull"; only pods that are bound to a node and
still wait for their sandbox can suffer from the network plugin.
"""

from bot.cluster.events import Events, events_by_reason
from bot.cluster.reader import Listing, ReadError
from bot.cluster.resources import PODS
from bot.cluster.view import Object, View, dig, name_of, namespace_of

CREATING = "ContainerCreating"
BEFORE_SANDBOX = frozenset({CREATING, ""})
VOLUME_REASONS = ("FailedMount", "FailedAttachVolume")
SANDBOX_REASONS = ("FailedCreatePodSandBox", "AllocIPFailed")


def waiting_reason(pod: Object) -> str:
    """The first waiting reason of its containers as kubectl shows it; empty where none waits or none is listed."""
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in dig(pod, "status", kind) or []:
            reason = dig(status, "state", "waiting", "reason")
            if reason and reason != "PodInitializing":
                return str(reason)
    return CREATING if _bound(pod) and not _has_run(pod) else ""


def waits_for_sandbox(pod: Object) -> bool:
    """Bound to a node, nothing started, no address yet, and not on the host's network."""
    return (
        _bound(pod)
        and not dig(pod, "spec", "hostNetwork")
        and not _has_run(pod)
        and not dig(pod, "status", "podIP")
        and not dig(pod, "metadata", "deletionTimestamp")
        and waiting_reason(pod) in BEFORE_SANDBOX
    )


def _bound(pod: Object) -> bool:
    return bool(dig(pod, "spec", "nodeName")) and dig(pod, "status", "phase") == "Pending"


def _has_run(pod: Object) -> bool:
    statuses = [*(dig(pod, "status", "containerStatuses") or []), *(dig(pod, "status", "initContainerStatuses") or [])]
    return any({"running", "terminated"} & set(status.get("state") or {}) for status in statuses)


async def pending_pods(view: View) -> Listing:
    """Pods of phase Pending in the namespace of the question, or everywhere."""
    return await view.reader.select(PODS, view.focus.namespace, fields="status.phase=Pending")


async def network_waiters(view: View) -> Listing:
    """The pods that wait for their network now, those that the question names first.

    Pods whose events tell of a volume, and of nothing in the network, wait for the volume.
    """
    return await view.once("network_waiters", lambda: _network_waiters(view))


async def _network_waiters(view: View) -> Listing:
    pending = await pending_pods(view)
    found = [pod for pod in pending.items if waits_for_sandbox(pod)]
    if found:
        volumes = await _told(view, VOLUME_REASONS)
        sandboxes = await _told(view, SANDBOX_REASONS)
        found = [pod for pod in found if subject(pod) not in volumes or subject(pod) in sandboxes]
    found.sort(key=lambda pod: not _is_meant(view, pod))
    return Listing(tuple(found), pending.complete)


def subject(pod: Object) -> tuple[str, str, str]:
    """How events name this pod."""
    return "Pod", namespace_of(pod), name_of(pod)


def _is_meant(view: View, pod: Object) -> bool:
    return view.focus.names(pod) or str(dig(pod, "spec", "nodeName")).lower() in view.focus.words


async def _told(view: View, reasons: tuple[str, ...]) -> set[tuple[str, str, str]]:
    """The pods of which events of these reasons tell; none when events cannot be read: then nothing is explained."""
    try:
        events: Events = await events_by_reason(view, reasons, pods=True)
    except ReadError:
        return set()
    return {event.subject for event in events.items}


async def affected_nodes(view: View) -> tuple[str, ...]:
    """The nodes of the pods that wait for their network, most waiting pods first among equals of the question."""
    waiters = (await network_waiters(view)).items
    return tuple(dict.fromkeys(str(dig(pod, "spec", "nodeName")) for pod in waiters))
