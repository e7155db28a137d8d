"""The printed ClusterRole is exactly what is read: nothing that we read is missing, and no verb but get and list."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from bot.cluster.access import Gap, cluster_role, gaps
from bot.cluster.connection import connect_to
from bot.cluster.facts import declared_facts, read_fact
from bot.cluster.facts.registry import Permission
from bot.cluster.reader import Cluster, Reader
from bot.cluster.requests import Budget
from bot.cluster.resources import Resource
from bot.cluster.session import ClusterSession
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.probes import required_permissions
from bot.recordings import Served, load, serve
from knowledge.model import Entry

PATH = re.compile(
    r"/(?:api|apis/(?P<group>[^/]+))/v\w+/(?:namespaces/[^/]+/)?(?P<plural>[^/]+)(?:/(?P<name>[^/]+))?(?:/(?P<sub>\w+))?"
)
RECORDINGS = (
    "terway-healthy",
    "terway-out-of-ips",
    "terway-dedicated",
    "terway-dual-stack",
    "terway-eni-in-old-vswitch",
    "terway-hostport-used",
    "terway-policy-on-new-pods",
    "ipv6-endpoints-only-ipv4",
    "kube-proxy-module-fatal",
    "kube-proxy-udp-timeout",
    "flannel-ip-leak",
    "flannel-dedicated",
)


_made: dict[str, list[Served]] = {}


async def everything(entries: Mapping[str, Entry], recording: str) -> list[Served]:
    """Every request that judging all entries and reading all facts makes; made once for all tests."""
    if recording not in _made:
        _made[recording] = await _everything(entries, recording)
    return _made[recording]


async def _everything(entries: Mapping[str, Entry], recording: str) -> list[Served]:
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
        transport = Transport(link.client)
        await Clinic(entries, budget=Budget(seconds=30)).check(list(entries), Cluster(transport, recording))
        async with Reader(transport, Budget(seconds=30)) as reader, ClusterSession(reader) as session:
            await asyncio.gather(*(read_fact(session, name) for name in declared_facts()))
        return list(server.requests)


def asked(request: Served) -> tuple[str, str, str] | None:
    """Verb, group and resource as RBAC has them; ``None`` for what needs no rule."""
    if request.path == "/version":
        return None
    found = PATH.fullmatch(request.path)
    assert found, request.path
    resource = found["plural"] + (f"/{found['sub']}" if found["sub"] else "")
    return "get" if found["name"] else "list", found["group"] or "", resource


def allowed(role: Mapping[str, list[Mapping[str, list[str]]]]) -> set[tuple[str, str, str]]:
    return {
        (verb, group, resource)
        for rule in role["rules"]
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


@pytest.mark.parametrize("recording", RECORDINGS)
async def test_the_role_allows_every_request(entries: Mapping[str, Entry], recording: str) -> None:
    requests = await everything(entries, recording)
    assert {request.method for request in requests} == {"GET"}
    made = {asked(request) for request in requests} - {None}
    assert len(made) > 5
    assert made - allowed(cluster_role(required_permissions())) == set()


async def test_every_kind_in_the_role_is_read_somewhere(entries: Mapping[str, Entry]) -> None:
    made = {asked(request) for recording in RECORDINGS for request in await everything(entries, recording)} - {None}
    read = {(group, resource) for _, group, resource in made}
    granted = {(group, resource) for _, group, resource in allowed(cluster_role(required_permissions()))}
    # In the vocabulary for a team's own entries, or read only where a workload lacks pods.
    rest = {("apps", "deployments"), ("apps", "replicasets"), ("apps", "statefulsets"), ("batch", "jobs")}
    assert granted - read == rest


PODS = Resource("", "v1", "pods", "Pod")
TERWAY_NODES = Resource("network.alibabacloud.com", "v1beta1", "nodes", "Node", namespaced=False)


def test_one_rule_for_each_group_and_set_of_verbs() -> None:
    nodes = Resource("", "v1", "nodes", "Node", namespaced=False)
    role = cluster_role(
        [Permission("list", PODS), Permission("get", PODS), Permission("get", TERWAY_NODES), Permission("list", nodes)]
    )
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["nodes"], "verbs": ["list"]},
        {"apiGroups": ["network.alibabacloud.com"], "resources": ["nodes"], "verbs": ["get"]},
    ]


async def test_gaps_are_what_the_server_refuses() -> None:
    recording = "terway-out-of-ips-hidden"
    async with (
        serve(load(recording)) as server,
        connect_to(server.kubeconfig, recording) as link,
        Reader(Transport(link.client)) as reader,
    ):
        found = await gaps(reader, required_permissions())
    shown = [gap.shown() for gap in found]
    assert "list events" in shown
    assert "get pods/log" in shown
    assert "list nodes.network.alibabacloud.com" in shown
    assert "list pods" not in shown


def test_a_gap_names_its_group() -> None:
    gap = Gap(Permission("list", TERWAY_NODES))
    assert gap.shown() == "list nodes.network.alibabacloud.com"
    assert gap.to_json() == {"verb": "list", "group": "network.alibabacloud.com", "resource": "nodes"}
