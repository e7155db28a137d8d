"""What the words can hardly have meant is not shown: guides to another plugin, faint guides beside trouble."""

from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.relevance import speaks_of_trouble, speaks_of_unready_nodes
from bot.recordings import Recording, load, serve
from tests.everyday.clusters import cluster, pod, service, slices

NO_PODS = (service("basket", {"app": "baskets"}), slices("basket"), pod("basket-6c7d8-xk2va", {"app": "basket"}))


@pytest.fixture
def told(entries: Any, meaning: Any) -> Any:
    """The ids of what is shown for words to which the index gives these scores, in their order."""

    async def asked(question: str, scores: Any, on: str | Recording = "flannel-healthy") -> list[str]:
        others = [each for each in entries if each not in scores]
        rest = max(0.0, 1.0 - sum(scores.values())) / len(others)  # the index spreads all of its trust
        clinic = Clinic(entries, meaning(dict.fromkeys(others, rest) | scores))
        recording = load(on) if isinstance(on, str) else on
        async with serve(recording) as server, connect_to(server.kubeconfig, recording.name) as link:
            answer = await clinic.ask(question, Cluster(Transport(link.client), recording.name))
        return [item.entry.id for item in answer.diagnoses]

    return asked


@pytest.mark.parametrize(
    "text",
    [
        "集群是不是有问题",
        "pod 访问外网超时",
        "怎么回事，服务不通了",
        "what is wrong here",
        "is the cluster ok?",
        "the pods of svc cart get no traffic",
        "checkout can't reach the database",
        "why is my node NotReady?",
        "node-3 is not ready",
        "节点未就绪",
    ],
)
def test_trouble_is_heard(text: str) -> None:
    assert speaks_of_trouble(text)


@pytest.mark.parametrize(
    "text",
    [
        "怎么看集群的 cluster domain",
        "how many pods fit on a node",
        "which vswitch is used",
        "hostPort 支持吗，现在不通",
        "pods can't use hostPort, is it supported?",
        "can we change the pod cidr",
        "why can't I change the pod cidr",
    ],
)
def test_a_question_for_instructions_is_none(text: str) -> None:
    assert not speaks_of_trouble(text)


async def test_a_guide_to_another_plugin_is_shown_where_it_is_asked_for(told: Any) -> None:
    guide, fault = "terway-pod-capacity", "flannel-pod-cidr-exhausted"
    assert await told("new pods here", {guide: 0.3, fault: 0.4}) == [fault]
    assert guide in await told("new pods here, with terway", {guide: 0.3, fault: 0.4})
    assert guide in await told("new pods here", {guide: 0.9})
    assert guide in await told("new pods here", {guide: 0.3, fault: 0.4}, "terway-healthy")


async def test_a_faint_guide_is_no_answer_to_trouble(told: Any) -> None:
    scores = {"cluster-domain": 0.3, "conntrack-table-full": 0.4}
    assert await told("the network is broken", scores) == ["conntrack-table-full"]
    assert await told("how do I see the network", scores) == ["conntrack-table-full", "cluster-domain"]
    assert (await told("the network is broken", {"cluster-domain": 0.9}))[0] == "cluster-domain"


async def test_words_that_mean_no_entry_get_none(told: Any) -> None:
    scores = {"conntrack-table-full": 0.05, "flannel-ip-leak": 0.04}
    assert await told("the network is broken", scores) == []
    assert await told("the network of this cluster", scores) != []


async def test_a_setting_that_the_words_speak_against_is_none_of_several(told: Any) -> None:
    scores = {"flannel-hairpin-off": 0.4, "conntrack-table-full": 0.3}
    by_nobody = "nobody can reach the service"
    assert await told(by_nobody, scores, "flannel-hairpin-off") == ["conntrack-table-full"]
    assert "flannel-hairpin-off" in await told(by_nobody, {"flannel-hairpin-off": 0.3}, "flannel-hairpin-off")
    assert "flannel-hairpin-off" in await told(by_nobody, scores | {"flannel-hairpin-off": 0.9}, "flannel-hairpin-off")


async def test_a_setting_that_the_words_say_nothing_of_comes_last(told: Any) -> None:
    scores = {"flannel-hairpin-off": 0.4, "conntrack-table-full": 0.3}
    assert await told("some requests are slow", scores, "flannel-hairpin-off") == [
        "conntrack-table-full",
        "flannel-hairpin-off",
    ]
    scores["conntrack-table-full"] = 0.2
    by_far = await told("some requests are slow", scores, "flannel-hairpin-off")
    assert by_far[0] == "flannel-hairpin-off", "the words fit it better than all others"


