"""The scope that an alert's labels set (cluster, namespace, pod, node), as its text shows or its JSON holds them.

The names are those of kube-prometheus rules and of ARMS: https://github.com/kubernetes-monitoring/kubernetes-mixin
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.cluster.resources import namespace_trouble

LABELS: Mapping[str, tuple[str, ...]] = {
    "cluster": ("cluster", "cluster_name", "k8s_cluster", "kubernetes_cluster", "context"),
    "namespace": ("namespace", "exported_namespace", "kubernetes_namespace"),
    "pod": ("pod", "pod_name", "exported_pod"),
    "node": ("node", "nodename", "node_name", "exported_node"),
}
_NAMES = "|".join(sorted((name for names in LABELS.values() for name in names), key=len, reverse=True))
_SHOWN = re.compile(
    rf"(?<![\w.-])[*_`\"']{{0,4}}({_NAMES})[*_`\"']{{0,4}}[ \t]*[:=]+"
    r"[ \t*_`\"']*([A-Za-z0-9][\w.-]*\w|\w)",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class AlertScope:
    """Each is empty where nothing tells it. ``cluster`` is as the alert calls it, which need be none of ours."""

    cluster: str = ""
    namespace: str = ""
    pod: str = ""
    node: str = ""

    @property
    def sentence(self) -> str:
        """Pod and node as words of a question name them; empty where neither is told."""
        pod = f"pod {self.namespace}/{self.pod}" if self.pod and self.namespace else f"pod {self.pod}"
        named = [pod] if self.pod else []
        return ", ".join([*named, *([f"node {self.node}"] if self.node else [])])


def scope_of_labels(labels: Mapping[str, str]) -> AlertScope:
    """The scope in an alert's labels."""
    lower = {name.lower(): value.strip() for name, value in labels.items()}
    found = {part: next((lower[name] for name in names if lower.get(name)), "") for part, names in LABELS.items()}
    if namespace_trouble(found["namespace"]):
        found["namespace"] = ""
    return AlertScope(**found)


def scope_of_text(text: str) -> AlertScope:
    """The same in a message's text (``namespace: shop``, ``pod="web-1"``); of two values for a label none counts."""
    values: dict[str, set[str]] = {}
    for match in _SHOWN.finditer(text):
        values.setdefault(match[1].lower(), set()).add(match[2])
    return scope_of_labels({name: next(iter(found)) for name, found in values.items() if len(found) == 1})
