"""Which nodes are not ready, wherever they stand among thousands.

A node is some ten kilobytes, so of many only the first are listed. What the server prints of all of them (the STATUS
that ``kubectl get nodes`` shows, from printNode of pkg/printers/internalversion/printers.go) tells which to look at.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.cluster.requests import Printed
from bot.cluster.resources import NODES
from bot.cluster.session import ClusterSession, Object, get_path, name_of, safe_name
from bot.cluster.transport import ReadError

MOST_READ = 4  # of those beyond the list: they tell what the others will say, too
PRINTED = "kubectl get nodes shows it as NotReady; what it says of that was not read"

# What a node says of its network plugin, and where that leads.
_NO_CNI_FILE = ("cni plugin not initialized", "cni config uninitialized")
_LOOK_AT_CNI = ", because no valid configuration is in /etc/cni/net.d (the pod of the network plugin writes it there)"


@dataclass(frozen=True)
class UnreadyNodes:
    """``whole`` as they were read; ``printed``: those of which only the STATUS was.

    ``seen`` nodes were looked at; not ``complete`` where there are more.
    """

    whole: tuple[Object, ...]
    printed: tuple[Object, ...] = ()
    seen: int = 0
    complete: bool = True

    @property
    def all_read(self) -> bool:
        """Whether every node that is not ready was read whole."""
        return self.complete and not self.printed


async def unready_nodes(session: ClusterSession) -> UnreadyNodes:
    """Those whose condition Ready is not True; of servers that print nothing, those of the list.

    Raises:
        ReadError: nodes could not be read.
    """
    return await session.once("unready nodes", lambda: _read(session))


async def _read(session: ClusterSession) -> UnreadyNodes:
    listing = await session.nodes()
    listed = tuple(node for node in listing.items if is_unready(node))
    if listing.complete:
        return UnreadyNodes(listed, seen=len(listing.items))
    table = await _printed(session)
    if table is None:
        return UnreadyNodes(listed, seen=len(listing.items), complete=False)
    known = {name_of(node) for node in listing.items}
    beyond = [name for name in unready_names(table.rows) if name not in known]
    looked = await asyncio.gather(*(_look_at(session, name) for name in beyond[:MOST_READ]))
    read = [node for node in looked if node is not None and is_unready(node)]  # the others have recovered since
    whole = tuple(node for node in read if not is_printed(node))
    printed = (*filter(is_printed, read), *map(printed_node, beyond[MOST_READ:]))
    return UnreadyNodes((*listed, *whole), printed, max(len(table.rows), len(known)), table.complete)


async def _printed(session: ClusterSession) -> Printed | None:
    """Failing to read it leaves what is known without it: the list."""
    try:
        return await session.reader.printed(NODES)
    except ReadError:
        return None


async def _look_at(session: ClusterSession, name: str) -> Object | None:
    """The node; ``None`` where it is gone; as it was printed where it cannot be read."""
    try:
        return await session.reader.get(NODES, name)
    except ReadError:
        return printed_node(name)


def is_printed(node: Object) -> bool:
    """Whether no more of it is known than that it is printed as NotReady."""
    conditions = get_path(node, "status", "conditions") or []
    return any(each.get("message") == PRINTED for each in conditions)


def is_unready(node: Object) -> bool:
    """Whether it says that it is not ready; one that says nothing of it is too new to tell."""
    conditions = get_path(node, "status", "conditions") or []
    return any(each.get("type") == "Ready" and each.get("status") != "True" for each in conditions)


def unready_names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The nodes that are printed as NotReady, cordoned or not; Ready and Unknown (it has said nothing) are others."""
    words = ((safe_name(row.get("Name")), str(row.get("Status")).split(",")) for row in rows)
    return [name for name, status in words if name and "NotReady" in status]


def printed_node(name: str) -> Object:
    """A node of which only that is known, as it is told and as a recording holds it."""
    return {
        "metadata": {"name": name},
        "status": {"conditions": [{"type": "Ready", "status": "Unknown", "reason": "Printed", "message": PRINTED}]},
    }


def leads_to(words: str) -> str:
    """Where a node's own words lead, to be told before them, where they name a cause that is looked for elsewhere."""
    return _LOOK_AT_CNI if any(text in words for text in _NO_CNI_FILE) else ""
