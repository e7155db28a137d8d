"""Probes of configuration: values in ConfigMaps, image versions, workloads, and whether an edit has been applied."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Literal

from bot.cluster.declared_reads import ConfigKey, config_text
from bot.cluster.facts.flannel_objects import CONFIG as FLANNEL_CONFIG
from bot.cluster.facts.flannel_objects import flannel_namespace
from bot.cluster.facts.platform import config_command
from bot.cluster.facts.registry import Permission
from bot.cluster.facts.terway import image_tag
from bot.cluster.resources import CONFIG_MAPS, DAEMON_SETS, DEPLOYMENTS, PODS, Resource
from bot.cluster.session import SYSTEM, ClusterSession, Object, full_name, get_path, last_edited, moment, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import SHOWN, START_TIME, app_pods, came_up, is_live, pod_evidence
from bot.probes.registry import Arguments, Strings, absent, count, present, probe, some, unknown
from knowledge import untrusted_yaml
from knowledge.versions import parse_version

GET_CONFIG = Permission("get", CONFIG_MAPS)
GET_WORKLOADS = (Permission("list", DAEMON_SETS), Permission("get", DAEMON_SETS), Permission("get", DEPLOYMENTS))
_STEP = re.compile(r"([^.\[\]]+)((?:\[[^\[\]]+\])*)")
_FILTER = re.compile(r"\[([^=\[\]]+)(?:=([^\[\]]*))?\]")
_MISSING: Any = object()


def _config_keys(arguments: Arguments) -> list[ConfigKey]:
    """With the keys by which members of lists are chosen."""
    steps = _STEP.findall(str(arguments.get("path", "")))
    way = [name for name, _ in steps]
    chosen = [[*way[: at + 1], each] for at, (_, by) in enumerate(steps) for each, _ in _FILTER.findall(by)]
    paths = (".".join(path) for path in [way, *chosen] if path and not path[-1].isdigit())
    return [ConfigKey(str(arguments["configmap"]), str(arguments["key"]), tuple(paths))]


@probe(nature="condition", reads=(GET_CONFIG,), names=_config_keys)
async def config_value(
    session: ClusterSession,
    *,
    configmap: str,
    key: str,
    path: str = "",
    equals: str | None = None,
    one_of: Strings = (),
    contains: str | None = None,
    exists: bool | None = None,
    default: str | None = None,
    namespace: str = SYSTEM,
) -> Finding:
    """A value inside a ConfigMap's key, parsed as JSON or YAML. A value of true, 10 or text compares as text.

    Args:
        configmap: the ConfigMap's name
        key: the key in its data
        path: where in the parsed value, e.g. plugins[type=flannel].delegate.hairpinMode; empty for the whole text
        equals: the value it must have
        one_of: the values of which it must have one
        contains: what it must contain, in any case
        exists: whether it must be there
        default: what a missing value counts as
        namespace: where the ConfigMap is
    """
    config = await session.config_map(configmap, namespace)
    if config is None:
        return unknown(f"there is no ConfigMap {namespace}/{configmap}")
    text = config_text(config, ConfigKey(configmap, key))
    value = _value_at(text, path)
    if value is _MISSING and default is not None:
        value = default
    shown = f"{key}{': ' + path if path else ''} = {'not set' if value is _MISSING else _text(value)}"
    seen = Evidence(
        object=f"ConfigMap {namespace}/{configmap}",
        excerpt=shown,
        seen=session.now(),
        check=config_command(configmap, namespace, key, path.split(".")[-1]),
    )
    holds = _holds(value, equals, one_of, contains, exists)
    summary = f"ConfigMap {configmap}: {shown}"
    return present(summary, [seen], configmap=[configmap]) if holds else absent(summary, [seen])


def _holds(value: Any, equals: str | None, one_of: Strings, contains: str | None, exists: bool | None) -> bool:
    there = value is not _MISSING
    if exists is not None:
        return there is exists
    if not there:
        return False
    text = _text(value)
    if contains is not None:
        return contains.lower() in text.lower()
    return text in ((equals,) if equals is not None else one_of)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value_at(text: Any, path: str) -> Any:
    """The value, or ``_MISSING`` where it is left out.

    Raises:
        ValueError: the text or a part of it is something else than what could hold it.
    """
    if text is None:
        return _MISSING
    if not path:
        return text
    value: Any = untrusted_yaml.load(str(text), untrusted_yaml.EMBEDDED)  # JSON is YAML
    for name, filters in _STEP.findall(path):
        value = _below(value, name)
        for wanted, expected in _FILTER.findall(filters):
            value = _pick(value, wanted, expected)
    return value


def _below(value: Any, name: str) -> Any:
    if value in (None, _MISSING):
        return _MISSING
    if not isinstance(value, dict):
        raise ValueError(f"there is no mapping that could hold {name}")
    return value.get(name, _MISSING)


def _pick(value: Any, wanted: str, expected: str) -> Any:
    if value in (None, _MISSING):
        return _MISSING
    if not isinstance(value, list):
        raise ValueError(f"there is no list that could hold {wanted}")
    if not expected and wanted.isdigit():
        return value[int(wanted)] if int(wanted) < len(value) else _MISSING
    return next((item for item in value if isinstance(item, dict) and str(item.get(wanted)) == expected), _MISSING)


async def _home(session: ClusterSession, configmap: str) -> str:
    """The namespace of a network component's ConfigMap."""
    return await flannel_namespace(session) if configmap == FLANNEL_CONFIG else SYSTEM


