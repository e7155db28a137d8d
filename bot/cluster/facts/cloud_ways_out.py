"""Which entries of a route table lead somewhere: an exact one, several that make it up, or the most specific one.

A default route may be written in halves (0.0.0.0/1 and 128.0.0.0/1) or in more parts; IPv6's likewise. What a prefix
list (``pl-…``) covers is not looked up: it is open.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cluster.facts.cloud_routes import entries_of, next_hops, routes_to
from bot.cluster.session import ClusterSession, Object

EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
BLACK_HOLE = "blackhole"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class WayOut:
    """The entries that lead out, and what they are for. ``parts``: where none do, what only some of the internet has.

    ``is_whole``: whether the whole table was read for it.
    """

    routes: tuple[Object, ...]
    destination: str
    parts: tuple[str, ...] = ()
    is_whole: bool = False

    @property
    def hops(self) -> list[tuple[str, str]]:
        """Type and id of each next hop, each once."""
        return list(dict.fromkeys(hop for route in self.routes for hop in next_hops(route)))


async def way_out(session: ClusterSession, table: str, *, target: str = "", version: int = 4) -> WayOut:
    """The default route of a table; with ``target``, an address of the internet, the route to it.

    Raises:
        ReadError: not all could be read.
    """
    everywhere = EVERYWHERE[version]
    # IPv6's are not asked for by their destination: of the filter, the API's reference speaks for IPv4 alone.
    if version == 4 and not target and (exact := await routes_to(session, table, everywhere)):
        return WayOut(tuple(exact), everywhere)
    entries = await entries_of(session, table)
    if target:
        return _to_target(entries, target, everywhere)
    routes = making_up(entries, everywhere)
    if routes:
        return WayOut(tuple(routes), ", ".join(map(destination_of, routes)), is_whole=True)
    return WayOut((), everywhere, _parts(entries, version), is_whole=True)


def _to_target(entries: Sequence[Object], target: str, everywhere: str) -> WayOut:
    routes = most_specific(entries, target)
    lists = tuple(destination_of(entry) for entry in entries if _is_prefix_list(entry))
    return WayOut(tuple(routes), destination_of(routes[0]) if routes else everywhere, lists, is_whole=True)


def making_up(entries: Iterable[Object], destination: str) -> list[Object]:
    """The entry for exactly this CIDR block, or the entries that make it up together; empty where a part is missing."""
    wanted = _network(destination)
    if wanted is None:
        return []
    inside = [(net, entry) for net, entry in _with_networks(entries, wanted.version) if net.subnet_of(wanted)]  # type: ignore[arg-type]
    largest = [(net, entry) for net, entry in inside if not any(_is_larger(other, net) for other, _ in inside)]
    made_up = list(ipaddress.collapse_addresses([net for net, _ in largest]))  # type: ignore[type-var]
    return [entry for _, entry in largest] if made_up == [wanted] else []


def most_specific(entries: Iterable[Object], target: str) -> list[Object]:
    """The entries with the longest prefix that hold an address or CIDR block: what the VPC goes by."""
    wanted = _network(target)
    if wanted is None:
        return []
    holding = [(net, entry) for net, entry in _with_networks(entries, wanted.version) if wanted.subnet_of(net)]  # type: ignore[arg-type]
    longest = max((net.prefixlen for net, _ in holding), default=0)
    return [entry for net, entry in holding if net.prefixlen == longest]


def inside_of(entries: Iterable[Object], destination: str) -> list[Object]:
    """The entries for parts of a CIDR block, which come before the one for the whole."""
    wanted = _network(destination)
    if wanted is None:
        return []
    return [entry for net, entry in _with_networks(entries, wanted.version) if _is_larger(wanted, net)]


def destination_of(entry: Object) -> str:
    """``DestinationCidrBlock``: a CIDR block or a prefix list."""
    return str(entry.get("DestinationCidrBlock") or "")


def is_black_hole(kind: str) -> bool:
    """Whether a next hop drops what comes."""
    return kind.lower().replace("_", "").replace("-", "") == BLACK_HOLE


def _parts(entries: Iterable[Object], version: int) -> tuple[str, ...]:
    """Parts of the internet that have a route of their own."""
    entries = list(entries)
    public = [destination_of(entry) for net, entry in _with_networks(entries, version) if net.is_global]
    return (*public, *(destination_of(entry) for entry in entries if _is_prefix_list(entry)))


def _is_prefix_list(entry: Object) -> bool:
    return destination_of(entry).startswith("pl-")


def _is_larger(outer: Network, inner: Network) -> bool:
    return outer != inner and inner.subnet_of(outer)  # type: ignore[arg-type]


def _with_networks(entries: Iterable[Object], version: int) -> list[tuple[Network, Object]]:
    found = [(_network(destination_of(entry)), entry) for entry in entries]
    return [(net, entry) for net, entry in found if net is not None and net.version == version]


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
