"""What keeps the cloud controller manager (CCM) from making the routes that Flannel needs, by its newest event."""

import re
from datetime import timedelta

from bot.cluster.declared_reads import command_word, command_words
from bot.cluster.events import Event, events_by_reason, is_fresh
from bot.cluster.facts.flannel_messages import PERMISSION, QUOTA, ROUTE_CREATED, ROUTE_REASONS, RouteError, tells_in_log
from bot.cluster.facts.platform import LIST_DAEMON_SETS
from bot.cluster.facts.registry import Fact, Permission, fact, known, undamaged_fact, unknown
from bot.cluster.facts.wordings import says
from bot.cluster.resources import EVENTS
from bot.cluster.session import SYSTEM, ClusterSession, get_path

RECENT = timedelta(hours=1)  # events are kept no longer
CCM = "cloud-controller-manager"  # its DaemonSet, label and container (deploy/v1 and deploy/v2 of its repository)
# An option of all cloud controller managers (k8s.io/cloud-provider/options/kubecloudshared.go), on unless it is set.
_ROUTES_OPTION = re.compile(r"(?<![\w-])--configure-cloud-routes(?:[= ]['\"]?(?i:true|false|t|f|1|0)\b)?")
_OFF = re.compile(r"[= ]['\"]?(?:false|f|0)\b", re.IGNORECASE)
command_word(_ROUTES_OPTION)
_KINDS: tuple[RouteError, ...] = ("several_tables", "no_table", "tables_unread", "not_described", "table_failed")


@fact(
    "flannel.route_failure",
    "why CCM makes no route, by its options and newest event: switched_off, quota, permission, several_tables, "
    "no_table, tables_unread, not_described, table_failed or other",
    reads=(Permission("list", EVENTS), LIST_DAEMON_SETS),
)
async def route_failure(session: ClusterSession) -> Fact:
    """What its newest event of an object says that had no route made since; the cause inside it comes first."""
    if (await undamaged_fact(session, "network_plugin")).value == "terway":
        return unknown("with Terway no routes are made")
    if option := await _switched_off(session):
        check = f"kubectl -n {SYSTEM} get daemonset {CCM} -o yaml"
        return known("switched_off", f"DaemonSet {SYSTEM}/{CCM}", check, option)
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


async def _switched_off(session: ClusterSession) -> str:
    """The option by which CCM is told to make no routes; empty where it is not, or CCM runs out of sight."""
    daemon_set = (await session.daemon_sets()).get(CCM)
    containers = get_path(daemon_set, "spec", "template", "spec", "containers") or []
    # A shell's command line is one word, with other options in it.
    words = [word for container in containers for word in command_words(container)]
    options = [found[0] for word in words for found in _ROUTES_OPTION.finditer(word)]
    return next((option for option in options if _OFF.search(option)), "")


def _is_over(event: Event, events: tuple[Event, ...]) -> bool:
    """A later route of the same node."""
    return any(
        each.reason in ROUTE_CREATED and each.subject == event.subject and each.last >= event.last for each in events
    )


def _cause(message: str) -> str:
    if says(QUOTA, message):
        return "quota"
    kind = next((kind for kind in _KINDS if tells_in_log(kind, message)), None)
    if says(PERMISSION, message) and kind != "not_described":
        return "permission"
    return kind or "other"
