"""Logs: the probe reads a tail of few pods, with byte limits, and only where the symptom is; one line that tells."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Literal

from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import affected_nodes, explains_from, network_waiters
from bot.cluster.resources import POD_LOGS, PODS
from bot.cluster.session import ClusterSession, Object, full_name, get_path, moment, name_of, namespace_of, safe_name
from bot.cluster.transport import ReadError
from bot.probes.events import BEFORE_BINDING, MAC, VSWITCH, named_in, none_waits
from bot.probes.findings import Evidence, Finding, clip
from bot.probes.pods import SHOWN, app_pods, node_of
from bot.probes.registry import Strings, absent, present, probe, some, unknown

TAIL = 300  # lines: a busy daemon's last half hour
FIRST_WORDS = timedelta(minutes=2)  # a log that begins later than this after the start has lost its beginning
LOOKED_BACK = timedelta(hours=1)  # asked for alike by all probes, so that one read serves them
# How a line of these programs begins: klog, logrus, zap and JSON, plain times. Any other goes on with the one before.
_BEGINS = re.compile(
    r"[IWEF]\d{1,4}[ \t]|(?:time|level|ts|msg)=|\{\"|\d{4}[-/]\d\d[-/]\d\d[T ]|\[?\d\d:\d\d:\d\d"
    r"|(?:INFO|WARN|ERROR|DEBUG|FATAL)\b"
)
MOST_JOINED = 20  # lines of one message: the cloud's SDK writes five
AT_ONCE = timedelta(seconds=1)  # the lines of one message are written together
# How a line names what is wrong, in any program's words.
_TELLING = re.compile(
    r"panic|fatal|error|fail|cannot|can't|unable|denied|refused|not found|no such|invalid|unknown|timed? ?out"
    r"|already in use|^[EF]\d{4} |\[(?:error|fatal)\]|level=(?:error|fatal)",
    re.IGNORECASE,
)
# What stands around such a line: the frames of a Go program's stack, and the options of its usage.
_TRACE = re.compile(
    r"goroutine \d|\s*/\S+\.go:\d|[\w./*()\[\]-]+\((?:\.\.\.|\{?0x[^()]*)?\)\s*$|created by [\w./*()-]+(?: in |$)"
    r"|usage:|\s+--?[a-z]| {4}\t",
    re.IGNORECASE,
)
MOST_PODS = 3  # logs are the dearest reads: three nodes prove it


@dataclass(frozen=True)
class Line:
    """A log line with the time at which the kubelet took it."""

    pod: Object
    at: datetime
    text: str

    @cached_property
    def lowered(self) -> str:
        """The text in lower case: many texts are looked for in each line."""
        return self.text.lower()


@dataclass(frozen=True)
class Log:
    """The lines of one log that count; not ``whole`` where earlier ones of that time are gone or were left out."""

    pod: Object
    lines: list[Line]
    whole: bool


@probe(nature="sign", reads=(Permission("get", POD_LOGS), Permission("list", PODS)))
async def pod_log(
    session: ClusterSession,
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
        container: the container's name; a pod that has one container is read whatever that one is called
        contains: texts of which the line must contain one, in any case
        within: how old the line may be
        on: affected reads only on nodes whose pods wait for their network now; all reads up to three pods
        cleared_by: texts of later lines of the same log by which it has recovered
    """
    nodes = await affected_nodes(session)
    if on == "affected" and not nodes:
        return none_waits(await network_waiters(session), "so no log was read")
    places = [""] if on == "all" else nodes[:MOST_PODS]
    pods = [pod for node in places for pod in await app_pods(session, app, node=node) if container_of(pod, container)]
    if not pods:
        return unknown(f"no pod of {', '.join(app)} with a container {container} was found")
    pods.sort(key=_health)
    of = max(len(pods), len(nodes)) if on == "affected" else len(pods)
    since = await explains_from(session) if on == "affected" else {}
    reads = (read_log(session, pod, container, within) for pod in pods[:MOST_PODS])
    read = await asyncio.gather(*reads, return_exceptions=True)
    _raise_others(read)
    logs = [log for log in read if isinstance(log, Log)]
    found = [line for log in logs for line in _matching(log.lines, contains, cleared_by)]
    recent = [line for line in found if node_of(line.pod) not in since or line.at >= since[node_of(line.pod)]]
    if recent:
        return _present_finding(sorted(recent, key=lambda line: line.at, reverse=True), container)
    if found:
        return unknown(BEFORE_BINDING)
    failures = [str(result) for result in read if isinstance(result, ReadError)]
    return _absent_finding(logs, failures, of, container, cleared_by)


def _absent_finding(logs: list[Log], failures: list[str], of: int, container: str, cleared_by: Strings) -> Finding:
    if failures:
        return unknown(f"the log of container {container} could not be read: {failures[0]}")
    if len(logs) < of:
        return unknown(f"no such line in {len(logs)} of {of} logs of {container}; the others were not read")
    if not all(log.whole or any(_has(line, cleared_by) for line in log.lines) for log in logs):
        return unknown(f"no such line in what is left of the log of {container}: its beginning is gone")
    return absent(f"the log of {container} has no such line on {some([node_of(log.pod) for log in logs])}")


def _raise_others(results: list[Log | BaseException]) -> None:
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, ReadError):
            raise result


