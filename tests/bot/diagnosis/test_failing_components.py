"""Components of the network that fail are told with their last words, and the cluster's DNS; applications are not."""

from typing import Any

import pytest

from bot.probes.failing_components import broken_components
from tests.bot.diagnosis.failing_objects import NODE, container, crashing, system_pod, told


@pytest.mark.parametrize(
    ("app", "name", "namespace"),
    [
        ("kube-proxy", "kube-proxy-worker-ab1cd", "kube-system"),
        ("terway-eniip", "terway-eniip-ab1cd", "kube-system"),
        ("flannel", "kube-flannel-ds-amd64-ab1cd", "kube-system"),
        ("flannel", "kube-flannel-ds-ab1cd", "kube-flannel"),
        ("flannel", "flannel-ab1cd", "kube-system"),
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


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ErrImagePull", "CreateContainerConfigError"])
async def test_a_container_that_has_never_run_has_no_log(make: Any, look: Any, session_on: Any, reason: str) -> None:
    waits = container(state={"waiting": {"reason": reason, "message": "not found"}})
    pod = system_pod(make, "kube-proxy-ab1cd", waits, app="kube-proxy")
    (item,) = (await look([pod])).items
    assert item.message == f"kube-proxy is in {reason} on node {NODE}; the kubelet says: not found"
    assert item.check == "kubectl -n kube-system describe pod kube-proxy-ab1cd"
    async with session_on([pod]) as session:
        await broken_components(session)
        assert session.reader.unread() == (), "the kubelet answers 400 to whoever asks for its log"


async def test_a_container_that_ran_before_its_image_was_gone_has_a_log(make: Any, look: Any) -> None:
    pod = system_pod(make, "kube-proxy-ab1cd", crashing(reason="ImagePullBackOff"), app="kube-proxy")
    (item,) = (await look([pod], logs={("kube-system", "kube-proxy-ab1cd", "main"): "now-3m no kubeconfig"})).items
    assert "; its log says: no kubeconfig" in item.message
    assert "logs kube-proxy-ab1cd -c main" in item.check


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
