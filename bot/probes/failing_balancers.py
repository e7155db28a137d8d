"""The check of load balancers: those that the cloud controller manager cannot make or keep up to date now."""

import asyncio
from datetime import timedelta

from bot.cluster.events import Event, events_by_reason, is_fresh, warning_events
from bot.cluster.facts.balancer_messages import BALANCER_MADE, is_balancer_failure
from bot.cluster.facts.registry import Permission
from bot.cluster.resources import EVENTS, SERVICES
from bot.cluster.session import ClusterSession, get_path
from bot.probes.failure_checks import CheckResult, Failing, Severity, failure_check
from bot.probes.findings import clip

RETRIED = timedelta(minutes=20)  # failures are tried again within minutes
MOST_READ = 5
LONGEST = 240  # characters of its words in a sentence


@failure_check("load balancers of Services", reads=(Permission("list", EVENTS), Permission("list", SERVICES)))
async def failing_balancers(session: ClusterSession) -> CheckResult:
    """Services whose load balancer fails now, in the controller's own words."""
    warnings = await warning_events(session, pods=False)
    fresh = [each for each in warnings.items if _tells(session, each)]
    newest = {event.subject: event for event in sorted(fresh, key=lambda event: event.last)}
    if newest:
        made = await events_by_reason(session, BALANCER_MADE, pods=False)
        newest = {key: each for key, each in newest.items() if (made.latest(key) or each.first) <= each.last}
    latest_first = sorted(newest.values(), key=lambda event: event.last, reverse=True)
    found = await asyncio.gather(*(_failing(session, event) for event in latest_first[:MOST_READ]))
    return CheckResult(tuple(each for each in found if each))


def _tells(session: ClusterSession, event: Event) -> bool:
    is_meant = session.scope.namespace in (None, event.namespace)
    return is_balancer_failure(event) and is_fresh(event, session.now(), RETRIED) and is_meant


async def _failing(session: ClusterSession, event: Event) -> Failing | None:
    """None where the Service is gone, or is no load balancer any more."""
    name = f"metadata.name={event.name}"
    services = (await session.reader.select(SERVICES, event.namespace, fields=name, most=1)).items
    if not services or get_path(services[0], "spec", "type") != "LoadBalancer":
        return None
    has_one = bool(get_path(services[0], "status", "loadBalancer", "ingress"))
    what = "Its load balancer is not kept up to date" if has_one else "It has no load balancer"
    return Failing(
        object=f"Service {event.namespace}/{event.name}",
        since=event.first,
        message=f"{what}: {event.reason}: {clip(event.message, LONGEST)}",
        check=f"kubectl -n {event.namespace} describe service {event.name}",
        severity=Severity.SCHEDULING,
        words=event.message,
    )
