"""Probes of nodes: conditions, taints and address ranges."""

from typing import Any

import pytest

NODE = "cn-beijing.192.168.0.31"
TAINT = "node.kubernetes.io/network-unavailable"
CONDITION = (
    f'node_condition(type="NetworkUnavailable", status="True", contains=["failed to create a route"], taint="{TAINT}")'
)


def unavailable(message: str = "RouteController failed to create a route", **extra: str) -> dict[str, Any]:
    return {
        "conditions": [
            {"type": "NetworkUnavailable", "status": "True", "reason": "NoRouteCreated", "message": message, **extra}
        ]
    }


def tainted(key: str = TAINT) -> dict[str, Any]:
    return {"taints": [{"key": key, "effect": "NoSchedule"}]}


async def test_a_condition_with_its_taint(make: Any, find: Any) -> None:
    found = await find(CONDITION, [make.node(spec=tainted(), status=unavailable())])
    assert found.objects == {"node": (NODE,)}
    for node in (
        make.node(status=unavailable()),
        make.node(spec=tainted(), status=unavailable("Node created without a route")),
        make.node(spec=tainted("node.kubernetes.io/unschedulable"), status=unavailable()),
        make.node(spec=tainted(), status=unavailable(status="False")),
        make.node(spec=tainted()),
        make.node(spec={"taints": None}),
    ):
        assert (await find(CONDITION, [node])).outcome == "absent"


async def test_condition_and_taint_must_be_of_one_node(make: Any, find: Any) -> None:
    assert (
        await find(CONDITION, [make.node("a", spec=tainted()), make.node("b", status=unavailable())])
    ).outcome == "absent"


async def test_the_age_of_a_condition(make: Any, find: Any) -> None:
    asked = 'node_condition(type="NetworkUnavailable", status="True", min_age="5m")'
    assert (await find(asked, [make.node(status=unavailable(lastTransitionTime="now-6m"))])).outcome == "present"
    assert (await find(asked, [make.node(status=unavailable(lastTransitionTime="now-4m"))])).outcome == "absent"
    assert (await find(asked, [make.node(status=unavailable())])).outcome == "absent"


@pytest.mark.parametrize(
    ("runs", "outcome"),
    [
        ("docker://19.3.5", "present"),
        ("containerd://1.6.38", "absent"),
        ("dockerish://1", "absent"),
        ("docker", "present"),
        ("", "absent"),
        (None, "absent"),
    ],
)
async def test_the_container_runtime_of_the_same_node(make: Any, find: Any, runs: Any, outcome: str) -> None:
    asked = 'node_condition(type="NetworkUnavailable", status="True", runtime="docker")'
    node = make.node(status={**unavailable(), "nodeInfo": {"containerRuntimeVersion": runs}})
    other = make.node("healthy", status={"nodeInfo": {"containerRuntimeVersion": "docker://19.3.5"}})
    assert (await find(asked, [node, other])).outcome == outcome


async def test_healthy_conditions_of_alibaba_cloud_are_no_fault(make: Any, find: Any) -> None:
    asked = 'node_condition(type="SufficientIP", status="False")'
    healthy = {
        "conditions": [
            {"type": "SufficientIP", "status": "True", "reason": "SufficientIP", "message": "node has sufficient IP"}
        ]
    }
    assert (await find(asked, [make.node(status=healthy)])).outcome == "absent"


async def test_many_nodes_are_all_looked_at(make: Any, find: Any) -> None:
    nodes = [make.node(f"n{number:03}") for number in range(700)]
    found = await find(CONDITION, [*nodes, make.node("zzz", spec=tainted(), status=unavailable())])
    assert found.objects == {"node": ("zzz",)}


async def test_unreadable_nodes_are_unknown(make: Any, find: Any) -> None:
    for asked in (CONDITION, f'node_taint(key="{TAINT}")'):
        assert (await find(asked, [make.node()], forbid=["nodes"])).outcome == "unknown"


