"""Clusters that people, or alerts, name in plain words: "pods stuck on prod-hz", "and on prod-b?", "在 prod-hz 上".

A context's name counts where it stands as a whole word. What follows "on" like a cluster's name and is none is told
too, so that nobody is answered for another cluster. Names of other things (namespaces, pods, nodes) are no clusters.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.errors import nearest_names

MOST_NEAR = 5
_NEARBY = 200  # characters before a name that tell what it is the name of
_LIKE, _WORD_LIKE = 0.75, 0.85  # of difflib's ratio: by as much a name, and a plain word, may differ from a known one
_MISSPELT = 0.8  # the same where nothing marks it as a cluster's
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._@/-]{0,120}[A-Za-z0-9])?"
_QUOTE = "[\"'`“”‘’「」]?"
_KINDS = (
    r"namespaces?|ns|pods?|nodes?|containers?|services?|svc|deployments?|deploy|statefulsets?|sts|daemonsets?|ds|jobs?|"
    r"cronjobs?|replicasets?|configmaps?|ingress(?:es)?|endpoints?|hosts?|machines?|servers?|vms?|instances?|ports?|"
    r"interfaces?|apps?|applications?|images?|vswitch(?:es)?|vsw|zones?|regions?|vpcs?|enis?|nics?|devices?|"
    r"node\s?pools?|pools?|labels?|users?|branch(?:es)?|channels?|files?|version"
)
_KINDS_ZH = "命名空间|名字空间|节点池|节点|容器|服务|应用|端口|网卡|交换机|可用区|主机|实例"
# "namespace prod", "namespaces shop and prod", "-n prod", "命名空间 prod": the name of something else
_AFTER_KIND = re.compile(
    rf"(?:(?<![\w-])(?:{_KINDS})|{_KINDS_ZH}|(?<!\S)-n|--namespace)\s*[:=：]?\s*{_QUOTE}"
    rf"(?:[\w.-]+{_QUOTE}\s*(?:,|、|\band\b|\bor\b|和)\s*{_QUOTE}){{0,6}}$",
    re.IGNORECASE,
)
_BEFORE_NAMESPACE = re.compile(rf"{_QUOTE}\s*(?:(?:namespaces?|ns)\b|命名空间|名字空间)", re.IGNORECASE)
_BEFORE_KIND = re.compile(rf"{_QUOTE}\s*(?:(?:{_KINDS})\b|{_KINDS_ZH})", re.IGNORECASE)
# "the prod-app deployment": one object's name, where "prod-hx pods" may well be a cluster's
_BEFORE_OBJECT = re.compile(
    rf"{_QUOTE}\s+(?:container|service|svc|deployment|deploy|statefulset|sts|daemonset|ds|job|cronjob|replicaset|"
    rf"configmap|ingress|endpoint|app|application|image|branch|release|chart)\b",
    re.IGNORECASE,
)
_CLUSTER = r"(?:kube-?|k8s[ _-]?|kubernetes[ _-]?)?(?:cluster|context)(?:[ _-]?name)?"
_TOLD = rf"(?:(?<![\w-]){_CLUSTER}|--(?:context|cluster)|集群|上下文)"
_AFTER_CLUSTER = re.compile(
    rf"{_TOLD}(?:\s+(?:named|called|is))?(?:叫|是|为)?[*_]*\s*[:=：]?[*_]*\s*{_QUOTE}$", re.IGNORECASE
)
_BEFORE_CLUSTER = re.compile(rf"{_QUOTE}\s*(?:(?:cluster|context)\b|集群)", re.IGNORECASE)
_CLAUSE_END = re.compile(
    rf"{_QUOTE}\s*(?:$|[^\w\s]|上|里|呢|中|(?:too|since|for|after|now|as|and|but|while|when)\b)", re.IGNORECASE
)
_AFTER_ON = re.compile(rf"(?:\bon\s+(?:(?:the|our|my|your)\s+)?|在\s*){_QUOTE}$", re.IGNORECASE)
_SURE = rf"{_TOLD}(?:\s*[:=：]\s*|\s+(?:named|called)\s+){_QUOTE}({_NAME})|--(?:context|cluster)[ =]{_QUOTE}({_NAME})"
_UNKNOWN = re.compile(
    rf"\bon\s+(?:(?:the|our|my|your|cluster)\s+)*{_QUOTE}({_NAME})"
    rf"|在\s*{_QUOTE}({_NAME}){_QUOTE}\s*(?:集群|环境)?\s*(?:上|里|中|这边|那边)"
    rf"|({_NAME}){_QUOTE}\s*(?:集群|上呢|呢)"
    rf"|(?<![\w-])cluster\s+{_QUOTE}({_NAME})|集群\s*{_QUOTE}({_NAME})"
    rf"|({_NAME}){_QUOTE}\s+cluster\b",
    re.IGNORECASE,
)
_FOLLOW_UP = re.compile(
    rf"(?:(?:and|or|but|ok|also|now|then|so)\b[,\s]*)*(?:(?:what|how)\s+about\s+(?:on\s+)?|(?:the\s+)?same\s+on\s+|on\s+)"
    rf"(?:(?:the|our|my|cluster)\s+)*{_QUOTE}({_NAME}){_QUOTE}(?:\s+cluster)?"
    r"(?:\s*,?\s*(?:too|then|now|as\s+well|also|please|instead))*\s*[?？]+",
    re.IGNORECASE,
)
_FOLLOW_UP_ZH = re.compile(
    rf"那?么?\s*+(?:在\s*+)?{_QUOTE}({_NAME}){_QUOTE}\s*+"
    r"(?:(?:集群|环境)\s*+)?(?:[上里]\s*+)?呢\s*+[?？]*"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\S+", text))


_ENVIRONMENTS = _words(
    """
    prod production prd staging stage stg test testing dev develop qa uat pre preprod sandbox demo canary
    """
)
# Words that a context may be called, and that questions hold in another sense: these count where they are marked.
_ORDINARY = _words(
    """
    default test testing kubernetes k8s kube local node nodes pod pods dns service services cluster clusters network
    main master worker admin system public private internal external internet cloud ack alibaba aliyun terway
    flannel coredns docker containerd ingress nginx host server client app apps web api db new old all live demo
    example one two none this that other stage primary secondary edge proxy gateway canary blue green infra core
    data shared home the and are was for not can has had how why who you out off now any but our my in on is it at
    to of do no so
    """
)
_COMPONENTS = re.compile(
    r"(?:terway|flannel|kube|coredns|node-local|nodelocal|nginx|docker|containerd|ipvs?\d*|ipvlan|iptables|eth\d|ens\d|"
    r"cali|cni|eni|csi|cloud-controller|metrics-server|x86|arm|amd|linux|windows|tcp|udp|http)",
    re.IGNORECASE,
)
# What stands behind "on" and is no cluster: addresses, versions, times, ids of the cloud, names of nodes, replicas;
# and regions, but not "eu-prod".
_NO_ENVIRONMENT = rf"(?!\S*-(?:{'|'.join(sorted(_ENVIRONMENTS))})(?![a-z]))"
_OBJECT = re.compile(
    r"[\d.:/]+|v?\d+(?:\.\d+)+.*|\d+\S?|(?:i|vsw|eni|sg|vpc|lb|alb|nlb|clb|slb|d|eip|rtb|ngw|disk)-[a-z0-9]{8,}|"
    rf"{_NO_ENVIRONMENT}(?:cn|us|eu|ap|me)-[a-z]+(?:-\d+)?(?:[-.].*)?|"
    r"ip-\d+-\d+-.*|(?:node|worker|master|host)s?-?[\w.-]*|"
    r".+-[a-f0-9]{8,10}(?:-[a-z0-9]{5})?|[^/]+/.+|[^@]*@[^.]*\..*",
    re.IGNORECASE,
)
_CLUSTER_ID = re.compile(r"c[0-9a-f]{32}")  # of ACK
_REPLICA = re.compile(r".+-\d{1,3}")  # web-0: a StatefulSet's pod, unless clusters are called like it
_NO_NAMES = _words(
    """
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun weekdays weekends holidays
    january february march april may june july august september october november december today tomorrow yesterday
    call on-call oncall hold fire purpose time top average premise premises on-prem restart reboot startup start
    boot demand behalf board schedule site duty track it this that these those them all each every any both others
    which what other another one there here where my our your his her their some most many alert slack port ports
    windows linux arm64 amd64 arm flannel terway ipvs iptables ipvlan coredns dns ingress nginx calico cilium ipv4
    ipv6 tcp udp http https ssl tls friday's weekend night nights failure error startup shutdown upgrade deploy
    """
)
_FILLERS = _words(
    """
    and or but ok also now then so what how about the same on in at for of our my this that cluster context too as
    well please instead is it there does do still happen happening again check look a see everything all whole faults
    doing status health healthy ok
    """
)
_FILLERS_ZH = frozenset("那么在上里中呢集群环境也是怎样吗还有同查看下一请再的这边检全部所面状态")


@dataclass(frozen=True)
class NamedClusters:
    """What a text names: ``known`` contexts in the order of their first mention, and the first name that is none."""

    known: tuple[str, ...] = ()
    unknown: str = ""


def find_named(text: str, names: Sequence[str], *, others: Sequence[str] = ()) -> NamedClusters:
    """The clusters in ``text``. ``others`` are names of clusters that may not be asked about: they count as unknown."""
    if not names:
        return NamedClusters()
    known = _find_known(text, names)
    hidden = [name for name in _find_known(text, others) if name not in known]
    unknown = hidden[0] if hidden else next(_find_unknown(text, names), "")
    return NamedClusters(tuple(known), unknown)


def says_only_cluster(text: str, named: NamedClusters) -> bool:
    """Whether nothing is said beside the clusters' names: "and on prod-b?" goes on with what was asked before."""
    for name in sorted((*named.known, named.unknown), key=len, reverse=True):
        text = _pattern(name).sub(" ", text) if name else text
    words = re.findall(r"[A-Za-z0-9]+|[\u4e00-\u9fff]", text.lower())
    is_filler = all(word in _FILLERS or word in _FILLERS_ZH for word in words)
    return bool(named.known or named.unknown) and is_filler


