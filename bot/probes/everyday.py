"""Everyday causes, all at once: what may explain the words and is in no entry of the FAQ.

They are looked for on the objects that the question names, on the cluster's DNS where the words are about names that
do not resolve, and on the components that make the network.
"""

import asyncio

from bot.cluster.facts.registry import ODD_SHAPES
from bot.cluster.mentions import Mention, mentions_in
from bot.cluster.named_objects import named_objects
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from bot.probes import dns_health, named_nodes, named_policies, named_services, named_workloads
from bot.probes.causes import NO_CAUSE, Causes, LookForCauses, joined
from bot.probes.dns_health import dns_causes, is_about_dns
from bot.probes.failure_checks import CheckResult, failure_check
from bot.probes.named_nodes import node_causes
from bot.probes.named_policies import policy_causes
from bot.probes.named_services import service_causes
from bot.probes.named_workloads import workload_causes
from bot.probes.network_components import component_causes

OF_NAMES: tuple[LookForCauses, ...] = (service_causes, workload_causes, policy_causes, node_causes)
_READERS = (named_services, named_workloads, named_policies, named_nodes, dns_health)
READS = tuple(dict.fromkeys(permission for each in _READERS for permission in each.READS))


@failure_check("what your words name", reads=READS)
async def asked_about(session: ClusterSession) -> CheckResult:
    """What is wrong with the objects that the question names, and with the DNS that it is about."""
    found = await named_causes(session)
    named = await named_objects(session)
    gone = [f"there is no node {mention.name} in this cluster" for mention in named.missing_nodes]
    gone += [_gone(mention) for mention in named.missing_pods]
    unread = "; ".join((*gone, *found.unclear)[:2])
    return CheckResult(tuple(each.as_failing(session.now()) for each in found.items), unread)


def _gone(mention: Mention) -> str:
    """Pods are replaced, and people copy names of old ones."""
    name = f"{mention.namespace}/{mention.name}" if mention.namespace else mention.name
    return f"there is no pod {name} on this cluster now: nothing of it was looked at"


async def named_causes(session: ClusterSession) -> Causes:
    """What is wrong with what the question is about, the likeliest first. Nothing is read without words."""
    return await session.once("named causes", lambda: _named_causes(session))


async def _named_causes(session: ClusterSession) -> Causes:
    text = session.scope.text
    searches: list[LookForCauses] = [*OF_NAMES] if mentions_in(text) else []
    searches += [dns_causes] if is_about_dns(text) else []
    return joined(await asyncio.gather(*(_safely(session, each) for each in searches)))


async def everyday_causes(session: ClusterSession) -> Causes:
    """These, and the components of the network that fail: what may explain that requests fail. None without words."""
    if not session.scope.text:
        return NO_CAUSE
    named, components = await asyncio.gather(named_causes(session), _safely(session, component_causes))
    return named + components


async def _safely(session: ClusterSession, look_for_causes: LookForCauses) -> Causes:
    """What fails to be read is unclear, and costs the others nothing."""
    try:
        return await session.once(look_for_causes, lambda: look_for_causes(session))
    except ReadError as error:
        return Causes((), (str(error),))
    except ODD_SHAPES as error:
        return Causes((), (f"what was read has an unexpected shape ({error})",))