async def test_taints(make: Any, find: Any) -> None:
    asked = f'node_taint(key="{TAINT}", effect="NoSchedule")'
    assert (await find(asked, [make.node(spec=tainted())])).outcome == "present"
    assert (await find(asked.replace('"NoSchedule"', '"NoExecute"'), [make.node(spec=tainted())])).outcome == "absent"
    assert (await find(asked, [make.node()])).outcome == "absent"


FULL = "failed to allocate for range 0: no IP addresses available in range set: 10.7.0.1-10.7.0.14"


FULL_BEFORE_0_7 = "NetworkPlugin cni failed to set up pod network: no IP addresses available in network: cb0"


def cluster(make: Any, held: int, message: str = FULL, **extra: Any) -> list[Any]:
    pod = make.pod()
    pods = [make.running(f"r{n}", f"10.7.0.{n + 2}", namespace=f"team-{n % 3}", **extra) for n in range(held)]
    node = make.node(spec={"podCIDR": "10.7.0.0/28", "podCIDRs": ["10.7.0.0/28"]})
    return [node, pod, make.event(pod, "FailedCreatePodSandBox", message), *pods]


@pytest.mark.parametrize(
    ("held", "full", "leaked"), [(13, "present", "absent"), (4, "absent", "present"), (12, "unknown", "unknown")]
)
@pytest.mark.parametrize("message", [FULL, FULL_BEFORE_0_7])
async def test_a_full_range_and_a_leaked_one(
    make: Any, find: Any, held: int, full: str, leaked: str, message: str
) -> None:
    objects = cluster(make, held, message)
    assert (await find('node_range(state="full")', objects)).outcome == full
    assert (await find('node_range(state="leaked")', objects)).outcome == leaked


async def test_who_holds_an_address(make: Any, find: Any) -> None:
    asked = 'node_range(state="full")'
    assert (await find(asked, cluster(make, 13, spec={"hostNetwork": True}))).outcome == "absent"
    done = [make.pod(f"job{n}", phase="Succeeded", status={"podIP": f"10.7.0.{n + 2}"}) for n in range(13)]
    assert (await find(asked, [*cluster(make, 0), *done])).outcome == "absent", "completed pods gave theirs back"
    assert (await find(asked, cluster(make, 13, deletionTimestamp="now"))).outcome == "unknown", "they may be gone soon"
    elsewhere = [make.running(f"e{n}", "10.7.1.2", node="other") for n in range(13)]
    assert (await find(asked, [*cluster(make, 0), *elsewhere])).outcome == "absent"


async def test_without_a_complaint_or_a_range_nothing_is_said(make: Any, find: Any) -> None:
    asked = 'node_range(state="leaked")'
    node, pod, _, *rest = cluster(make, 4)
    assert (await find(asked, [node, pod, *rest])).outcome == "absent"
    duplicate = make.event(
        pod, "FailedCreatePodSandBox", "10.7.0.3 has been allocated to x, duplicate allocation is not allowed"
    )
    assert (await find(asked, [node, pod, duplicate])).outcome == "absent"
    assert (await find(asked, [make.node(), *cluster(make, 4)[1:]])).outcome == "unknown", "no podCIDR"
    assert (await find(asked, cluster(make, 4)[1:])).outcome == "unknown", "no such node"
    assert (await find(asked, cluster(make, 4), forbid=["nodes"])).outcome == "unknown"


async def test_more_complaining_nodes_than_are_looked_at_leave_it_open(make: Any, find: Any) -> None:
    pods = [make.pod(f"w{n}", node=f"n{n}") for n in range(9)]
    nodes = [make.node(f"n{n}", spec={"podCIDR": f"10.7.{n}.0/28"}) for n in range(9)]
    objects = [*nodes, *pods, *(make.event(pod, "FailedCreatePodSandBox", FULL) for pod in pods)]
    assert (await find('node_range(state="leaked")', objects)).outcome == "present"
    assert (await find('node_range(state="full")', objects)).outcome == "unknown"
