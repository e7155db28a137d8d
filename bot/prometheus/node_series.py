"""Which node of the cluster a series is of: by address and by name, and never another cluster's.

Exporters are found by ``instance`` (``IP:9100``, or a name); scrape configurations add the node's name under labels of
their own. A central Prometheus holds many clusters, whose nodes may have the same addresses.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.cluster.session import Object, get_path, labels_of, name_of
from bot.prometheus.series import Series

# Labels that hold the node's name in Kubernetes where a scrape configuration adds them: another name is another node.
NODE_LABELS = ("node", "nodename", "node_name", "kubernetes_node", "kubernetes_node_name")
# These hold the machine's own name, too, which Kubernetes need not know.
HOST_LABELS = ("kubernetes_io_hostname", "hostname", "host", "instance_id")
CLUSTER_LABELS = (
    *("cluster", "cluster_id", "clusterid", "clusterId", "cluster_name", "clusterName"),
    *("k8s_cluster", "k8s_cluster_name", "kubernetes_cluster"),
)
_PORT = re.compile(r":\d{1,5}")


@dataclass(frozen=True)
class ClusterNodes:
    """The nodes of a cluster by every name and address that they are known by."""

    by_identity: Mapping[str, str]
    names: frozenset[str]

    @staticmethod
    def of(nodes: Iterable[Object]) -> "ClusterNodes":
        """Without virtual nodes, which are no machines; what two nodes are known by tells neither."""
        found: dict[str, set[str]] = {}
        names = set()
        for node in nodes:
            if labels_of(node).get("type") == "virtual-kubelet":
                continue
            names.add(name_of(node))
            for identity in _identities(node):
                found.setdefault(identity, set()).add(name_of(node))
        return ClusterNodes({each: next(iter(of)) for each, of in found.items() if len(of) == 1}, frozenset(names))

    def node_of(self, labels: Mapping[str, str]) -> str | None:
        """The node's name; ``None`` where nothing fits, or one label speaks against another."""
        host = self.by_identity.get(_host(labels.get("instance", "")))
        named = [self.by_identity.get(labels[label].lower()) for label in NODE_LABELS if labels.get(label)]
        others = [self.by_identity.get(labels.get(label, "").lower()) for label in HOST_LABELS]
        if None in named:
            return None
        told = {each for each in (host, *named, *others) if each is not None}
        return told.pop() if len(told) == 1 else None


def _identities(node: Object) -> set[str]:
    addresses = [str(each.get("address") or "") for each in get_path(node, "status", "addresses") or []]
    instance = str(get_path(node, "spec", "providerID") or "").rpartition(".")[2]
    known = {name_of(node), instance, *addresses}
    return {_normal(each) for each in known if each}


def _host(instance: str) -> str:
    """Without the port: ``10.0.0.12:9100``, ``[fd00::1]:9100``, ``node-a:9100``."""
    if instance.startswith("["):
        return _normal(instance[1:].partition("]")[0])
    host, colon, port = instance.rpartition(":")
    return _normal(host if colon and _PORT.fullmatch(colon + port) and (":" not in host) else instance)


def _normal(identity: str) -> str:
    try:
        return str(ipaddress.ip_address(identity))
    except ValueError:
        return identity.lower()


class ForeignSeries(Exception):
    """Series fit the nodes by their addresses, and nothing tells that they are of this cluster; says what would."""


def cluster_label(series: Series) -> str:
    """The cluster that a series says that it is of; empty where it says none."""
    return next((series.labels[label] for label in CLUSTER_LABELS if series.labels.get(label)), "")


def own_series(found: Sequence[Series], nodes: ClusterNodes, own_names: Iterable[str]) -> list[tuple[str, Series]]:
    """The series of the cluster's nodes, each with its node's name. ``own_names``: what the cluster may be called.

    Raises:
        ForeignSeries: they may be another cluster's.
    """
    fitting = [(node, series) for series in found if (node := nodes.node_of(series.labels)) is not None]
    told = {cluster_label(series) for _, series in fitting}
    own = {name for name in told if name and name.lower() in {each.lower() for each in own_names if each}}
    if own:
        return [(node, series) for node, series in fitting if cluster_label(series) in own]
    if told <= {""} or (len(told) == 1 and _is_whole(found, fitting, nodes)):
        return fitting
    named = ", ".join(sorted(repr(name) for name in told if name)[:3])
    raise ForeignSeries(f"its series are of cluster {named}, and nothing says that this is the one asked about")


def _is_whole(found: Sequence[Series], fitting: Sequence[tuple[str, Series]], nodes: ClusterNodes) -> bool:
    """Whether the cluster of that name has exactly the nodes of this one, and there are several."""
    name = cluster_label(fitting[0][1])
    of_cluster = sum(cluster_label(series) == name for series in found)
    return len(nodes.names) > 1 and {node for node, _ in fitting} == nodes.names and of_cluster == len(fitting)
