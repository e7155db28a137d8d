"""The check of warnings about what the words name, by its name or its kind, of kinds that no other check looks at."""

import re
from collections.abc import Iterable
from datetime import timedelta

from bot.cluster.events import Event, is_fresh, newest_events
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import DEPLOYMENTS, EVENTS, NODES, SERVICES
from bot.cluster.session import ClusterSession, name_of
from bot.probes.failure_checks import NOT_ASKED, CheckResult, Failing, Severity, failure_check
from bot.probes.findings import clip

RECENT = timedelta(minutes=30)
LONGEST = 240  # characters of its words in a sentence
MOST_OF_A_KIND = 3  # where no name is written
# Services and what makes pods have checks of their own.
_KINDS = frozenset(
    ("HorizontalPodAutoscaler", "CronJob", "Job", "PersistentVolumeClaim", "PersistentVolume", "Ingress", "StatefulSet")
)
# How people speak of such a kind without a name: "the HPA does nothing", "a pvc stays pending".
_SPOKEN_OF = {
    "HorizontalPodAutoscaler": re.compile(r"\bhpas?\b|autoscal|扩缩容|弹性伸缩|自动扩容", re.IGNORECASE),
    "CronJob": re.compile(r"cron ?jobs?\b|scheduled jobs?|定时任务", re.IGNORECASE),
    "Job": re.compile(r"\bjobs?\b|任务", re.IGNORECASE),
    "PersistentVolumeClaim": re.compile(r"\bpvcs?\b|volumes?\b|storage|存储|云盘|磁盘", re.IGNORECASE),
    "PersistentVolume": re.compile(r"\bpvs?\b|volumes?\b|storage|存储|云盘|磁盘", re.IGNORECASE),
    "Ingress": re.compile(r"ingress", re.IGNORECASE),
    "Node": re.compile(r"evict|驱逐", re.IGNORECASE),
}
_EVICTS = re.compile(r"evict", re.IGNORECASE)


@failure_check(
    "warnings about what is named",
    reads=tuple(Permission("list", each) for each in (EVENTS, SERVICES, DEPLOYMENTS, NODES)),
)
async def warned_of(session: ClusterSession) -> CheckResult:
    """Whatever the newest event about a named object warns of, in its own words; without a name, about its kind."""
    named = await named_objects(session)
    kinds = {kind for kind, words in _SPOKEN_OF.items() if words.search(session.scope.text)}
    if not (named.mentions or kinds):
        return NOT_ASKED
    newest = await newest_events(session, pods=False)
    nodes = {name_of(node) for node in named.nodes}
    mine = [
        event
        for event in newest
        if (event.kind in _KINDS and named.names_workload(event.namespace, event.name))
        or (event.kind == "Node" and event.name in nodes)
    ]
    # Of an object that is named, others of its kind are nobody's question.
    told = mine if mine or named.any_traffic else _of_kinds(newest, kinds, session.scope.namespace)
    fresh = [event for event in told if event.is_warning and is_fresh(event, session.now(), RECENT)]
    return CheckResult(tuple(map(_failing, fresh[:MOST_OF_A_KIND] if not mine else fresh)))


def _of_kinds(newest: Iterable[Event], kinds: set[str], namespace: str | None) -> list[Event]:
    """The latest ones; of nodes only that they evict pods, since any node warns of something."""
    found = [event for event in newest if event.kind in kinds and (not namespace or namespace == event.namespace)]
    found = [event for event in found if event.kind != "Node" or _EVICTS.search(event.reason)]
    return sorted(found, key=lambda event: event.last, reverse=True)


def _failing(event: Event) -> Failing:
    times = f" ({event.count} times)" if event.count > 1 else ""
    is_of_the_cluster = event.kind in ("Node", "PersistentVolume")
    about = f"{event.kind} {event.name}" if is_of_the_cluster else f"{event.kind} {event.namespace}/{event.name}"
    where = "" if is_of_the_cluster else f"-n {event.namespace} "
    return Failing(
        object=about,
        since=event.first,
        message=f"{about}: {event.reason}{times}: {clip(event.message, LONGEST)}",
        check=f"kubectl {where}describe {event.kind.lower()} {event.name}",
        severity=Severity.APPLICATION,
        words=event.message,
    )
