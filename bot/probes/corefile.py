"""Whom CoreDNS asks for a domain outside the cluster that the words name, by its Corefile.

A domain of a company is only resolved where its own DNS servers are asked: in a block of the Corefile for it, or by
the servers of the node. https://coredns.io/manual/configuration/, https://coredns.io/plugins/forward/.
"""

import re
from collections.abc import Mapping

from bot.cluster.declared_reads import config_key, config_text
from bot.cluster.facts import read_fact
from bot.cluster.facts.registry import Permission
from bot.cluster.resources import CONFIG_MAPS
from bot.cluster.session import SYSTEM, ClusterSession
from bot.probes.causes import NO_CAUSE, Cause, Causes
from knowledge.word_patterns import normalize, word_pattern

READS = (Permission("get", CONFIG_MAPS),)
# The lines that open and close blocks, and those that name whom to ask.
_LINE = re.compile(r"^[ \t]*(?:[^\s#{}][^\n{}]*\{|\}|(?:forward|proxy)[ \t][^\n{}]*)[ \t]*$", re.MULTILINE)
_COREFILE = config_key("coredns", "Corefile", lines=_LINE)
_ASKS = re.compile(r"(?:forward|proxy)[ \t]+\S+[ \t]+([^{\n]+)")
_DOMAIN = re.compile(r"(?<![\w.@-])(?<![^/]/)(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])", re.IGNORECASE)
_TOP = frozenset(
    (
        *("com", "net", "org", "io", "cn", "dev", "app", "cloud", "co", "top", "tech"),
        *("corp", "local", "lan", "internal", "intra", "intranet", "private", "home"),
    )
)
_MEMBER = re.compile(r"-\d+$")
_NO_DOMAIN = re.compile(r"(?:^|\.)(?:svc(?:\..*)?|k8s\.io|kubernetes\.io|(?:conf|ya?ml|json|log|sh|go|py|txt))$")


async def domain_causes(session: ClusterSession) -> Causes:
    """Who is asked for the domain that the words say cannot be resolved; it explains nothing alone."""
    text = session.scope.text
    domain = next(filter(None, map(_domain, _DOMAIN.findall(text))), "")
    if not domain or word_pattern("<fails>").find(normalize(text)) is None:
        return NO_CAUSE
    own = str((await read_fact(session, "cluster.domain")).value or "cluster.local")
    if domain == own or domain.endswith(f".{own}"):
        return NO_CAUSE
    asked = whom_it_asks(config_text(await session.config_map("coredns"), _COREFILE) or "")
    zone = max((each for each in asked if domain == each or domain.endswith(f".{each}")), key=len, default="")
    if not (zone or "." in asked):
        return NO_CAUSE
    servers = asked[zone or "."].replace("/etc/resolv.conf", "the servers in /etc/resolv.conf of its node")
    block = f"has a block for {zone}: it" if zone else f"has no block for {domain}: CoreDNS"
    message = f"The Corefile {block} asks {servers} for {domain}. Do these know it?"
    check = f"kubectl -n {SYSTEM} get configmap coredns -o jsonpath='{{.data.Corefile}}'"
    return Causes((Cause(object=f"ConfigMap {SYSTEM}/coredns", message=message, check=check, explains=False),))


def _domain(word: str) -> str:
    """The word where it is a domain, and no file, no Service and no key of Kubernetes; else empty."""
    word = word.lower()
    labels = word.split(".")
    is_member = bool(_MEMBER.search(labels[0])) and labels[-1] not in _TOP  # mongo-1.mongo.db: of a StatefulSet
    is_one = (len(labels) > 2 or labels[-1] in _TOP) and not is_member
    return word if is_one and not _NO_DOMAIN.search(word) else ""


def whom_it_asks(corefile: str) -> Mapping[str, str]:
    """The servers that are asked, by zone; ``.`` stands for all that no other zone holds."""
    asked: dict[str, str] = {}
    zones: list[str] = []
    depth = 0
    for line in map(str.strip, _LINE.findall(corefile)):
        if depth == 0 and line.endswith("{"):
            zones = [_zone(word) for word in re.split(r"[\s,]+", line.removesuffix("{").strip())]
        elif found := _ASKS.match(line):
            asked |= {zone: found[1].strip() for zone in zones if zone not in asked}
        depth += line.endswith("{") - (line == "}")
    return asked


def _zone(word: str) -> str:
    """``corp.example.com`` of ``dns://corp.example.com.:53``; the root stays ``.``."""
    name = re.sub(r"^[a-z]+://|:\d+$", "", word.lower())
    return name.rstrip(".") or "."
