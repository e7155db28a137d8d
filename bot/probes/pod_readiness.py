"""Why a pod is not ready: what its containers wait for, the probe that fails, or its node."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.cluster.events import Event, events_by_reason
from bot.cluster.pending_pods import newest_of, waiting_reason
from bot.cluster.session import ClusterSession, Object, get_path, moment
from bot.cluster.transport import ReadError
from bot.probes.findings import clip
from bot.probes.pods import minutes, node_of

PROBE_EVENTS = ("Unhealthy",)
WAITING_EVENTS = (
    *("FailedScheduling", "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "FailedSync"),
    *("Failed", "ErrImagePull", "BackOff", "Pulling", "InspectFailed", "ProvisioningFailed"),
)
FRESH = timedelta(minutes=30)
FLAPPING, OFTEN = timedelta(minutes=10), 3  # what ended three times, the last within ten minutes, ends again
NO_REASON = "not ready"
CRASHED = ("CrashLoopBackOff", "Error", "OOMKilled", "ContainerCannotRun", "StartError", "DeadlineExceeded")
_TOLD_BY_EVENT = ("", "ContainerCreating", "PodInitializing", "ErrImagePull", "ImagePullBackOff")


def is_ready(pod: Object) -> bool:
    """As its condition says; containers that are all ready where nothing told the condition."""
    if get_path(pod, "status", "phase") in ("Succeeded", "Failed"):
        return False
    conditions = [each for each in get_path(pod, "status", "conditions") or [] if each.get("type") == "Ready"]
    if conditions:
        return bool(conditions[0].get("status") == "True")
    statuses = get_path(pod, "status", "containerStatuses") or []
    return get_path(pod, "status", "phase") == "Running" and all(each.get("ready") is not False for each in statuses)


def unready_since(pod: Object) -> datetime | None:
    """When it stopped being ready; where no condition says so, when it was made. ``None`` while it is ready."""
    if is_ready(pod):
        return None
    for each in get_path(pod, "status", "conditions") or []:
        if each.get("type") == "Ready" and (at := moment(each.get("lastTransitionTime"))):
            return at
    return moment(get_path(pod, "metadata", "creationTimestamp"))


def is_over(pod: Object, pods: Sequence[Object]) -> bool:
    """Whether it ended and is of no use any more: done, or evicted or lost and replaced by others of these pods."""
    phase = get_path(pod, "status", "phase")
    replaced = any(get_path(each, "status", "phase") not in ("Succeeded", "Failed") for each in pods)
    return phase == "Succeeded" or (phase == "Failed" and replaced)


async def restart_reason(session: ClusterSession, pod: Object) -> tuple[str, datetime] | None:
    """How a pod that is ready at this moment was ended again and again, and the last time; ``None`` where it was not.

    A container ended within ten minutes, after a short run and not for the first time; or a liveness probe fails time
    and again. A reboot ends long runs.
    """
    told = await newest_event(session, pod, PROBE_EVENTS)
    liveness = told if told and told.message.startswith("Liveness") and told.count >= OFTEN else None
    for status in get_path(pod, "status", "containerStatuses") or []:
        began, ended = (
            moment(get_path(status, "lastState", "terminated", part)) for part in ("startedAt", "finishedAt")
        )
        times, was_short = int(status.get("restartCount") or 0), not (began and ended) or ended - began <= FRESH
        if ended and times >= OFTEN and was_short and session.now() - ended <= FLAPPING:
            parts = (ended_words(status), clip(liveness.message, 200) if liveness else "")
            return f"it restarted {times} times, the last run ended: {': '.join(filter(None, parts)) or 'well'}", ended
    if liveness and session.now() - liveness.last <= FLAPPING:
        return f"{clip(liveness.message, 200)} ({liveness.count} times), for which it is restarted", liveness.last
    return None


def running_init(session: ClusterSession, pod: Object) -> tuple[str, timedelta]:
    """The init container that has not ended, and for how long it runs; empty where none keeps the others waiting."""
    sidecars = {
        each.get("name")
        for each in get_path(pod, "spec", "initContainers") or []
        if each.get("restartPolicy") == "Always"  # it runs beside the others and never ends
    }
    for status in get_path(pod, "status", "initContainerStatuses") or []:
        began = moment(get_path(status, "state", "running", "startedAt"))
        if began and status.get("name") not in sidecars:
            return str(status.get("name")), session.now() - began
    return "", timedelta()


async def unready_reason(session: ClusterSession, pod: Object) -> str:
    """One phrase: what its containers wait for, with the newest event about it."""
    if get_path(pod, "status", "phase") == "Failed" and get_path(pod, "status", "reason"):
        words = (str(get_path(pod, "status", part) or "") for part in ("reason", "message"))
        return clip(": ".join(filter(None, words)), 240)
    waits, message = _container_trouble(pod)
    init, runs = running_init(session, pod)
    if init:
        return f"its init container {init} has not ended for {minutes(runs)}, and the others wait for it"
    if waits in CRASHED:
        return await _crash_reason(session, pod, waits, message)
    reasons = PROBE_EVENTS if not waits and get_path(pod, "status", "phase") == "Running" else WAITING_EVENTS
    event = await newest_event(session, pod, reasons)
    if event is not None and (waits in _TOLD_BY_EVENT or not message):
        return f"{waits + ', ' if waits else ''}{clip(event.message, 200)}"
    told = ": ".join(part for part in (waits, clip(message, 200)) if part)
    return told or await _from_node(session, pod) or _from_conditions(pod)


async def _crash_reason(session: ClusterSession, pod: Object, waits: str, message: str) -> str:
    """How its last run ended says more than that it is restarted; a probe that fails may be what ends it."""
    ended = next(filter(None, map(ended_words, _statuses(pod))), "")
    event = await newest_event(session, pod, PROBE_EVENTS)
    told = event.message if event else "" if ended else message
    return ": ".join(part for part in (f"{waits}{ended and ', last run: '}{ended}", clip(told, 200)) if part)


def ended_words(status: Object) -> str:
    """How a container's last run ended, as ``OOMKilled, exit code 137``; empty where none ended, or ended well."""
    ended = get_path(status, "state", "terminated") or get_path(status, "lastState", "terminated") or {}
    reason, code = str(ended.get("reason") or ""), ended.get("exitCode")
    plain = "" if reason in ("Error", "Completed") else reason
    return ", ".join(part for part in (plain, f"exit code {code}" if isinstance(code, int) and code else "") if part)


