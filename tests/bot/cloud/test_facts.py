"""Facts that the cloud tells: of the cluster, its node pools, its instance types; secrets are in none of them."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.cluster.facts import Fact, read_fact
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession
from bot.recordings import load
from knowledge.model import Entry
from tests.bot.cloud.test_question import cluster_of, judged, openapi, without_cloud
from tests.openapi import OpenApi, vswitch

__all__ = ["openapi"]

CLUSTER = "c0123456789abcdef0123456789abcdef"
DETAIL = {"vpc_id": "vpc-1", "vswitch_ids": ["vsw-1"], "meta_data": "secret", "master_url": "https://10.0.0.1:6443"}
POOL = {
    "nodepool_info": {"name": "web\n pool"},
    "scaling_group": {
        "vswitch_ids": ["vsw-1", "vsw-2"],
        "instance_types": ["ecs.g7.xlarge"],
        "login_password": "hunter2",
    },
}


async def told(name: str, openapi: OpenApi) -> Fact:
    async with (
        cluster_of(load("terway-healthy"), openapi) as cluster,
        cluster.reader(Budget(seconds=30, cloud_seconds=15)) as reader,
        ClusterSession(reader) as session,
    ):
        return await read_fact(session, name)


def filled(openapi: OpenApi, resources: Any = ()) -> None:
    openapi.clusters[CLUSTER] = {
        "DescribeClusterDetail": DETAIL,
        "DescribeClusterNodePools": {"nodepools": [POOL]},
        "DescribeClusterResources": list(resources),
    }


async def test_what_the_cluster_consists_of_with_its_source(openapi: OpenApi) -> None:
    filled(openapi)
    found = await told("cloud.cluster", openapi)
    assert found.value == "VPC: vpc-1; vSwitches of the control plane: vsw-1"
    assert found.source == f"Cluster {CLUSTER}"
    assert found.kubectl == f"aliyun cs GET /clusters/{CLUSTER} --region cn-hangzhou"


async def test_node_pools_with_what_is_for_showing(openapi: OpenApi) -> None:
    filled(openapi)
    found = await told("cloud.node_pools", openapi)
    assert found.value == "web pool (vSwitches vsw-1, vsw-2, instance types ecs.g7.xlarge)"


async def test_resources_by_kind(openapi: OpenApi) -> None:
    security_groups = [{"resource_type": "ALIYUN::ECS::SecurityGroup", "instance_id": f"sg-{n}"} for n in range(7)]
    filled(openapi, [*security_groups, {"resource_type": "ALIYUN::ECS::VPC"}, {"instance_id": "lost"}])
    found = await told("cloud.resources", openapi)
    kinds, _, links = str(found.value).partition("; in the console: ")
    assert kinds == "ALIYUN::ECS::SecurityGroup: sg-0, sg-1, sg-2, sg-3, sg-4 and 2 more"
    assert links.split(" and ")[1] == "https://vpc.console.aliyun.com/vpc/cn-hangzhou/switches"


@pytest.mark.parametrize(
    ("type_", "says"),
    [
        ({}, "shared 45 (3 ENIs x 15), exclusive 3"),
        ({"EniIpv6AddressQuantity": 1}, "no dual stack (1 IPv6 addresses an ENI)"),
        ({"EniQuantity": None}, "the cloud does not tell its ENIs"),
        ({"EniPrivateIpAddressQuantity": "15"}, "the cloud does not tell its ENIs"),
        ({"InstanceTypeId": "ecs.other"}, "not known to the cloud"),
    ],
)
async def test_pods_by_instance_type(openapi: OpenApi, type_: dict[str, Any], says: str) -> None:
    known = {"InstanceTypeId": "ecs.g7.xlarge", "EniQuantity": 4, "EniPrivateIpAddressQuantity": 15}
    openapi.items["DescribeInstanceTypes"] = [{**known, "EniIpv6AddressQuantity": 15, "EniTotalQuantity": 20, **type_}]
    found = await told("cloud.pod_capacity", openapi)
    assert says in str(found.value)
    assert "dual stack" in says or "dual stack" not in str(found.value)


@pytest.mark.parametrize("name", ["cloud.cluster", "cloud.node_pools", "cloud.resources", "cloud.pod_capacity"])
async def test_what_is_refused_is_unknown_with_the_missing_right(openapi: OpenApi, name: str) -> None:
    openapi.fails["*"] = 403, "Forbidden.RAM"
    found = await told(name, openapi)
    assert found.value is None
    assert "RAM does not grant" in found.reason


async def test_a_guide_answers_with_them_and_without_secrets(entries: Mapping[str, Entry], openapi: OpenApi) -> None:
    filled(openapi)
    openapi.items["DescribeVSwitches"] = [vswitch(free=42, VSwitchName="pods h")]
    store = without_cloud("terway-healthy")
    answer = await judged(entries, store, openapi, entry="view-network-type-and-vswitches")
    shown = json.dumps(answer.to_json())
    assert "vsw-bp1aaa (pods h, cn-hangzhou-h, 10.1.96.0/24): 42 free" in shown
    assert "vsw-bp1bbb: not found in this region and account" in shown
    assert "hunter2" not in shown
    resources = json.dumps((await judged(entries, store, openapi, entry="view-cloud-resources")).to_json())
    assert "vSwitches of the control plane: vsw-1" in resources
    assert "6443" not in resources
