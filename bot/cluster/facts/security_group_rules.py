"""What security groups let in, by the cloud's rules: several groups of one instance count as one set.

As ECS decides (AuthorizeSecurityGroup): priorities from 1 to 100, the smaller first; at the same one Drop wins; where
nothing fits, inbound traffic is refused, but for members of the same group where its inner access policy accepts them.
What a prefix list covers is not looked up: it is open.
"""

import asyncio
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.cloud.actions import DESCRIBE_SECURITY_GROUP_ATTRIBUTE
from bot.cluster.facts.cloud import whole_list
from bot.cluster.session import ClusterSession, Object, get_path, safe_name

Let = Literal["in", "refused", "open"]
ALL_PORTS = (1, 65535)


@dataclass(frozen=True)
class Traffic:
    """What comes: a protocol (``ICMP``, ``TCP``, ``ICMPv6``), its port where it has one, and from where.

    ``groups``: the security groups of the sender, none of which a pod's own address has.
    """

    protocol: str
    source: str
    port: int | None = None
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ingress:
    """The inbound rules of an instance's groups, and those groups whose members let each other in."""

    rules: tuple[Object, ...]
    inner: frozenset[str] = frozenset()


async def ingress_rules(session: ClusterSession, groups: Iterable[str]) -> Ingress:
    """The inbound rules of all these groups.

    Raises:
        ReadError: not all could be read.
    """
    rules: list[Object] = []
    inner: set[str] = set()
    groups = list(dict.fromkeys(groups))
    read = (whole_list(session, DESCRIBE_SECURITY_GROUP_ATTRIBUTE, SecurityGroupId=group) for group in groups)
    for group, found in zip(groups, await asyncio.gather(*read), strict=True):
        inner |= {group for item in found if str(item.get("InnerAccessPolicy") or "").lower() == "accept"}
        listed = [rule for item in found for rule in get_path(item, "Permissions", "Permission") or []]
        rules += [
            {**rule, "SecurityGroupId": group}
            for rule in listed
            if isinstance(rule, dict) and str(rule.get("Direction") or "ingress").lower() == "ingress"
        ]
    return Ingress(tuple(rules), frozenset(inner))


def lets_in(ingress: Ingress, traffic: Traffic) -> tuple[Let, Object | None]:
    """What becomes of it, and the rule that decides; no rule where none fits."""
    is_member = bool(ingress.inner & traffic.groups)
    fitting = sorted((rule for rule in ingress.rules if _fits_protocol(rule, traffic)), key=_order)
    for rule in fitting:
        covers = _covers(rule, traffic)
        if covers is None or (covers and _is_drop(rule) and is_member):
            return "open", rule
        if covers:
            return ("refused" if _is_drop(rule) else "in"), rule
    return ("in" if is_member else "refused"), None


def _order(rule: Object) -> tuple[int, bool]:
    text = str(rule.get("Priority") or "1")
    return int(text) if text.isdigit() else 1, not _is_drop(rule)


def _is_drop(rule: Object) -> bool:
    return str(rule.get("Policy") or "Accept").lower() == "drop"


def _fits_protocol(rule: Object, traffic: Traffic) -> bool:
    protocol = str(rule.get("IpProtocol") or "").upper()
    if protocol == "ALL":
        return True
    return protocol == traffic.protocol.upper() and _fits_port(str(rule.get("PortRange") or ""), traffic.port)


def _fits_port(text: str, port: int | None) -> bool:
    """``80/80``, ``1/65535``; ``-1/-1`` is all. Where no port is asked for, only all of them will do."""
    first, _, last = text.partition("/")
    if text in ("", "-1/-1"):
        return True
    if not (first.isdigit() and last.isdigit()):
        return False
    wanted = (port, port) if port else ALL_PORTS
    return int(first) <= wanted[0] and wanted[1] <= int(last)


def _covers(rule: Object, traffic: Traffic) -> bool | None:
    """Whether the rule is about all of this source; ``None`` where only in part, or where nobody can tell."""
    range_ = str(rule.get("SourceCidrIp") or rule.get("Ipv6SourceCidrIp") or "")
    if not range_:
        if rule.get("SourcePrefixListId"):
            return None
        return str(rule.get("SourceGroupId") or "") in traffic.groups
    try:
        mine, theirs = ipaddress.ip_network(range_, strict=False), ipaddress.ip_network(traffic.source, strict=False)
    except ValueError:
        return None
    if mine.version != theirs.version:
        return False
    if theirs.subnet_of(mine):  # type: ignore[arg-type]
        return True
    return None if mine.overlaps(theirs) else False


def rule_in_words(rule: Object | None) -> str:
    """The rule as a console shows it: ``Drop ICMP from 10.0.0.0/8, priority 1, of sg-…``."""
    if rule is None:
        return "no inbound rule fits"
    sources = ("SourceCidrIp", "Ipv6SourceCidrIp", "SourceGroupId", "SourcePrefixListId")
    source = next((str(rule[name]) for name in sources if rule.get(name)), "nowhere")
    what = f"{rule.get('Policy') or 'Accept'} {rule.get('IpProtocol')} {rule.get('PortRange') or ''}".strip()
    return f"{what} from {source}, priority {rule.get('Priority') or 1}, of {safe_name(rule.get('SecurityGroupId'))}"