def _statuses(pod: Object) -> list[Object]:
    kinds = ("initContainerStatuses", "containerStatuses")
    return [status for kind in kinds for status in get_path(pod, "status", kind) or [] if not status.get("ready")]


async def newest_event(session: ClusterSession, pod: Object, reasons: tuple[str, ...]) -> Event | None:
    """The newest fresh event of these reasons about the pod; ``None`` too where events cannot be read."""
    try:
        events = await events_by_reason(session, reasons, pods=True)
    except ReadError:
        return None
    event = newest_of(events, pod)
    return event if event is not None and session.now() - event.last <= FRESH else None


def _container_trouble(pod: Object) -> tuple[str, str]:
    """What a container waits for, or how it ended, in the kubelet's words."""
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in get_path(pod, "status", kind) or []:
            waiting = get_path(status, "state", "waiting") or {}
            if waiting.get("reason") and waiting["reason"] != "PodInitializing":
                return str(waiting["reason"]), str(waiting.get("message") or "")
            if get_path(status, "state", "terminated", "exitCode"):
                return str(get_path(status, "state", "terminated", "reason") or "Error"), ""
    return waiting_reason(pod), ""


async def _from_node(session: ClusterSession, pod: Object) -> str:
    """Pods of a node that is NotReady are not ready, and say nothing of why."""
    name = node_of(pod)
    try:
        node = await session.node(name) if name else None
    except ReadError:
        return ""
    for each in get_path(node or {}, "status", "conditions") or []:
        if each.get("type") == "Ready" and each.get("status") != "True":
            return f"its node {name} is NotReady: {clip(str(each.get('message') or each.get('reason')), 160)}"
    return ""


def _from_conditions(pod: Object) -> str:
    for each in get_path(pod, "status", "conditions") or []:
        if each.get("status") == "False" and each.get("message"):
            return clip(str(each["message"]), 200)
    return NO_REASON
