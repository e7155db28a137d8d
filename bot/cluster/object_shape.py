"""What the fields that netclinic reads are made of, by kind: an object that is otherwise is damage, not a cluster.

A real API server cannot send a Pod whose ``hostNetwork`` is a list. What a proxy, a disk or a forger has damaged would
else be read as something: a flag that is no longer set, a time that never was. Here alone objects are checked, so that
whatever reads them afterwards may take each field that is there for what it ought to be. A field may be missing or
null, as Go's encoders leave out what is empty.

The kinds are those of the Kubernetes API (https://kubernetes.io/docs/reference/kubernetes-api/) and of Terway's
``network.alibabacloud.com/v1beta1``.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Scalar:
    """``other`` says what another value is, as ``no text``."""

    other: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True)
class MapOf:
    """Any keys, each with a value of this shape."""

    members: "Shape"


Shape = Scalar | MapOf | list[Any] | dict[str, Any]  # a list of one shape; a mapping of fields to their shapes


def _is_moment(value: Any) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_address(value: Any) -> bool:
    """Of an interface or a range alike."""
    try:
        return isinstance(value, str) and bool(ipaddress.ip_interface(value))
    except ValueError:
        return False


TEXT = Scalar("no text", lambda value: isinstance(value, str))
FLAG = Scalar("not true or false", lambda value: isinstance(value, bool))
WHOLE = Scalar("no whole number", lambda value: isinstance(value, int) and not isinstance(value, bool))
MOMENT = Scalar("no moment", _is_moment)
ADDRESS = Scalar("no IP address", _is_address)
NO_OR_ADDRESS = Scalar("no IP address", lambda value: value in ("", "None") or _is_address(value))  # None: headless
ANYTHING = Scalar("", lambda _: True)
PORT = Scalar("no port", lambda value: isinstance(value, int | str) and not isinstance(value, bool))


def _one_of(*values: str) -> Scalar:
    return Scalar(f"none of {', '.join(filter(None, values))}", lambda value: value in values)


_METADATA: Shape = {
    "name": TEXT,
    "namespace": TEXT,
    "uid": TEXT,
    "labels": MapOf(TEXT),
    "annotations": MapOf(TEXT),
    "creationTimestamp": MOMENT,
    "deletionTimestamp": MOMENT,
    "managedFields": [{"manager": TEXT, "time": MOMENT, "subresource": TEXT, "fieldsV1": MapOf(ANYTHING)}],
}
_CONDITIONS: Shape = [
    {
        "type": TEXT,
        "status": _one_of("True", "False", "Unknown", ""),
        "reason": TEXT,
        "message": TEXT,
        "lastTransitionTime": MOMENT,
    }
]
_CONTAINER_PORTS: Shape = [{"name": TEXT, "containerPort": WHOLE, "hostPort": WHOLE}]
_CONTAINERS: Shape = [
    {"name": TEXT, "image": TEXT, "command": [TEXT], "args": [TEXT], "ports": _CONTAINER_PORTS},
]
_CONTAINER_STATUSES: Shape = [
    {
        "name": TEXT,
        "ready": FLAG,
        "restartCount": WHOLE,
        "state": {
            "waiting": {"reason": TEXT, "message": TEXT},
            "running": {"startedAt": MOMENT},
            "terminated": {"startedAt": MOMENT, "finishedAt": MOMENT, "reason": TEXT, "exitCode": WHOLE},
        },
        "lastState": {"terminated": {"finishedAt": MOMENT, "reason": TEXT, "exitCode": WHOLE}},
    }
]
_TEMPLATE: Shape = {"spec": {"containers": _CONTAINERS, "initContainers": _CONTAINERS}}
_REPLICAS: dict[str, Any] = {"spec": {"replicas": WHOLE}, "status": {"replicas": WHOLE}}
_SELECTOR: Shape = {
    "matchLabels": MapOf(TEXT),
    "matchExpressions": [{"key": TEXT, "operator": TEXT, "values": [TEXT]}],
}
_PEERS: Shape = [{"podSelector": _SELECTOR, "namespaceSelector": _SELECTOR, "ipBlock": {"cidr": TEXT}}]
_TERWAY_INTERFACE: Shape = {
    "vSwitchID": TEXT,
    "networkInterfaceType": TEXT,
    "unschedulable": FLAG,
    "conditions": MapOf({"observedTime": MOMENT, "message": TEXT}),
    "ipv4": MapOf({"podID": TEXT}),
    "ipv6": MapOf({"podID": TEXT}),
}
_TERWAY = "network.alibabacloud.com"

# By API group and kind.
_SHAPES: Mapping[tuple[str, str], dict[str, Any]] = {
    ("", "Pod"): {
        "spec": {
            "nodeName": TEXT,
            "hostNetwork": FLAG,
            "containers": _CONTAINERS,
            "initContainers": _CONTAINERS,
        },
        "status": {
            "phase": _one_of("Pending", "Running", "Succeeded", "Failed", "Unknown", ""),
            "podIP": NO_OR_ADDRESS,
            "podIPs": [{"ip": NO_OR_ADDRESS}],
            "startTime": MOMENT,
            "conditions": _CONDITIONS,
            "containerStatuses": _CONTAINER_STATUSES,
            "initContainerStatuses": _CONTAINER_STATUSES,
        },
    },
    ("", "Node"): {
        "spec": {
            "podCIDR": NO_OR_ADDRESS,
            "podCIDRs": [ADDRESS],
            "unschedulable": FLAG,
            "taints": [{"key": TEXT, "effect": TEXT, "timeAdded": MOMENT}],
        },
        "status": {
            "conditions": _CONDITIONS,
            "addresses": [{"type": TEXT, "address": TEXT}],
            "allocatable": MapOf(ANYTHING),
        },
    },
    ("", "Event"): {
        "reason": TEXT,
        "message": TEXT,
        "type": TEXT,
        "involvedObject": {"kind": TEXT, "namespace": TEXT, "name": TEXT, "uid": TEXT},
        "firstTimestamp": MOMENT,
        "lastTimestamp": MOMENT,
        "eventTime": MOMENT,
        "count": WHOLE,
        "series": {"count": WHOLE, "lastObservedTime": MOMENT},
    },
    ("", "ConfigMap"): {"data": MapOf(TEXT)},
    ("", "Service"): {
        "spec": {
            "type": TEXT,
            "clusterIP": NO_OR_ADDRESS,
            "clusterIPs": [NO_OR_ADDRESS],
            "externalIPs": [TEXT],
            "externalName": TEXT,
            "ipFamilyPolicy": TEXT,
            "selector": MapOf(TEXT),
            "ports": [{"port": WHOLE, "nodePort": WHOLE, "targetPort": PORT}],
            "internalTrafficPolicy": TEXT,
            "externalTrafficPolicy": TEXT,
        },
        "status": {"loadBalancer": {"ingress": [{"ip": TEXT, "hostname": TEXT}]}},
    },
    ("apps", "DaemonSet"): {
        "spec": {"selector": _SELECTOR, "template": _TEMPLATE},
        "status": {"desiredNumberScheduled": WHOLE, "numberReady": WHOLE},
    },
    ("apps", "ReplicaSet"): _REPLICAS,
    ("apps", "StatefulSet"): _REPLICAS,
    ("batch", "Job"): {
        "spec": {"parallelism": WHOLE, "suspend": FLAG},
        "status": {"active": WHOLE, "succeeded": WHOLE, "conditions": _CONDITIONS},
    },
    ("apps", "Deployment"): {
        "spec": {"replicas": WHOLE, "selector": _SELECTOR, "template": _TEMPLATE},
        "status": {"readyReplicas": WHOLE},
    },
    ("discovery.k8s.io", "EndpointSlice"): {
        "addressType": _one_of("IPv4", "IPv6", "FQDN"),
        "endpoints": [{"conditions": {"ready": FLAG}, "nodeName": TEXT}],
    },
    ("networking.k8s.io", "NetworkPolicy"): {
        "spec": {
            "podSelector": _SELECTOR,
            "policyTypes": [TEXT],
            "ingress": [{"from": _PEERS, "ports": [ANYTHING]}],
            "egress": [{"to": _PEERS, "ports": [ANYTHING]}],
        }
    },
    (_TERWAY, "Node"): {
        "spec": {
            "datapath": {"type": TEXT},
            "nodeCap": {"adapters": WHOLE, "ipv4PerAdapter": WHOLE},
            "nodeMetadata": {"zoneID": TEXT, "instanceType": TEXT},
            "eni": {"vSwitchOptions": [TEXT]},
            "flavor": [{"count": WHOLE}],
        },
        "status": {"networkInterfaces": MapOf(_TERWAY_INTERFACE)},
    },
}

_WITHOUT_NAMESPACE = {("", "Node"), (_TERWAY, "Node")}


def shape_of(group: str, kind: str) -> Shape:
    """The fields that are read of a kind."""
    return {"metadata": _METADATA, **_SHAPES.get((group, kind), {})}


def object_problem(group: str, kind: str, item: Mapping[str, Any]) -> str:
    """Which field of an object is not what that kind has there, as ``whose spec.nodeName is no text``; else empty."""
    found = _misfit(shape_of(group, kind), item)
    return f"whose {found[0].lstrip('.')} is {found[1]}" if found else ""


def lacks_namespace(group: str, kind: str, item: Mapping[str, Any]) -> bool:
    """Whether nobody can tell where the object is; in a list of all namespaces nothing else does."""
    return (group, kind) not in _WITHOUT_NAMESPACE and not item["metadata"].get("namespace")


def _misfit(shape: Shape, value: Any) -> tuple[str, str] | None:
    """The path below, and what stands there: both put together only where something is wrong, for lists are long."""
    if isinstance(shape, Scalar):
        return None if shape.fits(value) else ("", shape.other)
    if isinstance(shape, list):
        return _list_misfit(shape[0], value)
    if not isinstance(value, dict):
        return "", "no mapping"
    if isinstance(shape, MapOf):
        return _first_misfit(("[…]", shape.members, member) for member in value.values())
    return _first_misfit((f".{key}", below, value[key]) for key, below in shape.items() if key in value)


def _list_misfit(shape: Shape, value: Any) -> tuple[str, str] | None:
    if not isinstance(value, list):
        return "", "no list"
    if None in value:
        return "[]", "nothing"
    return _first_misfit(("[]", shape, member) for member in value)


def _first_misfit(members: Iterable[tuple[str, Shape, Any]]) -> tuple[str, str] | None:
    for step, shape, member in members:
        if member is not None and (found := _misfit(shape, member)):
            return step + found[0], found[1]
    return None
