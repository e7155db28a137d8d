"""What the network's controllers warn of is told; what is cured, old, or an entry's own words is not."""

from typing import Any

import pytest

from bot.probes.failing_warnings import controllers_warn

FAMILIES = "Instance not support k8s dual stack. ipv4 and ipv6 count is not equal."
GONE = "Sync failed vSwitch vsw-bp1gone not found"


def object_of(kind: str, name: str) -> Any:
    return {"apiVersion": "network.alibabacloud.com/v1beta1", "kind": kind, "metadata": {"name": name}}


async def told(session_on: Any, objects: Any) -> list[str]:
    async with session_on(objects) as session:
        return [f"{item.object}: {item.message}" for item in (await controllers_warn(session)).items]


async def test_a_node_s_warning_is_told_with_its_count(make: Any, session_on: Any) -> None:
    node = make.node()
    name = node["metadata"]["name"]
    found = await told(session_on, [node, make.event(node, "ConfigError", FAMILIES, count=12)])
    assert found == [f"Node {name}: ConfigError (12 times): {FAMILIES}"]


async def test_terway_s_own_objects_are_told(make: Any, session_on: Any) -> None:
    found = await told(session_on, [make.event(object_of("PodNetworking", "own"), "SyncPodNetworkingFailed", GONE)])
    assert found == [f"PodNetworking own: SyncPodNetworkingFailed: {GONE}"]


async def test_a_node_without_a_range_is_told_though_it_is_no_warning(make: Any, session_on: Any) -> None:
    event = make.event(make.node(), "CIDRNotAvailable", "Node status is now: CIDRNotAvailable") | {"type": "Normal"}
    assert len(await told(session_on, [event])) == 1


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"age": "now-40m"}, id="old"),
        pytest.param({"reason": "NodeHasSufficientMemory"}, id="everyday"),
        pytest.param({"message": "InvalidVSwitchId.IpNotEnough: vsw-bp1aaa"}, id="an entry's own words"),
    ],
)
async def test_what_is_old_everyday_or_known_is_not(make: Any, session_on: Any, how: Any) -> None:
    how = {"reason": "AllocIPFailed", "message": "InvalidAccessKeyId.NotFound", **how}
    event = make.event(make.node(), how.pop("reason"), how.pop("message"), **how)
    assert await told(session_on, [event]) == []


@pytest.mark.parametrize(("cured", "is_told"), [("now-1m", False), ("now-10m", True)])
async def test_what_is_cured_since_is_not(make: Any, session_on: Any, cured: str, is_told: bool) -> None:
    network = object_of("PodNetworking", "own")
    failed = make.event(network, "SyncPodNetworkingFailed", GONE, age="now-5m")
    again = make.event(network, "SyncPodNetworkingSucceed", "Synced", age=cured) | {"type": "Normal"}
    assert bool(await told(session_on, [failed, again])) is is_told


@pytest.mark.parametrize("has_taint", [False, True])
async def test_a_route_that_is_not_made_is_told_where_no_taint_tells_an_entry(
    make: Any, session_on: Any, has_taint: bool
) -> None:
    taints = [{"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"}] if has_taint else []
    node = make.node(spec={"taints": taints})
    event = make.event(node, "CreateRouteFailed", "Error creating route entry in vtb-bp1aaa: quota exceeded")
    assert bool(await told(session_on, [node, event])) is not has_taint
