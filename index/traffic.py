"""Who reaches whom: the direction of the traffic that a message speaks of, in English and Chinese.

"pods cannot reach the internet" and "the internet cannot reach our pods" hold the same words. What tells them apart is
what stands before and after the verb, and after "from" and "to": each becomes a term that names the end and its side.
"""

import re
from dataclasses import dataclass

from index.tokenize import CJK

FROM, TO = "from", "to"
_PLACES = {  # of two that begin at the same place the first counts
    "itself": (
        r"itself|themselves|(?:its|their) own (?:\w+ ){0,2}\w+"
        "|自己(?:的|暴露的)?(?:服务|service|svc)?|自身|本身|自家(?:的)?(?:服务|service|svc)?"
    ),
    "balancer": (r"load ?balancers?(?: (?:address|ip)\w*)?|[scn]lbs?|external ?ips?|负载均衡(?:地址)?|公网入口"),
    "outside": (
        r"(?:public |the )?internet|public (?:web ?)?(?:sites?|hosts?|endpoints?|names?|apis?|network|world)"
        r"|(?:web|external|outside|foreign) ?(?:sites?|hosts?|endpoints?|apis?|world|services?|systems?|clients?)"
        r"|(?:external|outside) ?(?:networks?|users?)"
        r"|websites?|outside(?: (?:of )?(?:the |our )?(?:cluster|kubernetes|k8s|vpc))?|off[- ]cluster|customers?"
        r"|end users?|users?|browsers?|(?:my |a |our )?(?:laptops?|phones?|mobiles?)|office|home"
        "|公网|外网|互联网|集群外面?(?:的)?(?:网站|机器|用户|客户端)?|外面|外部(?:用户|系统|客户端|网站|接口|网络)?"
        "|网站|官网|外界|用户|手机|浏览器|外头"
    ),
    "service": (
        r"services?(?: (?:address|name|ip)\w*)?|svcs?|cluster ?ips?|vips?|virtual (?:ips?|address\w*)"
        "|虚拟 ?ip|虚拟地址|服务地址|service 地址"
    ),
    "node": r"nodes?|hosts?|workers?|宿主机|节点|主机",
    "pod": r"pods?|containers?|replicas?|workloads?|applications?|apps?|容器|副本|应用|实例|业务",
    "machine": (
        r"ecs(?: instances?)?|vms?|virtual machines?|servers?|databases?|db|mysql|redis|rds|another vpc|on-?prem\w*"
        "|云服务器|云主机|服务器|数据库|老机器|机器|虚拟机|另一个 ?vpc|机房|线下"
    ),
    "cluster": r"(?:the |our )?cluster|kubernetes|k8s|集群",
}
_WORDS = {
    "works": (
        r"(?<!not )(?<!n't )(?:works?|working|(?:is|are) (?:fine|ok|okay)|all good|succeeds?|fine|ok)"
        "|正常|能通|是通的?|可以|没问题|没事|没毛病"
    ),
    "reached": (
        r"(?:un)?reach(?:able|ed)|(?:in)?accessible|accessed|(?:un)?available|exposed|visible|opened|contacted"
        r"|answers?|respond\w*|repl(?:y|ies)|listen\w*|可达|可访问|响应|没反应|监听"
    ),
    "reaches": (
        r"reach(?:es|ing)?|access(?:es|ing)?|connect(?:s|ing)?|call(?:s|ing)?|talk(?:s|ing)?|ping6?(?:s|ing)?"
        r"|curl(?:s|ing)?|visit(?:s|ing)?|open(?:s|ing)?|hit(?:s|ting)?|contact(?:s|ing)?|download(?:s|ing)?"
        r"|get(?:s|ting)? (?:out|in)|quer(?:y|ies)|telnet|wget|dial(?:s|ing)?"
        "|访问|调用|调|连接|连|请求|打开|打|出(?=不|公|外|网|去)|通信|上(?=公网|外网|不了|网)|进(?=不)"
    ),
    "source": r"from(?: (?:inside|within))?(?: of)?|inside(?: of)?|within|out of|从|由|在",
    "target": "to|into|towards?|at|against|对|到|给|往|向",
}
_STOP = r"[.,;!?。，；！？、]|\bbut\b|\bwhile\b|\band\b|但是?|而|不过"
_SEAM = re.compile(rf"(?<=[a-z0-9])(?=[{CJK}])|(?<=[{CJK}])(?=[a-z0-9])", re.IGNORECASE)  # often without a space
_TOKEN = re.compile(
    "|".join(
        [
            *(rf"(?P<{name}>(?<![a-z0-9-])(?:{written})(?![a-z0-9]))" for name, written in _PLACES.items()),
            *(rf"(?P<{name}>(?<![a-z])(?:{written})(?![a-z]))" for name, written in _WORDS.items()),
            f"(?P<stop>{_STOP})",
        ]
    ),
    re.IGNORECASE,
)


@dataclass
class _Clause:
    """What one part of a sentence has told so far; ``waiting`` is a place whose side is not known yet."""

    source: str = ""
    target: str = ""
    waiting: str = ""
    next_side: str = ""
    works: bool = False


def traffic_terms(text: str) -> list[str]:
    """Terms such as ``d:from pod``, ``d:to outside`` and ``d:pod to outside`` of a normalized text, each once."""
    found: dict[str, None] = {}
    clause = _Clause()
    for token in _TOKEN.finditer(_SEAM.sub(" ", text)):
        kind = token.lastgroup or ""
        if kind == "stop":
            found |= dict.fromkeys(_terms(clause))
            clause = _Clause()
        else:
            _read(clause, kind)
    return list(found | dict.fromkeys(_terms(clause)))


def _read(clause: _Clause, kind: str) -> None:
    if kind == "works":
        clause.works = True
    elif kind == "source":
        clause.next_side = FROM
    elif kind == "target":
        clause.next_side = TO
    elif kind == "reaches":  # who stood before it does it, what comes after is what it is done to
        clause.source = clause.source or clause.waiting
        clause.waiting, clause.next_side = "", TO
    elif kind == "reached":  # it is done to who stood before it
        clause.target = clause.target or clause.waiting
        clause.waiting, clause.next_side = "", ""
    elif clause.next_side == FROM:
        clause.source, clause.next_side = kind, ""
    elif clause.next_side == TO:
        clause.target, clause.next_side = clause.target or kind, ""
    else:
        clause.waiting = kind


def _terms(clause: _Clause) -> list[str]:
    """What works says nothing of what fails."""
    if clause.works:
        return []
    ends = [f"d:from {clause.source}"] * bool(clause.source) + [f"d:to {clause.target}"] * bool(clause.target)
    both = bool(clause.source and clause.target)
    return [*ends, *[f"d:{clause.source} to {clause.target}"] * both]
