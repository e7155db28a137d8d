"""What Terway holds by node, by its own metrics: fresh, of the cluster's nodes, every pool once."""

from typing import Any

import pytest

from bot.cluster.facts import read_fact
from bot.probes.terway_pool import IDLE, TOTAL

Object = dict[str, Any]


@pytest.fixture
def cluster(make: Any) -> list[Object]:
    nodes = [
        make.node(f"worker-{number}", status={"addresses": [{"type": "InternalIP", "address": f"10.0.0.{number}"}]})
        for number in (1, 2)
    ]
    return [*make.terway(), *nodes]


def pool(number: int, total: Any, idle: Any, taken: str = "now-10s", **labels: str) -> tuple[Object, Any, Any, str]:
    return {"instance": f"10.0.0.{number}:9999", "type": "eniip", "ipStack": "ipv4", **labels}, total, idle, taken


def metrics(*pools: tuple[Object, Any, Any, str]) -> list[Object]:
    """What a Prometheus replies; a pool without idle addresses told has no such series."""

    def reply(query: str, name: str, at: int) -> Object:
        named = {"__name__": name} if name else {}
        rows = [({**named, **each[0]}, str(each[at])) for each in pools if each[at] is not None]
        return {"query": query, "result": [{"metric": labels, "value": ["now", value]} for labels, value in rows]}

    return [reply(TOTAL, TOTAL, 1), reply(IDLE, IDLE, 2), reply(f"timestamp({TOTAL})", "", 3)]


@pytest.mark.parametrize(
    ("pools", "told"),
    [
        ([pool(1, 12, 3), pool(2, 15, 0)], "worker-1 12 held, 3 idle; worker-2 15 held, 0 idle"),
        ([pool(1, 12, 3), pool(1, 2, 1, type="eni")], "worker-1 14 held, 4 idle"),
        (
            [pool(1, 9, 1, prometheus_replica="a", taken="now-90s"), pool(1, 12, 3, prometheus_replica="b")],
            "worker-1 12 held, 3 idle",
        ),
        ([pool(1, 12, 3, taken="now-4m"), pool(2, 15, 0)], "worker-2 15 held, 0 idle"),
        ([pool(1, 12, None), pool(2, 15, 0)], "worker-2 15 held, 0 idle"),
        ([pool(7, 99, 9), pool(2, 15, 0)], "worker-2 15 held, 0 idle"),  # a node that the cluster does not have
        ([pool(1, 12, 3, node="worker-2"), pool(2, 15, 0)], "worker-2 15 held, 0 idle"),  # labels that disagree
        ([pool(1, 12, 3, taken="now-1h")], None),
        ([], None),
        ([pool(1, 12, 3, cluster="another")], None),
    ],
)
async def test_fresh_samples_of_the_clusters_nodes_are_told(
    session_on: Any, cluster: list[Object], pools: list[Any], told: str | None
) -> None:
    async with session_on(cluster, metrics=metrics(*pools)) as session:
        found = await read_fact(session, "terway.pool_use")
    assert found.value == told
    if told is None:
        assert found.reason


async def test_without_a_prometheus_none_is_asked(session_on: Any, cluster: list[Object]) -> None:
    async with session_on(cluster) as session:
        assert "no Prometheus is configured" in (await read_fact(session, "terway.pool_use")).reason
