"""What keeps the cloud controller manager (CCM) from making the routes that Flannel needs, by its newest event."""

from datetime import timedelta

from bot.cluster.events import Event, events_by_reason, is_fresh
from bot.cluster.facts.flannel_messages import PERMISSION, QUOTA, ROUTE_CREATED, ROUTE_REASONS, RouteError, tells
from bot.cluster.facts.registry import Fact, Permission, fact, known, undamaged_fact, unknown
from bot.cluster.facts.wordings import says
from bot.cluster.resources import EVENTS
from bot.cluster.session import ClusterSession

RECENT = timedelta(hours=1)  # events are kept no longer
_KINDS: tuple[RouteError, ...] = ("several_tables", "no_table", "tables_unread", "not_described", "table_failed")


@fact(
    "flannel.route_failure",
    "why CCM makes no route, by its newest event: quota, permission, several_tables, no_table, tables_unread, "
    "not_described, table_failed or other",
    reads=(Permission("list", EVENTS),),
)
async def route_failure(session: ClusterSession) -> Fact:
    """What its newest event of an object says that had no route made since; the cause inside it comes first."""
    if (await undamaged_fact(session, "network_plugin")).value == "terway":
        return unknown("with Terway no routes are made")
    reasons = tuple(dict.fromkeys(reason for each in ROUTE_REASONS.values() for reason in each))
    events = await events_by_reason(session, (*reasons, *ROUTE_CREATED), pods=False)
    failed = [event for event in events.items if event.reason in reasons and not _is_over(event, events.items)]
    fresh = [event for event in failed if is_fresh(event, session.now(), RECENT)]
    if not fresh:
        return unknown("no event of the cloud controller manager tells")
    # An event of the route controller as a whole says less than that of a node.
    newest = max(fresh, key=lambda event: (_cause(event.message) not in ("table_failed", "other"), event.last))
    check = f"kubectl get events -A --field-selector reason={newest.reason}"
    shown = f"{newest.reason}: {newest.message}"
    return known(_cause(newest.message), f"Event {newest.reason} on {newest.name}", check, shown)


def _is_over(event: Event, events: tuple[Event, ...]) -> bool:
    """A later route of the same node."""
    return any(
        each.reason in ROUTE_CREATED and each.subject == event.subject and each.last >= event.last for each in events
    )


def _cause(message: str) -> str:
    if says(QUOTA, message):
        return "quota"
    kind = next((kind for kind in _KINDS if tells(kind, message)), None)
    if says(PERMISSION, message) and kind != "not_described":
        return "permission"
    return kind or "other"
