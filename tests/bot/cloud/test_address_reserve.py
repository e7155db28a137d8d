"""How long free addresses last: a lower bound from the pods that run now, and free addresses alone where it is none."""

from typing import Any

import pytest

from bot.cluster.facts import Fact, read_fact
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession
from tests.bot.cloud.test_question import cluster_of, openapi
from tests.bot.conftest import store_of
from tests.openapi import OpenApi, vswitch

__all__ = ["openapi"]

NODE = "cn-beijing.192.168.0.31"
ZONE = {"topology.kubernetes.io/region": "cn-beijing", "topology.kubernetes.io/zone": "cn-beijing-h"}
ONLY_FREE = "cn-beijing-h: 120 free; how long they last cannot be told here"


def cluster(make: Any, *pods: Any, conf: Any = None) -> list[Any]:
    node = make.node(labels=ZONE, spec={"providerID": "cn-beijing.i-1"})
    return [*make.terway(conf=conf), node, *pods]


def pods(make: Any, number: int, created: str, *, phase: str = "Running", **more: Any) -> list[Any]:
    return [make.pod(f"{created}-{n}", phase=phase, creationTimestamp=created, **more) for n in range(number)]


async def told(openapi: OpenApi, objects: list[Any], *, free: Any = 120, forbid: list[str] | None = None) -> Fact:
    openapi.items["DescribeVSwitches"] = [vswitch("vsw-2zeaaa", free, "cn-beijing-h")]
    async with (
        cluster_of(store_of(objects, forbid=forbid or []), openapi) as cluster,
        cluster.reader(Budget(seconds=30, cloud_seconds=15)) as reader,
        ClusterSession(reader) as session,
    ):
        return await read_fact(session, "cloud.address_reserve")


@pytest.mark.parametrize(
    ("number", "free", "lasts"),
    [
        (1, 120, "30 days or longer at the rate of the last 6 hours (1 pod came)"),
        (30, 120, "24 h or longer at the rate of the last 6 hours (30 pods came)"),
        (30, 2, "24 min or longer"),
        (1, 4000, "more than 90 days"),
    ],
)
async def test_what_came_in_the_last_hours_is_the_rate(
    make: Any, openapi: OpenApi, number: int, free: int, lasts: str
) -> None:
    found = await told(openapi, cluster(make, *pods(make, number, "now-2h"), *pods(make, 9, "now-7h")), free=free)
    assert str(found.value).startswith(f"cn-beijing-h: {free} free, enough for {lasts}")
    assert str(found.value).endswith("pods alone are counted: nodes and Terway's spare addresses take more")
    assert found.source == "VSwitch vsw-2zeaaa"


async def test_pods_that_take_no_address_are_no_rate(make: Any, openapi: OpenApi) -> None:
    over = pods(make, 3, "now-1h", phase="Succeeded")
    on_host = pods(make, 3, "now-2h", spec={"nodeName": NODE, "hostNetwork": True})
    found = await told(openapi, cluster(make, *over, *on_host))
    assert found.value == "cn-beijing-h: 120 free, and no pod there is younger than 6 hours"


@pytest.mark.parametrize(
    ("conf", "forbid", "free", "says"),
    [
        ({"enable_ip_prefix": True}, [], 120, ONLY_FREE),
        (None, ["pods"], 120, ONLY_FREE),
        (None, [], 0, "cn-beijing-h: 0 free"),
        (None, [], None, "cn-beijing-h: free addresses not told"),
        (None, [], "120", "cn-beijing-h: free addresses not told"),
    ],
)
async def test_where_no_rate_can_be_told(
    make: Any, openapi: OpenApi, conf: Any, forbid: list[str], free: Any, says: str
) -> None:
    found = await told(openapi, cluster(make, *pods(make, 3, "now-1h"), conf=conf), free=free, forbid=forbid)
    assert found.value == says


async def test_without_configured_vswitches_nothing_is_asked(make: Any, openapi: OpenApi) -> None:
    found = await told(openapi, cluster(make, conf={"vswitches": {}}))
    assert found.value is None
    assert openapi.asked == []
