"""What a recording keeps of an object: the fields that are read, and a few that help people who look at a replay.

An allow-list: no value of an environment variable, an argument, a header or a hook is on it. Labels, annotations,
the data of ConfigMaps and the words of commands are kept as far as something reads them (``declared_reads.py``).
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import orjson
import yaml

from bot.cluster.declared_reads import ConfigKey, DeclaredReads, kept_words
from bot.cluster.object_shape import ANYTHING, MapOf, Scalar, Shape, shape_of
from knowledge import untrusted_yaml

Object = dict[str, Any]
_LEFT_OUT = "(left out)"  # no key of anybody's: it stands where something was
_NO_OBJECT = "{"  # neither JSON nor YAML, as the text was
_NOTHING = "#"  # YAML without a value, and no JSON


def _named(text: str) -> dict[str, Any]:
    return dict.fromkeys(text.split(), ANYTHING)


_ENDED = _named("exitCode reason signal startedAt finishedAt")
_STATE = {"waiting": _named("reason message"), "running": _named("startedAt"), "terminated": _ENDED}
_STATUSES: Shape = [_named("started image imageID") | {"state": _STATE, "lastState": _STATE}]
_PORTS: Shape = [_named("name port protocol targetPort nodePort containerPort hostPort appProtocol")]
_COUNTS = _named(
    "currentNumberScheduled numberAvailable numberUnavailable numberMisscheduled updatedNumberScheduled replicas "
    "availableReplicas unavailableReplicas updatedReplicas observedGeneration"
)
_REFERENCE = _named("apiVersion kind namespace name uid controller")
_METADATA = _named("resourceVersion generation generateName") | {"ownerReferences": [_REFERENCE]}
_ALSO: Mapping[tuple[str, str], dict[str, Any]] = {  # beside what is read
    ("", "Pod"): {
        "spec": _named("restartPolicy") | {"containers": [{"ports": _PORTS}]},
        "status": _named("hostIP reason message")
        | {
            "containerStatuses": _STATUSES,
            "initContainerStatuses": _STATUSES,
            "conditions": [_named("reason message")],
        },
    },
    ("", "Node"): {
        "spec": _named("providerID"),
        "status": {
            "nodeInfo": MapOf(ANYTHING),
            "capacity": MapOf(ANYTHING),
            "conditions": [_named("lastHeartbeatTime")],
        },
    },
    ("", "Event"): _named("action reportingComponent reportingInstance")
    | {"source": _named("component host"), "involvedObject": _named("apiVersion fieldPath resourceVersion")},
    ("", "Service"): {"spec": _named("type ipFamilies") | {"ports": _PORTS}},
    ("apps", "DaemonSet"): {"status": _COUNTS},
    ("apps", "Deployment"): {"status": _COUNTS},
    ("discovery.k8s.io", "EndpointSlice"): {
        "endpoints": [
            _named("addresses nodeName zone")
            | {"targetRef": _REFERENCE, "conditions": _named("ready serving terminating")}
        ],
        "ports": _PORTS,
    },
    ("networking.k8s.io", "NetworkPolicy"): {"spec": _named("policyTypes")},
    ("network.alibabacloud.com", "Node"): {
        "spec": {"nodeCap": MapOf(ANYTHING), "nodeMetadata": _named("instanceID regionID")},
        "status": {
            "networkInterfaces": MapOf(
                _named("id status macAddress primaryIPAddress ipv4CIDR ipv6CIDR securityGroupIDs")
                | dict.fromkeys(("ipv4", "ipv6"), MapOf(_named("ip status primary")))
            )
        },
    },
}
_EDIT_OF_LABELS = "f:metadata"  # any other outermost field tells an edit of the content
_EDITED = {"ConfigMap": "f:data", "DaemonSet": "f:spec", "Deployment": "f:spec"}  # where edits of the content stand
_SELECTORS = ("podSelector", "selector")


def recorded_object(group: str, item: Object, reads: DeclaredReads, selected_by: Collection[str]) -> Object:
    """The object as a recording holds it; ``selected_by`` are labels by which such objects are asked for."""
    kind = str(item["kind"])
    shape = _merged(shape_of(group, kind), {"metadata": _METADATA, **_ALSO.get((group, kind), {})})
    kept = {"apiVersion": item["apiVersion"], "kind": kind, **_kept(shape, item)}
    metadata = kept["metadata"]
    _narrow(metadata, "labels", {*reads.labels, *selected_by})
    _narrow(metadata, "annotations", reads.annotations)
    edits = metadata.pop("managedFields", None)
    if edits and kind in _EDITED:
        metadata["managedFields"] = [_edit(each, _EDITED[kind]) for each in edits]
    if kind == "ConfigMap":
        kept["data"] = _config_data(str(metadata.get("name")), item.get("data") or {}, reads.config_keys)
    return kept


def selected_labels(item: Object) -> set[str]:
    """The labels by which a NetworkPolicy, a Service or a workload selects pods."""
    if item.get("kind") == "Service":
        return {str(key) for key in (item.get("spec") or {}).get("selector") or {}}
    selectors = [(item.get("spec") or {}).get(name) or {} for name in _SELECTORS]
    selectors += [peer.get("podSelector") or {} for peer in _peers(item)]
    found = {str(key) for selector in selectors for key in selector.get("matchLabels") or {}}
    return found | {str(each.get("key")) for selector in selectors for each in selector.get("matchExpressions") or []}


def _peers(item: Object) -> list[Object]:
    """Whom a NetworkPolicy lets through."""
    rules = [rule for way in ("ingress", "egress") for rule in (item.get("spec") or {}).get(way) or []]
    return [peer for rule in rules for way in ("from", "to") for peer in rule.get(way) or []]


def _merged(one: Shape, other: Shape) -> Shape:
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: _merged(one[key], other[key]) if key in one and key in other else {**other, **one}[key]
            for key in {**one, **other}
        }
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    if isinstance(one, MapOf) and isinstance(other, MapOf):
        return MapOf(_merged(one.members, other.members))
    return other if isinstance(one, Scalar) else one


def _kept(shape: Shape, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(shape, Scalar):
        return value if not isinstance(value, dict) else {}
    if isinstance(shape, list):
        return [_kept(shape[0], member) for member in value] if isinstance(value, list) else None
    if not isinstance(value, dict):
        return None
    if isinstance(shape, MapOf):
        return {key: _kept(shape.members, member) for key, member in value.items()}
    return {key: _field(key, below, value[key]) for key, below in shape.items() if key in value}


def _field(key: str, shape: Shape, value: Any) -> Any:
    return kept_words(value or []) if key in ("command", "args") else _kept(shape, value)


def _narrow(metadata: Object, field: str, names: Collection[str]) -> None:
    if field in metadata:
        metadata[field] = {key: value for key, value in (metadata[field] or {}).items() if key in names}


def _edit(edit: Object, content: str) -> Object:
    """When and by which program, and whether the content was edited: not which fields of it."""
    slim: Object = {name: edit[name] for name in ("manager", "time", "subresource") if name in edit}
    fields = edit.get("fieldsV1")
    if not isinstance(fields, dict):
        return slim
    told = {key: _EDIT_OF_LABELS if key == _EDIT_OF_LABELS else key if key == "f:status" else content for key in fields}
    return slim | {"fieldsV1": {name: _template(fields.get(key)) for key, name in told.items()}}


def _template(fields: Any) -> Object:
    """Of what was edited in a workload: whether its pods' template was, which is a rollout."""
    return {"f:template": {}} if isinstance(fields, dict) and "f:template" in fields else {}


