"""Tables: the columns that ``kubectl get`` prints are made by the server, so a replay makes them too."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.recordings.failures import bad_request
from bot.recordings.resources import Json, Resource
from bot.recordings.times import parse_time

Cells = Callable[[Json, datetime], tuple[Any, ...]]


def table(
    resource: Resource, bodies: Iterable[Json], now: datetime, metadata: Json, include: str = "", version: str = "v1"
) -> Json:
    """The objects as a ``Table``; ``include`` says what is attached to each row: its metadata, the object, or nothing.

    Raises:
        ApiFailure: ``include`` is none of these.
    """
    if include not in _ATTACHED:
        known = ", ".join(f'"{each}"' for each in ("Metadata", "None", "Object", ""))
        why = f'includeObject: Unsupported value: "{include}": supported values: {known}'
        raise bad_request(f"Unable to convert to Table as requested: {why}")
    titles, cells = _TABLES.get((resource.group, resource.kind), (("Name", "Age"), _generic))
    attached = _ATTACHED[include]
    return {
        "kind": "Table",
        "apiVersion": f"meta.k8s.io/{version}",
        "metadata": metadata,
        "columnDefinitions": [_column(title) for title in titles],
        "rows": [{"cells": cells(body, now), "object": attached(body, version)} for body in bodies],
    }


def _column(title: str) -> Json:
    """A title with a star is shown by ``-o wide`` only."""
    name = title.rstrip("*")
    column = {"name": name, "type": "string", "format": "name" if name == "Name" else "", "description": name}
    return column | {"priority": 1 if title.endswith("*") else 0}


def _metadata(body: Json, version: str) -> Json:
    return {"kind": "PartialObjectMetadata", "apiVersion": f"meta.k8s.io/{version}", "metadata": body["metadata"]}


# As asTable of k8s.io/apiserver/pkg/endpoints/handlers/response.go attaches them.
_ATTACHED: Mapping[str, Callable[[Json, str], Json | None]] = {
    "": _metadata,
    "Metadata": _metadata,
    "Object": lambda body, _: body,
    "None": lambda *_: None,
}


def age(since: object, now: datetime) -> str:
    """A span of time as kubectl shortens it."""
    try:
        seconds = max(int((now - parse_time(str(since))).total_seconds()), 0)
    except ValueError:
        return "<unknown>"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if seconds < 120:
        return f"{seconds}s"
    if minutes < 10:
        return f"{minutes}m{seconds % 60}s" if seconds % 60 else f"{minutes}m"
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if days < 2:
        return f"{hours}h"
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    return f"{days}d" if days < 730 else f"{days // 365}y{days % 365}d"


def _age_of(body: Json, now: datetime) -> str:
    return age(body["metadata"].get("creationTimestamp"), now)


def _generic(body: Json, now: datetime) -> tuple[Any, ...]:
    return body["metadata"]["name"], _age_of(body, now)


def _pod(body: Json, now: datetime) -> tuple[Any, ...]:
    spec, status = body.get("spec", {}), body.get("status", {})
    containers = status.get("containerStatuses") or []
    ready = f"{sum(bool(each.get('ready')) for each in containers)}/{len(spec.get('containers', ()))}"
    restarts = sum(each.get("restartCount", 0) for each in containers)
    where = (status.get("podIP") or "<none>", spec.get("nodeName") or "<none>")
    wide = (*where, status.get("nominatedNodeName") or "<none>", "<none>")
    return body["metadata"]["name"], ready, _pod_state(body, containers), str(restarts), _age_of(body, now), *wide


def _pod_state(body: Json, containers: list[Json]) -> str:
    if body["metadata"].get("deletionTimestamp"):
        return "Terminating"
    for each in containers:
        state = each.get("state") or {}
        for phase in ("waiting", "terminated"):
            if reason := (state.get(phase) or {}).get("reason"):
                return str(reason)
    return str(body.get("status", {}).get("reason") or body.get("status", {}).get("phase", "Unknown"))


def _node(body: Json, now: datetime) -> tuple[Any, ...]:
    metadata, status = body["metadata"], body.get("status", {})
    told = [each for each in status.get("conditions", ()) if each.get("type") == "Ready"]
    state = ("Ready" if told[-1].get("status") == "True" else "NotReady") if told else "Unknown"
    state += ",SchedulingDisabled" if body.get("spec", {}).get("unschedulable") else ""
    prefix = "node-role.kubernetes.io/"
    roles = sorted(label.removeprefix(prefix) for label in metadata.get("labels", {}) if label.startswith(prefix))
    addresses = {each.get("type"): each.get("address") for each in reversed(status.get("addresses", ()))}
    where = (addresses.get("InternalIP", "<none>"), addresses.get("ExternalIP", "<none>"))
    info = status.get("nodeInfo", {})
    system = tuple(info.get(key) or "<unknown>" for key in ("osImage", "kernelVersion", "containerRuntimeVersion"))
    shown = (metadata["name"], state, ",".join(roles) or "<none>", _age_of(body, now), info.get("kubeletVersion", ""))
    return *shown, *where, *system


def _service(body: Json, now: datetime) -> tuple[Any, ...]:
    spec = body.get("spec", {})
    ingress = body.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    external = ",".join(each.get("ip") or each.get("hostname", "") for each in ingress)
    ports = (_service_port(each) for each in spec.get("ports") or ())
    selector = _pairs(spec.get("selector"))
    shown = (body["metadata"]["name"], spec.get("type", "ClusterIP"), spec.get("clusterIP") or "<none>")
    return *shown, external or "<none>", ",".join(ports) or "<none>", _age_of(body, now), selector


def _service_port(port: Json) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port.get('port')}{node_port}/{port.get('protocol', 'TCP')}"


def _event(body: Json, now: datetime) -> tuple[Any, ...]:
    # The mirrored API group has other names for the same things.
    about = body.get("involvedObject") or body.get("regarding") or {}
    first = body.get("firstTimestamp") or body.get("deprecatedFirstTimestamp") or body.get("eventTime")
    series = body.get("series") or {}
    last = series.get("lastObservedTime") or body.get("lastTimestamp") or body.get("deprecatedLastTimestamp") or first
    source = body.get("source") or body.get("deprecatedSource") or {}
    component = source.get("component") or body.get("reportingComponent") or body.get("reportingController") or ""
    count = body.get("count") or body.get("deprecatedCount") or series.get("count") or 1
    subject = f"{about.get('kind', '').lower()}/{about.get('name', '')}"
    message = (body.get("message") or body.get("note") or "").strip()
    shown = (age(last, now), body.get("type", ""), body.get("reason", ""), subject)
    wide = (about.get("fieldPath", ""), ", ".join(filter(None, (component, source.get("host")))))
    return *shown, *wide, message, age(first, now), str(count), body["metadata"]["name"]


def _daemon_set(body: Json, now: datetime) -> tuple[Any, ...]:
    status = body.get("status", {})
    keys = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
    counts = tuple(str(status.get(key, 0)) for key in (*keys, "numberAvailable"))
    chosen = _pairs(body.get("spec", {}).get("template", {}).get("spec", {}).get("nodeSelector"))
    return body["metadata"]["name"], *counts, chosen, _age_of(body, now), *_template(body)


def _deployment(body: Json, now: datetime) -> tuple[Any, ...]:
    status, wanted = body.get("status", {}), body.get("spec", {}).get("replicas", 1)
    ready = f"{status.get('readyReplicas', 0)}/{wanted}"
    counts = (str(status.get("updatedReplicas", 0)), str(status.get("availableReplicas", 0)))
    return body["metadata"]["name"], ready, *counts, _age_of(body, now), *_template(body)


def _template(body: Json) -> tuple[str, str, str]:
    spec = body.get("spec", {})
    containers = spec.get("template", {}).get("spec", {}).get("containers", ())
    names, images = (",".join(str(each.get(key, "")) for each in containers) for key in ("name", "image"))
    return names, images, _pairs(spec.get("selector", {}).get("matchLabels"))


def _config_map(body: Json, now: datetime) -> tuple[Any, ...]:
    held = len(body.get("data") or {}) + len(body.get("binaryData") or {})
    return body["metadata"]["name"], str(held), _age_of(body, now)


def _pairs(mapping: Mapping[str, str] | None) -> str:
    return ",".join(f"{key}={value}" for key, value in (mapping or {}).items()) or "<none>"


_WORKLOAD = ("Containers*", "Images*", "Selector*")
_SEEN = ("First Seen*", "Count*", "Name*")
_EVENTS = ("Last Seen", "Type", "Reason", "Object", "Subobject*", "Source*", "Message", *_SEEN)
_SCHEDULED = ("Name", "Desired", "Current", "Ready", "Up-to-date", "Available", "Node Selector", "Age", *_WORKLOAD)
_MACHINE = ("Internal-IP*", "External-IP*", "OS-Image*", "Kernel-Version*", "Container-Runtime*")
_PLACE = ("IP*", "Node*", "Nominated Node*", "Readiness Gates*")
_TABLES: Mapping[tuple[str, str], tuple[tuple[str, ...], Cells]] = {
    ("", "Pod"): (("Name", "Ready", "Status", "Restarts", "Age", *_PLACE), _pod),
    ("", "Node"): (("Name", "Status", "Roles", "Age", "Version", *_MACHINE), _node),
    ("", "Service"): (("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "Selector*"), _service),
    ("", "Event"): (_EVENTS, _event),
    ("events.k8s.io", "Event"): (_EVENTS, _event),
    ("", "ConfigMap"): (("Name", "Data", "Age"), _config_map),
    ("apps", "DaemonSet"): (_SCHEDULED, _daemon_set),
    ("apps", "Deployment"): (("Name", "Ready", "Up-to-date", "Available", "Age", *_WORKLOAD), _deployment),
}
