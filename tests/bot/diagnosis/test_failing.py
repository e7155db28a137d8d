"""What fails is told, whatever the entries know; what has recovered, is gone or is nobody's business is not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.diagnosis.failing import MOST, FailingHere, what_fails
from bot.probes.failure_checks import Failing

NODE = "cn-beijing.192.168.0.31"
WAITS = {"startTime": "now-10m"}
CNI = (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "{id}": '
    'failed to set bridge addr: "cni0" already has an IP address different from 10.7.0.1/24'
)
NO_PORTS = "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports."


@pytest.fixture(scope="session")
def look(session_on: Any) -> Callable[..., Any]:
    async def looked(objects: Any, **how: Any) -> FailingHere:
        async with session_on(objects, **how) as session:
            return await what_fails(session)

    return looked


def told(found: FailingHere) -> list[str]:
    return [f"{item.object}: {item.message}" for item in found.items]


def condition(kind: str, status: str, message: str = "", since: str = "now-12m") -> Any:
    return {"type": kind, "status": status, "message": message, "reason": kind, "lastTransitionTime": since}


def container(name: str = "main", *, restarts: int = 0, ready: bool = False, **state: Any) -> Any:
    return {"name": name, "ready": ready, "restartCount": restarts, **state}


def crashing(name: str = "main", restarts: int = 7, reason: str = "CrashLoopBackOff") -> Any:
    ended = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "now-2m"}}
    return container(name, restarts=restarts, state={"waiting": {"reason": reason}}, lastState=ended)


def system_pod(make: Any, name: str, status: Any, *, app: str, node: str = NODE, **meta: Any) -> Any:
    spec = {"hostNetwork": True, "containers": [{"name": status["name"], "image": "x"}]}
    return make.pod(
        name,
        node,
        namespace=meta.pop("namespace", "kube-system"),
        phase="Running",
        labels={"k8s-app": app},
        spec=spec,
        status={"startTime": "now-2d", "containerStatuses": [status]},
        **meta,
    )


def worker(make: Any, name: str = NODE, *conditions: Any, **spec: Any) -> Any:
    return make.node(name, spec={"taints": [], **spec}, status={"conditions": list(conditions)})


async def test_a_pod_that_waits_is_told_in_its_own_words(make: Any, look: Any) -> None:
    pod = make.pod(status=WAITS)
    event = make.event(pod, "FailedCreatePodSandBox", CNI.format(id="a" * 64), count=40)
    found = await look([make.node(), pod, event])
    (item,) = found.items
    assert item.object == "Pod prod/web-0"
    assert item.message.startswith(f"It waits for the network on node {NODE}: FailedCreatePodSandBox (40 times): ")
    assert "already has an IP address different from 10.7.0.1/24" in item.message
    assert "rpc error" not in item.message
    assert item.check == "kubectl -n prod describe pod web-0"


async def test_the_api_server_s_clock_tells_since_when(make: Any, look: Any, ago: Any) -> None:
    pod = make.pod(status=WAITS)
    (item,) = (await look([pod, make.event(pod, "FailedCreatePodSandBox", "x")])).items
    assert item.since == ago(timedelta(minutes=10))
    assert item.to_json()["since"] == "2026-11-22T12:50:00Z"


async def test_ten_pods_with_one_message_are_one_line(make: Any, look: Any) -> None:
    pods = [make.pod(f"web-{number}", f"node-{number % 2}", status=WAITS) for number in range(10)]
    events = [
        make.event(pod, "FailedCreatePodSandBox", CNI.format(id=f"{number:x}" * 64)) for number, pod in enumerate(pods)
    ]
    (item,) = (await look([*pods, *events])).items
    assert item.message.startswith("10 pods (prod/web-0, prod/web-1, prod/web-2 and 7 more) wait for the network on 2 ")
    assert len(item.alike) == 10


async def test_ids_and_addresses_in_a_message_part_no_pods_that_fail_alike(make: Any, look: Any) -> None:
    pods = [make.pod(f"web-{number}", status=WAITS) for number in range(3)]
    text = "add cmd: failed to assign an IP to eth{}: 10.0.{}.7 is taken by {:032x}"
    events = [make.event(pod, "FailedCreatePodSandBox", text.format(at, at, at)) for at, pod in enumerate(pods)]
    assert len((await look([*pods, *events])).items) == 1


async def test_pods_that_say_different_things_are_different_lines(make: Any, look: Any) -> None:
    pods = [make.pod(f"web-{number}", status=WAITS) for number in range(2)]
    events = [make.event(pods[0], "FailedCreatePodSandBox", "one"), make.event(pods[1], "AllocIPFailed", "other")]
    assert len((await look([*pods, *events])).items) == 2


async def test_a_pod_that_says_nothing_is_told_all_the_same(make: Any, look: Any) -> None:
    assert told(await look([make.pod(status=WAITS)])) == [
        f"Pod prod/web-0: It waits for the network on node {NODE}: no event tells why"
    ]
    hidden = await look([make.pod(status=WAITS)], forbid=["events"])
    assert told(hidden) == [f"Pod prod/web-0: It waits for the network on node {NODE}: its events may not be read"]


@pytest.mark.parametrize("since", ["now-5s", "now-15s"])
async def test_a_pod_that_just_starts_is_no_failure(make: Any, look: Any, since: str) -> None:
    assert (await look([make.pod(status={"startTime": since})])).items == ()


async def test_the_event_of_an_earlier_pod_of_that_name_is_not_its_own(make: Any, look: Any) -> None:
    pod = make.pod(uid="new", status=WAITS)
    event = make.event(pod, "FailedCreatePodSandBox", "old words", uid="old")
    assert "old words" not in str(told(await look([pod, event])))


async def test_no_more_than_eight_and_the_worst_first(make: Any, look: Any) -> None:
    reasons = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India"]
    pods = [make.pod(f"p-{word.lower()}", "", status={"conditions": [_unplaced(word)]}) for word in reasons]
    proxy = system_pod(make, "kube-proxy-ab1cd", crashing("kube-proxy"), app="kube-proxy")
    found = await look([*pods, proxy])
    assert len(found.items) == MOST
    assert found.more == 2
    assert found.items[0].object == "Pod kube-system/kube-proxy-ab1cd"


def _unplaced(message: str) -> Any:
    return {**condition("PodScheduled", "False", message), "reason": "Unschedulable"}


@pytest.mark.parametrize("by", ["condition", "event"])
async def test_what_the_scheduler_says_of_a_pending_pod_is_told(make: Any, look: Any, by: str) -> None:
    pod = make.pod(node="", status={"conditions": [_unplaced(NO_PORTS)] if by == "condition" else []})
    objects = [pod] if by == "condition" else [pod, make.event(pod, "FailedScheduling", NO_PORTS)]
    assert told(await look(objects)) == [f"Pod prod/web-0: It has no node: the scheduler says: {NO_PORTS}"]


async def test_an_old_word_of_the_scheduler_about_a_pod_that_runs_is_none(make: Any, look: Any) -> None:
    pod = make.running("web-0", "10.0.0.9")
    assert (await look([pod, make.event(pod, "FailedScheduling", NO_PORTS, age="now-20m")])).items == ()


async def test_a_pod_that_is_held_back_on_purpose_is_no_failure(make: Any, look: Any) -> None:
    gated = {**condition("PodScheduled", "False"), "reason": "SchedulingGated"}
    assert (await look([make.pod(node="", status={"conditions": [gated]})])).items == ()


@pytest.mark.parametrize(
    ("app", "name", "namespace"),
    [
        ("kube-proxy", "kube-proxy-worker-ab1cd", "kube-system"),
        ("terway-eniip", "terway-eniip-ab1cd", "kube-system"),
        ("flannel", "kube-flannel-ds-amd64-ab1cd", "kube-system"),
        ("flannel", "kube-flannel-ds-ab1cd", "kube-flannel"),
        ("kube-dns", "coredns-5d8f7c9b6d-x2x9q", "kube-system"),
        ("node-local-dns", "node-local-dns-ab1cd", "kube-system"),
        ("cloud-controller-manager", "cloud-controller-manager-ab1cd", "kube-system"),
    ],
)
async def test_a_component_that_crashes_is_told_with_its_last_words(
    make: Any, look: Any, app: str, name: str, namespace: str
) -> None:
    pod = system_pod(make, name, crashing(), app=app, namespace=namespace)
    elsewhere = [make.daemon_set("kube-flannel-ds", namespace=namespace)] if namespace != "kube-system" else []
    log = (
        "now-3m starting\nnow-2m F1120 server.go:495] open /etc/kubeconfig: no such file\nnow-2m goroutine 1 [running]"
    )
    found = await look([*elsewhere, pod], logs={(namespace, name, "main"): log})
    (item,) = found.items
    assert item.object == f"Pod {namespace}/{name}"
    assert "is in CrashLoopBackOff (7 restarts) on node" in item.message
    assert "no such file" in item.message
    assert item.check == f"kubectl -n {namespace} logs {name} -c main --tail=50"


async def test_the_log_of_the_run_before_is_read_where_the_present_one_is_empty(make: Any, look: Any) -> None:
    pod = system_pod(make, "kube-proxy-ab1cd", crashing("kube-proxy"), app="kube-proxy")
    before = ("kube-system", "kube-proxy-ab1cd", "kube-proxy", True)
    (item,) = (await look([pod], logs={before: "now-2m Error: no kubeconfig"})).items
    assert item.message.endswith("; its log says: Error: no kubeconfig")
    assert "--previous" in item.check


async def test_a_log_that_may_not_be_read_hides_no_crash(make: Any, look: Any) -> None:
    pod = system_pod(make, "kube-proxy-ab1cd", crashing("kube-proxy"), app="kube-proxy")
    (item,) = (await look([pod], forbid=["pods/log"])).items
    assert item.message == f"kube-proxy is in CrashLoopBackOff (7 restarts) on node {NODE}"


async def test_alike_components_are_one_line(make: Any, look: Any) -> None:
    pods = [
        system_pod(make, f"kube-proxy-ab{number}cd", crashing(), app="kube-proxy", node=f"node-{number}")
        for number in range(4)
    ]
    (item,) = (await look(pods)).items
    assert "on 4 nodes (node-0, node-1, node-2 and 1 more)" in item.message


@pytest.mark.parametrize(
    "status",
    [
        container(ready=True, state={"running": {"startedAt": "now-2d"}}),
        container(ready=False, state={"running": {"startedAt": "now-20s"}}),
        container(
            ready=True,
            restarts=1,
            state={"running": {"startedAt": "now-3m"}},
            lastState={"terminated": {"exitCode": 255, "finishedAt": "now-4m"}},
        ),
        container(
            ready=True,
            restarts=9,
            state={"running": {"startedAt": "now-3h"}},
            lastState={"terminated": {"exitCode": 1, "finishedAt": "now-3h"}},
        ),
        container(ready=False, state={"waiting": {"reason": "ContainerCreating"}}),
    ],
    ids=["well", "starts", "rebooted", "recovered", "is-created"],
)
async def test_a_component_that_is_well_or_was_not_is_no_failure(make: Any, look: Any, status: Any) -> None:
    assert (await look([system_pod(make, "kube-proxy-ab1cd", status, app="kube-proxy")])).items == ()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (container(state={"running": {"startedAt": "now-9m"}}), "kube-proxy is not ready on node"),
        (
            container(
                restarts=5,
                ready=True,
                state={"running": {"startedAt": "now-1m"}},
                lastState={"terminated": {"exitCode": 1, "finishedAt": "now-2m"}},
            ),
            "keeps restarting (5 restarts)",
        ),
        (container(state={"waiting": {"reason": "ImagePullBackOff"}}), "is in ImagePullBackOff on node"),
        (container(state={"terminated": {"reason": "Error", "exitCode": 1}}), "is in Error on node"),
    ],
)
async def test_a_component_that_is_not_well_is_told(make: Any, look: Any, status: Any, words: str) -> None:
    (item,) = (await look([system_pod(make, "kube-proxy-ab1cd", status, app="kube-proxy")])).items
    assert words in item.message


async def test_a_crashing_application_is_no_network_component(make: Any, look: Any) -> None:
    pod = system_pod(make, "terway-demo-5d8f7c9b6d-x2x9q", crashing(), app="demo", namespace="shop")
    other = system_pod(make, "metrics-server-5d8f7c9b6d-x2x9q", crashing(), app="metrics-server")
    assert (await look([pod, other])).items == ()


async def test_an_application_is_told_where_it_is_asked_about(make: Any, look: Any) -> None:
    pod = system_pod(make, "cart-5d8f7c9b6d-x2x9q", crashing(), app="cart", namespace="shop")
    event = make.event(pod, "BackOff", "Back-off restarting failed container main")
    for question in ("cart-5d8f7c9b6d-x2x9q does not come up", "service cart is down", "everything in namespace shop"):
        (item,) = (await look([pod, event], question=question)).items
        assert item.message.startswith("It does not start: container main is in CrashLoopBackOff, exit code 1")
    assert (await look([pod, event], question="service orders is down")).items == ()
    assert len((await look([pod, event], namespace="shop")).items) == 1


async def test_a_completed_job_is_no_failure(make: Any, look: Any) -> None:
    done = {"containerStatuses": [container(state={"terminated": {"reason": "Completed", "exitCode": 0}})]}
    pod = make.pod("terway-job-abcde", namespace="kube-system", phase="Succeeded", status=done)
    assert (await look([pod], question="namespace kube-system")).items == ()


def coredns(make: Any, replicas: int) -> Any:
    labels = {"k8s-app": "kube-dns"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "coredns", "namespace": "kube-system", "labels": labels},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "coredns"}]}}},
        "status": {},
    }


def slices(*ready: bool) -> Any:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "kube-dns-x",
            "namespace": "kube-system",
            "labels": {"kubernetes.io/service-name": "kube-dns"},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.2"], "conditions": {"ready": each}} for each in ready],
    }


async def test_a_cluster_without_dns_says_so_first(make: Any, look: Any) -> None:
    assert told(await look([coredns(make, 0), slices()])) == [
        "Deployment kube-system/coredns: CoreDNS is scaled to 0 replicas, so no name is resolved in the cluster"
    ]
    pod = system_pod(make, "coredns-5d8f7c9b6d-x2x9q", crashing("coredns"), app="kube-dns")
    found = await look([coredns(make, 2), slices(False), pod])
    assert [item.object for item in found.items] == [
        "Service kube-system/kube-dns",
        "Pod kube-system/coredns-5d8f7c9b6d-x2x9q",
    ]


async def test_a_cluster_with_dns_or_another_one_is_well(make: Any, look: Any) -> None:
    assert (await look([coredns(make, 2), slices(False, True)])).items == ()
    assert (await look([make.node()])).items == ()


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


def replica_set(make: Any, wanted: int = 3, there: int = 1) -> Any:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "api-5d8f7c9b6d", "namespace": "shop"},
        "spec": {"replicas": wanted},
        "status": {"replicas": there},
    }


QUOTA = 'pods "api-5d8f7c9b6d-x" is forbidden: exceeded quota: team-quota'


async def test_pods_that_a_quota_keeps_away_are_told(make: Any, look: Any) -> None:
    owner = replica_set(make)
    event = make.event(owner, "FailedCreate", QUOTA, age="now-4m", count=9)
    assert told(await look([owner, event])) == [f"ReplicaSet shop/api-5d8f7c9b6d: Its pods cannot be created: {QUOTA}"]
    hidden = await look([owner, event], forbid=["replicasets"])
    assert len(hidden.items) == 1


async def test_a_refusal_that_is_old_over_or_about_what_is_gone_is_none(make: Any, look: Any) -> None:
    owner, full = replica_set(make), replica_set(make, 1, 1)
    fresh = make.event(owner, "FailedCreate", QUOTA, age="now-4m")
    later = {**make.event(owner, "SuccessfulCreate", "Created pod", age="now-1m"), "type": "Normal"}
    old = make.event(owner, "FailedCreate", QUOTA, age="now-40m")
    for objects in ([owner, old], [owner, fresh, later], [fresh], [full, fresh]):
        assert (await look([*objects, make.node()])).items == ()


async def test_what_could_not_be_read_is_named_and_not_well(make: Any, look: Any) -> None:
    found = await look([make.node()], forbid=["nodes", "pods"])
    assert found.items == ()
    assert "nodes" not in found.looked_at
    assert "workloads whose pods are refused" in found.looked_at
    (line,) = found.not_looked_at
    assert line.startswith("so these were not looked at: ")
    assert "nodes" in line


async def test_everything_is_looked_at_where_all_may_be_read(make: Any, look: Any) -> None:
    found = await look([make.node()])
    assert "pods that wait for their network" in found.looked_at
    assert found.not_looked_at == ()


async def test_a_message_that_no_entry_knows_leaves_its_neighbours_open(make: Any, verdicts: Any) -> None:
    pod = make.pod(status=WAITS)
    unknown = make.event(pod, "FailedCreatePodSandBox", CNI.format(id="a"))
    got = await verdicts([*make.flannel(), *make.proxy(), make.node(), pod, unknown])
    assert got["flannel-ip-leak"].startswith("suspected: prod/web-0 waits for its network with a message that")
    assert got["terway-vswitch-out-of-ips"].startswith("ruled_out: It does not apply here")
    assert got["flannel-node-network-unavailable"].startswith("ruled_out")
    quiet = await verdicts([*make.flannel(), *make.proxy(), make.node()])
    assert quiet["flannel-ip-leak"].startswith("ruled_out")


async def test_what_a_confirmed_entry_knows_leaves_nothing_open(make: Any, verdicts: Any) -> None:
    pod = make.pod(status=WAITS)
    known = make.event(pod, "FailedCreatePodSandBox", "errCode: InvalidVSwitchId.IpNotEnough, msg: x")
    got = await verdicts([*make.terway(), *make.proxy(), make.node(), pod, known])
    assert got["terway-vswitch-out-of-ips"].startswith("confirmed")
    assert got["terway-mac-not-found"].startswith("ruled_out")


def test_a_failing_thing_is_plain_text_in_the_contract_s_shape(now: Any) -> None:
    item = Failing(object="Node x", since=now, message="It \n fails " + "y" * 900, check="kubectl describe node x")
    assert list(item.to_json()) == ["object", "since", "message", "check"]
    assert len(item.to_json()["message"]) <= 400


async def test_only_what_the_words_ask_for_is_said_to_be_looked_at(make: Any, look: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"])]
    unasked = (await look(cluster)).looked_at
    assert not {"Services without endpoints", "warnings about what is named"} & set(unasked)
    assert "Services without endpoints" in (await look(cluster, question="a service refuses connections")).looked_at
    assert "warnings about what is named" in (await look(cluster, question="the hpa of web hangs")).looked_at


async def test_where_services_are_too_many_it_is_said_that_they_were_not_looked_at(make: Any, look: Any) -> None:
    many = [make.service(f"thing{number}", [f"10.0.{number // 250}.{number % 250}"]) for number in range(600)]
    found = await look(many, question="a service refuses connections")
    assert "Services without endpoints: there are more than 500 Services" in found.not_looked_at
