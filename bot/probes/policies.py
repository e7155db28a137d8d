"""The probe of NetworkPolicies: whether any selects running pods, so that enforcing them costs something."""

from datetime import timedelta
from typing import Literal

from bot.cluster.named_objects import named_objects
from bot.cluster.resources import NETWORK_POLICIES, PODS
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.probes.findings import Evidence, Finding
from bot.probes.named_policies import READS, named_groups
from bot.probes.pods import is_live, minutes, start_time
from bot.probes.policy_rules import selects
from bot.probes.registry import absent, count, present, probe, some, unknown


@probe(nature="condition", reads=READS)
async def network_policies(
    session: ClusterSession, *, state: Literal["selecting"] = "selecting", started_within: timedelta | None = None
) -> Finding:
    """NetworkPolicies that select running pods; where the question names pods, those that select them.

    Args:
        state: always "selecting"
        started_within: count only pods that started this short a time ago
    """
    del state
    listing = await session.all_of(NETWORK_POLICIES)
    if not listing.items:
        return absent("there is no NetworkPolicy")
    named = await _named_pods(session)
    policies = [policy for policy in listing.items if not named or any(selects(policy, pod) for pod in named)]
    if not policies and listing.complete:
        about = some([full_name(pod) for pod in named])
        return absent(f"no NetworkPolicy selects {about}", about=[about])
    for policy in policies[:5]:
        selected = [pod for pod in await _selected_pods(session, policy) if is_live(pod)]
        pods = [pod for pod in selected if not named or full_name(pod) in set(map(full_name, named))]
        if started_within is not None:
            pods = [pod for pod in pods if (at := start_time(pod)) and session.now() - at <= started_within]
        if pods:
            return _selecting(session, policy, pods, started_within)
    what = "no NetworkPolicy that was looked at selects a running pod"
    what += f" that started within {minutes(started_within)}" if started_within else ""
    return absent(what) if len(policies) <= 5 and listing.complete else unknown(what)


async def _named_pods(session: ClusterSession) -> list[Object]:
    """The pods that the question names, those that wait among them."""
    groups = await named_groups(session)
    return [*(await named_objects(session)).pods, *(pod for group in groups for pod in group.pods)]


def _selecting(session: ClusterSession, policy: Object, pods: list[Object], within: timedelta | None) -> Finding:
    name, namespace = name_of(policy), namespace_of(policy)
    check = f"kubectl -n {namespace} get networkpolicy {name} -o yaml"
    seen = Evidence(
        object=f"NetworkPolicy {namespace}/{name}",
        excerpt=f"selects {count(len(pods), 'running pod')}",
        seen=session.now(),
        check=check,
    )
    newly = f" that started within {minutes(within)}" if within else ""
    names = [full_name(pod) for pod in pods]
    summary = f"NetworkPolicy {namespace}/{name} selects pods{newly}: {some(names)}"
    return present(summary, [seen], pod=names, policy=[f"{namespace}/{name}"])


async def _selected_pods(session: ClusterSession, policy: Object) -> tuple[Object, ...]:
    selector = get_path(policy, "spec", "podSelector") or {}
    listing = await session.reader.select(PODS, namespace_of(policy), labels=label_selector(selector), most=200)
    return listing.items


def label_selector(selector: Object) -> str:
    """A LabelSelector object in the query notation of the API."""
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or []:
        key, values = expression.get("key"), ",".join(expression.get("values") or [])
        match expression.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(f"{key}")
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)