def _config_data(name: str, data: Mapping[str, str], declared: Iterable[ConfigKey]) -> dict[str, str]:
    mine = [each for each in declared if each.is_of(name)]
    wanted = {key: [each for each in mine if each.key == key] for key in data}
    return {key: _reduced(str(data[key]), keys) for key, keys in wanted.items() if keys}


def _reduced(text: str, declared: list[ConfigKey]) -> str:
    """What is read of a text: all of it where something reads all, else its declared lines or paths."""
    if not text.strip() or any(not each.paths and not each.lines for each in declared):
        return text
    patterns = [each.lines for each in declared if each.lines]
    if len(patterns) == len(declared):
        return "\n".join(found[0] for pattern in patterns for found in pattern.finditer(text))
    parsed, dump = _parsed(text)
    if not isinstance(parsed, dict):
        return _NO_OBJECT if parsed is not None or dump is None else _NOTHING
    return str(dump(_below(_tree(path for each in declared for path in each.paths), parsed)))


def _parsed(text: str) -> tuple[Any, Any]:
    try:
        return orjson.loads(text), lambda value: orjson.dumps(value).decode()
    except orjson.JSONDecodeError:
        pass
    try:
        return untrusted_yaml.load(text, untrusted_yaml.EMBEDDED), lambda value: yaml.safe_dump(value, sort_keys=False)
    except untrusted_yaml.UntrustedYamlError:
        return None, None


def _tree(paths: Iterable[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in paths:
        below = tree
        for step in path.split("."):
            below = below.setdefault(step, {})
    return tree


def _below(tree: dict[str, Any], value: Any) -> Any:
    """What the tree names; what is not of the shape that it expects stays recognizable as such."""
    if not tree or not isinstance(value, dict | list):
        return value
    if isinstance(value, list):
        return [_below(tree, member) for member in value]
    kept = {key: _leaf(key, _below(tree[key], member)) for key, member in value.items() if key in tree}
    return kept if kept or not value else {_LEFT_OUT: None}


def _leaf(key: str, value: Any) -> Any:
    return " ".join(kept_words([value])) if key.endswith("_args") and isinstance(value, str) else value
