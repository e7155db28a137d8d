"""What netclinic may read: the ClusterRole made from what probes and facts declare, and what is refused of it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.cluster.facts.registry import Permission
from bot.cluster.reader import Reader
from bot.cluster.resources import SERVICE_PROXY

ROLE_NAME = "netclinic-reader"


@dataclass(frozen=True)
class Gap:
    """A read that the API server would refuse; ``of``: of that one object, as ``NAMESPACE/NAME``."""

    permission: Permission
    of: str = ""

    def shown(self) -> str:
        """``list pods``, ``get nodes.network.alibabacloud.com``, ``get services/proxy of monitoring/x:9090``."""
        resource = self.permission.resource
        what = f"{self.permission.verb} {resource.plural}" + (f".{resource.group}" if resource.group else "")
        return f"{what} of {self.of}" if self.of else what

    def to_json(self) -> dict[str, str]:
        """Verb, group and resource as in RBAC."""
        resource = self.permission.resource
        told = {"verb": self.permission.verb, "group": resource.group, "resource": resource.plural}
        return {**told, "of": self.of} if self.of else told


def cluster_role(permissions: Iterable[Permission], proxied: Iterable[str] = ()) -> dict[str, Any]:
    """A ClusterRole object with one rule for each API group and set of verbs; nothing but get and list.

    ``proxied``: the Services, by the names under which the API server's proxy knows them, that may be asked through it.
    """
    verbs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for permission in permissions:
        verbs[permission.resource.group, permission.resource.plural].add(permission.verb)
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (group, plural), allowed in verbs.items():
        grouped[group, tuple(sorted(allowed))].append(plural)
    rules = [
        {"apiGroups": [group], "resources": sorted(plurals), "verbs": list(allowed)}
        for (group, allowed), plurals in sorted(grouped.items())
    ]
    if names := sorted(set(proxied)):
        rules.append({"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": names, "verbs": ["get"]})
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": ROLE_NAME, "labels": {"app.kubernetes.io/name": "netclinic"}},
        "rules": rules,
    }


async def gaps(reader: Reader, permissions: Iterable[Permission]) -> list[Gap]:
    """The reads that a SelfSubjectAccessReview refuses, in a stable order.

    Raises:
        ReadError: the review could not be made.
    """
    ordered = sorted(permissions, key=lambda item: (item.resource.group, item.resource.plural, item.verb))
    return [Gap(item) for item in ordered if not await reader.may(item.verb, item.resource)]


async def proxy_gap(reader: Reader, namespace: str, name: str) -> Gap | None:
    """Where the API server would not let us ask this Service through its proxy; ``name`` as the proxy takes it.

    Raises:
        ReadError: the review could not be made.
    """
    allowed = await reader.may("get", SERVICE_PROXY, namespace, name)
    return None if allowed else Gap(Permission("get", SERVICE_PROXY), f"{namespace}/{name}")
