"""Label and field selectors, with the grammar and the refusals of a real API server."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bot.recordings.failures import bad_request
from bot.recordings.resources import Json, Resource

LabelTest = Callable[[Mapping[str, str]], bool]
FieldTest = Callable[[Json], bool]

_SET = re.compile(r"([^\s,=!<>()]+)\s+(in|notin)\s*\(([^()]*)\)")
_COMPARED = re.compile(r"([^\s,=!<>()]+)\s*(==|=|!=|>|<)\s*([^\s,=!<>()]*)")
_EXISTS = re.compile(r"(!?)\s*([^\s,=!<>()]+)")
_BETWEEN_COMMAS = re.compile(r"(?:[^,(]|\([^()]*\)?)+")  # those in brackets divide nothing

_EVERYWHERE = {"metadata.name": ("metadata", "name")}
_NAMESPACED = {"metadata.namespace": ("metadata", "namespace")}
_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {
    ("", "pods"): {
        "spec.nodeName": ("spec", "nodeName"),
        "spec.restartPolicy": ("spec", "restartPolicy"),
        "spec.schedulerName": ("spec", "schedulerName"),
        "spec.serviceAccountName": ("spec", "serviceAccountName"),
        "spec.hostNetwork": ("spec", "hostNetwork"),
        "status.phase": ("status", "phase"),
        "status.podIP": ("status", "podIP"),
        "status.nominatedNodeName": ("status", "nominatedNodeName"),
    },
    ("", "events"): {
        **{f"involvedObject.{key}": ("involvedObject", key) for key in _REFERENCE},
        "reason": ("reason",),
        "reportingComponent": ("reportingComponent",),
        "source": ("source", "component"),
        "type": ("type",),
    },
    ("events.k8s.io", "events"): {
        **{f"regarding.{key}": ("regarding", key) for key in _REFERENCE},
        "reason": ("reason",),
        "reportingController": ("reportingController",),
        "type": ("type",),
    },
    ("", "nodes"): {"spec.unschedulable": ("spec", "unschedulable")},
    ("", "namespaces"): {"status.phase": ("status", "phase")},
    ("", "services"): {"spec.clusterIP": ("spec", "clusterIP"), "spec.type": ("spec", "type")},
    ("", "secrets"): {"type": ("type",)},
    ("", "replicationcontrollers"): {"status.replicas": ("status", "replicas")},
    ("apps", "replicasets"): {"status.replicas": ("status", "replicas")},
    ("batch", "jobs"): {"status.successful": ("status", "succeeded")},
}
_UNSET = {"spec.unschedulable": "false", "spec.hostNetwork": "false"}


def label_test(selector: str) -> LabelTest:
    """Whether an object's labels satisfy the selector."""
    tests = [_requirement(part.strip()) for part in _BETWEEN_COMMAS.findall(selector) if part.strip()]
    return lambda labels: all(test(labels) for test in tests)


def label_keys(selector: str) -> set[str]:
    """The labels that it asks for."""
    parts = [part.strip() for part in _BETWEEN_COMMAS.findall(selector) if part.strip()]
    found = (_SET.fullmatch(part) or _COMPARED.fullmatch(part) for part in parts)
    return {match[1] if match else part.lstrip("! ") for match, part in zip(found, parts, strict=True)}


def _requirement(text: str) -> LabelTest:
    if found := _SET.fullmatch(text):
        values = {value.strip() for value in found[3].split(",")}
        return partial(_is_in if found[2] == "in" else _is_not_in, found[1], values)
    if found := _COMPARED.fullmatch(text):
        if found[2] in "<>":
            return partial(_compares, found[1], found[2], _whole_number(text, found[3]))
        return partial(_is_not_in if found[2] == "!=" else _is_in, found[1], {found[3]})
    if found := _EXISTS.fullmatch(text):
        return partial(_lacks if found[1] else _has, found[2])
    raise bad_request(f"unable to parse requirement: {text!r}")


def _is_in(key: str, values: set[str], labels: Mapping[str, str]) -> bool:
    return labels.get(key) in values


def _is_not_in(key: str, values: set[str], labels: Mapping[str, str]) -> bool:
    return labels.get(key) not in values


def _has(key: str, labels: Mapping[str, str]) -> bool:
    return key in labels


def _lacks(key: str, labels: Mapping[str, str]) -> bool:
    return key not in labels


def _compares(key: str, operator: str, bound: int, labels: Mapping[str, str]) -> bool:
    value = labels.get(key, "")
    return value.isdecimal() and (int(value) > bound if operator == ">" else int(value) < bound)


def _whole_number(text: str, value: str) -> int:
    if not value.isdecimal():
        raise bad_request(f"unable to parse requirement: {text!r} compares with something else than a whole number")
    return int(value)


def field_test(selector: str, resource: Resource) -> FieldTest:
    """Whether an object's fields satisfy the selector; a field that the API server has no index of is refused."""
    own = _FIELDS.get((resource.group, resource.plural), {})
    allowed = {**_EVERYWHERE, **(_NAMESPACED if resource.namespaced else {}), **own}
    wanted = [_field(part) for part in selector.split(",") if part]
    for label, _, _ in wanted:
        if label not in allowed:
            raise bad_request(f"field label not supported: {label}")
    tests = [(allowed[label], _UNSET.get(label, ""), equal, value) for label, equal, value in wanted]
    return lambda item: all((_read(item, path, unset) == value) is equal for path, unset, equal, value in tests)


def _field(text: str) -> tuple[str, bool, str]:
    for operator, equal in (("!=", False), ("==", True), ("=", True)):
        label, found, value = text.partition(operator)
        if found:
            return label, equal, value
    raise bad_request(f"invalid field selector: {text!r}; can't understand it")


def _read(item: Json, path: tuple[str, ...], unset: str) -> str:
    value: Any = item
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    if value is None:
        return unset
    return str(value).lower() if isinstance(value, bool) else str(value)
