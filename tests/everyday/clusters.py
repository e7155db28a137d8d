"""Clusters with every risky setting on, and the objects that incidents are made of, written shortly.

"Risky" Flannel: no hairpin mode, IPVS with the default UDP timeout, both CoreDNS pods replaced three minutes ago.
"Risky" Terway: NetworkPolicy enforced with DataPath V2, a policy that selects pods which started two minutes ago, a pod
with a hostPort and no portmap, no in-cluster load balancing, IPVS with the default UDP timeout, CoreDNS as above.
"""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.recordings import Recording, load

Object = dict[str, Any]
SYSTEM = "kube-system"
FLANNEL_NODES = [f"cn-hangzhou.172.16.0.{number}" for number in (11, 12, 13)]
TERWAY_NODES = [f"cn-hangzhou.10.0.0.{number}" for number in (11, 12, 13)]


def pod(
    name: str,
    labels: Mapping[str, str],
    *,
    node: str = FLANNEL_NODES[0],
    namespace: str = "mall",
    ready: bool = True,
    since: str = "now-2d",
    waits: str = "",
    message: str = "",
    phase: str = "",
    ports: Iterable[Object] = (),
    address: str = "172.30.34.201",
) -> Object:
    """A pod that runs; ``waits``: the reason for which its container does not."""
    state = {"waiting": {"reason": waits, "message": message}} if waits else {"running": {"startedAt": since}}
    crashing = waits == "CrashLoopBackOff"
    phase = phase or ("Pending" if waits and not crashing else "Running")
    status: Object = {
        "phase": phase,
        "startTime": since,
        "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": since},
            {"type": "Ready", "status": str(ready and not waits), "lastTransitionTime": since},
        ],
        "containerStatuses": [
            {"name": "main", "ready": ready and not waits, "restartCount": 7 if crashing else 0, "state": state}
        ],
    }
    if phase == "Running":
        status |= {"podIP": address, "podIPs": [{"ip": address}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": dict(labels),
            "creationTimestamp": since,
            "uid": f"uid-{name}",
        },
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "registry/app:1", "ports": list(ports)}]},
        "status": status,
    }


def service(name: str, selector: Mapping[str, str] | None, *, namespace: str = "mall", **spec: Any) -> Object:
    """A Service on port 80 for port 8080."""
    ports = spec.pop("ports", [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}])
    status = spec.pop("status", {"loadBalancer": {}})
    chosen = {"selector": dict(selector)} if selector else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "now-40d"},
        "spec": {"type": "ClusterIP", "clusterIP": "192.168.99.7", "clusterIPs": ["192.168.99.7"], "ports": ports}
        | chosen
        | spec,
        "status": status,
    }


def slices(of: str, pods: Iterable[Object] = (), *, namespace: str = "mall") -> Object:
    """The EndpointSlice of a Service, with these pods."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{of}-x7k2v",
            "namespace": namespace,
            "labels": {"kubernetes.io/service-name": of},
            "creationTimestamp": "now-40d",
        },
        "addressType": "IPv4",
        "endpoints": [
            {
                "addresses": [each["status"]["podIP"]],
                "conditions": {"ready": each["status"]["conditions"][1]["status"] == "True"},
                "nodeName": each["spec"]["nodeName"],
            }
            for each in pods
        ],
    }


def served(name: str, labels: Mapping[str, str], pods: Iterable[Object], **spec: Any) -> list[Object]:
    """A Service, its slice and its pods."""
    pods = list(pods)
    return [service(name, labels, **spec), slices(name, pods), *pods]


def deployment(name: str, labels: Mapping[str, str], *, namespace: str = "mall", replicas: int = 2) -> Object:
    """A Deployment."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "now-40d"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": dict(labels)}},
        "status": {"replicas": replicas},
    }


def event(
    kind: str,
    name: str,
    reason: str,
    message: str,
    *,
    namespace: str = "mall",
    first: str = "now-10m",
    last: str = "now-30s",
    count: int = 9,
    normal: bool = False,
) -> Object:
    """An event of the core API."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.{reason.lower()}", "namespace": namespace, "creationTimestamp": first},
        "involvedObject": {
            "kind": kind,
            "name": name,
            "namespace": "" if kind == "Node" else namespace,
            "apiVersion": "v1",
            "uid": f"uid-{name}" if kind == "Pod" else "",
        },
        "reason": reason,
        "message": message,
        "type": "Normal" if normal else "Warning",
        "firstTimestamp": first,
        "lastTimestamp": last,
        "count": count,
    }


def policy(name: str, selects: Mapping[str, str], lets_in: Iterable[Object], *, namespace: str = "mall") -> Object:
    """A NetworkPolicy for incoming traffic; ``lets_in`` are its rules."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace, "creationTimestamp": "now-1h"},
        "spec": {
            "podSelector": {"matchLabels": dict(selects)},
            "policyTypes": ["Ingress"],
            "ingress": list(lets_in),
        },
    }


