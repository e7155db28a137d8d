"""Clusters as strangers load them into a bare API server, and what was confirmed there."""

from typing import Any

NODE = "cn-beijing.192.168.0.31"
SANDBOX = "FailedCreatePodSandBox"
UNAVAILABLE = "node.kubernetes.io/network-unavailable"
WAITING = {"startTime": "now-10m"}


def confirmed(got: dict[str, str]) -> set[str]:
    return {entry for entry, verdict in got.items() if verdict.startswith("confirmed")}


def terway(make: Any, *objects: Any, **how: Any) -> list[Any]:
    return [*make.terway(**how), *make.proxy(), make.node(), *objects]


def flannel(make: Any, *objects: Any, node: Any = None) -> list[Any]:
    return [*make.flannel(), *make.proxy(), node or make.node(), *objects]