_JOINING = re.compile(r"(?:\b(?:on|in|at|for|the|cluster|context)|在|集群)$", re.IGNORECASE)


def without_cluster(text: str, name: str) -> str:
    """The text without this cluster's name, and what joins it: "resolve on prod-b"; empty where it is not named so."""
    if not name:
        return ""
    found = _pattern(name).search(text)
    if found is None:
        return ""
    before, after = text[: found.start()], text[found.end() :]
    after = re.sub(rf"^{_QUOTE}(?:\s*(?:cluster\b|集群|环境|上|里|中|[:：,，]))*", " ", after)
    while joining := _JOINING.search(before := before.rstrip(" \t:：,，\"'`“”‘’「」")):
        before = before[: joining.start()]
    return " ".join(f"{before} {after}".split())


def nearest(name: str, names: Sequence[str]) -> list[str]:
    """The names that are like it, the likest first."""
    by_lower = {known.lower(): known for known in names}
    found = nearest_names(name.lower(), by_lower, most=MOST_NEAR, cutoff=0.4)
    alike = [known for known in by_lower if known not in found and _is_sibling(name.lower(), known)]
    return [by_lower[known] for known in (*found, *alike)][:MOST_NEAR]


def _find_known(text: str, names: Sequence[str]) -> list[str]:
    found: dict[str, int] = {}
    lowers = [name.lower() for name in names]
    for name in names:
        for match in _pattern(name).finditer(text):
            is_other_case = lowers.count(name.lower()) > 1 and match[0] != name
            if not is_other_case and _is_meant(
                name, text[max(0, match.start() - _NEARBY) : match.start()], text[match.end() :]
            ):
                found.setdefault(name, match.start())
    return sorted(found, key=lambda name: found[name])