async def test_beside_what_fails_such_a_setting_is_not_told(told: Any) -> None:
    scores = {"flannel-hairpin-off": 0.4, "conntrack-table-full": 0.3}
    assert "flannel-hairpin-off" not in await told("svc basket times out", scores, cluster("flannel", NO_PODS))


async def test_ipv6_that_is_written_is_meant_on_a_cluster_without_it(told: Any) -> None:
    scores = {"ipv6-no-egress": 0.6, "terway-ipvlan-in-cluster-lb": 0.1}
    found = await told("the ipv6 load balancer is unreachable", scores, "terway-ipvlan-lb-off")
    assert found[0] == "ipv6-no-egress"
    unsaid = await told("the load balancer is unreachable", scores, "terway-ipvlan-lb-off")
    assert unsaid[0] == "terway-ipvlan-in-cluster-lb"


@pytest.mark.parametrize(
    ("text", "of_nodes"),
    [
        ("why is my node NotReady?", True),
        ("nodes flip to not ready", True),
        ("not-ready nodes in zone h", True),
        ("half of our workers NotReady", True),
        ("pods lost since the node went NotReady", True),
        ("为什么我的节点 NotReady？", True),
        ("有两个节点没就绪", True),
        ("节点不可用", True),
        ("pods are not ready", False),
        ("pods on that node are not ready", False),
        ("节点上的 Pod 没就绪", False),
        ("my deployment is not ready", False),
        ("are the nodes ready?", False),
        ("node is tainted, pods time out", False),
        ("KubePodNotReady: pod shop/web has been in a non-ready state for 15 minutes", False),
        ("KubeNodeNotReady: node cn-hangzhou.10.0.0.11 has been unready for 15 minutes", True),
    ],
)
def test_unready_nodes_are_heard(text: str, of_nodes: bool) -> None:
    assert speaks_of_unready_nodes(text) is of_nodes


async def test_asked_about_unready_nodes_a_faint_fault_of_something_else_is_no_answer(told: Any) -> None:
    scores = {"ipvs-scheduler-module-missing": 0.42, "terway-pod-lifecycle": 0.38}
    unready, other = "why is my node NotReady?", "why is my node so odd, any idea"
    assert await told(unready, scores, "terway-healthy") == []
    assert await told(other, scores, "terway-healthy") == ["ipvs-scheduler-module-missing", "terway-pod-lifecycle"]
    clear = {"ipvs-scheduler-module-missing": 0.9}
    assert await told(unready, clear, "terway-healthy") == ["ipvs-scheduler-module-missing"]
    about_nodes = {"flannel-cni-version-missing": 0.42}
    assert await told(unready, about_nodes) == ["flannel-cni-version-missing"]
    assert "ipvs-scheduler-module-missing" in await told(unready, scores, "flannel-notready-pleg")


async def test_what_is_seen_failing_stands_before_what_faint_words_alone_raise(told: Any) -> None:
    scores = {"flannel-multiple-route-tables": 0.4, "flannel-node-network-unavailable": 0.1}
    apart = "pods on one node cannot reach pods on other nodes"
    seen = await told(apart, scores, "flannel-route-not-described")
    assert seen[:2] == ["flannel-node-network-unavailable", "flannel-multiple-route-tables"]
    assert (await told(apart, scores))[0] == "flannel-multiple-route-tables", "nothing of the other is seen there"
    clear = await told(apart, scores | {"flannel-multiple-route-tables": 0.8}, "flannel-route-not-described")
    assert clear[0] == "flannel-multiple-route-tables", "the words plainly describe it"


async def test_what_is_asked_for_keeps_its_place_before_what_is_seen_failing(told: Any) -> None:
    scores = {"flannel-cni-version-missing": 0.4, "flannel-node-network-unavailable": 0.1}
    ruled_out = await told("new nodes fail", scores, "flannel-route-not-described")
    assert ruled_out[0] == "flannel-cni-version-missing", "it was looked at, and is not so"
    scores = {"flannel-hairpin-off": 0.4, "flannel-node-network-unavailable": 0.3}
    itself = await told("a pod fails to reach itself through its own service", scores, "flannel-route-not-described")
    assert itself[0] == "flannel-hairpin-off", "the words speak of it"
