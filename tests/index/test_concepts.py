"""What is noticed, in many wordings and two languages: the same term for each, and none for what only looks so."""

import pytest

from index.concepts import concepts
from index.tokenize import normalize


@pytest.mark.parametrize(
    ("concept", "english", "chinese"),
    [
        ("not started", "the new pods never come up", "新副本起不来"),
        ("no address", "the pod doesn't get an ip", "Pod 分不到 IP"),
        ("used up", "we ran out of addresses", "地址用完了"),
        ("setting up fails", "sandbox creation fails", "沙箱建不出来"),
        ("no answer", "the service can't be reached", "服务打不开"),
        ("refused", "the peer rejects us", "被对端拒绝"),
        ("now and then", "requests fail once in a while", "请求时好时坏"),
        ("lost", "packets get dropped", "节点丢包"),
        ("slow", "latency is high", "延迟很高"),
        ("names", "lookups fail", "域名解析失败"),
        ("itself", "a pod calls itself", "自己调自己"),
        ("uneven", "load isn't balanced", "流量不均"),
        ("a new node", "on the node we just joined", "刚加的节点"),
        ("a rollout", "after each deploy", "每次发版"),
        ("after its start", "in its first seconds", "刚启动"),
        ("changed later", "can it be modified", "后期能改吗"),
        ("an upgrade", "since we upgraded", "升完级"),
        ("a new vSwitch", "we added another subnet", "加了交换机"),
        ("allowlist", "firewall of the bank", "要加白名单"),
        ("across nodes", "between nodes", "跨节点"),
        ("left over", "stale leases", "残留的地址"),
    ],
)
def test_both_languages_meet_in_one_term(concept: str, english: str, chinese: str) -> None:
    assert f"k:{concept}" in concepts(normalize(english))
    assert f"k:{concept}" in concepts(normalize(chinese))


@pytest.mark.parametrize(
    ("concept", "text"),
    [
        ("used up", "the pod is running fine"),
        ("no address", "the pod has an address"),
        ("routes", "the routine check passed"),
        ("ping", "shopping cart"),
        ("interfaces", "machine of the nice team"),
        ("lost", "raindrop is a shop"),
        ("of a Service", "our provider's microservices team"),
        ("uneven", "服务之间调用正常"),
        ("used up", "地址还很多"),
        ("itself", "on the host itself"),
        ("no answer", "Pod 分配不到地址"),
    ],
)
def test_what_only_looks_like_it_is_not(concept: str, text: str) -> None:
    assert f"k:{concept}" not in concepts(normalize(text))


def test_each_concept_counts_once() -> None:
    found = concepts("timeout timeout timed out 超时")
    assert found.count("k:no answer") == 1
