"""Patterns over people's words: what they find, what they do not, and what is wrong with one that cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.errors import ExpressionError
from knowledge.word_patterns import normalize, word_groups, word_pattern


def is_said(pattern: str, text: str) -> bool:
    return word_pattern(pattern).find(normalize(text)) is not None


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("It can't, won't, doesn't and cannot!", "it cannot , will not , does not and cannot ."),
        ("web-0.shop:8080 hangs", "web 0 shop 8080 hangs"),
        ("重启coredns之后 解析 超时，", "重启 coredns 之后解析超时 ,"),
        ("ＨｏｓｔＰｏｒｔ “80”", "hostport 80"),
        ("A works but B fails", "a works , but b fails"),
        ("it heals by itself", "it heals alone"),
        ("the pod restarts itself", "the pod restarts alone"),
        ("过几分钟自己就好了", "过几分钟自动好了"),
        ("", ""),
    ],
)
def test_one_spelling_for_what_people_type(typed: str, read: str) -> None:
    assert normalize(typed) == read


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("host port*", "hostPorts"),
        ("host port*", "host-port"),
        ("(its|their) own (service|svc)", "it calls its own svc"),
        ("the (very)? same pod", "the same pod"),
        ("other pods ... <fails>", "from other pods it also fails"),
        ("udp & session", "the session of a UDP packet"),
        ("自己的 (service|svc)", "访问自己的service超时"),
        ("访问 ... 自己", "访问不了自己"),
        ("<reaches> (to)? itself", "the pod cannot connect to itself"),
        ("but (not)? itself", "it reaches everything but not itself"),
        ("nodeport", "not only the NodePort, hostPort too: NodePort fails"),
        ("pods (cannot|always|reach)* it", "pods cannot always reach it"),
        ("pods (cannot|always|reach)* it", "pods it"),
        ("@name pod <reaches> (the)? @name (service|svc)", "the cart-api pod calls the cart-api service"),
        ("@name pod <reaches> (svc)? @name", "when a web pod calls svc web from node 3"),
        ("@name pod <reaches> @name", "web pod calls db, order pod calls order"),
        ("@name 的 pod 访问 @name 服务", "支付的 Pod 访问支付服务超时"),
    ],
)
def test_said(pattern: str, text: str) -> None:
    assert is_said(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("port", "report"),
        ("port", "ports"),
        ("other pods ... <fails>", "other pods are fine, it fails"),
        ("other pods ... <fails>", "from other pods it works but from itself it fails"),
        ("other pods ... <fails>", "other pods do not fail"),
        ("别的 pod ... <fails>", "别的 pod 没问题，自己超时"),
        ("udp & session", "a UDP packet"),
        ("nodeport", "it is not a NodePort"),
        ("nodeport", "不是 NodePort"),
        ("nodeport", "we use hostPort instead of a NodePort"),
        ("(restart*|upgrad*)", "it does not happen, not after a restart"),
        ("pods (cannot|always|reach)* it", "pods cannot easily reach it"),
        ("@name pod <reaches> (the)? @name (service|svc)", "the cart pod calls the web service"),
        ("@name pod <reaches> (the)? @name (service|svc)", "the cart-api pod calls the api service"),
        ("@name pod <reaches> (the)? @name (service|svc)", "the api pod calls the cart-api service"),
        ("@name pod <reaches> (svc)? @name", "a web pod calls svc web-admin"),
        ("@name pod <reaches> (the)? @name", "calls to the web pod reach the web"),
        ("@name pod <reaches> (the)? @name", "another pod calls another"),
        ("@name 的 pod 访问 @name 服务", "支付的 Pod 访问订单服务超时"),
    ],
)
def test_not_said(pattern: str, text: str) -> None:
    assert not is_said(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("(a|b", "leaves a bracket open"),
        ("a)", "closes a bracket that is not open"),
        ("(a|)", "says nothing in one of its alternatives"),
        ("a &", 'has nothing on one side of "&"'),
        ("<fail>", 'no wordings "<fail>" (did you mean "fails"?)'),
        ("colou?r", 'holds "colou?r", which is no word'),
        ("!!", 'holds "!!", which is no word'),
        ("(" * 9 + "a" + ")" * 9, "has more than 8 brackets in each other"),
        ("(" * 1000 + "a" + ")*" * 1000, "has more than 8 brackets in each other"),
    ],
)
def test_what_cannot_be_read_is_named(pattern: str, what: str) -> None:
    with pytest.raises(ExpressionError) as error:
        word_pattern(pattern)
    assert what in str(error.value)


def test_every_group_can_be_read() -> None:
    for name in word_groups():
        word_pattern(f"<{name}>")


WORDS = ("a", "restart*", "it's", "如果", "but", "don't", "5%", "[a]", "\\", "^$", "<fails>", "<reaches>", "@name")
SIGNS = ("…", "...", " ", "&", "|", "(", ")", ")?", ")*")


@given(st.lists(st.sampled_from(WORDS + SIGNS), max_size=8).map("".join))
def test_what_can_be_read_can_be_looked_for(written: str) -> None:
    try:
        pattern = word_pattern(written)
    except ExpressionError:
        return
    pattern.find("it restarts , but a 5 % of x y fails")


def test_long_text_costs_little() -> None:
    text = normalize("calls from other pods to a b c d e f g " * 400)
    assert word_pattern("<others> ... <fails>").find(text) is None
