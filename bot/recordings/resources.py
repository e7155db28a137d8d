"""Which kinds the replayed API knows, and how they are addressed: the built-in ones, and those a recording brings.

Events exist under two API groups with other field names; they are kept in the core shape and shown in either.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """One kind in one API version, with its name in URLs."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    custom: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def address(self) -> tuple[str, str, str]:
        return self.group, self.version, self.plural


BUILT_IN = (
    Resource("", "v1", "ConfigMap", "configmaps", short=("cm",)),
    Resource("", "v1", "Endpoints", "endpoints", short=("ep",)),
    Resource("", "v1", "Event", "events", short=("ev",)),
    Resource("", "v1", "LimitRange", "limitranges", short=("limits",)),
    Resource("", "v1", "Namespace", "namespaces", False, ("ns",)),
    Resource("", "v1", "Node", "nodes", False, ("no",)),
    Resource("", "v1", "PersistentVolume", "persistentvolumes", False, ("pv",)),
    Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", short=("pvc",)),
    Resource("", "v1", "Pod", "pods", short=("po",)),
    Resource("", "v1", "ReplicationController", "replicationcontrollers", short=("rc",)),
    Resource("", "v1", "ResourceQuota", "resourcequotas", short=("quota",)),
    Resource("", "v1", "Secret", "secrets"),
    Resource("", "v1", "Service", "services", short=("svc",)),
    Resource("", "v1", "ServiceAccount", "serviceaccounts", short=("sa",)),
    Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False, ("crd",)),
    Resource("apps", "v1", "ControllerRevision", "controllerrevisions"),
    Resource("apps", "v1", "DaemonSet", "daemonsets", short=("ds",)),
    Resource("apps", "v1", "Deployment", "deployments", short=("deploy",)),
    Resource("apps", "v1", "ReplicaSet", "replicasets", short=("rs",)),
    Resource("apps", "v1", "StatefulSet", "statefulsets", short=("sts",)),
    Resource("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", short=("hpa",)),
    Resource("batch", "v1", "CronJob", "cronjobs", short=("cj",)),
    Resource("batch", "v1", "Job", "jobs"),
    Resource("coordination.k8s.io", "v1", "Lease", "leases"),
    Resource("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
    Resource("events.k8s.io", "v1", "Event", "events", short=("ev",)),
    Resource("networking.k8s.io", "v1", "Ingress", "ingresses", short=("ing",)),
    Resource("networking.k8s.io", "v1", "IngressClass", "ingressclasses", False),
    Resource("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", short=("netpol",)),
    Resource("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", short=("pdb",)),
    Resource("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", False),
    Resource("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", False),
    Resource("rbac.authorization.k8s.io", "v1", "Role", "roles"),
    Resource("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
    Resource("storage.k8s.io", "v1", "StorageClass", "storageclasses", False, ("sc",)),
)


def group_of(api_version: str) -> tuple[str, str]:
    """``apps/v1`` -> ``("apps", "v1")``; ``v1`` -> ``("", "v1")``."""
    group, _, version = api_version.rpartition("/")
    return group, version


def known_resources(objects: Iterable[Json]) -> dict[tuple[str, str, str], Resource]:
    """By API group, version and kind: the built-in resources, the defined ones, and those only seen as objects."""
    objects = list(objects)
    known = {(each.group, each.version, each.kind): each for each in BUILT_IN}
    for item in objects:
        if item.get("kind") == "CustomResourceDefinition":
            known.update({(each.group, each.version, each.kind): each for each in _resources_of(item)})
    for item in objects:
        group, version = group_of(item["apiVersion"])
        if (group, version, item["kind"]) not in known:
            known[group, version, item["kind"]] = _guess(item, objects)
    return known


def _resources_of(definition: Json) -> list[Resource]:
    spec = definition.get("spec", {})
    names = spec.get("names", {})
    if not names.get("plural") or not names.get("kind"):
        return []
    return [
        Resource(
            spec.get("group", ""),
            version.get("name", ""),
            names["kind"],
            names["plural"],
            spec.get("scope", "Namespaced") == "Namespaced",
            tuple(names.get("shortNames", ())),
            custom=True,
        )
        for version in spec.get("versions", ())
        if version.get("served", True)
    ]


def _guess(item: Json, objects: list[Json]) -> Resource:
    """The resource of an object whose definition is not recorded; whether it is namespaced is read off the objects."""
    group, version = group_of(item["apiVersion"])
    same = [each for each in objects if each["kind"] == item["kind"] and group_of(each["apiVersion"])[0] == group]
    namespaced = any(each["metadata"].get("namespace") for each in same)
    return Resource(group, version, item["kind"], plural_of(item["kind"]), namespaced, custom=True)


def plural_of(kind: str) -> str:
    """How Kubernetes itself guesses the plural of a kind."""
    lower = kind.lower()
    if re.search(r"(s|x|z|ch|sh)$", lower):
        return lower + "es"
    return lower[:-1] + "ies" if re.search(r"[^aeiou]y$", lower) else lower + "s"


EVENTS_API = "events.k8s.io/v1"

# core v1 name -> events.k8s.io/v1 name
_RENAMED = {
    "involvedObject": "regarding",
    "message": "note",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
    "reportingComponent": "reportingController",
}
_BACK = {new: old for old, new in _RENAMED.items()}


def as_core(event: Json) -> Json:
    """The event as core ``v1`` shows it."""
    if event.get("apiVersion") != EVENTS_API:
        return event
    return {_BACK.get(key, key): value for key, value in event.items()} | {"apiVersion": "v1"}


def as_events_api(event: Json) -> Json:
    """The event as ``events.k8s.io/v1`` shows it."""
    return {_RENAMED.get(key, key): value for key, value in event.items()} | {"apiVersion": EVENTS_API}
