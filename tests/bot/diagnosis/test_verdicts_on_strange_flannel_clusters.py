"""Whole verdicts on Flannel clusters that strangers loaded into a bare API server: never a false ``confirmed``."""

import json
from typing import Any

import pytest

from tests.bot.diagnosis.strange_clusters import SANDBOX, UNAVAILABLE, confirmed, flannel, terway

FULL = (
    'failed to setup network for sandbox "a": failed to allocate for range 0: '
    "no IP addresses available in range set: 10.7.0.1-10.7.0.14"
)


async def test_a_range_that_is_full_and_one_that_leaks(make: Any, verdicts: Any) -> None:
    node, pod = make.node(spec={"podCIDR": "10.7.0.0/28"}), make.pod()
    event = make.event(pod, SANDBOX, FULL, style="eventTime")

    async def got(held: int) -> set[str]:
        pods = [make.running(f"r{n}", f"10.7.0.{n + 2}", namespace=f"team-{n % 4}") for n in range(held)]
        return confirmed(await verdicts(flannel(make, pod, event, *pods, node=node)))

    assert await got(13) == {"flannel-pod-cidr-exhausted"}
    assert await got(3) == {"flannel-ip-leak"}
    assert await got(11) == set(), "too close to tell"
    done = [make.pod(f"job-{n}", phase="Succeeded", status={"podIP": f"10.7.0.{n + 2}"}) for n in range(13)]
    assert "flannel-pod-cidr-exhausted" not in confirmed(await verdicts(flannel(make, pod, event, *done, node=node)))
    assert confirmed(await verdicts(flannel(make, pod, event))) == set(), "the node has no podCIDR"
    assert confirmed(await verdicts(terway(make, pod, event))) == set(), "not with Terway"


ROUTE = "flannel-node-network-unavailable"


def route_condition(message: str, age: str = "now-10m") -> dict[str, Any]:
    return {
        "conditions": [
            {
                "type": "NetworkUnavailable",
                "status": "True",
                "reason": "NoRouteCreated",
                "message": message,
                "lastTransitionTime": age,
            }
        ]
    }


async def test_routes_that_could_not_be_created(make: Any, verdicts: Any) -> None:
    taint = {
        "taints": [
            {"key": UNAVAILABLE, "effect": "NoSchedule"},
            {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"},
        ]
    }
    failed, created = (
        route_condition("RouteController failed to create a route"),
        route_condition("Node created without a route", "now-1m"),
    )
    tainted, other = make.node(spec=taint), make.node("other")
    event = make.event(tainted, "CreateRouteFailed", "Error creating route entry in vtb-1: x", style="eventTime")
    event_of_2020 = make.event(tainted, "FailedToCreateRoute", "Could not create route 10.7.0.0/28 for node n: x")

    async def verdict(*objects: Any, node: Any) -> str:
        return str((await verdicts(flannel(make, *objects, node=node), ROUTE))[ROUTE].split(":")[0])

    assert await verdict(node=make.node(spec=taint, status=failed)) == "confirmed"
    assert await verdict(event, node=tainted) == "confirmed"
    assert await verdict(event_of_2020, node=tainted) == "confirmed"
    assert await verdict(event_of_2020, node=make.node()) == "suspected", "no taint, and a route that was not made"
    assert await verdict(node=make.node(status=failed)) == "ruled_out", "the taint is gone"
    assert await verdict(node=make.node(spec=taint, status=created)) == "ruled_out", "a new node"
    assert await verdict(node=make.node()) == "ruled_out", "the taint of every new node is another one"
    assert await verdict(event, make.event(tainted, "CreatedRoute", "ok", age="now-10s"), node=tainted) == "ruled_out"
    b_failed = make.event(other, "CreateRouteFailed", "Error creating route entry in vtb-1: x")
    assert await verdict(other, b_failed, node=make.node(spec=taint, status=created)) == "suspected", (
        "taint and event are of two nodes: not confirmed, and the other one's route was not made"
    )


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("Reconciling route error: no route tables found by vpc id[vpc-1]", "confirmed"),
        ("Reconciling route error: multiple route tables found by vpc id[vpc-1], length(tables)=2", "confirmed"),
        ("Error reconciling route, reconcile table [vtb-1] failed: x", "confirmed"),
        ("something else", "suspected"),
    ],
)
async def test_a_route_controller_that_fails_as_a_whole(make: Any, verdicts: Any, message: str, says: str) -> None:
    """Its event is about no node, so a node has to lack its route for minutes."""
    controller = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "route-controller"}}
    event = make.event(controller, "SyncRouteFailed", message)
    taint = {"taints": [{"key": UNAVAILABLE, "effect": "NoSchedule"}]}
    for minutes, expected in ((9, says), (2, "ruled_out")):
        node = make.node(spec=taint, status=route_condition("Node created without a route", f"now-{minutes}m"))
        got = (await verdicts(flannel(make, event, node=node), ROUTE))[ROUTE]
        assert got.startswith(expected), minutes
    assert (await verdicts(flannel(make, event), ROUTE))[ROUTE].startswith("ruled_out"), "no node lacks its route"


