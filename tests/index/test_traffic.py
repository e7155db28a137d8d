"""Who reaches whom: the same words in another order are another fault, in both languages."""

import pytest

from index.tokenize import normalize
from index.traffic import traffic_terms


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("pods cannot reach the internet", "d:pod to outside"),
        ("no pod of ours can open public sites any more", "d:pod to outside"),
        ("curl to the internet hangs from inside the container", "d:pod to outside"),
        ("Pod 访问不了公网", "d:pod to outside"),
        ("容器里 curl -6 外网超时", "d:pod to outside"),
        ("Pod访问不了公网", "d:pod to outside"),
        ("the internet cannot reach our pods", "d:outside to pod"),
        ("pods not reachable from outside the cluster", "d:outside to pod"),
        ("external clients can't open the pod", "d:outside to pod"),
        ("外面访问不了容器", "d:outside to pod"),
        ("从公网 ping6 不到 Pod", "d:outside to pod"),
        ("pod can't reach its own service", "d:pod to itself"),
        ("Pod 访问自己的 Service 不通", "d:pod to itself"),
        ("a pod can't reach the service", "d:pod to service"),
        ("Pod 连不上 service", "d:pod to service"),
        ("node cannot ping the pods", "d:node to pod"),
        ("节点 ping 不通容器", "d:node to pod"),
        ("pods cannot ping the node", "d:pod to node"),
        ("容器 ping 不通节点", "d:pod to node"),
        ("pod cannot connect to a database", "d:pod to machine"),
        ("容器连不上数据库", "d:pod to machine"),
    ],
)
def test_both_ends_have_their_side(text: str, direction: str) -> None:
    assert [term for term in traffic_terms(normalize(text)) if " to " in term] == [direction]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("客户端用 IPv6 访问集群外的网站一直超时", ["d:to outside"]),
        ("it times out when it opens websites outside the cluster", ["d:to outside"]),
        ("nothing comes back from the pods", ["d:from pod"]),
    ],
)
def test_one_end_alone_is_told_too(text: str, found: list[str]) -> None:
    assert traffic_terms(normalize(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("from pods the site works, from nodes it doesn't", ["d:from node"]),
        ("从外网访问 Pod 正常，节点访问不了 Pod", ["d:from node", "d:to pod", "d:node to pod"]),
        ("the address works from outside but not from pods", ["d:from pod"]),
    ],
)
def test_what_works_tells_no_direction(text: str, found: list[str]) -> None:
    assert traffic_terms(normalize(text)) == found


@pytest.mark.parametrize(
    "text", ["", "good morning", "pods stuck in ContainerCreating", "交换机地址用完了", "podcast", "nodejs"]
)
def test_words_without_traffic_have_none(text: str) -> None:
    assert traffic_terms(normalize(text)) == []


def test_a_long_line_takes_no_time() -> None:
    assert len(traffic_terms("pods reach the internet from " * 5_000)) < 40
