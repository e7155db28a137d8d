"""What was changed lately of what a verdict rests on, and which settings leave little room: on small clusters."""

from datetime import timedelta
from typing import Any

import pytest

from bot.probes import near_limits as limits
from bot.probes import recent_changes as changes
from bot.probes import required_permissions
from bot.probes.findings import Evidence, Finding
from knowledge.logic import Outcome
from knowledge.model import Entry

DAY = timedelta(days=1)
OUT, UDP = "terway-vswitch-out-of-ips", "kube-proxy-ipvs-udp-timeout"
NODE = "cn-beijing.192.168.0.31"


def edit(at: str, fields: Any, manager: str = "kubectl-edit", **more: Any) -> dict[str, Any]:
    return {"manager": manager, "operation": "Update", "time": at, "fieldsV1": fields, **more}


def aged(thing: dict[str, Any], *edits: dict[str, Any], made: str = "now-40d") -> dict[str, Any]:
    thing["metadata"] |= {"creationTimestamp": made, "managedFields": [edit(made, {"f:data": {}}, "addon"), *edits]}
    return thing


def seen(session: Any, *objects: str, outcome: Outcome = Outcome.PRESENT, nodes: tuple[str, ...] = ()) -> Finding:
    evidence = tuple(Evidence(object=each, excerpt="x", seen=session.now(), check="kubectl") for each in objects)
    named = {"node": nodes} if nodes else {}
    return Finding(probe="p()", outcome=outcome, summary="s", evidence=evidence, objects=named)


async def told(session: Any, entry: Entry, *findings: Finding, within: timedelta = DAY) -> list[tuple[str, str, str]]:
    found = await changes.recent_changes(session, entry, findings, within)
    return [(each.object, each.what, each.manager) for each in found]


async def test_edits_rollouts_and_joined_nodes_newest_first(make: Any, session_on: Any, entries: Any) -> None:
    config = aged(make.config("eni-config", {"eni_conf": "{}"}), edit("now-1h", {"f:data": {}}))
    rollout = edit("now-2h", {"f:spec": {"f:template": {}}}, "kubectl-rollout")
    daemons = aged(
        make.daemon_set("terway-eniip"), rollout, edit("now-1m", {"f:status": {}}, "kcm", subresource="status")
    )
    node = make.node(NODE, creationTimestamp="now-3h")
    async with session_on([config, daemons, node]) as session:
        found = await told(session, entries[OUT], seen(session, f"Node {NODE}", "Pod kube-system/terway-eniip-abcde"))
    assert found == [
        ("ConfigMap kube-system/eni-config", "edited", "kubectl-edit"),
        ("DaemonSet kube-system/terway-eniip", "rolled out", "kubectl-rollout"),
        (f"Node {NODE}", "joined", ""),
    ]


@pytest.mark.parametrize(
    "how",
    [
        edit("now-2d", {"f:data": {}}),  # too long ago
        edit("now-1h", {"f:metadata": {"f:labels": {}}}),  # labels alone
        edit("now-1h", {"f:status": {}}, subresource="status"),
    ],
)
async def test_what_is_no_fresh_edit_is_not_told(make: Any, session_on: Any, entries: Any, how: Any) -> None:
    async with session_on([aged(make.config("eni-config", {"eni_conf": "{}"}), how)]) as session:
        assert await told(session, entries[OUT]) == []


async def test_only_what_the_verdict_rests_on_counts(make: Any, session_on: Any, entries: Any) -> None:
    others = [
        aged(make.config("coredns", {"Corefile": "."}), edit("now-1h", {"f:data": {}})),
        aged(make.daemon_set("node-exporter"), edit("now-1h", {"f:spec": {"f:template": {}}})),
        make.node("another", creationTimestamp="now-1h"),
    ]
    async with session_on(others) as session:
        absent = seen(session, "Node another", outcome=Outcome.ABSENT, nodes=("another",))
        assert await told(session, entries[OUT], absent) == []
        assert await told(session, entries[OUT], seen(session, nodes=("another",))) == [("Node another", "joined", "")]


async def test_what_cannot_be_read_is_left_out(make: Any, session_on: Any, entries: Any) -> None:
    config = aged(make.config("eni-config", {"eni_conf": "{}"}), edit("now-1h", {"f:data": {}}))
    async with session_on([config], forbid=["configmaps", "nodes", "daemonsets"]) as session:
        assert await told(session, entries[OUT], seen(session, f"Node {NODE}")) == []


async def test_an_object_that_was_just_made_is_no_edit(make: Any, session_on: Any, entries: Any) -> None:
    fresh = aged(make.config("eni-config", {"eni_conf": "{}"}), made="now-1h")
    async with session_on([fresh]) as session:
        assert await told(session, entries[OUT]) == [("ConfigMap kube-system/eni-config", "made", "addon")]


def full(make: Any, number: int, **node: Any) -> list[Any]:
    pods = [make.running(f"p-{at}", f"10.0.0.{at + 1}", NODE) for at in range(number)]
    return [make.node(NODE, **node), *pods]


@pytest.mark.parametrize(
    ("number", "node", "text"),
    [
        (8, {"status": {"allocatable": {"pods": "10"}}}, f"Node {NODE}: 8 of 10 pods (the kubelet's limit)"),
        (12, {"spec": {"podCIDR": "172.16.0.0/28"}}, f"Node {NODE}: 12 of 13 addresses for pods (172.16.0.0/28)"),
        (
            5,
            {"annotations": {"k8s.aliyun.com/max-available-ip": "6"}},
            f"Node {NODE}: 5 of 6 addresses for pods (what Terway notes at the node)",
        ),
    ],
)
async def test_a_node_that_is_nearly_full(make: Any, session_on: Any, number: int, node: Any, text: str) -> None:
    async with session_on(full(make, number, **node)) as session:
        assert await limits.near_limits(session, [seen(session, nodes=(NODE,))]) == [text]
        assert await limits.near_limits(session, [seen(session, outcome=Outcome.ABSENT, nodes=(NODE,))]) == []


@pytest.mark.parametrize(
    "node",
    [
        {"status": {"allocatable": {"pods": "64"}}},
        {"spec": {"podCIDR": "172.16.0.0/24"}},
        {"spec": {"podCIDR": "fd00::/120"}},
        {"annotations": {"k8s.aliyun.com/max-available-ip": "many"}},
        {},
    ],
)
async def test_room_that_is_left_or_unknown_is_not_told(make: Any, session_on: Any, node: Any) -> None:
    async with session_on(full(make, 8, **node)) as session:
        assert await limits.near_limits(session, [seen(session, nodes=(NODE,))]) == []
    async with session_on(full(make, 8, status={"allocatable": {"pods": "8"}}), forbid=["pods"]) as session:
        assert await limits.near_limits(session, [seen(session, nodes=(NODE,))]) == []


def test_what_they_read_is_in_the_cluster_role() -> None:
    assert {*changes.READS, *limits.READS} <= required_permissions()