async def test_a_table_that_could_not_be_read_leaves_the_route_open(make: Any, verdicts: Any) -> None:
    """The cloud controller manager then takes the route for created."""
    node = make.node()
    event = make.event(node, "DescriberRouteFailed", "Describe route table vtb-1 error: x")
    created = make.event(node, "CreatedRoute", "Created route", age="now-10s")
    assert (await verdicts(flannel(make, event), ROUTE))[ROUTE].startswith("suspected")
    assert (await verdicts(flannel(make, event, created), ROUTE))[ROUTE].startswith("ruled_out")


NO_CNI = (
    "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:Network plugin returns error: cni plugin not initialized"
)
REFUSED = (
    "runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
    "message:docker: network plugin is not ready: cni config uninitialized"
)


async def test_a_missing_cni_version_shows_on_the_node(make: Any, verdicts: Any) -> None:
    entry = "flannel-cni-version-missing"
    config = make.config(
        "kube-flannel-cfg",
        {"cni-conf.json": json.dumps({"type": "flannel", "delegate": {"hairpinMode": True}}), "net-conf.json": "{}"},
    )

    def node(message: str, runtime: str) -> Any:
        condition = {"type": "Ready", "status": "False", "message": message}
        return make.node(status={"conditions": [condition], "nodeInfo": {"containerRuntimeVersion": runtime}})

    not_ready = node(REFUSED, "docker://19.3.5")
    daemon_set = make.flannel()[0]
    assert entry in confirmed(await verdicts([daemon_set, config, not_ready]))
    for other in (node(NO_CNI, "containerd://1.6.38"), node(REFUSED, ""), node(NO_CNI, "docker://19.3.5")):
        said = (await verdicts([daemon_set, config, other], entry))[entry]
        assert said.startswith("suspected"), "only the kubelet of a Docker node refuses a file without cniVersion"
    for objects in (
        [daemon_set, config, make.node()],
        [
            daemon_set,
            config,
            make.node(status={"conditions": [{"type": "Ready", "status": "False", "message": "PLEG is not healthy"}]}),
        ],
        [*make.flannel(), not_ready],
    ):
        assert (await verdicts(objects, entry))[entry].startswith("ruled_out")
    loop = {
        "containerStatuses": [
            {"name": "kube-flannel", "ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
        ]
    }
    crashing = make.pod(
        "kube-flannel-ds-x",
        namespace="kube-system",
        phase="Running",
        labels={"app": "flannel"},
        status=loop,
        spec={"hostNetwork": True},
    )
    assert (await verdicts([daemon_set, config, not_ready, crashing], entry))[entry].startswith("suspected")
    for kind, reason in (
        ("initContainerStatuses", "ErrImagePull"),
        ("containerStatuses", "ImagePullBackOff"),
        ("containerStatuses", "CreateContainerConfigError"),
    ):
        waits = make.pod(
            "kube-flannel-ds-x",
            namespace="kube-system",
            labels={"app": "flannel"},
            status={kind: [{"name": "kube-flannel", "ready": False, "state": {"waiting": {"reason": reason}}}]},
            spec={"hostNetwork": True},
        )
        said = (await verdicts([daemon_set, config, not_ready, waits], entry))[entry]
        assert said.startswith("suspected"), f"{reason}, and no event"
