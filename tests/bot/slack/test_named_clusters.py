"""Clusters named in plain words, and what only looks like one."""

import pytest

from bot.slack.cluster_choice import AmbiguousCluster, ChosenCluster, Clusters, UnknownCluster
from bot.slack.named_clusters import NamedClusters, find_named, nearest, says_only_cluster, without_cluster

NAMES = ("prod-a", "prod-b", "staging", "terway-healthy")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("pods stuck in ContainerCreating on terway-healthy", ["terway-healthy"]),
        ("and on prod-b?", ["prod-b"]),
        ("prod-b: DNS times out", ["prod-b"]),
        ("DNS times out (Prod-B).", ["prod-b"]),
        ("on prod-b's nodes packets are lost", ["prod-b"]),
        ("staging pods do not start", ["staging"]),
        ("在 prod-b 上 pod 起不来", ["prod-b"]),
        ("在prod-b上pod起不来", ["prod-b"]),
        ("集群 prod-b 解析超时", ["prod-b"]),
        ("kubectl --context prod-b get pods says Pending", ["prod-b"]),
        ("kubectl --context=prod-b get pods", ["prod-b"]),
        ("cluster: prod-b\nnamespace: staging", ["prod-b"]),
        ("*cluster:* `prod-b`", ["prod-b"]),
        ("pod web-0 of namespace shop on prod-a", ["prod-a"]),
        ("prod-b fails and prod-a does not", ["prod-b", "prod-a"]),
    ],
)
def test_names_stand_as_whole_words(text: str, known: list[str]) -> None:
    assert find_named(text, NAMES) == NamedClusters(tuple(known))


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("and on prod-c?", "prod-c"),
        ("pods stuck on prod-c since 10 min", "prod-c"),
        ("pods stuck on the prod-c cluster", "prod-c"),
        ("prod-c pods do not start", "prod-c"),
        ("在 prod-c 上 pod 起不来", "prod-c"),
        ("prod-c 上呢？", "prod-c"),
        ("prod-z集群解析超时", "prod-z"),
        ("pods stuck on production", "production"),
        ("on dev nothing resolves", "dev"),
        ("our production cluster drops packets", "production"),
        ("on staging-eu pods are stuck", "staging-eu"),
        ("the pods on eu-prod get no address", "eu-prod"),
        ("在 cn-hangzhou-staging 上 pod 起不来", "cn-hangzhou-staging"),
        ("cluster: mars\nalert: KubePodNotReady", "mars"),
        ("kubectl --context mars get pods", "mars"),
        ("and on mars?", "mars"),
        ("what about mars too?", "mars"),
        ("DNS fails on c0123456789abcdef0123456789abcdef", "c0123456789abcdef0123456789abcdef"),
    ],
)
def test_what_looks_like_a_cluster_and_is_none_is_told(text: str, unknown: str) -> None:
    assert find_named(text, NAMES).unknown == unknown


@pytest.mark.parametrize(
    "text",
    [
        "it broke on monday",
        "and on monday?",
        "who is on call",
        "on-call says pods fail",
        "connection refused on port 80",
        "packets are lost on node cn-hangzhou.10.0.0.11",
        "packets are lost on cn-hangzhou.10.0.0.11",
        "packets are lost on node staging",
        "pods in namespace staging are stuck",
        "pods in namespaces shop and staging are stuck",
        "the staging namespace is stuck",
        "the prod-c deployment does not start",
        "prod-c service times out",
        "kubectl -n staging get pods",
        "命名空间 staging 的 pod 起不来",
        "pod prod-a does not start",
        "pod shop/prod-a does not start",
        "env=staging",
        "prod-a-1-x7k2p does not start",
        "eth0: timeouts on eth0 and on IPVS",
        "errors on terway-eniip pods, on kube-proxy and on web-0",
        "on web-7d9c6b8f5-k2x9q",
        "high latency on checkout-api",
        "connect to 10.0.0.1 on restart",
        "it fails on the first try, on all nodes",
        "the cluster is broken; cluster cannot be reached",
        "a 3-node cluster with IPv6",
        "on IPv6 clusters and on ACK clusters",
        "on dev machines",
        "and on flannel?",
        "and on the other node?",
        "stagingly",
        "",
    ],
)
def test_what_is_no_cluster(text: str) -> None:
    assert find_named(text, NAMES) == NamedClusters()