def _pattern(name: str) -> re.Pattern[str]:
    """The name as a whole word: ``prod`` stands neither in ``prod-b`` nor in ``product``, nor in ``shop/prod``."""
    before, after = r"(?<![A-Za-z0-9_])(?<![A-Za-z0-9_][-./:@=])(?<!/)", r"(?![A-Za-z0-9_])(?![-./:@=]\w)"
    told = r"(?<=cluster=)|(?<=cluster:)|(?<=context=)|(?<=cluster/)"
    return re.compile(rf"(?:{told}|{before}){re.escape(name)}{after}", re.IGNORECASE)


def _is_meant(name: str, before: str, after: str) -> bool:
    """Whether this mention is of the cluster, and not of something else that is called so."""
    if _AFTER_CLUSTER.search(before) or _BEFORE_CLUSTER.match(after):
        return True
    if _AFTER_KIND.search(before) or _BEFORE_NAMESPACE.match(after):
        return False
    if name.lower() in _ORDINARY or (len(name) < 3 and name.isascii()):
        return bool(_AFTER_ON.search(before)) and not _BEFORE_KIND.match(after) and _ends_clause(after)
    return True


def _ends_clause(after: str) -> bool:
    """Whether no noun follows that the name would belong to: "on default routes" names no cluster."""
    return (
        re.match(r"[\"'`”’]?\s*(?:$|[^\w\s]|上|里|呢|中|(?:too|since|for|after|now|as|and|but|while|when)\b)", after)
        is not None
    )


