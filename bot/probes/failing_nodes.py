"""Looks at nodes: those that are not ready, with what they say of it."""

from datetime import datetime

from bot.cluster.facts.registry import Permission
from bot.cluster.resources import NODES
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of
from bot.probes.looks import Failing, Seen, Severity, look

LIST_NODES = Permission("list", NODES)


@look("nodes", reads=(LIST_NODES,))
async def nodes_not_ready(session: ClusterSession) -> Seen:
    """Nodes whose condition Ready is not True."""
    listing = await session.nodes()
    found = [_not_ready(session, node) for node in listing.items]
    unread = "" if listing.complete else f"only {len(listing.items)} nodes were looked at"
    return Seen(tuple(item for item in found if item), unread)


def _not_ready(session: ClusterSession, node: Object) -> Failing | None:
    conditions = get_path(node, "status", "conditions") or []
    ready = next((each for each in conditions if each.get("type") == "Ready"), None)
    if ready is None or ready.get("status") == "True":
        return None
    since: datetime = moment(ready.get("lastTransitionTime")) or session.now()
    words = str(ready.get("message") or ready.get("reason") or "")
    name = name_of(node)
    return Failing(
        object=f"Node {name}",
        since=since,
        message=f"The node is not ready: {words}",
        check=f"kubectl describe node {name}",
        severity=Severity.NODE,
        words=words,
    )
