"""Small clusters written on the spot, in the style of a bare API server into which strangers load their own objects.

Everything was created just now, statuses are partial, there are no kubelets (logs answer 500), and nothing is there
that the test does not name.
"""

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cluster.connection import Connection, connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession, QuestionScope
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.probes import ask, vocabulary
from bot.probes.findings import Finding
from bot.prometheus.config import Endpoint
from bot.prometheus.reader import beside
from bot.recordings import LogKey, Recording, RecordingServer, serve
from bot.recordings.access import parse_denial
from bot.recordings.metrics import metric_key, parse_metrics
from bot.recordings.times import resolve_all
from knowledge.expressions import parse_call
from knowledge.loading import BUILTIN_FOLDER, load_entries
from knowledge.model import Entry
from tests.clusters import Clusters

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
SYSTEM = "kube-system"
Object = dict[str, Any]
Logs = Mapping[tuple[Any, ...], str]  # by namespace, pod and container; a fourth, True, is the run before


@dataclass(frozen=True)
class Make:
    """Objects as an API server returns them; times may be written ``now-3m``."""

    system: str = SYSTEM

    def _meta(self, name: str, namespace: str, **extra: Any) -> Object:
        fields = [
            {
                "manager": "loader",
                "operation": "Update",
                "apiVersion": "v1",
                "time": "now",
                "fieldsType": "FieldsV1",
                "fieldsV1": {"f:data": {}},
            }
        ]
        meta = {"name": name, "creationTimestamp": "now", "managedFields": fields, **extra}
        return {**meta, "namespace": namespace} if namespace else meta

    def pod(
        self,
        name: str = "web-0",
        node: str = "cn-beijing.192.168.0.31",
        *,
        namespace: str = "prod",
        phase: str = "Pending",
        labels: Object | None = None,
        spec: Object | None = None,
        status: Object | None = None,
        **meta: Any,
    ) -> Object:
        """A bare waiting pod: bound, without conditions, container statuses or a start time."""
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": self._meta(name, namespace, labels=labels or {"app": "web"}, **meta),
            "spec": {
                "containers": [{"name": "main", "image": "web:1"}],
                **({"nodeName": node} if node else {}),
                **(spec or {}),
            },
            "status": {"phase": phase, **(status or {})},
        }

    def running(self, name: str, ip: str, node: str = "cn-beijing.192.168.0.31", **extra: Any) -> Object:
        """A running pod with an address."""
        status = {"podIP": ip, "podIPs": [{"ip": ip}], **extra.pop("status", {})}
        return self.pod(name, node, phase="Running", status=status, **extra)

    def node(
        self,
        name: str = "cn-beijing.192.168.0.31",
        *,
        spec: Object | None = None,
        status: Object | None = None,
        **meta: Any,
    ) -> Object:
        """A node with the taint that admission gives to each new one."""
        taint = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": self._meta(name, "", **meta),
            "spec": {"taints": [taint], **(spec or {})},
            "status": status or {},
        }

    def config(self, name: str, data: Mapping[str, str], **meta: Any) -> Object:
        """A ConfigMap of kube-system."""
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {**self._meta(name, SYSTEM), **meta},
            "data": dict(data),
        }

    def daemon_set(
        self,
        name: str,
        *,
        image: str = "terway:v1.15.4",
        container: str = "terway",
        args: Iterable[str] = (),
        status: Object | None = None,
        labels: Object | None = None,
        namespace: str = SYSTEM,
    ) -> Object:
        """A DaemonSet; its status is empty, since no controller runs."""
        labels = labels or {"app": name}
        template = {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": container, "image": image, "args": list(args)}]},
        }
        return {
            "apiVersion": "apps/v1",
            "kind": "DaemonSet",
            "metadata": self._meta(name, namespace, labels=labels),
            "spec": {"selector": {"matchLabels": labels}, "template": template},
            "status": status or {},
        }

    def event(
        self,
        about: Object,
        reason: str,
        message: str,
        *,
        age: str = "now-1m",
        count: int | None = None,
        style: str = "core",
        uid: str | None = "",
        name: str = "",
    ) -> Object:
        """An event: ``core`` with lastTimestamp alone, ``series`` and ``eventTime`` as newer recorders write them."""
        meta = about["metadata"]
        namespace = meta.get("namespace", "")
        involved = {
            "kind": about["kind"],
            "apiVersion": about["apiVersion"],
            "name": meta["name"],
            "namespace": namespace,
        }
        times: Object = {"firstTimestamp": None, "lastTimestamp": None, "eventTime": None}
        if style == "core":
            times |= {"lastTimestamp": age, "count": count or 1}
        else:
            times["eventTime"] = age
        if style == "series":
            times["series"] = {"count": count or 2, "lastObservedTime": age}
        # An empty uid keeps the replay from filling it in, as it is where the loader left it out.
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": self._meta(name or f"{meta['name']}.{reason}", namespace or "default"),
            "involvedObject": {**involved, "uid": meta.get("uid", "") if uid is None else uid},
            "reason": reason,
            "message": message,
            "type": "Warning",
            **times,
        }

    def service(self, name: str, ips: Iterable[str], *, namespace: str = "prod", **spec: Any) -> Object:
        """A Service with these cluster IPs."""
        ips = list(ips)
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": self._meta(name, namespace),
            "spec": {"clusterIP": ips[0], "clusterIPs": ips, "ports": [{"port": 80}], **spec},
        }

    def terway_crd(self) -> Object:
        """The definition by which the group is served."""
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": self._meta("nodes.network.alibabacloud.com", ""),
            "spec": {
                "group": "network.alibabacloud.com",
                "scope": "Cluster",
                "names": {"plural": "nodes", "singular": "node", "kind": "Node", "listKind": "NodeList"},
                "versions": [{"name": "v1beta1", "served": True, "storage": True}],
            },
        }

    def terway_node(
        self, name: str = "cn-beijing.192.168.0.31", *, enis: Mapping[str, Object] | None = None, **spec: Any
    ) -> Object:
        """Terway's own node object."""
        return {
            "apiVersion": "network.alibabacloud.com/v1beta1",
            "kind": "Node",
            "metadata": self._meta(name, ""),
            "spec": spec,
            "status": {"networkInterfaces": dict(enis or {})},
        }

    def terway(
        self, *, status: Object | None = None, conf: Object | None = None, data: Mapping[str, str] | None = None
    ) -> list[Object]:
        """Terway in shared mode, local IPAM, plain veth."""
        eni_conf = {
            "version": "1",
            "vswitches": {"cn-beijing-h": ["vsw-2zeaaa"]},
            "security_group": "sg-2ze",
            **(conf or {}),
        }
        cni = {"cniVersion": "0.4.0", "name": "terway", "type": "terway"}
        keys = {
            "eni_conf": json.dumps(eni_conf),
            "10-terway.conf": json.dumps(cni),
            "disable_network_policy": "true",
            **(data or {}),
        }
        return [self.daemon_set("terway-eniip", status=status), self.config("eni-config", keys)]

    def flannel(self, *, status: Object | None = None, conf: Object | None = None) -> list[Object]:
        """Flannel with hairpin mode and a cniVersion."""
        plugin = {"type": "flannel", "delegate": {"hairpinMode": True}}
        cni = {"name": "cb0", "cniVersion": "0.3.1", "plugins": [plugin], **(conf or {})}
        data = {
            "cni-conf.json": json.dumps(cni),
            "net-conf.json": json.dumps({"Network": "10.7.0.0/16", "Backend": {"Type": "vpc"}}),
        }
        image = "registry/acs/flannel:v0.15.1.22-20a397e6-aliyun"
        daemon_set = self.daemon_set(
            "kube-flannel-ds", image=image, container="kube-flannel", status=status, labels={"app": "flannel"}
        )
        return [daemon_set, self.config("kube-flannel-cfg", data)]

    def proxy(self, conf: str = "mode: ipvs\nipvs: {scheduler: lc, udpTimeout: 10s}\n") -> list[Object]:
        """kube-proxy as ACK runs it on workers."""
        labels = {"k8s-app": "kube-proxy-worker"}
        daemon_set = self.daemon_set(
            "kube-proxy-worker", image="kube-proxy:v1.36.0", container="kube-proxy-worker", labels=labels
        )
        return [daemon_set, self.config("kube-proxy-worker", {"config.conf": conf})]


