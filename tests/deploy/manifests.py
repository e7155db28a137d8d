"""The chart's values in tests, and what the API's own description (the official client's) says of a manifest."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import kubernetes.client.models as models

CHART = Path(__file__).parents[2] / "deploy" / "chart"
RULES = CHART / "files" / "rules.yaml"
Manifest = dict[str, Any]
Render = Callable[..., list[Manifest]]

LEAST: Manifest = {
    "image": {"repository": "registry.example.com/netclinic"},
    "secrets": {"existingSecret": "netclinic-secrets"},
}
KEYS = ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "NETCLINIC_DATABASE_URL"]
TYPES: dict[str, Any] = {"str": str, "int": int, "bool": bool, "float": (int, float)}
POSTGRESQL: Manifest = {
    "replicas": 3,
    "secrets": {"existingSecret": "netclinic-secrets", "keys": KEYS},
    "database": {"kind": "postgresql", "migration": {"ownerSecret": "netclinic-owner"}},
}
ALL: Manifest = {
    **POSTGRESQL,
    "kubeconfig": {"existingSecret": "clusters"},
    "knowledge": {"existingConfigMap": "runbooks"},
    "rrsa": {"roleName": "netclinic-ram"},
    "secrets": {
        "existingSecret": "netclinic-secrets",
        "keys": ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "NETCLINIC_DATABASE_URL"],
    },
    "service": {"slack": True},
    "serviceMonitor": {"enabled": True},
    "traces": {"endpoint": "http://collector.observability:4318"},
    "prometheusRule": {"enabled": True},
    "settings": {"NETCLINIC_INCIDENT_CHANNELS": "inc-*", "NETCLINIC_DEADLINE": 12},
}
CASES = {"least": {}, "postgresql": POSTGRESQL, "all": ALL}


def unknown_fields(value: Any, kind: str, place: str) -> Iterator[str]:
    """What is in a manifest and not in the API's own description (the official client's), and what has another type."""
    if found := re.fullmatch(r"List\[(.+)\]", kind):
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, item in enumerate(value):
            yield from unknown_fields(item, found[1], f"{place}[{number}]")
    elif found := re.fullmatch(r"Dict\[str, (.+)\]", kind):
        for key, item in value.items():
            yield from unknown_fields(item, found[1], f"{place}.{key}")
    elif model := getattr(models, kind, None):
        names = {model.attribute_map[name]: declared for name, declared in model.openapi_types.items()}
        for key, item in value.items():
            if key in names:
                yield from unknown_fields(item, names[key], f"{place}.{key}")
            else:
                yield f"{place}.{key} is no field of {kind}"
    elif not isinstance(value, TYPES.get(kind, object)) or (kind == "int" and isinstance(value, bool)):
        yield f"{place} is {value!r}, which is no {kind}"


MODELS = {
    "ServiceAccount": "V1ServiceAccount",
    "ClusterRole": "V1ClusterRole",
    "ClusterRoleBinding": "V1ClusterRoleBinding",
    "ConfigMap": "V1ConfigMap",
    "Deployment": "V1Deployment",
    "PersistentVolumeClaim": "V1PersistentVolumeClaim",
    "Pod": "V1Pod",
    "Job": "V1Job",
    "Service": "V1Service",
    "PodDisruptionBudget": "V1PodDisruptionBudget",
    "NetworkPolicy": "V1NetworkPolicy",
}
