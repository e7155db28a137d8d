"""NetworkPolicies as an everyday cause: one that is enforced, and keeps traffic from the pods that are named."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.cluster.facts.registry import Permission, read_fact
from bot.cluster.facts.registry import permissions as fact_permissions
from bot.cluster.named_objects import is_of, named_objects
from bot.cluster.reader import PAGE
from bot.cluster.resources import DEPLOYMENTS, NETWORK_POLICIES, PODS, SERVICES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.causes import NO_CAUSE, Cause, Causes, finding_of
from bot.probes.findings import Finding
from bot.probes.named_services import pods_behind
from bot.probes.policy_rules import Way, admits, restricting, rules_of, told_peers
from bot.probes.registry import probe, some

READS = tuple(Permission("list", each) for each in (SERVICES, PODS, DEPLOYMENTS, NETWORK_POLICIES))
_SHUT: dict[Way, str] = {"ingress": "nobody reaches them", "egress": "they reach nobody, DNS included"}
ENFORCED = ("network_plugin", "terway.network_policy")


@dataclass(frozen=True)
class Group:
    """Pods that the question names by one name."""

    name: str
    pods: tuple[Object, ...]


@probe(nature="condition", reads=(*READS, *sorted(set().union(*map(fact_permissions, ENFORCED)), key=str)), cost="wide")
async def named_pods_shielded(session: ClusterSession) -> Finding:
    """An enforced NetworkPolicy keeps traffic from the pods that the question names, or in them.

    Where the question names the other side too, only one that does not let it through counts.
    """
    return await finding_of(session, policy_causes, "no NetworkPolicy keeps traffic from the pods that the words name")


async def policy_causes(session: ClusterSession) -> Causes:
    """The NetworkPolicies that stand between the pods that the question names."""
    groups = await named_groups(session)
    places = () if groups else (await named_objects(session)).namespaces
    if not (groups or places) or not await _are_enforced(session):
        return NO_CAUSE
    found = [cause for place in sorted(places) for cause in await _closed_namespace(session, place)]
    for namespace in dict.fromkeys(namespace_of(pod) for group in groups for pod in group.pods):
        policies = (await session.reader.select(NETWORK_POLICIES, namespace)).items
        mine = [group for group in groups if namespace_of(group.pods[0]) == namespace]
        ways: tuple[Way, ...] = ("ingress", "egress")
        for group, way in [(group, way) for group in mine for way in ways]:
            if told := await _between(session, policies, group, way, groups):
                found.append(told)
    return Causes(tuple(found))


async def _closed_namespace(session: ClusterSession, namespace: str) -> list[Cause]:
    """Policies that select all pods of the namespace and let nobody through, where it alone is named."""
    policies = (await session.reader.select(NETWORK_POLICIES, namespace)).items
    ways: tuple[Way, ...] = ("ingress", "egress")
    found = []
    for policy in [each for each in policies if not any((get_path(each, "spec", "podSelector") or {}).values())]:
        shut = [way for way in ways if rules_of(policy, way) == []]
        told = [_SHUT[way] for way in shut]
        if told:
            message = f"NetworkPolicy {full_name(policy)} selects all pods of its namespace: {' and '.join(told)}"
            message += ", except what another policy of it allows" if len(policies) > 1 else ""
            check = f"kubectl -n {namespace} get networkpolicies -o yaml"
            found.append(Cause(object=f"NetworkPolicy {full_name(policy)}", message=message, check=check))
    return found


async def named_groups(session: ClusterSession) -> list[Group]:
    """The running pods that the question names, by the name by which it does.

    Raises:
        ReadError: they could not be read.
    """
    named = await named_objects(session)
    groups = [Group(name_of(service), await pods_behind(session, service)) for service in named.services]
    for deployment in named.deployments:
        selector = get_path(deployment, "spec", "selector", "matchLabels") or {}
        labels = ",".join(f"{key}={value}" for key, value in selector.items())
        if labels:
            found = await session.reader.select(PODS, namespace_of(deployment), labels=labels, most=100)
            groups.append(Group(name_of(deployment), found.items))
    groups += [Group(name_of(pod), (pod,)) for pod in named.pods]
    running = [Group(each.name, tuple(pod for pod in each.pods if _runs(pod))) for each in groups]
    return [each for each in running if each.pods]


def _runs(pod: Object) -> bool:
    return get_path(pod, "status", "phase") == "Running" and not get_path(pod, "spec", "hostNetwork")


async def _are_enforced(session: ClusterSession) -> bool:
    """Terway may enforce them; Flannel never does; of another plugin it is taken to be so."""
    plugin, switch = [(await read_fact(session, name)).value for name in ENFORCED]
    return plugin == "other" or (plugin == "terway" and switch != "off")


async def _between(
    session: ClusterSession, policies: Sequence[Object], group: Group, way: Way, groups: Sequence[Group]
) -> Cause | None:
    """What keeps others from the group, or the group from others."""
    kept_by = restricting(policies, group.pods[0], way)
    if not kept_by:
        return None
    others = [each for each in groups if each.name != group.name] or await _others(session, group)
    barred = [each for each in others if admits(kept_by, each.pods[0], way) is False]
    if others and not barred:
        return None
    name = full_name(kept_by[0])
    peers, named = told_peers(kept_by, way), some([each.name for each in barred])
    whom = f", and {named} is not among them" if barred else ""
    pod = name_of(group.pods[0])
    what = f"lets only {peers} reach {pod}" if way == "ingress" else f"lets {pod} open connections only to {peers}"
    return Cause(
        object=f"NetworkPolicy {name}",
        message=f"NetworkPolicy {name} {what}{whom}".replace("lets only nobody", "lets nobody"),
        check=f"kubectl -n {namespace_of(kept_by[0])} get networkpolicy {name_of(kept_by[0])} -o yaml",
    )


async def _others(session: ClusterSession, group: Group) -> list[Group]:
    """Pods of the same namespace whose workload the question names without a kind: who calls, mostly."""
    named = await named_objects(session)
    words = [mention.name for mention in named.mentions if mention.name != group.name]
    if not words:
        return []
    try:
        pods = (await session.reader.select(PODS, namespace_of(group.pods[0]), most=PAGE)).items
    except ReadError:
        return []
    ours = {full_name(pod) for pod in group.pods}
    found = {word: tuple(pod for pod in pods if is_of(name_of(pod), word)) for word in words}
    return [Group(word, mine) for word, mine in found.items() if mine and not ours & set(map(full_name, mine))]
