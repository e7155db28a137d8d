"""Pods' addresses against the CIDR blocks of vSwitches, over the wire."""

from collections.abc import Mapping
from typing import Any

import pytest

from knowledge.model import Entry
from tests.bot.cloud.test_question import judged, openapi, told, without_cloud
from tests.openapi import OpenApi, vswitch

__all__ = ["openapi"]

ENTRY = "terway-pod-ip-outside-vswitch"
POD_IP = "10.8.0.41"
BLOCKS = (("vsw-bp1aaa", "10.1.0.0/19"), ("vsw-bp1bbb", "10.1.32.0/19"), ("vsw-bp1old", "10.8.0.0/20"))


def eni(vsw: str = "vsw-bp1old", *, ip: str = POD_IP, instance: str = "i-bp1worker11", **more: Any) -> dict[str, Any]:
    sets = {"PrivateIpSet": [{"PrivateIpAddress": "10.8.0.40"}, {"PrivateIpAddress": ip}]}
    said = {"NetworkInterfaceId": "eni-old", "InstanceId": instance, "VSwitchId": vsw, "Type": "Secondary"}
    return {**said, "PrivateIpSets": sets, **more}


def filled(openapi: OpenApi, *enis: dict[str, Any], **blocks: str) -> None:
    openapi.items["DescribeNetworkInterfaces"] = list(enis)
    openapi.items["DescribeVSwitches"] = [
        vswitch(id_, 900, CidrBlock=blocks.get(id_.removeprefix("vsw-bp1"), block)) for id_, block in BLOCKS
    ]


async def test_an_address_outside_is_confirmed_with_its_eni(entries: Mapping[str, Entry], openapi: OpenApi) -> None:
    filled(openapi, eni())
    answer = await judged(entries, without_cloud("terway-cloud-pod-ip-outside"), openapi, entry=ENTRY)
    assert told(answer)[0] == "confirmed"
    pieces = [piece for found in answer.to_json()["diagnoses"][0]["findings"] for piece in found["evidence"]]
    (piece,) = [piece for piece in pieces if piece["object"] == "NetworkInterface eni-old"]
    assert piece["excerpt"] == "VSwitchId: vsw-bp1old, InstanceId: i-bp1worker11"
    command = "aliyun ecs DescribeNetworkInterfaces --RegionId cn-hangzhou --PrivateIpAddress.1 10.8.0.41"
    assert piece["check"] == command
    assert openapi.calls()["DescribeNetworkInterfaces"] == 1


@pytest.mark.parametrize(
    ("found", "blocks", "verdict"),
    [
        (eni(), {"aaa": "10.0.0.0/8"}, "ruled_out"),
        (eni("vsw-bp1aaa"), {}, "suspected"),
        (eni(instance="i-another"), {}, "suspected"),
        (eni(ip="10.8.0.42"), {}, "suspected"),
        (eni(Type="Member"), {}, "ruled_out"),
        (eni(), {"bbb": ""}, "suspected"),
    ],
)
async def test_what_is_not_an_eni_left_over(
    entries: Mapping[str, Entry], openapi: OpenApi, found: dict[str, Any], blocks: dict[str, str], verdict: str
) -> None:
    filled(openapi, found, **blocks)
    answer = await judged(entries, without_cloud("terway-cloud-pod-ip-outside"), openapi, entry=ENTRY)
    assert told(answer)[0] == verdict


async def test_the_cloud_counts_against_what_terway_keeps(entries: Mapping[str, Entry], openapi: OpenApi) -> None:
    """A vSwitch that is out of the list while the addresses are in one that is configured."""
    filled(openapi, eni("vsw-bp1aaa"), aaa="10.0.0.0/8")
    answer = await judged(entries, without_cloud("terway-eni-in-old-vswitch"), openapi, entry=ENTRY)
    assert told(answer)[0] == "ruled_out"
