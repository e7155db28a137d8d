"""The check of what the network's controllers warn of: of nodes and of their own objects, in words that no entry knows.

A node whose agent refuses its settings, or that gets no range of addresses, has no pod that waits for it yet.
"""

from datetime import timedelta

from bot.cluster.events import Event, is_fresh, read_events
from bot.cluster.facts.flannel_messages import ROUTE_ERRORS
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.wordings import texts_of
from bot.cluster.resources import EVENTS, NODES
from bot.cluster.session import ClusterSession, get_path
from bot.probes.failure_checks import CheckResult, Failing, Severity, failure_check
from bot.probes.findings import clip
from bot.probes.terway_messages import WORDINGS, meaning_of
from bot.probes.terway_messages import texts_of as terway_texts

RECENT = timedelta(minutes=20)  # controllers try again within this time
MOST_TOLD = 3
LONGEST = 240  # characters of its words in a sentence
# Each reason with that by which the same object is well again; from where it is.
REASONS: dict[str, tuple[str, ...]] = {
    # Terway: types/k8s.go, pkg/controller/multi-ip/node/pool.go, pkg/eni/node_reconcile.go, daemon/ until 1.7
    "ConfigError": (),
    "PrefixModeImmutable": (),
    "AllocIPFailed": ("CreateENISucceed", "AttachENISucceed"),
    "AllocResourceFailed": (),
    "CreateENIFailed": ("CreateENISucceed",),
    "AttachENIFailed": ("AttachENISucceed",),
    "CniCreateENIError": (),
    "SyncOpenAPIFailed": ("SyncOpenAPISuccess",),
    "SyncPodNetworkingFailed": ("SyncPodNetworkingSucceed",),
    # CCM: pkg/controller/helper/event.go
    "AddNodeFailed": (),
    "SyncNodeFailed": (),
    "CreateRouteFailed": ("CreatedRoute",),
    "FailedToCreateRoute": ("CreatedRoute",),
    "SyncRouteFailed": (),
    # Kubernetes: pkg/controller/nodeipam/ipam, which says it as type Normal; it stays so until somebody makes room
    "CIDRNotAvailable": (),
    "CIDRAssignmentFailed": (),
}
# What entries judge by these very words is theirs to tell.
_KNOWN = tuple(text.lower() for cause in WORDINGS for text in terway_texts(cause))
_KNOWN_OF_ROUTES = tuple(text.lower() for wordings in ROUTE_ERRORS.values() for text in texts_of(wordings))
_TAINT = "node.kubernetes.io/network-unavailable"  # by which the entry knows a node whose route is missing


@failure_check("warnings of the network's controllers", reads=(Permission("list", EVENTS), Permission("get", NODES)))
async def controllers_warn(session: ClusterSession) -> CheckResult:
    """The newest such warning about each object, the latest first."""
    newest: dict[tuple[str, ...], Event] = {}
    for event in sorted((await read_events(session, pods=False)).items, key=lambda event: event.last):
        if event.reason in REASONS:
            newest[event.subject] = event
        elif (before := newest.get(event.subject)) and event.reason in REASONS[before.reason]:
            del newest[event.subject]
    fresh = [each for each in newest.values() if is_fresh(each, session.now(), RECENT)]
    told = [each for each in fresh if not await _is_known(session, each)]
    latest_first = sorted(told, key=lambda event: event.last, reverse=True)
    return CheckResult(tuple(map(_failing, latest_first[:MOST_TOLD])))


async def _is_known(session: ClusterSession, event: Event) -> bool:
    """Whether it is an entry's to tell; of routes only while the node bears the taint that the entry goes by."""
    message = event.message.lower()
    if not any(text in message for text in _KNOWN_OF_ROUTES):
        return any(text in message for text in _KNOWN)
    node = await session.node(event.name) if event.kind == "Node" else None
    taints = get_path(node or {}, "spec", "taints") or []
    return node is None or any(each.get("key") == _TAINT for each in taints)


def _failing(event: Event) -> Failing:
    times = f" ({event.count} times)" if event.count > 1 else ""
    is_in_namespace = bool(event.namespace) and event.kind not in ("Node", "PodNetworking")
    about = f"{event.kind} {event.namespace}/{event.name}" if is_in_namespace else f"{event.kind} {event.name}"
    where = f"-n {event.namespace} " if is_in_namespace else ""
    return Failing(
        object=about,
        since=event.first,
        message=f"{event.reason}{times}{meaning_of(event.message)}: {clip(event.message, LONGEST)}",
        check=f"kubectl {where}describe {event.kind.lower()} {event.name}",
        severity=Severity.SCHEDULING,
        words=event.message,
    )
