"""What the words of a question name: Services, pods, workloads, nodes and namespaces, in English and Chinese.

Only the text is looked at. A kind written beside a name ("svc cart", "cart 服务", "the cart pods"), a path
("shop/cart", "deploy/cart"), a DNS name ("cart.shop.svc") and the look of a name ("web-7d9c6b8f54-4hpxk") say plainly
that something is named. Any other word may be a name: it counts where an object of that name exists.
"""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.cluster.ordinary_words import ORDINARY

KIND_WORDS = {
    **dict.fromkeys(("service", "services", "svc", "服务"), "service"),
    **dict.fromkeys(("pod", "pods", "容器组"), "pod"),
    **dict.fromkeys(("deployment", "deployments", "deploy", "statefulset", "sts", "daemonset", "ds"), "workload"),
    **dict.fromkeys(
        ("replicaset", "rs", "job", "cronjob", "workload", "应用", "工作负载", "无状态", "有状态"), "workload"
    ),
    **dict.fromkeys(("node", "nodes", "worker", "machine", "ecs", "节点", "机器"), "node"),
    **dict.fromkeys(("namespace", "ns", "命名空间"), "namespace"),
}
# Ordinary words that are as ordinary as names of namespaces.
_PLACES = frozenset(("prod", "production", "stage", "staging", "test", "testing", "default", "public", "kube-system"))
# A word before these says what kind of them is meant: "java services" names one only where there is one of that name.
_MANY = frozenset(("services", "nodes"))
# What people call a Service by its part, or by what it is made of: "the backend service", "a go service".
_PARTS_OF_AN_APP = frozenset(
    (
        *("backend", "backends", "frontend", "frontends", "upstream", "upstreams", "downstream", "target", "targets"),
        *("api", "web", "app", "database", "db", "cache", "auth", "grpc", "http", "tcp", "udp", "headless", "nodeport"),
        *("loadbalancer", "clusterip", "kubernetes", "k8s"),
        *("java", "jvm", "spring", "go", "golang", "python", "php", "ruby", "rust", "nodejs", "dotnet", "net"),
    )
)
_FILLERS = frozenset(("named", "called", "name", "的", "叫", "名为", "名叫", "这个", "那个", "s"))
_AND = frozenset((",", "，", "、", "and", "or", "和", "及", "与", "跟"))
_TOKEN = re.compile(
    r"[a-z]+://\S+|[a-z0-9_]+(?:[./:-]+[a-z0-9_]+)*|服务|容器组|节点|机器|命名空间|工作负载|应用|无状态|有状态"
    r"|的|叫|名为|名叫|这个|那个|[,;!?()，。；、！？（）]|[^\s:：'\"`’‘“”「」=]"
)
_NAMED_BY_PATH = ("pod", "service", "workload")  # "pod shop/cart-0": no node or namespace is called so
_URL = re.compile(r"^[a-z]+://")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_SVC_NAME = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.[a-z0-9.-]+)?")
# A member of a StatefulSet by the name that DNS gives it: mongo-1.mongo, mongo-1.mongo.db.svc.cluster.local.
_MEMBER = re.compile(r"([a-z0-9-]+-\d+)\.([a-z][a-z0-9-]*)(?:\.([a-z0-9-]+)(?:\.svc(?:\.[a-z0-9.-]+)?)?)?(?::\d{1,5})?")
_HOST_AND_PORT = re.compile(r"([a-z0-9.-]+):(\d{1,5})")
_POD_NAME = re.compile(r"[a-z0-9.-]+-[a-z0-9]{5}|[a-z0-9.-]+-\d+")
MOST = 12  # names of one question: what is longer is a log that somebody pasted


@dataclass(frozen=True)
class Mention:
    """A name in the words. ``kind`` is empty where none is written; ``plain``: surely meant as a name.

    ``port``: written behind it, as in ``cart:8080``. ``is_place``: something is said to be in it, as in a namespace.
    """

    name: str
    kind: str = ""
    namespace: str = ""
    plain: bool = False
    port: int = 0
    is_place: bool = False


def mentions_in(text: str) -> tuple[Mention, ...]:
    """The names in a text, in its order; of one name the plainest mention. A line's last word says nothing of the next
    line's first."""
    lines = " ; ".join(text.lower().splitlines())
    tokens = [token for token in _TOKEN.findall(lines) if token not in _FILLERS]
    found: dict[tuple[str, str], Mention] = {}
    for mention in _mentions(tokens):
        key = (mention.name, mention.kind if mention.kind in ("node", "namespace") else "")
        before = found.get(key)
        if before is None or (mention.plain, bool(mention.kind)) > (before.plain, bool(before.kind)):
            found[key] = mention
    return tuple(found.values())[:MOST]