def _find_unknown(text: str, names: Sequence[str]) -> Iterator[str]:
    lowers = {name.lower() for name in names}
    for match in re.finditer(_SURE, text, re.IGNORECASE):
        name = match[1] or match[2]
        if name.lower() not in lowers and name.lower() not in _FILLERS | _NO_NAMES:
            yield name
    whole = _FOLLOW_UP.fullmatch(text.strip()) or _FOLLOW_UP_ZH.fullmatch(text.strip())
    if whole and _is_alone_a_cluster(whole[1].lower(), names):
        yield whole[1]
    for match in _UNKNOWN.finditer(text):
        name = next(group for group in match.groups() if group)
        is_adjective = bool(match[1]) and name.isalpha() and _BEFORE_KIND.match(text[match.end() :])
        if not is_adjective and name.lower() not in lowers and _looks_like_cluster(name.lower(), names):
            yield name
    yield from _find_misspelt(text, names)


def _find_misspelt(text: str, names: Sequence[str]) -> Iterator[str]:
    """Names of several parts, wherever they stand, that differ by a letter or two from one that there is."""
    lowers = {name.lower() for name in names}
    for match in re.finditer(rf"(?<![\w./:@=-]){_NAME}", text):
        name, before, after = (
            match[0].lower(),
            text[max(0, match.start() - _NEARBY) : match.start()],
            text[match.end() :],
        )
        if name in lowers or not re.search(r"[-_\d]", name) or _OBJECT.fullmatch(name):
            continue
        is_like = max(difflib.SequenceMatcher(None, name, each).ratio() for each in lowers) >= _MISSPELT
        is_other = _AFTER_KIND.search(before) or _BEFORE_NAMESPACE.match(after) or _BEFORE_OBJECT.match(after)
        if is_like and not is_other:
            yield match[0]


def _is_alone_a_cluster(name: str, names: Sequence[str]) -> bool:
    """Whether "and on NAME?", with nothing beside it, asks about a cluster."""
    if name in {known.lower() for known in names} or name in _NO_NAMES or re.fullmatch(_KINDS, name):
        return False
    if _looks_like_cluster(name, names):
        return True
    is_other = _OBJECT.fullmatch(name) or _REPLICA.fullmatch(name) or _COMPONENTS.match(name)
    return not is_other and len(name) > 2


def _looks_like_cluster(name: str, names: Sequence[str]) -> bool:
    """Whether it is like a name that there is, or like the names that clusters bear."""
    if re.fullmatch(_KINDS, name) or name in _NO_NAMES | _FILLERS:
        return False
    known = [each.lower() for each in names]
    likest = max(difflib.SequenceMatcher(None, name, each).ratio() for each in known)
    if likest >= (_WORD_LIKE if name.isalpha() else _LIKE) or _CLUSTER_ID.fullmatch(name):
        return True
    if _OBJECT.fullmatch(name) or _COMPONENTS.match(name):
        return False
    segments = re.split(r"[-_.]", name)
    is_named_so = bool(_ENVIRONMENTS.intersection(segments)) or "cluster" in segments
    return any(_is_sibling(name, each) for each in known) or (is_named_so and not _is_replica(name))


def _is_replica(name: str) -> bool:
    return _REPLICA.fullmatch(name) is not None and name.split("-")[0] not in _ENVIRONMENTS


def _is_sibling(name: str, known: str) -> bool:
    """Whether both are built alike: ``prod-c`` and ``prod-a``, ``prod`` and ``prod-a``."""
    mine, other = re.split(r"[-_.]", name), re.split(r"[-_.]", known)
    is_like = mine[0] == other[0] and (len(mine) == len(other) or len(mine) == 1)
    return is_like and len(mine[0]) > 1
