"""Nodes that fail are told with what they say; what has recovered or is about something else is not."""

from typing import Any

import pytest

from bot.cluster.requests import Budget
from tests.bot.diagnosis.failing_objects import NODE, condition, told


def worker(make: Any, name: str = NODE, *conditions: Any, **spec: Any) -> Any:
    return make.node(name, spec={"taints": [], **spec}, status={"conditions": list(conditions)})


async def test_a_node_that_is_not_ready_says_why(make: Any, look: Any) -> None:
    sick = worker(make, NODE, condition("Ready", "False", "PLEG is not healthy"), condition("DiskPressure", "True"))
    cordoned = worker(make, "other", condition("Ready", "Unknown", "Kubelet stopped posting"), unschedulable=True)
    well = worker(make, "well", condition("Ready", "True"), unschedulable=True)
    assert sorted(told(await look([sick, cordoned, well]))) == [
        f"Node {NODE}: The node is NotReady (DiskPressure): PLEG is not healthy",
        "Node other: The node is NotReady (cordoned): Kubelet stopped posting",
    ]


async def test_a_node_that_has_recovered_is_no_failure(make: Any, look: Any) -> None:
    node = worker(make, NODE, condition("Ready", "True", since="now-1m"))
    event = make.event(node, "NodeNotReady", "Node is not ready", age="now-5m")
    assert (await look([node, event])).items == ()


WAITS_FOR = {
    "node.kubernetes.io/network-unavailable": "its route from the cloud controller manager, or for its network plugin",
    "node.cloudprovider.kubernetes.io/uninitialized": "waits for the cloud controller manager",
    "node.cloudprovider.kubernetes.io/shutdown": "the machine of such a node is shut down",
    "node.cilium.io/agent-not-ready": "its Cilium agent",
    "projectcalico.org/node-network-unavailable": "its Calico agent",
    "cni.istio.io/not-ready": "Istio's CNI plugin",
}


def tainted(make: Any, name: str, key: str, **more: Any) -> Any:
    return worker(make, name, condition("Ready", "True"), taints=[{"key": key, "effect": "NoSchedule", **more}])


@pytest.mark.parametrize("key", WAITS_FOR)
async def test_a_network_taint_is_told_with_what_it_means(make: Any, look: Any, key: str) -> None:
    (item,) = (await look([tainted(make, NODE, key, timeAdded="now-9m")])).items
    assert item.object == f"Node {NODE}"
    assert item.message.startswith(f"The node is tainted: {key}:NoSchedule (")
    assert WAITS_FOR[key] in item.message
    assert item.check == f"kubectl describe node {NODE}"
    assert item.to_json()["since"] == "2026-11-22T12:51:00Z"


async def test_nodes_with_one_taint_are_one_line(make: Any, look: Any) -> None:
    key = "node.cloudprovider.kubernetes.io/uninitialized"
    (item,) = (await look([tainted(make, f"node-{number}", key) for number in range(3)])).items
    assert item.message.startswith(f"3 nodes (node-0, node-1, node-2) are tainted: {key}:NoSchedule (such a node waits")
    assert len(item.alike) == 3


@pytest.mark.parametrize(
    "key", ["dedicated", "node.kubernetes.io/unschedulable", "node.cilium.io/agent-not-ready-for-us", "cilium"]
)
async def test_a_taint_that_is_not_about_the_network_is_no_failure(make: Any, look: Any, key: str) -> None:
    assert (await look([tainted(make, NODE, key)])).items == ()


async def test_a_node_without_a_cni_file_leads_to_where_that_is(make: Any, look: Any) -> None:
    words = "Network plugin returns error: cni plugin not initialized"
    assert "/etc/cni/net.d" in told(await look([worker(make, NODE, condition("Ready", "False", words))]))[0]
    assert (
        "/etc/cni" not in told(await look([worker(make, NODE, condition("Ready", "False", "PLEG is not healthy"))]))[0]
    )


NOTHING_LANDS = "new machine joined but nothing gets scheduled on it"


@pytest.mark.parametrize("question", [NOTHING_LANDS, "新加的机器一直空着，pod 都不往上调度", f"is {NODE} cordoned?"])
async def test_asked_about_placing_pods_cordoned_and_tainted_nodes_are_told(
    make: Any, look: Any, question: str
) -> None:
    taints = [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule", "timeAdded": "now-9m"}]
    closed = worker(make, NODE, condition("Ready", "True"), unschedulable=True, taints=taints)
    found = told(await look([closed, worker(make, "well", condition("Ready", "True"))], question=question))
    assert found == [
        f"Node {NODE}: The node is closed to pods: cordoned, so no new pod is placed there (kubectl uncordon {NODE}); "
        "only pods that tolerate its taint dedicated=gpu:NoSchedule are placed there"
    ]


@pytest.mark.parametrize(
    ("question", "taint"),
    [
        ("checkout returns 502", {"key": "dedicated", "effect": "NoSchedule"}),
        (NOTHING_LANDS, {"key": "dedicated", "effect": "PreferNoSchedule"}),
        (NOTHING_LANDS, {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}),
        (NOTHING_LANDS, {"key": "virtual-kubelet.io/provider", "effect": "NoSchedule"}),
        ("nothing is scheduled on node other-node", {"key": "dedicated", "effect": "NoSchedule"}),
    ],
)
async def test_nobody_asked_or_everybody_has_it(make: Any, look: Any, question: str, taint: Any) -> None:
    closed = worker(make, NODE, condition("Ready", "True"), taints=[taint])
    other = worker(make, "other-node", condition("Ready", "True"))
    assert told(await look([closed, other], question=question)) == []


FIRST_PAGE = Budget(bytes_before_lists_end=1)


@pytest.mark.parametrize("place", [0, 249, 250, 999])
async def test_a_node_that_is_not_ready_is_told_wherever_it_stands(make: Any, look: Any, place: int) -> None:
    well, sick = condition("Ready", "True"), condition("Ready", "False", "PLEG is not healthy")
    cluster = [worker(make, f"node-{at:03}", sick if at == place else well) for at in range(1000)]
    found = await look(cluster, budget=FIRST_PAGE)
    assert told(found) == [f"Node node-{place:03}: The node is NotReady: PLEG is not healthy"]
    assert found.not_looked_at == ("network taints of nodes: only the first 250 were looked at",)


async def test_nodes_that_are_not_ready_beyond_the_list_are_all_told(make: Any, look: Any) -> None:
    well, sick = condition("Ready", "True"), condition("Ready", "Unknown", "Kubelet stopped posting node status.")
    cluster = [worker(make, f"node-{at:03}", sick if at >= 290 else well) for at in range(300)]
    lines = told(await look(cluster, budget=FIRST_PAGE))
    assert lines == [
        "Node node-294: 6 nodes (node-294, node-295, node-296 and 3 more) are NotReady: "
        "kubectl get nodes shows it as NotReady; what it says of that was not read",
        "Node node-290: 4 nodes (node-290, node-291, node-292 and 1 more) are NotReady: "
        "Kubelet stopped posting node status.",
    ]
