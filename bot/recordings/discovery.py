"""Discovery: what the replayed API says of itself, enough for kubectl and client libraries to find every kind."""

import re
from collections.abc import Callable, Mapping

from bot.recordings.failures import no_such_resource
from bot.recordings.objects import Recording
from bot.recordings.resources import Json, Resource

_REVIEWS = ("SelfSubjectAccessReview", "SelfSubjectRulesReview")
AUTHORIZATION = ("authorization.k8s.io", "v1")


def discover(store: Recording, path: str) -> Json | None:
    """The document at this path, or ``None`` where the path is not one of discovery."""
    fixed: Mapping[str, Callable[[], Json]] = {
        "/version": lambda: version(store),
        "/api": lambda: {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/api/v1": lambda: resource_list(store, "", "v1"),
        "/apis": lambda: group_list(store),
        "/openapi/v2": lambda: {"swagger": "2.0", "info": _info(store), "paths": {}, "definitions": {}},
        "/openapi/v3": lambda: {"paths": {}},
    }
    if path in fixed:
        return fixed[path]()
    if found := re.fullmatch(r"/apis/([^/]+)(?:/([^/]+))?", path):
        named = found[1] in _groups(store)
        return (resource_list(store, found[1], found[2]) if found[2] else group(store, found[1])) if named else None
    return None


def version(store: Recording) -> Json:
    """``/version``, made from the recorded ``gitVersion``."""
    numbers = re.match(r"v?(\d+)\.(\d+)", store.version)
    major, minor = (numbers[1], numbers[2] + "+") if numbers else ("1", "0")
    return {"major": major, "minor": minor, "gitVersion": store.version, "platform": "linux/amd64"}


def group_list(store: Recording) -> Json:
    """Every API group but the core one."""
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(store, name) for name in _groups(store)]}


def group(store: Recording, name: str) -> Json:
    """One API group with its versions."""
    versions = [{"groupVersion": f"{name}/{each}", "version": each} for each in _groups(store)[name]]
    return {"kind": "APIGroup", "apiVersion": "v1", "name": name, "versions": versions, "preferredVersion": versions[0]}


def resource_list(store: Recording, group_name: str, version_name: str) -> Json:
    """The resources of one version of one API group."""
    if (group_name, version_name) == AUTHORIZATION:
        resources = [_review(kind) for kind in _REVIEWS]
    else:
        held = [each for each in store.resources if (each.group, each.version) == (group_name, version_name)]
        resources = [_describe(each) for each in held]
        if not group_name:
            log = {"name": "pods/log", "singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get"]}
            resources.append(log)
    if not resources:
        raise no_such_resource()
    name = f"{group_name}/{version_name}" if group_name else version_name
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}


def _describe(resource: Resource) -> Json:
    return {
        "name": resource.plural,
        "singularName": resource.kind.lower(),
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": ["get", "list"],
        "shortNames": list(resource.short),
    }


def _review(kind: str) -> Json:
    plural = kind.lower() + "s"
    return {"name": plural, "singularName": kind.lower(), "namespaced": False, "kind": kind, "verbs": ["create"]}


def _groups(store: Recording) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {AUTHORIZATION[0]: [AUTHORIZATION[1]]}
    for each in store.resources:
        if each.group and each.version not in groups.setdefault(each.group, []):
            groups[each.group].append(each.version)
    return dict(sorted(groups.items()))


def _info(store: Recording) -> Json:
    return {"title": f"recording {store.name}", "version": store.version}
