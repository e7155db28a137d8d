"""The way of a pod's IPv6 address from and to the internet: gateway, bandwidth, and what keeps the internet out."""

from typing import Any

import pytest

from tests.bot.cloud.asking import found_on, found_with_calls

OUT, IN = 'ipv6_without_internet(way="out")', 'ipv6_without_internet(way="in")'
OPEN, POD, ADDRESS = "terway-cloud-ipv6-open", "web-7d9c6b8f54-4hpxk", "2408:4005:3aa:1100::b:b"
WORDS = f"IPv6 of pod {POD}"


def address(bandwidth: Any, **fields: Any) -> dict[str, Any]:
    has = {} if bandwidth is None else {"Ipv6InternetBandwidth": {"Bandwidth": bandwidth, "BusinessStatus": "Normal"}}
    return (
        {"Ipv6Address": ADDRESS, "Ipv6AddressId": "ipv6-bp1web", "AssociatedInstanceId": "eni-bp1n11a"} | has | fields
    )


async def test_the_address_is_told_with_its_pod() -> None:
    found, calls = await found_with_calls(OUT, "terway-cloud-ipv6-no-bandwidth", WORDS)
    assert (found.outcome, found.objects["pod_ipv6"]) == ("present", (ADDRESS,))
    assert found.objects["pod"] == (f"shop/{POD}",)
    assert [piece.object for piece in found.evidence] == ["Ipv6Gateway ipv6gw-bp1", f"Ipv6Address {ADDRESS}"]
    assert calls.total() == 2


@pytest.mark.parametrize(
    ("item", "outcome"),
    [
        (address(10), "absent"),
        (address(0), "present"),
        (address(None), "present"),
        (address(10, Ipv6InternetBandwidth={"Bandwidth": 10, "BusinessStatus": "FinancialLocked"}), "unknown"),
        (address("10"), "unknown"),
        (address(10, Ipv6Address="2408:4005:3aa:1100::b:c"), "unknown"),
    ],
)
async def test_bandwidth_decides_outbound(item: dict[str, Any], outcome: str) -> None:
    assert (await found_on(OUT, OPEN, WORDS, DescribeIpv6Addresses=[item])).outcome == outcome


@pytest.mark.parametrize(
    ("cloud", "says"),
    [
        ({"DescribeNetworkInterfaces": []}, "does not tell the security groups"),
        ({"DescribeIpv6Addresses": [address(10, AssociatedInstanceId="")]}, "does not tell the security groups"),
        (
            {"DescribeIpv6EgressOnlyRules": [{"Ipv6GatewayId": "ipv6gw-bp1", "InstanceId": "ipv6-bp1web"}]},
            "egress-only",
        ),
    ],
)
async def test_what_else_keeps_the_internet_out_is_open(cloud: dict[str, Any], says: str) -> None:
    found = await found_on(IN, OPEN, WORDS, **cloud)
    assert found.outcome == "unknown"
    assert says in found.summary


async def test_the_egress_only_rule_of_another_address_does_not_count() -> None:
    other = {"Ipv6GatewayId": "ipv6gw-bp1", "InstanceId": "ipv6-other"}
    assert (await found_on(IN, OPEN, WORDS, DescribeIpv6EgressOnlyRules=[other])).outcome == "absent"


async def test_a_few_pods_do_not_speak_for_all() -> None:
    assert (await found_on(OUT, OPEN)).outcome == "unknown"


def _route6(destination: str, kind: str = "Ipv6Gateway", status: str = "Available") -> dict[str, Any]:
    hops = {"NextHop": [{"NextHopType": kind, "NextHopId": "x-1"}]}
    return {"RouteTableId": "vtb-bp1own", "DestinationCidrBlock": destination, "Status": status, "NextHops": hops}


@pytest.mark.parametrize("way", ["in", "out"])
@pytest.mark.parametrize(
    ("routes", "outcome"),
    [
        ([_route6("::/0")], "absent"),
        ([_route6("::/1"), _route6("8000::/1")], "absent"),
        ([_route6("::/1")], "unknown"),
        ([_route6("::/0", "Instance")], "unknown"),
        ([_route6("::/0", status="Deleting")], "unknown"),
        ([_route6("0.0.0.0/0")], "unknown"),
        ([], "unknown"),
        ("Forbidden.RAM", "unknown"),
    ],
)
async def test_a_custom_route_table_needs_its_route_to_the_gateway(routes: Any, outcome: str, way: str) -> None:
    probe = f'ipv6_without_internet(way="{way}")'
    words = "IPv6 of pod web-7d9c6b8f54-4hpxk and the internet"
    found = await found_on(probe, "terway-cloud-ipv6-no-route", words, DescribeRouteEntryList=routes)
    assert found.outcome == outcome
