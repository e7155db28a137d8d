"""How much room the settings of nodes leave for pods: what to watch on the nodes that a verdict is about."""

import asyncio
import ipaddress
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from bot.cluster.declared_reads import annotation_of
from bot.cluster.facts.pods import MOST_ADDRESSES
from bot.cluster.facts.registry import Permission
from bot.cluster.resources import NODES, PODS
from bot.cluster.session import ClusterSession, Object, get_path
from bot.cluster.transport import ReadError
from bot.probes.findings import Finding
from knowledge.logic import Outcome

READS = (Permission("list", NODES), Permission("list", PODS))
NEAR = 0.8  # of what a setting allows
MOST_NODES = 5
_NO_HOSTS = 3  # the network's own address, its broadcast address, and the bridge's


async def near_limits(session: ClusterSession, findings: Sequence[Finding]) -> list[str]:
    """One sentence a limit that is nearly reached, without its full stop; what cannot be read is left out."""
    nodes = list(dict.fromkeys(_nodes(findings)))[:MOST_NODES]
    return [text for texts in await asyncio.gather(*(_of_node(session, name) for name in nodes)) for text in texts]


def _nodes(findings: Iterable[Finding]) -> Iterator[str]:
    for finding in findings:
        if finding.outcome is Outcome.PRESENT or finding.is_hint:
            yield from finding.objects.get("node", ())


async def _of_node(session: ClusterSession, name: str) -> list[str]:
    with suppress(ReadError):
        node, listing = await session.node(name), await session.pods_on(name)
        if node is not None and listing.complete:
            held = [pod for pod in listing.items if get_path(pod, "status", "phase") not in ("Succeeded", "Failed")]
            return [f"Node {name}: {text}" for text in _near(node, held)]
    return []


def _near(node: Object, pods: Sequence[Object]) -> Iterator[str]:
    own = sum(not get_path(pod, "spec", "hostNetwork") for pod in pods)
    addresses = annotation_of(node, MOST_ADDRESSES)
    limits = (
        (len(pods), _number(get_path(node, "status", "allocatable", "pods")), "pods", "the kubelet's limit"),
        (own, _number(addresses), "addresses for pods", "what Terway notes at the node"),
        (own, _hosts(get_path(node, "spec", "podCIDR")), "addresses for pods", f"{get_path(node, 'spec', 'podCIDR')}"),
    )
    for used, most, what, whose in limits:
        if most and used >= most * NEAR:
            yield f"{used} of {most} {what} ({whose})"


def _number(value: object) -> int:
    return int(str(value)) if str(value).isascii() and str(value).isdigit() else 0


def _hosts(cidr: object) -> int:
    """How many pods a node's range can hold; 0 where there is none, or it is of IPv6."""
    try:
        network = ipaddress.ip_network(str(cidr), strict=False)
    except ValueError:
        return 0
    return max(0, network.num_addresses - _NO_HOSTS) if network.version == 4 else 0
