"""The check of warnings about what the words name, of kinds that no other check looks at."""

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
# Services and what makes pods have checks of their own.
_KINDS = frozenset(
    ("HorizontalPodAutoscaler", "CronJob", "Job", "PersistentVolumeClaim", "PersistentVolume", "Ingress", "StatefulSet")
)


@failure_check(
    "warnings about what is named",
    reads=tuple(Permission("list", each) for each in (EVENTS, SERVICES, DEPLOYMENTS, NODES)),
)
async def warned_of(session: ClusterSession) -> CheckResult:
    """Whatever the newest event about a named object warns of, in its own words."""
    named = await named_objects(session)
    if not named.mentions:
        return NOT_ASKED
    newest = await newest_events(session, pods=False)
    fresh = [event for event in newest if event.is_warning and is_fresh(event, session.now(), RECENT)]
    nodes = {name_of(node) for node in named.nodes}
    mine = [
        event
        for event in fresh
        if (event.kind in _KINDS and named.names_workload(event.namespace, event.name))
        or (event.kind == "Node" and event.name in nodes)
    ]
    return CheckResult(tuple(map(_failing, mine)))


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
