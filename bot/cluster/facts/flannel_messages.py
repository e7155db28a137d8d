"""How releases of what serves a Flannel cluster say the same thing: host-local on the node, CCM for the routes.

host-local is of https://github.com/containernetworking/plugins (until 0.5 in .../cni), CCM of
https://github.com/kubernetes/cloud-provider-alibaba-cloud: v1.9.3.x until 2021, v2.x since.
"""

import re
from typing import Literal

from bot.cluster.facts.wordings import Wording, says

RouteError = Literal["not_created", "not_described", "several_tables", "no_table", "tables_unread", "table_failed"]

RANGE_FULL = (
    Wording(
        "no IP addresses available in range set",
        "host-local 0.6 and later",
        "plugins/ipam/host-local/backend/allocator/allocator.go",
    ),
    Wording(
        "no IP addresses available in network",
        "host-local until 0.5",
        "containernetworking/cni v0.3.0 to v0.5.2, plugins/ipam/host-local",
    ),
)

_V1 = "cloud-controller-manager/routes.go"
_V2 = "pkg/controller/route/manager.go"
# One text for both in v1.9.3: the ids in its brackets tell which of the two is meant.
_SEVERAL_OR_NONE = Wording("multiple route table or no route table found in vpc", "v1.9.3.x, in its log", _V1)
_TABLE_ID = re.compile(r"\bvtb-[0-9a-z]{1,40}")

ROUTE_ERRORS: dict[RouteError, tuple[Wording, ...]] = {
    "not_created": (
        Wording("could not create route", "v1.9.3.x until 2020", "cloud-controller-manager/controller/route"),
        Wording("Error creating route", "v1.9.3.372 and later", "pkg/controller/route/route_controller.go"),
    ),
    # CCM could not read the table, and its periodic look takes the route for created.
    "not_described": (
        Wording("Describe Route Failed for", "v2.1 and later", "pkg/controller/route/route_controller.go"),
    ),
    "several_tables": (
        Wording("multiple route tables found by vpc id", "v2.1 and later; until v2.3 in its log alone", _V2),
        _SEVERAL_OR_NONE,
    ),
    "no_table": (
        Wording("no route tables found by vpc id", "v2.3 and later", _V2),
        Wording("no route table found in", "v2.1 and later", "pkg/provider/alibaba/vpc/vpc.go"),
        _SEVERAL_OR_NONE,
    ),
    "tables_unread": (
        Wording("get route tables failed", "v2.1 to v2.3; the reason is in its log", "route_controller.go"),
        Wording("can not found route table by id", "v2.4 and later", _V2),
    ),
    "table_failed": (Wording("Error reconciling route, reconcile table", "v2.1 and later", "route_controller.go"),),
}
# Reasons of the events that carry them.
ROUTE_REASONS: dict[RouteError, tuple[str, ...]] = {
    # FailedToCreateRoute: v1.9.3.x until 2020, and route controllers of other clouds.
    "not_created": ("CreateRouteFailed", "FailedToCreateRoute"),
    "not_described": ("DescriberRouteFailed",),
    "several_tables": ("SyncRouteFailed", "CreateRouteFailed", "FailedToCreateRoute"),
    "no_table": ("SyncRouteFailed", "CreateRouteFailed", "FailedToCreateRoute"),
    "tables_unread": ("SyncRouteFailed",),
    "table_failed": ("SyncRouteFailed",),
}
ROUTE_CREATED = ("CreatedRoute",)

# What the VPC answers inside such a message.
QUOTA = (
    Wording("Route entry quota exceeded", "all", "error message of CreateRouteEntry"),
    Wording("QuotaExceeded", "all", "error code of CreateRouteEntry"),
)
PERMISSION = (
    Wording("not authorized", "all", "message of the RAM error Forbidden.RAM"),
    Wording("Forbidden", "all", "error code of RAM"),
    Wording("NoPermission", "all", "error code of RAM"),
)


def tells_in_log(error: RouteError, message: str) -> bool:
    """Whether the message says this. Of the text that v1.9.3 has for two errors, the number of its tables decides."""
    if not says(ROUTE_ERRORS[error], message):
        return False
    if not says((_SEVERAL_OR_NONE,), message):
        return True
    tables = len(set(_TABLE_ID.findall(message)))
    return tables > 1 if error == "several_tables" else tables == 0


def tells_in_event(error: RouteError, message: str) -> bool:
    """The same of an event of ``ROUTE_REASONS``. DescriberRouteFailed means one thing, whatever release words it."""
    return error == "not_described" or tells_in_log(error, message)
