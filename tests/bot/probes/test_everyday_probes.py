"""The probes of everyday causes on small clusters: seen, not there, and what could not be read."""

from typing import Any

import pytest

SELECTED = {"app": "web"}


def slices(of: str, *ready: bool) -> dict[str, Any]:
    endpoints = [{"addresses": ["10.1.0.1"], "conditions": {"ready": each}} for each in ready]
    metadata = {"name": f"{of}-x", "namespace": "prod", "labels": {"kubernetes.io/service-name": of}}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": metadata,
        "addressType": "IPv4",
        "endpoints": endpoints,
    }


def not_ready(since: str = "now-10m") -> dict[str, Any]:
    return {"status": {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": since}]}}


async def test_a_service_with_ready_pods_is_well(make: Any, find: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"], selector=SELECTED), make.running("web-1", "10.1.0.1")]
    asked = "named_service_broken()"
    assert (await find(asked, cluster, question="svc web hangs")).outcome == "absent"
    assert (await find(asked, [*cluster, slices("web", True)], question="svc web hangs")).outcome == "absent"
    stale = await find(asked, [*cluster, slices("web", False)], question="svc web hangs")
    assert (stale.outcome, "although 1 pod behind it" in stale.summary) == ("present", True)


async def test_a_service_whose_pods_cannot_be_read_is_unclear(make: Any, find: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"], selector=SELECTED), make.running("web-1", "10.1.0.1")]
    for forbidden in ("pods", "services"):
        found = await find("named_service_broken()", cluster, question="svc web hangs", forbid=[forbidden])
        assert found.outcome == "unknown", forbidden
    without = await find("named_service_broken()", cluster, question="svc web hangs", forbid=["endpointslices"])
    assert without.outcome == "absent", "its pods tell the same"


async def test_without_names_nothing_is_wrong_with_them(make: Any, find: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"], selector={"app": "nobody"})]
    for asked in ("named_service_broken()", "named_workload_broken()", "named_node_broken()", "named_pods_shielded()"):
        assert (await find(asked, cluster, question="the network is broken")).outcome == "absent", asked


async def test_a_change_and_a_rollout_are_told(make: Any, find: Any) -> None:
    edit = [{"manager": "kubectl", "time": "now-20m", "fieldsV1": {"f:spec": {"f:selector": {}}}}]
    service = make.service("web", ["10.0.0.1"], selector={"app": "wbe"})
    service["metadata"] |= {"creationTimestamp": "now-30d", "managedFields": edit}
    found = await find("named_service_broken()", [service], question="svc web hangs")
    assert "(changed 20 min ago)" in found.summary
    young = make.running("web-1", "10.1.0.1", creationTimestamp="now-12m", **not_ready())
    cluster = [make.service("web", ["10.0.0.1"], selector=SELECTED), young]
    found = await find("named_service_broken()", cluster, question="svc web hangs")
    assert "all its pods were made within the last 12 min" in found.summary


async def test_pods_of_a_silent_node(make: Any, find: Any) -> None:
    silent = {"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting node status."}
    cluster = [
        make.service("web", ["10.0.0.1"], selector=SELECTED),
        make.running("web-1", "10.1.0.1", creationTimestamp="now-2d", **not_ready()),
        make.node(status={"conditions": [silent]}),
    ]
    found = await find("named_service_broken()", cluster, question="svc web hangs")
    assert "is NotReady: Kubelet stopped posting node status." in found.summary


@pytest.mark.parametrize(
    ("conditions", "outcome", "told"),
    [
        ([{"type": "Ready", "status": "True"}], "absent", ""),
        ([{"type": "Ready", "status": "Unknown", "message": "Kubelet stopped posting"}], "present", "stopped posting"),
        (
            [
                {"type": "Ready", "status": "True"},
                {"type": "DiskPressure", "status": "True", "message": "disk is full"},
            ],
            "present",
            "disk is full",
        ),
        ([], "absent", ""),
    ],
)
async def test_nodes(make: Any, find: Any, conditions: Any, outcome: str, told: str) -> None:
    cluster = [make.node("cn-beijing.10.9.0.1", status={"conditions": conditions})]
    found = await find("named_node_broken()", cluster, question="node 10.9.0.1 is odd")
    assert (found.outcome, told in found.summary) == (outcome, True)


@pytest.mark.parametrize("refused", [(), ("pods/log",), ("pods",)], ids=["no kubelet", "no logs", "no pods"])
async def test_a_node_is_judged_where_the_log_of_its_kube_proxy_cannot_be_read(
    make: Any, find: Any, refused: tuple[str, ...]
) -> None:
    proxy = make.running(
        "kube-proxy-worker-1", "10.9.0.1", "cn-beijing.10.9.0.1", namespace="kube-system",
        labels={"k8s-app": "kube-proxy-worker"},
    )  # fmt: skip
    asked, words = "named_node_broken()", "node 10.9.0.1 is odd"
    for state, outcome in (("False", "present"), ("True", "absent")):
        conditions = [{"type": "Ready", "status": state, "message": "PLEG is not healthy"}]
        cluster = [make.node("cn-beijing.10.9.0.1", status={"conditions": conditions}), proxy]
        assert (await find(asked, cluster, question=words, forbid=list(refused))).outcome == outcome


async def test_services_of_a_named_namespace_need_no_right_to_read_endpoints(make: Any, find: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"], selector=SELECTED), make.running("web-1", "10.1.0.1")]
    words = "everything in namespace prod is slow"
    for forbidden in ([], ["endpointslices"]):
        assert (await find("named_service_broken()", cluster, question=words, forbid=forbidden)).outcome == "absent"
    empty = [make.service("web", ["10.0.0.1"], selector={"app": "wbe"}), make.running("web-1", "10.1.0.1")]
    assert (await find("named_service_broken()", empty, question=words)).outcome == "present"


async def test_a_node_that_was_not_ready_some_minutes_ago(make: Any, find: Any) -> None:
    node = make.node("cn-beijing.10.9.0.1", status={"conditions": [{"type": "Ready", "status": "True"}]})
    event = make.event(node, "NodeNotReady", "Node status is now: NodeNotReady", age="now-9m", count=3)
    found = await find("named_node_broken()", [node, event], question="10.9.0.1 flaps")
    assert "NotReady 3 times within the last hour" in found.summary
    old = make.event(node, "NodeNotReady", "Node status is now: NodeNotReady", age="now-3h", count=3)
    assert (await find("named_node_broken()", [node, old], question="10.9.0.1 flaps")).outcome == "absent"


async def test_components_that_fail(make: Any, find: Any) -> None:
    running = make.daemon_set("kube-proxy-worker", status={"desiredNumberScheduled": 1, "numberReady": 0})
    waits = {"name": "main", "ready": False, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    made = {"namespace": "kube-system", "labels": {"app": "kube-proxy-worker"}, "creationTimestamp": "now-9m"}
    crashing = make.pod("kube-proxy-worker-a1b2c", phase="Running", status={"containerStatuses": [waits]}, **made)
    asked = "network_component_failing()"
    found = await find(asked, [running, crashing], question="calls hang")
    assert (found.outcome, "CrashLoopBackOff" in found.summary) == ("present", True)
    young = {**crashing, "metadata": {**crashing["metadata"], "creationTimestamp": "now-30s"}}
    assert (await find(asked, [running, young], question="calls hang")).outcome == "absent", "a rollout"
    assert (await find(asked, [running, crashing], forbid=["pods"], question="x")).outcome == "unknown"


async def test_a_workload_is_well_or_cannot_be_read(make: Any, find: Any) -> None:
    cluster = [make.running("store-0", "10.1.0.1")]
    assert (await find("named_workload_broken()", cluster, question="store-0 is slow")).outcome == "absent"
    hidden = await find("named_workload_broken()", cluster, question="store-0 is slow", forbid=["events"])
    assert hidden.outcome == "unknown"


async def test_dns(make: Any, find: Any) -> None:
    server = make.running("coredns-1", "10.1.0.9", namespace="kube-system", labels={"k8s-app": "kube-dns"})
    asked = "dns_broken()"
    assert (await find(asked, [], question="lookups fail")).outcome == "unknown"
    assert (await find(asked, [server], question="lookups fail", forbid=["pods"])).outcome == "unknown"
    crashing = {"name": "main", "ready": False, "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    bad = {**server, "status": {"phase": "Running", "containerStatuses": [crashing]}}
    assert "No DNS server of the cluster is ready" in (await find(asked, [bad], question="lookups fail")).summary
