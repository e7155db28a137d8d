"""Whom a NetworkPolicy lets through: its rules read as Kubernetes does, and told in words.

Rules only add up: whoever one policy lets through is let through. https://kubernetes.io/docs/concepts/services-networking/network-policies/
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Literal

from bot.cluster.declared_reads import selected_by
from bot.cluster.session import Object, get_path, namespace_of

Way = Literal["ingress", "egress"]
_PEER = {"ingress": "from", "egress": "to"}
NAMESPACE_NAME = "kubernetes.io/metadata.name"  # the label that every namespace carries since 1.21


def rules_of(policy: Object, way: Way) -> list[Object] | None:
    """Its rules for this way; ``None`` where the policy says nothing of it."""
    spec = policy.get("spec") or {}
    types = spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    return list(spec.get(way) or []) if way.capitalize() in types else None


def selects(policy: Object, pod: Object) -> bool:
    """Whether it is about this pod."""
    return namespace_of(policy) == namespace_of(pod) and selected_by(pod, get_path(policy, "spec", "podSelector") or {})


def restricting(policies: Iterable[Object], pod: Object, way: Way) -> list[Object]:
    """The policies by which not everybody may talk with the pod; none where one of them lets everybody through."""
    found = [each for each in policies if selects(each, pod) and rules_of(each, way) is not None]
    is_open = any(not rule.get(_PEER[way]) for each in found for rule in rules_of(each, way) or [])
    return [] if is_open else found


def admits(policies: Sequence[Object], other: Object, way: Way) -> bool | None:
    """Whether these let the other pod through; ``None`` where labels of namespaces decide, which are not read."""
    answers = [_matches(policy, peer, other) for policy in policies for peer in _peers(policy, way)]
    return True if True in answers else None if None in answers else False


def _peers(policy: Object, way: Way) -> list[Object]:
    return [peer for rule in rules_of(policy, way) or [] for peer in rule.get(_PEER[way]) or []]


def _matches(policy: Object, peer: Object, pod: Object) -> bool | None:
    if "ipBlock" in peer:
        return _in_block(str(get_path(peer, "ipBlock", "cidr") or ""), str(get_path(pod, "status", "podIP") or ""))
    if not selected_by(pod, peer.get("podSelector") or {}):
        return False
    places = peer.get("namespaceSelector")
    if places is None:
        return namespace_of(pod) == namespace_of(policy)
    if not places:
        return True
    wanted = (places.get("matchLabels") or {}).get(NAMESPACE_NAME)
    return False if wanted is not None and wanted != namespace_of(pod) else None


def _in_block(block: str, address: str) -> bool | None:
    try:
        return None if ipaddress.ip_address(address) in ipaddress.ip_network(block, strict=False) else False
    except ValueError:
        return None


def told_peers(policies: Sequence[Object], way: Way) -> str:
    """Whom they let through, in words."""
    told = list(dict.fromkeys(_told(peer) for policy in policies for peer in _peers(policy, way)))
    return " or ".join(told[:3]) + (" and others" if len(told) > 3 else "") or "nobody"


def _told(peer: Object) -> str:
    if "ipBlock" in peer:
        return str(get_path(peer, "ipBlock", "cidr"))
    pods, places = _selector(peer.get("podSelector")), _selector(peer.get("namespaceSelector"))
    who = f"pods with {pods}" if pods else "all pods"
    if peer.get("namespaceSelector") is None:
        return who if pods else "pods of its own namespace"
    return f"{who} of namespaces with {places}" if places else f"{who} of all namespaces"


def _selector(selector: Object | None) -> str:
    terms = [f"{key}={value}" for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    for each in (selector or {}).get("matchExpressions") or []:
        values = ",".join(each.get("values") or [])
        terms.append(f"{each.get('key')} {each.get('operator')} {values}".strip())
    return ",".join(terms)
