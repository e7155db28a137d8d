"""A cluster of 1,000 nodes and 20,000 pods in memory, in the shapes and sizes that real ones have.

It grows from the healthy Terway recording: its ConfigMaps, DaemonSets and definitions stay, its nodes and pods grow.
Parts that all objects of a kind have in common are one object in memory.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from bot.recordings import LogKey, Recording, load
from bot.recordings.times import format_time
from tests.bench.nodes import node_name, nodes
from tests.bench.shapes import POD_FIELDS, Size, pod_spec

Json = dict[str, Any]
SHORTAGE = (
    'errCode: InvalidVSwitchId.IpNotEnough, msg: The specified VSwitch "vsw-bp1aaa" has not enough IpAddress., '
    "requestID: 2C8AD1B4-5B7F-5C1E-9C5C-7D0F5A1B2C3D"
)
KEPT = ("ConfigMap", "CustomResourceDefinition", "DaemonSet", "Deployment", "Namespace")


def build(size: Size) -> Recording:
    """The cluster, ready to be served."""
    base = load("terway-healthy")
    now = base.recorded
    kept = [_scaled(item, size) for item in base.objects() if item["kind"] in KEPT or _is_dns(item)]
    objects = [*kept, *nodes(size, now), *_pods(size, now), *_services(size), *_events(size, now)]
    return Recording.of(objects, name="large", recorded=now, version=base.version, logs=_logs(size, now))


def _is_dns(item: Json) -> bool:
    return (item["kind"], item["metadata"]["name"]) == ("Service", "kube-dns")


def _scaled(item: Json, size: Size) -> Json:
    """DaemonSets run a pod on every node."""
    if item["kind"] != "DaemonSet":
        return item
    counts = {key: size.nodes if value == 3 else value for key, value in item["status"].items()}
    return {**item, "status": counts}


def _pods(size: Size, now: datetime) -> Iterator[Json]:
    for number in range(size.nodes):
        for app, label, container in (*_SYSTEM, *((_DNS,) if number < 2 else ())):
            yield _pod(f"{app}-{number:05d}", "kube-system", node_name(number), now, {label: app}, container, host=True)
    for number in range(size.pods - size.stuck - size.nodes * len(_SYSTEM) - 2):
        team = f"team-{number % 40:02d}"
        yield _pod(f"web-{number:05d}", team, node_name(number % size.nodes), now, _labels(number), "web")
    for number in range(size.stuck):
        yield _pod(f"batch-{number:05d}", "shop", _stuck_node(number, size), now, {"app": "batch"}, "batch", stuck=True)


_SYSTEM = (
    ("terway-eniip", "app", "terway"),
    ("kube-proxy-worker", "k8s-app", "kube-proxy-worker"),
    ("csi-plugin", "app", "csi-plugin"),
)
_DNS = ("kube-dns", "k8s-app", "coredns")


def _stuck_node(number: int, size: Size) -> str:
    return node_name(2 * (number % size.stuck_nodes))


def _labels(number: int) -> dict[str, str]:
    app = f"web-{number % 2_000:04d}"
    return {
        "app": app,
        "app.kubernetes.io/name": app,
        "pod-template-hash": "7d9c6b8f54",
        "team": f"team-{number % 40:02d}",
    }


def _pod(
    name: str, namespace: str, node: str, now: datetime, labels: dict[str, str], container: str,
    *, host: bool = False, stuck: bool = False,
) -> Json:  # fmt: skip
    began = format_time(now - (timedelta(minutes=9) if stuck else timedelta(days=8)))
    image = f"registry-vpc.cn-hangzhou.aliyuncs.com/acs/{container}:v1.15.4"
    running: Json = {"ready": True, "started": True, "state": {"running": {"startedAt": began}},
                     "containerID": f"containerd://{name:0<64}"}  # fmt: skip
    waiting: Json = {"ready": False, "started": False, "state": {"waiting": {"reason": "ContainerCreating"}}}
    address = {} if stuck else {"podIP": node[12:], "podIPs": [{"ip": node[12:]}]}
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    status = "False" if stuck else "True"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "generateName": name.rpartition("-")[0] + "-",
            "labels": labels,
            "annotations": {"k8s.aliyun.com/pod-ips": node[12:], "prometheus.io/scrape": "true"},
            "creationTimestamp": began,
            "ownerReferences": [
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name.rpartition("-")[0], "controller": True,
                 "uid": "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9", "blockOwnerDeletion": True}
            ],
            "managedFields": POD_FIELDS,
        },
        "spec": {**pod_spec(container, image), "nodeName": node} | ({"hostNetwork": True} if host else {}),
        "status": {
            "phase": "Pending" if stuck else "Running",
            "startTime": began,
            "hostIP": node[12:],
            "hostIPs": [{"ip": node[12:]}],
            "qosClass": "Burstable",
            **address,
            "conditions": [
                {"type": kind, "status": "True" if kind == "PodScheduled" else status, "lastProbeTime": None,
                 "lastTransitionTime": began}
                for kind in kinds
            ],
            "containerStatuses": [
                {"name": container, "image": image, "imageID": f"{image}@sha256:{'5e' * 32}", "restartCount": 0,
                 "lastState": {}, **(waiting if stuck else running)}
            ],
        },
    }  # fmt: skip


def _services(size: Size) -> Iterator[Json]:
    for number in range(size.services):
        name, namespace = f"web-{number:04d}", f"team-{number % 40:02d}"
        address = f"192.168.{number // 250}.{number % 250 + 1}"
        yield {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace, "labels": {"app": name}},
            "spec": {
                "type": "ClusterIP",
                "clusterIP": address,
                "clusterIPs": [address],
                "ipFamilies": ["IPv4"],
                "ipFamilyPolicy": "SingleStack",
                "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
                "selector": {"app": name},
            },
            "status": {"loadBalancer": {}},
        }
        yield {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": f"{name}-x7k2v",
                "namespace": namespace,
                "labels": {"kubernetes.io/service-name": name},
            },
            "addressType": "IPv4",
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
            "endpoints": [
                {
                    "addresses": [f"10.100.{number % 250}.{last}"],
                    "conditions": {"ready": True, "serving": True, "terminating": False},
                    "nodeName": node_name(last),
                    "targetRef": {"kind": "Pod", "name": f"{name}-{last}", "namespace": namespace},
                    "zone": "cn-hangzhou-h",
                }
                for last in range(1, 9)
            ],
        }


def _events(size: Size, now: datetime) -> Iterator[Json]:
    normal = ("Scheduled", "AllocIPSucceed", "Pulled", "Created", "Started", "Killing", "SuccessfulCreate")
    for number in range(size.events):
        reason = normal[number % len(normal)]
        pod = f"web-{number:05d}"
        message = f"{reason}: the container web of pod {pod} as asked for by its ReplicaSet"
        last = now - timedelta(seconds=number % 3_000)
        told = _event(number, f"team-{number % 40:02d}", pod, reason, message, last, 1)
        if reason == "SuccessfulCreate":
            told["involvedObject"] |= {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web"}
        yield told
    for number in range(size.stuck):
        pod = f"batch-{number:05d}"
        failed = f"cmdAdd: error alloc ip rpc error: code = Internal desc = {SHORTAGE}"
        sandbox = (
            f'Failed to create pod sandbox: rpc error: code = Unknown desc = plugin type="terway" failed: {failed}'
        )
        for place, (reason, message) in enumerate((("FailedCreatePodSandBox", sandbox), ("AllocIPFailed", failed))):
            yield _event(100_000 + 2 * number + place, "shop", pod, reason, message, now - timedelta(seconds=40), 12)


def _event(number: int, namespace: str, pod: str, reason: str, message: str, last: datetime, count: int) -> Json:
    component = "terway-daemon" if reason.startswith("Alloc") else "kubelet"
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {
            "name": f"{pod}.{number:016x}",
            "namespace": namespace,
            "managedFields": [{"manager": component, "operation": "Update", "time": format_time(last)}],
        },
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": pod, "namespace": namespace},
        "reason": reason,
        "message": message,
        "type": "Normal" if count == 1 else "Warning",
        "source": {"component": component, "host": node_name(number % 1_000)},
        "reportingComponent": component,
        "reportingInstance": node_name(number % 1_000),
        "firstTimestamp": format_time(last - timedelta(minutes=8 if count > 1 else 0)),
        "lastTimestamp": format_time(last),
        "count": count,
    }


def _logs(size: Size, now: datetime) -> dict[LogKey, bytes]:
    """Terway's log of an hour on the nodes that pods wait on, and kube-proxy's few lines."""
    found = {}
    for number in range(0, 2 * size.stuck_nodes, 2):
        lines = []
        for second in range(3_600, 0, -5):
            at = format_time(now - timedelta(seconds=second))
            text = f'E1120 eni.go:412] "assign ip failed" err="{SHORTAGE}" eni="eni-bp1n{number:04d}a"'
            if second % 60:
                text = f'I1120 manager.go:402] "sync pool" eni="eni-bp1n{number:04d}a" idle=0 inUse=15'
            lines.append(f"{at} {text}\n")
        found[LogKey("kube-system", f"terway-eniip-{number:05d}", "terway")] = "".join(lines).encode()
    return found