@pytest.fixture(scope="session")
def make() -> Make:
    return Make()


@pytest.fixture(scope="session")
def entries() -> dict[str, Entry]:
    return {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}


def store_of(
    objects: Iterable[Object],
    logs: Logs | None = None,
    forbid: Iterable[str] = (),
    version: str = "v1.36.0",
    metrics: list[Object] | None = None,
) -> Recording:
    """The objects as a recording; logs by namespace, pod and container, ``metrics`` as in ``recording.yaml``."""
    kept = {
        LogKey(*key): "".join(_stamped(line) for line in text.splitlines()).encode()
        for key, text in (logs or {}).items()
    }
    whole = [resolve_all(item, NOW) for item in objects]
    replies = metrics and parse_metrics({metric_key(item): item for item in metrics}, NOW, resolving=True)
    return Recording.of(
        whole,
        name="strange",
        recorded=NOW,
        version=version,
        logs=kept,
        forbidden=map(parse_denial, forbid),
        metrics=replies or None,
    )


def _stamped(line: str) -> str:
    stamp, _, text = line.partition(" ")
    return f"{resolve_all(stamp, NOW)} {text}\n"


def _cluster(server: RecordingServer, link: Connection) -> Cluster:
    prometheus = Endpoint(server.prometheus_url) if server.prometheus_url else None
    return Cluster(Transport(link.client), "strange", others=beside(prometheus, "strange"))


