"""The kinds of objects that netclinic reads, once, so that requests and the ClusterRole agree."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.cluster.transport import ReadError

_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._:-]+")  # what the API server takes for a name in a path
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 label


def namespace_trouble(namespace: str) -> str:
    """Why it cannot be the name of a namespace, as one sentence; empty when it can, or is empty."""
    if not namespace or _NAMESPACE.fullmatch(namespace):
        return ""
    return f"{namespace[:80]!r} is no name of a namespace: write it as `kubectl get namespaces` shows it."


@dataclass(frozen=True)
class Resource:
    """``plural`` as in URLs; ``group`` empty for the core group."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """The URL path of the collection, or of one object.

        Raises:
            ReadError: a name is none, and would lead somewhere else.
        """
        for part in (namespace, name):
            if part and not _SEGMENT.fullmatch(part):
                raise ReadError("invalid", f"{part[:100]!r} is no name of an object")
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        scope = f"/namespaces/{namespace}" if namespace else ""
        return f"{root}{scope}/{self.plural}" + (f"/{name}" if name else "")

    def kubectl(self) -> str:
        """The word that ``kubectl get`` takes, qualified where the plain one would mean something else."""
        return f"{self.plural}.{self.group}" if self.group == TERWAY_GROUP else self.plural


TERWAY_GROUP = "network.alibabacloud.com"
# Plurals as people write them, where those of URLs are hard to read.
_IN_WORDS = {
    "pods/log": "pod logs",
    "configmaps": "ConfigMaps",
    "daemonsets": "DaemonSets",
    "deployments": "Deployments",
    "endpointslices": "EndpointSlices",
    "jobs": "Jobs",
    "networkpolicies": "NetworkPolicies",
    "replicasets": "ReplicaSets",
    "services": "Services",
    "statefulsets": "StatefulSets",
}
_MAY_NOT = "netclinic may not read "
_DENIED = re.compile(rf"{_MAY_NOT}([A-Za-z' ,]+) here")


def denied(kinds: Sequence[str]) -> str:
    """What refusals for want of a right come to, whatever the API server says of each; ``kinds`` in words."""
    return f"{_MAY_NOT}{', '.join(kinds[:-1])}{' and ' if kinds[1:] else ''}{kinds[-1]} here"


def denied_kinds(text: str) -> list[str]:
    """The kinds that such a sentence in the text names."""
    return [kind for found in _DENIED.findall(text) for kind in re.split(r", | and ", found)]


def in_words(group: str, plural: str) -> str:
    """Objects of a kind as people call them."""
    return f"Terway's {plural}" if group == TERWAY_GROUP else _IN_WORDS.get(plural, plural)


def merge_denied(sentences: Iterable[str]) -> list[str]:
    """The sentences with all refusals in one, where the first of them stands."""
    told = list(dict.fromkeys(sentences))
    refused = [text for text in told if _DENIED.search(text)]
    kinds = list(dict.fromkeys(kind for text in refused for kind in denied_kinds(text)))
    return [denied(kinds) if text in refused else text for text in told if text not in refused[1:]]


def is_denied(sentence: str) -> bool:
    """Whether it tells of a right that is wanting, in today's words or those that version 0.1 stored."""
    return _DENIED.search(sentence) is not None or ": not permitted: " in sentence


PODS = Resource("", "v1", "pods", "Pod")
POD_LOGS = Resource("", "v1", "pods/log", "Pod")
NODES = Resource("", "v1", "nodes", "Node", namespaced=False)
EVENTS = Resource("", "v1", "events", "Event")
CONFIG_MAPS = Resource("", "v1", "configmaps", "ConfigMap")
SERVICES = Resource("", "v1", "services", "Service")
SERVICE_PROXY = Resource("", "v1", "services/proxy", "Service")
DAEMON_SETS = Resource("apps", "v1", "daemonsets", "DaemonSet")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")
REPLICA_SETS = Resource("apps", "v1", "replicasets", "ReplicaSet")
STATEFUL_SETS = Resource("apps", "v1", "statefulsets", "StatefulSet")
JOBS = Resource("batch", "v1", "jobs", "Job")
ENDPOINT_SLICES = Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice")
NETWORK_POLICIES = Resource("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy")
TERWAY_NODES = Resource(TERWAY_GROUP, "v1beta1", "nodes", "Node", namespaced=False)