def _present_finding(found: list[Line], container: str) -> Finding:
    evidence = [
        Evidence(
            object=f"Pod {full_name(line.pod)}",
            excerpt=line.text,
            seen=line.at,
            check=f"kubectl -n {namespace_of(line.pod)} logs {name_of(line.pod)} "
            f"-c {container_of(line.pod, container)} --tail=300",
        )
        for line in found[:SHOWN]
    ]
    texts = [line.text for line in found]
    return present(
        f"log of {container_of(found[0].pod, container)} in {name_of(found[0].pod)} says {clip(found[0].text, 160)!r}",
        evidence,
        node=[node_of(line.pod) for line in found],
        terway_pod=[name_of(line.pod) for line in found],
        vswitch=named_in(texts, VSWITCH),
        mac=named_in(texts, MAC),
    )


def container_of(pod: Object, name: str) -> str:
    """The pod's container of that name, else its only one: releases name it differently. Empty where there is none."""
    names = [str(item.get("name")) for item in get_path(pod, "spec", "containers") or []]
    return name if name in names else names[0] if len(names) == 1 else ""


def _health(pod: Object) -> tuple[bool, int]:
    """Troubled pods first: their logs say more."""
    statuses = get_path(pod, "status", "containerStatuses") or []
    restarts = sum(int(status.get("restartCount") or 0) for status in statuses)
    return all(status.get("ready") for status in statuses), -restarts


def _container_start(pod: Object, container: str) -> datetime | None:
    for status in get_path(pod, "status", "containerStatuses") or []:
        if status.get("name") == container:
            return moment(get_path(status, "state", "running", "startedAt"))
    return None


async def read_log(session: ClusterSession, pod: Object, wanted: str, within: timedelta) -> Log:
    """The log of the pod's container since that container's start, at most as old as ``within``."""
    container = container_of(pod, wanted)
    since = max(within, LOOKED_BACK)
    raw = await session.reader.log(namespace_of(pod), name_of(pod), container, tail=TAIL, since=since)
    start, now = _container_start(pod, container), session.now()
    stamped = _joined([Line(pod, at, text.partition(" ")[2]) for text in raw if (at := moment(text.partition(" ")[0]))])
    begin = max(start, now - within) if start else now - within
    first = stamped[0].at if stamped else now
    rotated = start is not None and start > now - within and first - start > FIRST_WORDS
    cut = len(raw) >= TAIL and first > begin
    return Log(pod, [line for line in stamped if line.at >= begin], whole=not (rotated or cut))


def _joined(lines: list[Line]) -> list[Line]:
    """Messages of several lines as one: an error of the cloud's SDK has its code in one line and its reason in another.

    Only what follows a line that begins as log lines do is taken for its continuation.
    """
    result: list[Line] = []
    head, joined = "", 0
    for line in lines:
        goes_on = head and joined < MOST_JOINED and not _BEGINS.match(line.text)
        if goes_on and line.at - result[-1].at <= AT_ONCE:
            result[-1] = replace(result[-1], text=f"{result[-1].text} {line.text.strip()}")
            joined += 1
            continue
        result.append(line)
        head, joined = (line.text if _BEGINS.match(line.text) else ""), 1
    return result


def _matching(lines: list[Line], contains: Strings, cleared_by: Strings) -> list[Line]:
    """The lines that say it, unless a later one tells that it is over."""
    over = max((line.at for line in lines if _has(line, cleared_by)), default=None)
    return [line for line in lines if _has(line, contains) and not (over and over > line.at)]


def _has(line: Line, texts: Strings) -> bool:
    return any(text in line.lowered for text in _lowered(texts))


@lru_cache(maxsize=256)
def _lowered(texts: Strings) -> Strings:
    return tuple(text.lower() for text in texts)


def telling_line(lines: Iterable[str]) -> str:
    """The last line that names what is wrong; the last one of all where none does. Stack traces and usages do not."""
    said = [line.strip() for line in lines if line.strip() and not _TRACE.match(line)]
    return next((line for line in reversed(said) if _TELLING.search(line)), said[-1] if said else "")


def never_ran(pod: Object, container: str) -> bool:
    """Whether it waits for its first run, as for an image or a ConfigMap: the kubelet refuses to give its log."""
    for kind in ("initContainerStatuses", "containerStatuses"):
        for status in get_path(pod, "status", kind) or []:
            if safe_name(status.get("name")) == container:
                waits = get_path(status, "state", "waiting") is not None
                has_run = status.get("restartCount") or get_path(status, "lastState", "terminated")
                return waits and not has_run
    return False


async def last_words(session: ClusterSession, pod: Object, container: str, *, has_restarted: bool) -> tuple[str, bool]:
    """The telling line of the container's log, and whether its previous run said it: the present one may say nothing.

    Empty where no log can be read. Of a container that has never run there is none, and asking for it is an error.
    """
    if never_ran(pod, container):
        return "", False
    for previous in (False, True) if has_restarted else (False,):
        try:
            lines = await session.reader.log(
                namespace_of(pod), name_of(pod), container, tail=TAIL, since=LOOKED_BACK, previous=previous
            )
        except ReadError:
            continue
        if line := telling_line(line.partition(" ")[2] for line in lines):
            return line, previous
    return "", False