OpenSession = Callable[..., contextlib.AbstractAsyncContextManager[ClusterSession]]


@pytest.fixture(scope="session")
def session_on() -> OpenSession:
    """``async with session_on(objects) as session``: these objects, served and read like any cluster."""

    @contextlib.asynccontextmanager
    async def opened(
        objects: Iterable[Object],
        *,
        logs: Logs | None = None,
        forbid: Iterable[str] = (),
        version: str = "v1.36.0",
        budget: Budget | None = None,
        question: str = "",
        namespace: str | None = None,
        metrics: list[Object] | None = None,
    ) -> AsyncIterator[ClusterSession]:
        async with (
            serve(store_of(objects, logs, forbid, version, metrics)) as server,
            connect_to(server.kubeconfig, "strange") as link,
            _cluster(server, link).reader(budget or Budget()) as reader,
            ClusterSession(reader, QuestionScope.of(question, namespace)) as session,
        ):
            await reader.version()  # its clock
            yield session

    return opened


@pytest.fixture(scope="session")
def find(session_on: OpenSession) -> Callable[..., Any]:
    """``await find(expression, objects)``: the finding of one probe."""

    async def found(expression: str, objects: Iterable[Object], **how: Any) -> Finding:
        call = parse_call(expression, vocabulary())
        async with session_on(objects, **how) as session:
            return await ask(session, call)

    return found


@pytest.fixture(scope="session")
def verdicts(entries: dict[str, Entry]) -> Callable[..., Any]:
    """``await verdicts(objects)``: verdict and reason of the named entries, or of every fault, by id."""

    async def judged(
        objects: Iterable[Object],
        *ids: str,
        clear: bool = True,
        logs: Logs | None = None,
        forbid: Iterable[str] = (),
        version: str = "v1.36.0",
        namespace: str | None = None,
        metrics: list[Object] | None = None,
    ) -> dict[str, str]:
        store = store_of(objects, logs, forbid, version, metrics)
        async with serve(store) as server, connect_to(server.kubeconfig, "strange") as link:
            cluster = _cluster(server, link)
            answer = await Clinic(entries, budget=Budget(seconds=20)).check(
                ids, cluster, namespace, words_are_clear=clear
            )
        return {item.entry.id: f"{item.verdict}: {item.judgement.reason}" for item in answer.diagnoses}

    return judged


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def ago() -> Callable[[timedelta], datetime]:
    return lambda span: NOW - span


@pytest.fixture
async def stack() -> AsyncIterator[contextlib.AsyncExitStack]:
    """What a test opens stays open until its end."""
    async with contextlib.AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def healthy_cluster(stack: contextlib.AsyncExitStack, tmp_path: Path) -> Clusters:
    """One cluster on which nothing is wrong."""
    clusters = Clusters(tmp_path / "kubeconfig", stack)
    await clusters.serve("terway-healthy")
    return clusters