def _mentions(tokens: list[str]) -> Iterator[Mention]:
    listed, last = "", -1  # the kind before an enumeration ("pods web-1, web-2 and web-3"), and where that is
    for at, token in enumerate(tokens):
        if token in KIND_WORDS:
            continue
        kind, plain = _kind_beside(tokens, at)
        goes_on = bool(listed) and 1 < at - last <= 3 and all(each in _AND for each in tokens[last + 1 : at])
        if not kind and goes_on:
            kind, last = listed, at
        elif token not in _AND:
            listed, last = (kind, at) if kind and _begins_list(tokens, at) else ("", -1)
        if member := _MEMBER.fullmatch(_URL.sub("", token).partition("/")[0]):
            yield Mention(member[1], "pod", member[3] or "", plain=True)
            yield Mention(member[2], "service", member[3] or "")
        elif (named := _of_path(token)) or (named := _of_host(token)):
            yield named if named.kind or kind not in _NAMED_BY_PATH else replace(named, kind=kind)
        elif _NAME.fullmatch(token) and _may_name(token, kind):
            is_plain = (plain and not _is_inflected(token)) or _looks_named(token)
            yield Mention(token, kind, plain=is_plain, is_place=not kind and _is_place(tokens, at))


def _begins_list(tokens: list[str], at: int) -> bool:
    """Whether more of the kind may follow: "on node web-1, cart fails" and "in namespace shop, cart fails" name one."""
    before = tokens[at - 1] if at else ""
    return before == "nodes" or KIND_WORDS.get(before) in _NAMED_BY_PATH


def _may_name(word: str, kind: str) -> bool:
    """A name may be an ordinary word only with its kind beside it, and not as people write them in sentences."""
    if word in _PLACES and kind == "namespace":
        return True
    return len(word) > 1 and word not in ORDINARY and word not in KIND_WORDS and (not word.isdigit() or bool(kind))


def _is_inflected(word: str) -> bool:
    """A form of an ordinary word, which is a name only where there is one: "get svc lists v4 only"."""
    return any(word.endswith(end) and word.removesuffix(end) in ORDINARY for end in ("s", "es", "ed", "d", "ing", "ly"))


def _looks_named(word: str) -> bool:
    return bool(_POD_NAME.fullmatch(word)) or _is_address(word)


def _kind_beside(tokens: list[str], at: int) -> tuple[str, bool]:
    """The kind that is written before or behind the word, and whether the word is surely a name then."""
    before, behind = (tokens[place] if 0 <= place < len(tokens) else "" for place in (at - 1, at + 1))
    if before == "of" and at > 1 and KIND_WORDS.get(tokens[at - 2]) == "pod":  # "the pods of cart"
        return "pod", True
    if before in KIND_WORDS:  # "svc cart"; but in "my service cart pods" the pods are cart's
        return KIND_WORDS[behind if behind in KIND_WORDS and not _is_name(tokens, at + 2) else before], True
    if behind not in KIND_WORDS or (tokens[at] in _PARTS_OF_AN_APP and _is_name(tokens, at + 2)):
        return "", False  # "its backend svc cart": the service is cart
    return KIND_WORDS[behind], tokens[at] not in _PARTS_OF_AN_APP and behind not in _MANY


def _is_place(tokens: list[str], at: int) -> bool:
    """ "the pods in shop", "shop 里的 pod"."""
    before, behind = (tokens[place] if 0 <= place < len(tokens) else "" for place in (at - 1, at + 1))
    return before in ("in", "inside", "within", "在") or behind in ("里", "内", "下")


def _is_name(tokens: list[str], at: int) -> bool:
    return at < len(tokens) and bool(_NAME.fullmatch(tokens[at])) and _may_name(tokens[at], "")


def _of_path(token: str) -> Mention | None:
    """``shop/cart``, ``deploy/cart``, ``http://cart.shop:8080/x``; nothing of ``i/o`` and ``10.0.0.0/8``."""
    if _URL.match(token):
        return _of_host(_URL.sub("", token).partition("/")[0])
    place, slash, name = token.partition("/")
    if not slash or not (_NAME.fullmatch(place) and _NAME.fullmatch(name)) or _is_address(place) or name.isdigit():
        return None
    if place in KIND_WORDS or place.partition(".")[0] in KIND_WORDS:
        return Mention(name, KIND_WORDS.get(place) or KIND_WORDS[place.partition(".")[0]], plain=True)
    if min(len(place), len(name)) < 2 or (place in ORDINARY and place not in _PLACES):
        return None
    return Mention(name, namespace=place, plain=name not in ORDINARY)


def _of_host(token: str) -> Mention | None:
    """``cart.shop.svc.cluster.local``, ``cart:8080``, ``cart.shop``."""
    host, port = token, 0
    if found := _HOST_AND_PORT.fullmatch(token):
        host, port = found[1], int(found[2])
    if found := _SVC_NAME.fullmatch(host):
        return Mention(found[1], "service", found[2], plain=True, port=port)
    if not _NAME.fullmatch(host) or _is_address(host) or not (port or host.count(".") == 1):
        return Mention(host, plain=True, port=port) if port and _is_address(host) else None
    name, _, namespace = host.partition(".")
    if name in ORDINARY or name.isdigit() or "." in namespace:
        return None
    return Mention(name, "service" if port else "", namespace, port=port)


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False
