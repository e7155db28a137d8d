"""How large the cluster is, and the parts of real pods and nodes that make these large: managed fields, images, …"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.recordings.times import format_time

Json = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much of everything; ``stuck`` pods wait for an address on ``stuck_nodes`` nodes."""

    nodes: int = 1_000
    pods: int = 20_000
    services: int = 2_000
    events: int = 6_000
    stuck: int = 40
    stuck_nodes: int = 8


IMAGES: list[Json] = [
    {
        "names": [
            f"registry-vpc.cn-hangzhou.aliyuncs.com/team-{number:02d}/service-{number:02d}@sha256:{number:064x}",
            f"registry-vpc.cn-hangzhou.aliyuncs.com/team-{number:02d}/service-{number:02d}:2026.11.{number}-a1b2c3d",
        ],
        "sizeBytes": 104_857_600 + number,
    }
    for number in range(24)
]


def _owned(*names: str) -> Json:
    return {f"f:{name}": {} for name in names}


_SPEC_FIELDS = {
    "f:metadata": {
        "f:annotations": {".": {}, **_owned("k8s.aliyun.com/pod-ips", "prometheus.io/scrape")},
        "f:generateName": {},
        "f:labels": {".": {}, **_owned("app", "app.kubernetes.io/name", "pod-template-hash", "team")},
        "f:ownerReferences": {".": {}, 'k:{"uid":"0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"}': {}},
    },
    "f:spec": {
        "f:containers": {
            'k:{"name":"web"}': {
                ".": {},
                "f:env": {
                    ".": {},
                    **{f'k:{{"name":"SETTING_{number}"}}': {".": {}, **_owned("name", "value")} for number in range(8)},
                },
                **_owned("image", "imagePullPolicy", "name", "terminationMessagePath", "terminationMessagePolicy"),
                "f:ports": {
                    ".": {},
                    'k:{"containerPort":8080,"protocol":"TCP"}': {".": {}, **_owned("containerPort", "name")},
                },
                "f:readinessProbe": {".": {}, **_owned("failureThreshold", "periodSeconds", "timeoutSeconds")},
                "f:resources": {".": {}, "f:limits": {".": {}, **_owned("cpu", "memory")}, "f:requests": _owned("cpu")},
            }
        },
        **_owned("dnsPolicy", "enableServiceLinks", "restartPolicy", "schedulerName", "securityContext"),
    },
}
_STATUS_FIELDS = {
    "f:status": {
        "f:conditions": {
            f'k:{{"type":"{kind}"}}': {".": {}, **_owned("lastProbeTime", "lastTransitionTime", "status", "type")}
            for kind in ("PodReadyToStartContainers", "ContainersReady", "Initialized", "Ready")
        },
        **_owned("containerStatuses", "hostIP", "hostIPs", "phase", "podIP", "podIPs", "startTime"),
    }
}
POD_FIELDS: list[Json] = [
    {"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "manager": manager, "operation": "Update",
     "time": "2026-11-12T19:02:00Z"} | extra
    for manager, fields, extra in (
        ("kube-controller-manager", _SPEC_FIELDS, {}),
        ("kubelet", _STATUS_FIELDS, {"subresource": "status"}),
    )
]  # fmt: skip


def pod_spec(container: str, image: str) -> Json:
    """One container with environment, probes and mounts, and the service account's projected volume."""
    token = "kube-api-access-x7k2v"
    return {
        "containers": [
            {
                "name": container,
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "env": [{"name": f"SETTING_{number}", "value": f"value-of-setting-{number}"} for number in range(8)],
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "resources": {"limits": {"cpu": "2", "memory": "2Gi"}, "requests": {"cpu": "250m", "memory": "512Mi"}},
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 10},
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "volumeMounts": [
                    {"mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "name": token, "readOnly": True}
                ],
            }
        ],
        "dnsPolicy": "ClusterFirst",
        "enableServiceLinks": True,
        "restartPolicy": "Always",
        "schedulerName": "default-scheduler",
        "securityContext": {},
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 30,
        "tolerations": [
            {"effect": "NoExecute", "key": f"node.kubernetes.io/{key}", "operator": "Exists", "tolerationSeconds": 300}
            for key in ("not-ready", "unreachable")
        ],
        "volumes": [
            {
                "name": token,
                "projected": {
                    "defaultMode": 420,
                    "sources": [
                        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                        {"configMap": {"items": [{"key": "ca.crt", "path": "ca.crt"}], "name": "kube-root-ca.crt"}},
                    ],
                },
            }
        ],
    }


def node_conditions(now: datetime) -> list[Json]:
    """As kubelet, Terway and the node problem detector report them."""
    healthy = {
        "SufficientIP": ("True", "SufficientIP", "node has sufficient IP"),
        "NetworkUnavailable": ("False", "RouteCreated", "RouteController created a route"),
        "KernelDeadlock": ("False", "KernelHasNoDeadlock", "kernel has no deadlock"),
        "ReadonlyFilesystem": ("False", "FilesystemIsNotReadOnly", "Filesystem is not read-only"),
        "RuntimeOffline": ("False", "RuntimeOnline", "container runtime daemon is online"),
        "InodesPressure": ("False", "NodeHasNoInodesPressure", "node has no inodes pressure"),
        "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
    }
    times = {
        "lastHeartbeatTime": format_time(now - timedelta(minutes=2)),
        "lastTransitionTime": format_time(now - timedelta(days=40)),
    }
    return [
        {"type": kind, "status": status, "reason": reason, "message": message, **times}
        for kind, (status, reason, message) in healthy.items()
    ]


def node_fields(now: datetime) -> list[Json]:
    """What the cloud controller, the node problem detector and the kubelet own of a node."""
    kinds = [each["type"] for each in node_conditions(now)]
    parts = ("lastHeartbeatTime", "lastTransitionTime", "message", "reason", "status", "type")
    conditions = {f'k:{{"type":"{kind}"}}': {".": {}, **_owned(*parts)} for kind in kinds}
    labels = _owned("kubernetes.io/hostname", "kubernetes.io/os", "topology.kubernetes.io/zone", "ack.aliyun.com")
    capacity = _owned("cpu", "ephemeral-storage", "memory", "pods")
    owned = (
        ("cloud-controller-manager", {"f:metadata": {"f:labels": labels}, "f:spec": _owned("providerID")}),
        ("node-problem-detector", {"f:status": {"f:conditions": conditions}}),
        ("kubelet", {"f:status": {"f:allocatable": capacity, "f:capacity": capacity, "f:conditions": conditions,
                                  "f:images": {}, "f:nodeInfo": {}}}),
    )  # fmt: skip
    time = format_time(now - timedelta(minutes=2))
    return [
        {"apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "manager": manager, "operation": "Update",
         "subresource": "status", "time": time}
        for manager, fields in owned
    ]  # fmt: skip
