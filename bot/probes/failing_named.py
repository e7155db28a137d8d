"""The check of warnings about what the words name, of kinds that no other check looks at."""

from datetime import timedelta

from bot.cluster.events import Event, is_fresh, newest_events
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import DEPLOYMENTS, EVENTS, SERVICES
from bot.cluster.session import ClusterSession
from bot.probes.failure_checks import NOT_ASKED, CheckResult, Failing, Severity, failure_check
from bot.probes.findings import clip

RECENT = timedelta(minutes=30)
LONGEST = 240  # characters of its words in a sentence
# Nodes, Services and what makes pods have checks of their own.
_KINDS = frozenset(
    ("HorizontalPodAutoscaler", "CronJob", "Job", "PersistentVolumeClaim", "PersistentVolume", "Ingress", "StatefulSet")
)


@failure_check(
    "warnings about what is named", reads=tuple(Permission("list", each) for each in (EVENTS, SERVICES, DEPLOYMENTS))
)
async def warned_of(session: ClusterSession) -> CheckResult:
    """Whatever the newest event about a named object warns of, in its own words."""
    named = await named_objects(session)
    if not named.mentions:
        return NOT_ASKED
    fresh = [
        event
        for event in await newest_events(session, pods=False)
        if event.is_warning and event.kind in _KINDS and is_fresh(event, session.now(), RECENT)
    ]
    mine = [event for event in fresh if named.names_workload(event.namespace, event.name)]
    return CheckResult(tuple(map(_failing, mine)))


def _failing(event: Event) -> Failing:
    times = f" ({event.count} times)" if event.count > 1 else ""
    return Failing(
        object=f"{event.kind} {event.namespace}/{event.name}",
        since=event.first,
        message=f"{event.kind} {event.namespace}/{event.name}: {event.reason}{times}: {clip(event.message, LONGEST)}",
        check=f"kubectl -n {event.namespace} describe {event.kind.lower()} {event.name}",
        severity=Severity.APPLICATION,
        words=event.message,
    )
