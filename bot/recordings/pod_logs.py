"""``pods/log``: choosing the container and cutting the log, as a kubelet would."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.recordings.failures import bad_request, invalid, not_found
from bot.recordings.objects import LogKey, Recording
from bot.recordings.resources import Json
from bot.recordings.times import parse_time

_TRUE = ("1", "true", "True")


def read_log(store: Recording, namespace: str, name: str, query: Mapping[str, str], now: datetime) -> bytes:
    """The asked part of one container's log; empty where the recording holds the pod but no log of it."""
    pod = store.find("Pod", name, namespace)
    if pod is None:
        raise not_found("", "pods", name)
    previous = query.get("previous") in _TRUE
    container = _container(pod, query.get("container", ""))
    key = LogKey(namespace, name, container, previous)
    if key not in store.logs:
        _refuse_unstarted(pod, container, previous)
    return _cut(store.logs.get(key, b""), query, now)


def _container(pod: Json, wanted: str) -> str:
    spec, name = pod.get("spec", {}), pod["metadata"]["name"]
    regular = [each["name"] for each in spec.get("containers", ())]
    initial = [each["name"] for each in spec.get("initContainers") or ()]
    if wanted:
        if wanted not in regular + initial:
            raise bad_request(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(regular) == 1:
        return str(regular[0])
    choice = f"a container name must be specified for pod {name}, choose one of: [{' '.join(regular)}]"
    raise bad_request(choice + (f" or one of the init containers: [{' '.join(initial)}]" if initial else ""))


def _refuse_unstarted(pod: Json, container: str, previous: bool) -> None:
    """A kubelet has no log of a run that there was not."""
    status, name = pod.get("status", {}), pod["metadata"]["name"]
    if previous:
        raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
    known = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    state = next((each.get("state") or {} for each in known if each.get("name") == container), {})
    if waiting := state.get("waiting"):
        reason = waiting.get("reason") or "PodInitializing"
        raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def _cut(content: bytes, query: Mapping[str, str], now: datetime) -> bytes:
    lines = [line + b"\n" for line in content.removesuffix(b"\n").split(b"\n")] if content else []
    if (tail := _number(query, "tailLines", 0)) is not None:
        lines = lines[-tail:] if tail else []
    if (since := _since(query, now)) is not None:
        lines = [line for line in lines if parse_time(line.split(b" ", 1)[0].decode()) >= since]
    if query.get("timestamps") not in _TRUE:
        lines = [line.partition(b" ")[2] for line in lines]
    limit = _number(query, "limitBytes", 1)
    return b"".join(lines)[:limit]


def _since(query: Mapping[str, str], now: datetime) -> datetime | None:
    seconds = _number(query, "sinceSeconds", 1)
    moment = query.get("sinceTime")
    if seconds is not None and moment:
        raise invalid("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if seconds is not None:
        return now - timedelta(seconds=seconds)
    try:
        return parse_time(moment) if moment else None
    except ValueError as problem:
        raise bad_request(f"sinceTime: {problem}") from problem


def _number(query: Mapping[str, str], key: str, least: int) -> int | None:
    if not (text := query.get(key, "")):
        return None
    if not text.lstrip("-").isdecimal():
        raise bad_request(f"{key}: {text!r} is no whole number")
    if int(text) < least:
        raise invalid(f"{key}: must be greater than or equal to {least}")
    return int(text)