@probe(nature="condition", reads=(GET_CONFIG, Permission("list", PODS)))
async def config_applied(
    session: ClusterSession, *, configmap: str, app: Strings, state: Literal["pending", "applied"]
) -> Finding:
    """Whether the application's pods have started since its ConfigMap was last edited.

    Args:
        configmap: the ConfigMap's name, in kube-system (Flannel's where Flannel is)
        app: values of the label app or k8s-app
        state: pending means that pods are older than the edit
    """
    namespace = await _home(session, configmap)
    config = await session.config_map(configmap, namespace)
    if config is None:
        return unknown(f"there is no ConfigMap {namespace}/{configmap}")
    edited = last_edited(config)
    pods = await app_pods(session, app)
    starts = [start for pod in pods if (start := moment(get_path(pod, "status", "startTime")))]
    if edited and not starts:
        return unknown(f"ConfigMap {configmap} was edited, and no pod of {', '.join(app)} tells when it started")
    older = sum(start < edited - timedelta(seconds=5) for start in starts) if edited else 0
    when = f"last edited {edited:%Y-%m-%d %H:%M} UTC" if edited else "not edited since it was made"
    how_many = f"; {older} of {len(starts)} pods are older than that" if edited else ""
    summary = f"ConfigMap {configmap} was {when}{how_many}"
    seen = Evidence(
        object=f"ConfigMap {namespace}/{configmap}",
        excerpt=when,
        seen=session.now(),
        check=f"kubectl -n {namespace} get configmap {configmap} -o jsonpath='{{.metadata.managedFields[*].time}}'",
    )
    return present(summary, [seen]) if (older > 0) is (state == "pending") else absent(summary, [seen])


@probe(nature="condition", reads=(GET_CONFIG, Permission("list", PODS)), cost="wide")
async def pods_before_edit(session: ClusterSession, *, configmap: str) -> Finding:
    """Running pods that are older than the last edit of a ConfigMap: what the CNI sets up at a pod's start, they lack.

    Pods on the host's network do not count. The pods that the question names are looked at, else all applications:
    steps are about a pod only where it was named, for which of many has the symptom cannot be seen.

    Args:
        configmap: the ConfigMap's name, in kube-system (Flannel's where Flannel is)
    """
    namespace = await _home(session, configmap)
    config = await session.config_map(configmap, namespace)
    if config is None:
        return unknown(f"there is no ConfigMap {namespace}/{configmap}")
    edited = last_edited(config)
    if edited is None:
        return absent(f"ConfigMap {configmap} was not edited since it was made")
    listing = await session.all_of(PODS, fields="status.phase=Running", most=1000)
    live = [pod for pod in listing.items if is_live(pod)]
    named = [pod for pod in live if session.scope.names(pod)]
    looked_at = named or [pod for pod in live if namespace_of(pod) != SYSTEM]
    older = [(pod, at) for pod in looked_at if (at := came_up(pod)) and at < edited]
    when = f"the edit of ConfigMap {configmap} ({edited:%Y-%m-%d %H:%M} UTC)"
    if not older:
        what = f"no running pod is older than {when}"
        return absent(what) if listing.complete else unknown(f"{what} among those that could be read")
    names = [full_name(pod) for pod, _ in older]
    evidence = [pod_evidence(session, pod, f"started {at:%Y-%m-%d %H:%M} UTC", START_TIME) for pod, at in older[:SHOWN]]
    summary = f"{count(len(older), 'running pod')} started before {when}: {some(names)}"
    return present(summary, evidence, **({"pod": names} if named else {}))


