"""The ENIs of an instance against the limit of its type, over the wire."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.cluster.facts.cloud_instances import is_made_by_terway
from bot.recordings import load
from knowledge.model import Entry
from tests.bot.cloud.test_question import judged, openapi, told, without_cloud
from tests.openapi import OpenApi, vswitch

__all__ = ["openapi"]

ENTRY = "terway-eni-quota-blocks-new-vswitch"
INSTANCE = "i-bp1worker11"


def eni(number: int, vsw: str = "vsw-bp1aaa", *, type_: str = "Secondary", **more: Any) -> dict[str, Any]:
    tags = {"Tag": [{"TagKey": "creator", "TagValue": "terway"}]}
    said = {"NetworkInterfaceId": f"eni-{number}", "InstanceId": INSTANCE, "VSwitchId": vsw, "Type": type_}
    return {**said, "Status": "InUse", "Tags": tags, **more}


def filled(openapi: OpenApi, *enis: dict[str, Any], most: int = 4) -> None:
    openapi.items["DescribeInstanceTypes"] = [{"InstanceTypeId": "ecs.g7.xlarge", "EniQuantity": most}]
    openapi.items["DescribeNetworkInterfaces"] = [eni(0, "vsw-node", type_="Primary"), *enis]
    openapi.items["DescribeVSwitches"] = [vswitch(free=0), vswitch("vsw-bp1ccc", 900)]


async def test_a_full_instance_is_confirmed_with_evidence(entries: Mapping[str, Entry], openapi: OpenApi) -> None:
    filled(openapi, eni(1), eni(2), eni(3))
    answer = await judged(entries, without_cloud("terway-cloud-eni-quota-reached"), openapi, entry=ENTRY)
    assert told(answer)[0] == "confirmed"
    pieces = [piece for found in answer.to_json()["diagnoses"][0]["findings"] for piece in found["evidence"]]
    shown = {piece["object"]: piece for piece in pieces}
    assert shown["InstanceType ecs.g7.xlarge"]["excerpt"] == "EniQuantity: 4"
    command = "aliyun ecs DescribeNetworkInterfaces --RegionId cn-hangzhou --InstanceId i-bp1worker11"
    assert shown[f"Instance {INSTANCE}"]["check"] == command
    assert "eni-3 (Type: Secondary, Status: InUse, VSwitchId: vsw-bp1aaa)" in shown[f"Instance {INSTANCE}"]["excerpt"]


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        (eni(3, type_="Member"), "ruled_out"),  # of a trunk: it takes no slot
        (eni(3, "vsw-bp1ccc"), "ruled_out"),
        (eni(3, Status="Attaching"), "confirmed"),
        (eni(3, Status="Detaching"), "suspected"),
        (eni(3, Tags={"Tag": []}), "suspected"),
        (eni(3, InstanceId="i-another"), "ruled_out"),
    ],
)
async def test_the_last_eni_decides(
    entries: Mapping[str, Entry], openapi: OpenApi, last: dict[str, Any], verdict: str
) -> None:
    filled(openapi, eni(1), eni(2), last)
    answer = await judged(entries, without_cloud("terway-cloud-eni-quota-reached"), openapi, entry=ENTRY)
    assert told(answer)[0] == verdict


@pytest.mark.parametrize("missing", ["DescribeInstanceTypes", "DescribeNetworkInterfaces", "DescribeVSwitches"])
async def test_what_the_cloud_does_not_know_confirms_nothing(
    entries: Mapping[str, Entry], openapi: OpenApi, missing: str
) -> None:
    filled(openapi, eni(1), eni(2), eni(3))
    openapi.items[missing] = []
    answer = await judged(entries, without_cloud("terway-cloud-eni-quota-reached"), openapi, entry=ENTRY)
    assert told(answer)[0] == "suspected"


@pytest.mark.parametrize("code", ["Forbidden.RAM", "Throttling.User"])
async def test_terways_own_word_stays_where_the_cloud_cannot_be_read(
    entries: Mapping[str, Entry], openapi: OpenApi, code: str
) -> None:
    openapi.fails["*"] = 403, code
    answer = await judged(entries, replace(load("terway-eni-slots-full"), cloud=None), openapi, entry=ENTRY)
    assert told(answer)[0] == "confirmed"


@pytest.mark.parametrize(
    ("tags", "made"),
    [
        ({"Tag": [{"TagKey": "creator", "TagValue": "terway"}]}, True),
        ({"Tag": [{"Key": "creator", "Value": "terway"}]}, True),
        ({"Tag": [{"TagKey": "creator", "TagValue": "somebody"}]}, False),
        ({"Tag": ["creator"]}, False),
        ({"Tag": None}, False),
        (None, False),
        ([], False),
    ],
)
def test_whose_eni_it_is(tags: Any, made: bool) -> None:
    assert is_made_by_terway({"Tags": tags}) is made
