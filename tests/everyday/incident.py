"""What an incident is: what somebody writes, on which cluster, what must be named; and objects that several have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.everyday.clusters import FLANNEL_NODES, TERWAY_NODES, pod, policy

Object = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Incident:
    """``named``: words of the cause, all in one message of what fails; none where nothing may be named.

    ``entry``: what is so after all, where the words are about a fault of the FAQ.
    """

    name: str
    questions: tuple[str, ...]
    base: str = "flannel"
    objects: tuple[Object, ...] = ()
    named: tuple[str, ...] = ()
    entry: str = ""
    remove: tuple[str, ...] = ()
    logs: Mapping[str, str] = field(default_factory=dict)


BASKET = {"app": "basket"}
BASKET_PODS = [
    pod(f"basket-6c7d8-xk2v{end}", BASKET, node=node) for end, node in zip("ab", FLANNEL_NODES, strict=False)
]
NOT_READY = [
    pod(f"basket-6c7d8-xk2v{end}", BASKET, node=node, ready=False)
    for end, node in zip("ab", FLANNEL_NODES, strict=False)
]
FRESH_STORE = pod("store-77d9c-9qk2z", {"app": "store"}, node=TERWAY_NODES[0], since="now-2m", address="10.1.0.180")
ONLY_API = policy("store-from-api", {"app": "store"}, [{"from": [{"podSelector": {"matchLabels": {"app": "api"}}}]}])
API = pod("api-55d9c-5qk2z", {"app": "api"}, node=TERWAY_NODES[1], address="10.1.0.182")
QUOTA = 'pods "ledger-api-7f8b9-x" is forbidden: exceeded quota: team-limit, requested: pods=1, used: pods=9'