def _workload(reference: str) -> tuple[Resource, str, str]:
    kind, _, rest = reference.partition(" ")
    namespace, _, name = rest.partition("/")
    return (DEPLOYMENTS if kind == "Deployment" else DAEMON_SETS), namespace, name


async def _found(session: ClusterSession, resource: Resource, namespace: str, name: str) -> Object | None:
    """The workload; the DaemonSets of kube-system have been listed anyway."""
    if resource is DAEMON_SETS and namespace == SYSTEM:
        with suppress(ReadError):
            return (await session.daemon_sets()).get(name)
    return await session.reader.get(resource, name, namespace)


def _containers(workload: Object) -> Iterable[Object]:
    spec = get_path(workload, "spec", "template", "spec") or {}
    return [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]


@probe(nature="condition", reads=GET_WORKLOADS)
async def image_version(
    session: ClusterSession, *, workload: str, container: str, below: str | None = None, at_least: str | None = None
) -> Finding:
    """The version in the image tag of a workload's container; build hashes are left out of the comparison.

    Args:
        workload: as "DaemonSet kube-system/kube-flannel-ds" or "Deployment namespace/name"
        container: the container's name
        below: the version it must be older than
        at_least: the version it must have reached
    """
    resource, namespace, name = _workload(workload)
    found = await _found(session, resource, namespace, name)
    images = [str(item.get("image")) for item in _containers(found or {}) if item.get("name") == container]
    if not images:
        return unknown(f"{workload} has no container {container}" if found else f"there is no {workload}")
    runs, bound = parse_version(image_tag(images[0])), parse_version(below or at_least or "")
    if runs is None or bound is None:
        return unknown(f"the image tag of {images[0]} is not a version")
    seen = Evidence(
        object=f"{resource.kind} {namespace}/{name}",
        excerpt=images[0],
        seen=session.now(),
        check=f"kubectl -n {namespace} get {resource.kind.lower()} {name} -o wide",
    )
    holds = runs < bound if below else runs >= bound
    summary = f"{container} runs {image_tag(images[0])}"
    return present(summary, [seen]) if holds else absent(summary, [seen])


@probe(nature="sign", reads=GET_WORKLOADS)
async def workload_state(
    session: ClusterSession, *, workload: str, state: Literal["unavailable", "available", "missing"]
) -> Finding:
    """Whether all pods of a workload are ready.

    Args:
        workload: as "DaemonSet kube-system/terway-eniip" or "Deployment namespace/name"
        state: unavailable means that some pod is not ready
    """
    resource, namespace, name = _workload(workload)
    found = await _found(session, resource, namespace, name)
    if found is None:
        summary = f"there is no {workload}"
        return present(summary) if state == "missing" else absent(summary)
    status = found.get("status") or {}
    wanted = status.get("desiredNumberScheduled", get_path(found, "spec", "replicas")) or 0
    ready = status.get("numberReady", status.get("readyReplicas")) or 0
    seen = Evidence(
        object=f"{resource.kind} {namespace}/{name}",
        excerpt=f"{ready} of {wanted} ready",
        seen=session.now(),
        check=f"kubectl -n {namespace} get {resource.kind.lower()} {name}",
    )
    is_now = "unavailable" if ready < wanted else "available"
    summary = f"{name}: {ready} of {wanted} ready"
    return present(summary, [seen]) if is_now == state else absent(summary, [seen])
