"""The way of pods to the internet, as route tables, NAT gateways and SNAT entries tell it."""

from typing import Any

import pytest

from bot.cluster.facts.cloud_routes import holds_range, public_addresses, snat_covers
from tests.bot.cloud.asking import found_on, found_with_calls

PROBE = "vswitch_without_internet()"
NO_SNAT, WELL = "terway-cloud-internet-no-snat", "terway-cloud-internet-well"
POD_OF_H, POD_OF_I = "shop/web-7d9c6b8f54-4hpxk", "shop/web-7d9c6b8f54-tq2rv"


def snat(**fields: Any) -> dict[str, Any]:
    return {"SnatTableId": "stb-bp1nat", "NatGatewayId": "ngw-bp1nat", "Status": "Available", **fields}


def default_route(*hops: tuple[str, str], status: str = "Available", table: str = "vtb-bp1sys") -> dict[str, Any]:
    listed = [{"NextHopType": kind, "NextHopId": id_} for kind, id_ in hops]
    return {
        "RouteTableId": table,
        "DestinationCidrBlock": "0.0.0.0/0",
        "Status": status,
        "NextHops": {"NextHop": listed},
    }


async def test_what_is_missing_is_named_with_the_pods_that_miss_it() -> None:
    found, calls = await found_with_calls(PROBE, NO_SNAT)
    assert found.outcome == "present"
    assert found.objects["vswitch"] == ("vsw-bp1bbb",)
    assert found.objects["pod"] == ("kube-system/coredns-6d5c8b7f49-lm8vt", POD_OF_I)
    steps = {word: found.objects[word] for word in ("route_table", "nat_gateway", "snat_table", "eip_address")}
    assert steps == {
        "route_table": ("vtb-bp1sys",),
        "nat_gateway": ("ngw-bp1nat",),
        "snat_table": ("stb-bp1nat",),
        "eip_address": ("203.0.113.10",),
    }
    assert [piece.object for piece in found.evidence] == ["RouteTable vtb-bp1sys", *["NatGateway ngw-bp1nat"] * 2]
    assert found.evidence[2].excerpt == "SNAT entries for vsw-bp1bbb: 0; others for vsw-bp1aaa"
    assert found.evidence[2].check == (
        "aliyun vpc DescribeSnatTableEntries --RegionId cn-hangzhou --NatGatewayId ngw-bp1nat --PageSize 50"
    )
    assert calls.total() == 7


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (f"pod {POD_OF_H} cannot reach the internet", "absent"),
        (f"pod {POD_OF_I} cannot reach the internet", "present"),
        ("pods in vsw-bp1aaa cannot reach the internet", "absent"),
        ("pods in vsw-bp1bbb cannot reach the internet", "present"),
        ("pods in vsw-bp1gone cannot reach the internet", "unknown"),
    ],
)
async def test_what_the_words_name_decides(words: str, outcome: str) -> None:
    assert (await found_on(PROBE, NO_SNAT, words)).outcome == outcome


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        (snat(SourceVSwitchId="vsw-bp1bbb"), "absent"),
        (snat(SourceCIDR="10.1.32.0/19"), "absent"),
        (snat(SourceCIDR="0.0.0.0/0"), "absent"),
        (snat(SourceCIDR="10.1.33.0/24"), "absent"),  # all pods of the vSwitch are in it
        (snat(SourceCIDR="10.1.33.10/32"), "present"),  # one of two pods
        (snat(SourceCIDR="10.1.64.0/19"), "present"),
        (snat(SourceCIDR="not a range"), "present"),
        (snat(SourceVSwitchId="vsw-bp1bbb", Status="Modifying"), "unknown"),
    ],
)
async def test_an_snat_entry_counts_for_what_it_covers(entry: dict[str, Any], outcome: str) -> None:
    entries = [snat(SourceVSwitchId="vsw-bp1aaa"), entry]
    found = await found_on(PROBE, NO_SNAT, DescribeSnatTableEntries=entries)
    assert found.outcome == outcome
    if entry.get("SourceCIDR") == "10.1.33.10/32":
        assert found.objects["pod"] == (POD_OF_I,)


@pytest.mark.parametrize(
    "routes",
    [
        [default_route(("Ipv4Gateway", "ipv4gw-1"))],
        [default_route(("NatGateway", "ngw-bp1nat"), ("NatGateway", "ngw-bp1other"))],
        [default_route(("NatGateway", "ngw-bp1nat"), status="Pending")],
        [default_route(("NatGateway", "ngw-bp1gone"))],
        [default_route()],
    ],
)
async def test_a_route_that_does_not_end_at_one_nat_gateway_is_open(routes: list[dict[str, Any]]) -> None:
    assert (await found_on(PROBE, NO_SNAT, DescribeRouteEntryList=routes)).outcome == "unknown"


@pytest.mark.parametrize(
    "action",
    [
        *("DescribeVSwitches", "DescribeRouteEntryList", "DescribeNatGateways", "DescribeSnatTableEntries"),
        *("DescribeNetworkInterfaces", "DescribeInstances"),
    ],
)
async def test_what_ram_does_not_grant_is_unknown_and_named(action: str) -> None:
    found = await found_on(PROBE, NO_SNAT, **{action: "Forbidden.RAM"})
    assert (found.outcome, found.is_unread) == ("unknown", True)
    assert f":{action}" in found.summary


async def test_a_list_that_was_cut_short_proves_nothing() -> None:
    cut = [{"NatGatewayId": "ngw-bp1nat"}]
    for items in ([], [snat(SourceVSwitchId="vsw-bp1aaa")]):
        asked = {"items": items, "cut": cut}
        assert (await found_on(PROBE, WELL, DescribeSnatTableEntries=asked)).outcome == "unknown"


@pytest.mark.parametrize(
    ("instance", "outcome"),
    [
        ({"EipAddress": {"IpAddress": "203.0.113.40"}}, "unknown"),
        ({"PublicIpAddress": {"IpAddress": ["203.0.113.41"]}}, "unknown"),
        ({"EipAddress": {"IpAddress": ""}, "PublicIpAddress": {"IpAddress": []}}, "present"),
    ],
)
async def test_pods_of_a_node_with_a_public_address_may_need_no_nat(instance: dict[str, Any], outcome: str) -> None:
    instances = [{"InstanceId": "i-bp1worker13", **instance}]
    assert (await found_on(PROBE, NO_SNAT, DescribeInstances=instances)).outcome == outcome


async def test_public_addresses_of_another_vpc_or_another_address_do_not_count() -> None:
    public = {"AssociatedPublicIp": {"PublicIpAddress": "203.0.113.32"}}
    elsewhere = {
        "VpcId": "vpc-other",
        "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.1.33.11", **public}]},
    }
    beside = {"VpcId": "vpc-bp1vpc", "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "10.1.33.10", **public}]}}
    found = await found_on(PROBE, NO_SNAT, DescribeNetworkInterfaces=[elsewhere, beside])
    assert found.objects["pod"] == (POD_OF_I,)


def test_ranges_of_odd_shape_hold_nothing() -> None:
    assert holds_range("10.1.0.0/19", "10.1.31.255")
    assert holds_range("10.1.0.7/19", "10.1.0.0/19")
    for outer, inner in (("10.1.0.0/19", "10.1.32.0"), ("", "10.1.0.0"), ("10.1.0.0/19", ""), ("::/0", "10.1.0.0")):
        assert not holds_range(outer, inner)
    assert not snat_covers({}, {})
    assert public_addresses({"PrivateIpSets": {"PrivateIpSet": "odd"}, "AssociatedPublicIp": None}) == {}
