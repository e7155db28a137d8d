"""What words name: objects with their kind, in both languages, and nothing where ordinary words are written."""

import pytest

from bot.cluster.mentions import MOST, Mention, mentions_in
from bot.cluster.named_objects import is_of


@pytest.mark.parametrize(
    ("text", "name", "kind", "namespace"),
    [
        ("nobody can reach svc basket", "basket", "service", ""),
        ("the basket service is refused", "basket", "service", ""),
        ("basket 服务连不上", "basket", "service", ""),
        ("访问服务basket不通", "basket", "service", ""),
        ("服务 basket 超时", "basket", "service", ""),
        ("a service named basket hangs", "basket", "service", ""),
        ("basket 这个服务 502", "basket", "service", ""),
        ("Service: basket", "basket", "service", ""),
        ("mall/basket is refused", "basket", "", "mall"),
        ("deploy/basket has no pods", "basket", "workload", ""),
        ("basket.mall.svc.cluster.local does not answer", "basket", "service", "mall"),
        ("curl http://basket.mall:8080/x hangs", "basket", "service", "mall"),
        ("basket:8080 is refused", "basket", "service", ""),
        ("basket's pods crash", "basket", "pod", ""),
        ("report 的 pod 起不来", "report", "pod", ""),
        ("every order pod is Running", "order", "pod", ""),
        ("pods of basket cannot resolve", "basket", "pod", ""),
        ("it cannot get at its backend svc basket", "basket", "service", ""),
        ("in ns mall all is well", "mall", "namespace", ""),
        ("命名空间 mall 里都连不上", "mall", "namespace", ""),
        ("节点10.0.1.11 NotReady", "10.0.1.11", "node", ""),
        ("node cn-hangzhou.10.0.1.11 flaps", "cn-hangzhou.10.0.1.11", "node", ""),
        ("10.0.1.11 flips", "10.0.1.11", "", ""),
        ("pod mall/basket-0 restarts", "basket-0", "pod", "mall"),
        ("nobody can reach svc mall/basket", "basket", "service", "mall"),
        ("in namespace mall/basket", "basket", "", "mall"),
        ("pods order-0, mall/basket-0 和 stock-0 起不来", "basket-0", "pod", "mall"),
        ("nodes 10.0.1.10 and 10.0.1.11 flap", "10.0.1.11", "node", ""),
        ("web-7d9c6b8f54-4hpxk has no ip", "web-7d9c6b8f54-4hpxk", "", ""),
    ],
)
def test_plain_names(text: str, name: str, kind: str, namespace: str) -> None:
    found = next(each for each in mentions_in(text) if each.name == name)
    assert (found.kind, found.namespace) == (kind, namespace)
    assert found.plain or ":" in text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("services order, basket and stock are refused", "service"),
        ("order, basket and stock are refused", ""),
        ("in namespace mall, basket is refused", ""),
        ("on node 10.0.1.11, basket is refused", ""),
        ("service order, which basket calls, is slow", ""),
    ],
)
def test_the_kind_before_an_enumeration_is_that_of_all(text: str, kind: str) -> None:
    (found,) = (each for each in mentions_in(text) if each.name == "basket")
    assert (found.kind, found.plain) == (kind, False)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("shopfront gets refused as soon as it calls basket", {"shopfront", "basket"}),
        ("can't connect to portal on any node ip", {"portal"}),
        ("ledger-api can't scale beyond one replica", {"ledger-api"}),
        ("shopfront 调 basket 一直超时", {"shopfront", "basket"}),
    ],
)
def test_words_that_may_be_names_are_not_plain(text: str, names: set[str]) -> None:
    found = mentions_in(text)
    assert {each.name for each in found} == names
    assert not any(each.plain for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "the network is broken",
        "service is down",
        "服务之间调用偶尔超时，帮忙看看",
        "pods stuck in ContainerCreating since 10 min",
        "pod to pod traffic between nodes is slow",
        "0/3 nodes are available: 3 node(s) didn't have free ports",
        "重启 coredns 之后 DNS 解析一直超时，已经好几分钟了",
        "dns lookups time out",
        "read: i/o timeout",
        "the service returns 502 and/or times out",
        "",
    ],
)
def test_ordinary_words_name_nothing(text: str) -> None:
    assert mentions_in(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        *("the backend service is down", "our api service is slow", "db 服务连不上", "get svc lists it"),
        *(
            "the java service is refused",
            "java 服务连不上",
            "billing services cannot reach themselves",
            "on edge nodes",
        ),
    ],
)
def test_a_part_of_an_app_or_a_verb_is_a_name_only_where_there_is_one(text: str) -> None:
    assert [each.plain for each in mentions_in(text)] == [False]


def test_of_what_is_called_by_its_part_and_its_name_the_name_has_the_kind() -> None:
    found = {each.name: each.kind for each in mentions_in("cannot reach the backend service basket")}
    assert found == {"backend": "", "basket": "service"}


def test_a_port_belongs_to_its_name() -> None:
    assert mentions_in("curl http://basket:8000/health") == (Mention("basket", "service", port=8000),)


def test_of_one_name_the_plainest_mention_counts_and_long_texts_end() -> None:
    assert mentions_in("basket fails, svc basket") == (Mention("basket", "service", plain=True),)
    assert len(mentions_in(" ".join(f"thing{number}x" for number in range(500)))) == MOST


@pytest.mark.parametrize(
    ("name", "workload", "expected"),
    [
        ("cart", "cart", True),
        ("cart-5f6b7c9d88", "cart", True),
        ("cart-5f6b7c9d88-x7vfl", "cart", True),
        ("cart-0", "cart", True),
        ("cart-xkzpq", "cart", True),
        ("cart-cache-5f6b7c9d88-x7vfl", "cart", False),
        ("cart-batch-7f8b9", "cart", False),
        ("cartoon-0", "cart", False),
        ("my-cart-0", "cart", False),
    ],
)
def test_what_belongs_to_a_workload(name: str, workload: str, expected: bool) -> None:
    assert is_of(name, workload) is expected


def test_a_line_says_nothing_of_the_next_ones_first_word() -> None:
    log = "I1120 18:58:00 cannot start this pod\nE1120 18:58:00 no address is left"
    assert not [each for each in mentions_in(log) if each.plain or each.kind]