@pytest.mark.parametrize(
    "text", ["pods on prod-b are stuck", "the product is down", "shop/prod", "prod.svc", "nonprod"]
)
def test_a_name_that_is_part_of_another_word_is_not_found(text: str) -> None:
    assert "prod" not in find_named(text, ("prod", "prod-b")).known


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("default deny policy blocks pods", []),
        ("on default routes packets are lost", []),
        ("kubernetes DNS fails in a test", []),
        ("on test pods are stuck: all of them", []),
        ("pods are stuck on test", ["test"]),
        ("the default cluster is slow", ["default"]),
        ("cluster default is slow", ["default"]),
        ("在 test 上 pod 起不来", ["test"]),
    ],
)
def test_names_that_are_everyday_words_need_a_mark(text: str, known: list[str]) -> None:
    assert list(find_named(text, ("default", "test", "kubernetes")).known) == known


def test_two_names_that_differ_by_case_alone() -> None:
    assert find_named("on Prod-A", ("prod-a", "Prod-A")).known == ("Prod-A",)


def test_names_of_any_letters() -> None:
    names = ("arn:aws:eks:eu:1:cluster/x", "admin@prod", "生产", "prod hz")
    for name in names:
        assert find_named(f"pods stuck on {name} today", names).known == (name,)


def test_nothing_is_unknown_where_nothing_is_known() -> None:
    assert find_named("pods stuck on prod-c", ()) == NamedClusters()


def test_clusters_that_may_not_be_asked_are_told_as_unknown() -> None:
    assert find_named("pods stuck on vault", NAMES, others=["vault"]).unknown == "vault"


def test_the_nearest_names_come_first() -> None:
    assert nearest("prod-c", NAMES)[:2] == ["prod-b", "prod-a"] or nearest("prod-c", NAMES)[:2] == ["prod-a", "prod-b"]
    assert nearest("stagin", NAMES)[0] == "staging"
    assert nearest("prod", ("eu-west", "prod-frankfurt-blue")) == ["prod-frankfurt-blue"]


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("and on prod-b?", True),
        ("prod-b 上呢？", True),
        ("what about prod-b, please", True),
        ("is it still happening on prod-b too?", True),
        ("and on prod-b? DNS is slow there", False),
        ("and there?", False),
    ],
)
def test_whether_nothing_else_is_said(text: str, only: bool) -> None:
    assert says_only_cluster(text, find_named(text, NAMES)) is only


def test_the_order_of_what_decides() -> None:
    known = Clusters(lambda: NAMES, default="staging", by_channel=(("inc-shop", "staging"),))
    words = "pods stuck on prod-b"
    assert known.choose(words=words, thread="prod-a", channel_name="inc-shop") == ChosenCluster("prod-b")
    assert known.choose(given="prod-a", words=words) == ChosenCluster("prod-a")
    assert known.choose(words="and now?", thread="prod-a", about="cluster: prod-b") == ChosenCluster("prod-a")
    assert known.choose(words="why?", about="cluster: prod-b", channel_name="inc-shop") == ChosenCluster("prod-b")
    assert known.choose(words="prod-b, not prod-a") == AmbiguousCluster(("prod-b", "prod-a"))
    choice = known.choose(words="pods stuck on prod-c", thread="prod-a")
    assert isinstance(choice, UnknownCluster)
    assert set(choice.offered[:2]) == {"prod-a", "prod-b"}
    assert set(choice.offered) == set(NAMES)


def test_settings_that_leave_a_cluster_out_hold_for_words() -> None:
    known = Clusters(lambda: ("prod-a", "vault"), names=("prod-a",))
    choice = known.choose(words="pods stuck on vault")
    assert isinstance(choice, UnknownCluster)
    assert choice.offered == ("prod-a",)
    assert known.choose(words="pods stuck on prod-a") == ChosenCluster("prod-a")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("resolve on prod-b", "resolve"),
        ("fixed on prod-b, thanks", "fixed thanks"),
        ("prod-b: resolve", "resolve"),
        ("I'm on it on the prod-b cluster", "I'm on it"),
        ("在 prod-b 上再查一下", "再查一下"),
        ("prod-b 已解决", "已解决"),
        ("resolve", ""),
        ("resolve on prod-bb", ""),
        ("resolve prod-b-2", ""),
    ],
)
def test_a_cluster_is_taken_out_of_what_is_said_of_it(text: str, rest: str) -> None:
    assert without_cluster(text, "prod-b") == rest