def node_is(name: str, status: str, message: str, **others: str) -> Object:
    """The conditions of a node of the base; ``others``: conditions that are True, with their messages."""
    ready = {"type": "Ready", "status": status, "reason": "KubeletNotReady", "message": message}
    told = [{"type": kind, "status": "True", "reason": kind, "message": text} for kind, text in others.items()]
    conditions = [{**each, "lastTransitionTime": "now-20m"} for each in (ready, *told)]
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {"conditions": conditions}}


def dns_server(name: str, node: str, *, waits: str = "", address: str = "172.30.34.160") -> Object:
    """A CoreDNS pod that came up three minutes ago."""
    made = pod(name, {"k8s-app": "kube-dns"}, node=node, namespace=SYSTEM, since="now-3m", waits=waits, address=address)
    made["spec"]["containers"][0]["name"] = made["status"]["containerStatuses"][0]["name"] = "coredns"
    return made


def _config(name: str, data: Mapping[str, str | None]) -> Object:
    metadata = {"namespace": SYSTEM, "name": name, "creationTimestamp": "now-400d"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}


_DEFAULT_UDP_TIMEOUT = _config("kube-proxy-worker", {"config.conf": "mode: ipvs\nipvs:\n  scheduler: lc\n"})


def _flannel() -> tuple[str, list[Object]]:
    servers = [dns_server("coredns-6d7f9c8b5-2b9xw", FLANNEL_NODES[0])]
    servers += [dns_server("coredns-6d7f9c8b5-k4t7r", FLANNEL_NODES[1], address="172.30.34.220")]
    return "flannel-hairpin-off", [_DEFAULT_UDP_TIMEOUT, *servers, slices("kube-dns", servers, namespace=SYSTEM)]


def _terway() -> tuple[str, list[Object]]:
    servers = [dns_server("coredns-6d7f9c8b5-2b9xw", TERWAY_NODES[0], address="10.1.0.160")]
    servers += [dns_server("coredns-6d7f9c8b5-k4t7r", TERWAY_NODES[1], address="10.1.0.161")]
    fresh = pod("basket-77d9c-4kq2z", {"app": "basket"}, node=TERWAY_NODES[0], since="now-2m", address="10.1.0.170")
    agent = pod(
        "metrics-agent-k2v8d",
        {"app": "metrics-agent"},
        node=TERWAY_NODES[1],
        namespace="watch",
        ports=[{"containerPort": 9101, "hostPort": 9101}],
        address="10.1.0.171",
    )
    objects = [
        _DEFAULT_UDP_TIMEOUT,
        _config("eni-config", {"disable_network_policy": "false", "in_cluster_loadbalance": None}),
        *servers,
        slices("kube-dns", servers, namespace=SYSTEM),
        fresh,
        agent,
        policy("basket-open", {"app": "basket"}, [{}]),
    ]
    return "terway-healthy", objects


BASES = {"flannel": _flannel, "terway": _terway}


def cluster(
    base: str,
    objects: Iterable[Object] = (),
    *,
    remove: Iterable[str] = (),
    logs: Mapping[str, str] | None = None,
    forbid: Iterable[str] = (),
) -> Recording:
    """A risky cluster (``flannel`` or ``terway``), or another recording, with these objects on top.

    ``logs``: text by ``namespace/pod/container``, each line with its age first.
    """
    below, risky = BASES[base]() if base in BASES else (base, [])
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "risky")
        _write(place, {"base": below, "remove": ["Pod/kube-system/coredns-*"] if risky else []}, risky)
        whole = Path(folder, "incident")
        _write(whole, {"base": "risky", "remove": list(remove), "forbid": list(forbid)}, objects)
        for key, text in (logs or {}).items():
            log = whole / "logs" / f"{key}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(text, encoding="utf-8")
        return load(str(whole))


def _write(folder: Path, settings: Object, objects: Iterable[Object]) -> None:
    folder.mkdir()
    told = yaml.safe_dump({**settings, "description": "An incident on a cluster with risky settings."})
    (folder / "recording.yaml").write_text(told, encoding="utf-8")
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(list(objects)), encoding="utf-8")
