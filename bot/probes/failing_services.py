"""The check of Services whose selector matches no pod, while pods of their name carry other labels."""

import asyncio
import re
from dataclasses import replace

from bot.cluster.declared_reads import label_of
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import names_nothing
from bot.cluster.reader import PAGE
from bot.cluster.resources import ENDPOINT_SLICES, PODS, SERVICES
from bot.cluster.session import SYSTEM, ClusterSession, Object, get_path, name_of, namespace_of
from bot.probes.causes import Causes
from bot.probes.failure_checks import NOT_ASKED, CheckResult, Severity, failure_check
from bot.probes.named_services import no_pod_causes, pods_like
from bot.probes.services import OF_SERVICE

WHAT = "Services without endpoints"
MOST_EMPTY = 4  # Services that are looked at
# Calls that fail, said of nobody in particular.
_CALLS = re.compile(
    r"\b(?:refus\w+|50[234]|connect\w*|reach\w*|services?|svc|backends?|upstreams?|endpoints?|unavailable)\b"
    r"|连不上|连不通|不通|访问不了|无法访问|拒绝|打不开|服务|接口",
    re.IGNORECASE,
)


@failure_check(WHAT, reads=tuple(Permission("list", each) for each in (SERVICES, ENDPOINT_SLICES, PODS)))
async def services_with_other_labels(session: ClusterSession) -> CheckResult:
    """Where the words speak of calls that fail and name nothing: Services that miss their pods by a label.

    A Service without endpoints alone is no fault: what it stood for may be scaled to 0 for good.
    """
    if not _CALLS.search(session.scope.text) or not await names_nothing(session):
        return NOT_ASKED
    empty = await _empty_services(session)
    if empty is None:
        return CheckResult(unread=f"{WHAT}: there are more than {PAGE} Services")
    found = await asyncio.gather(*(_causes(session, each) for each in empty[:MOST_EMPTY]))
    items = [cause.as_failing(session.now()) for causes in found for cause in causes.items]
    return CheckResult(tuple(replace(item, severity=Severity.APPLICATION) for item in items))


async def _empty_services(session: ClusterSession) -> list[Object] | None:
    """Services with a selector that no EndpointSlice lists an endpoint of; ``None``: there are too many to list."""
    services = await session.reader.select(SERVICES, most=PAGE)
    slices = await session.reader.select(ENDPOINT_SLICES, most=PAGE) if services.complete else services
    if not (services.complete and slices.complete):
        return None
    served = {(namespace_of(item), label_of(item, OF_SERVICE)) for item in slices.items if item.get("endpoints")}
    empty = [each for each in services.items if (namespace_of(each), name_of(each)) not in served]
    return [
        each for each in empty if get_path(each, "spec", "selector") and namespace_of(each) != SYSTEM and _has_ip(each)
    ]


def _has_ip(service: Object) -> bool:
    """Headless ones and names of other hosts are no address that refuses."""
    return get_path(service, "spec", "clusterIP") not in (None, "", "None")


async def _causes(session: ClusterSession, service: Object) -> Causes:
    return await no_pod_causes(session, service) if await pods_like(session, service) else Causes()
