"""Whom NetworkPolicies let through, as Kubernetes reads them."""

from typing import Any

import pytest

from bot.probes.policy_rules import admits, restricting, rules_of, told_peers

API, WEB = {"matchLabels": {"app": "api"}}, {"matchLabels": {"app": "web"}}


def policy(*peers: Any, **spec: Any) -> dict[str, Any]:
    rules = {"ingress": [{"from": list(peers)}]} if peers else {}
    return {"metadata": {"name": "p", "namespace": "prod"}, "spec": {"podSelector": {}, **rules, **spec}}


def pod(app: str, namespace: str = "prod", ip: str = "10.1.0.5") -> dict[str, Any]:
    return {"metadata": {"name": app, "namespace": namespace, "labels": {"app": app}}, "status": {"podIP": ip}}


@pytest.mark.parametrize(
    ("peer", "other", "expected"),
    [
        ({"podSelector": API}, pod("api"), True),
        ({"podSelector": API}, pod("web"), False),
        ({"podSelector": API}, pod("api", "stage"), False),
        ({"namespaceSelector": {}}, pod("web", "stage"), True),
        ({"namespaceSelector": {}, "podSelector": API}, pod("web", "stage"), False),
        ({"namespaceSelector": {"matchLabels": {"team": "x"}}}, pod("web", "stage"), None),
        ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "stage"}}}, pod("web"), False),
        ({"ipBlock": {"cidr": "10.2.0.0/16"}}, pod("web"), False),
        ({"ipBlock": {"cidr": "10.1.0.0/16"}}, pod("web"), None),
        ({"ipBlock": {"cidr": "nonsense"}}, pod("web"), None),
    ],
)
def test_whom_a_peer_lets_through(peer: Any, other: Any, expected: bool | None) -> None:
    assert admits([policy(peer)], other, "ingress") is expected


def test_policies_add_up() -> None:
    assert admits([policy({"podSelector": API}), policy({"podSelector": WEB})], pod("web"), "ingress") is True


@pytest.mark.parametrize(
    ("policies", "count"),
    [
        ([policy({"podSelector": API})], 1),
        ([policy(ingress=[])], 1),
        ([policy()], 1),  # selects, and names no rule: nobody
        ([policy(ingress=[{}])], 0),
        ([policy(ingress=[{"ports": [{"port": 80}]}])], 0),
        ([policy({"podSelector": API}), policy(ingress=[{}])], 0),
        ([policy({"podSelector": API}, podSelector={"matchLabels": {"app": "other"}})], 0),
        ([policy(policyTypes=["Egress"])], 0),
    ],
)
def test_which_policies_restrict_a_pod(policies: Any, count: int) -> None:
    assert len(restricting(policies, pod("web"), "ingress")) == count


def test_egress_counts_only_where_a_policy_is_about_it() -> None:
    assert rules_of(policy({"podSelector": API}), "egress") is None
    assert rules_of(policy(egress=[{"to": [{"podSelector": API}]}]), "egress") is not None
    assert rules_of(policy(policyTypes=["Egress"]), "egress") == []


def test_peers_in_words() -> None:
    assert told_peers([policy({"podSelector": API})], "ingress") == "pods with app=api"
    assert told_peers([policy({"namespaceSelector": {}})], "ingress") == "all pods of all namespaces"
    assert told_peers([policy({"ipBlock": {"cidr": "10.0.0.0/8"}})], "ingress") == "10.0.0.0/8"
    assert told_peers([policy(ingress=[])], "ingress") == "nobody"
