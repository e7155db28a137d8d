"""The probe of logs: a tail of few pods, with byte limits, and only where the symptom is."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from bot.cluster.facts.registry import Permission
from bot.cluster.reader import ReadError
from bot.cluster.resources import POD_LOGS, PODS
from bot.cluster.view import Object, View, dig, full_name, moment, name_of, namespace_of
from bot.cluster.waiting import affected_nodes
from bot.findings import Evidence, Finding
from bot.probes.events import MAC, VSWITCH, named_in
from bot.probes.pods import SHOWN, labelled, node_of
from bot.probes.registry import Strings, absent, present, probe, some, unknown

MOST_PODS = 3  # logs are the dearest reads: three nodes prove it


@dataclass(frozen=True)
class Line:
    """A log line with the time at which the kubelet took it."""

    pod: Object
    at: datetime
    text: str


@probe(nature="sign", reads=(Permission("get", POD_LOGS), Permission("list", PODS)))
async def pod_log(
    view: View,
    *,
    app: Strings,
    container: str,
    contains: Strings,
    within: timedelta = timedelta(minutes=30),
    on: Literal["affected", "all"] = "affected",
    cleared_by: Strings = (),
) -> Finding:
    """A fresh line in the log of a kube-system pod. Lines from before the container's start never count.

    Args:
        app: values of the label app or k8s-app
        container: the container's name
        contains: texts of which the line must contain one, in any case
        within: how old the line may be
        on: affected reads only on nodes whose pods wait for their network now; all reads up to three pods
        cleared_by: texts of later lines of the same log by which it has recovered
    """
    nodes = await affected_nodes(view)
    if on == "affected" and not nodes:
        return absent("no pod waits for its network now, so no log was read")
    pods = [pod for pod in await labelled(view, app) if on == "all" or node_of(pod) in nodes]
    pods = [pod for pod in pods if container in _containers(pod)]
    if not pods:
        return unknown(f"no pod of {', '.join(app)} with a container {container} was found")
    pods.sort(key=_health)
    return await _search(view, pods[:MOST_PODS], len(pods), container, contains, within, cleared_by)


async def _search(
    view: View, pods: list[Object], of: int, container: str, contains: Strings, within: timedelta, cleared_by: Strings
) -> Finding:
    read = await asyncio.gather(*(_lines(view, pod, container, within) for pod in pods), return_exceptions=True)
    failures = [str(result) for result in read if isinstance(result, ReadError)]
    _raise_others(read)
    found = [line for lines in read if isinstance(lines, list) for line in _matching(lines, contains, cleared_by)]
    if found:
        found.sort(key=lambda line: line.at, reverse=True)
        return _seen(found, container)
    if failures:
        return unknown(f"the log of container {container} could not be read: {failures[0]}")
    return absent(f"no such line in the log of {container} on {some([node_of(pod) for pod in pods])} ({len(pods)} of {of} read)")


def _raise_others(results: list[list[Line] | BaseException]) -> None:
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, ReadError):
            raise result


def _seen(found: list[Line], container: str) -> Finding:
    evidence = [
        Evidence(
            object=f"Pod {full_name(line.pod)}",
            excerpt=line.text,
            seen=line.at,
            check=f"kubectl -n {namespace_of(line.pod)} logs {name_of(line.pod)} -c {container} --tail=300 --timestamps",
        )
        for line in found[:SHOWN]
    ]
    texts = [line.text for line in found]
    return present(
        f"log of {container} in {some([name_of(line.pod) for line in found])} says so",
        evidence,
        node=[node_of(line.pod) for line in found],
        terway_pod=[name_of(line.pod) for line in found],
        vswitch=named_in(texts, VSWITCH),
        mac=named_in(texts, MAC),
    )


def _containers(pod: Object) -> set[str]:
    return {str(item.get("name")) for item in dig(pod, "spec", "containers") or []}


def _health(pod: Object) -> tuple[bool, int]:
    """Troubled pods first: their logs say more."""
    statuses = dig(pod, "status", "containerStatuses") or []
    restarts = sum(int(status.get("restartCount") or 0) for status in statuses)
    return all(status.get("ready") for status in statuses), -restarts


def _container_start(pod: Object, container: str) -> datetime | None:
    for status in dig(pod, "status", "containerStatuses") or []:
        if status.get("name") == container:
            return moment(dig(status, "state", "running", "startedAt"))
    return None


async def _lines(view: View, pod: Object, container: str, within: timedelta) -> list[Line]:
    raw = await view.reader.log(namespace_of(pod), name_of(pod), container, since=within)
    start = _container_start(pod, container)
    lines = []
    for text in raw:
        stamp, _, rest = text.partition(" ")
        at = moment(stamp)
        if at and view.now() - at <= within and not (start and at < start):
            lines.append(Line(pod, at, rest))
    return lines


def _matching(lines: list[Line], contains: Strings, cleared_by: Strings) -> list[Line]:
    """The lines that say it, unless a later one tells that it is over."""
    over = max((line.at for line in lines if _has(line, cleared_by)), default=None)
    return [line for line in lines if _has(line, contains) and not (over and over > line.at)]


def _has(line: Line, texts: Strings) -> bool:
    return any(text.lower() in line.text.lower() for text in texts)
