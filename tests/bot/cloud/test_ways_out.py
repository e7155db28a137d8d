"""Which entries of a route table lead out: whole, in parts, or the most specific one."""

from typing import Any

import pytest

from bot.cluster.facts.cloud_ways_out import destination_of, inside_of, making_up, most_specific
from bot.probes.cloud_internet import internet_address
from tests.bot.cloud.asking import found_on, found_with_calls

WELL = "terway-cloud-internet-well"
PROBE = "vswitch_without_internet()"
NAT = ("NatGateway", "ngw-bp1nat")


def route(destination: str, *hops: tuple[str, str], status: str = "Available") -> dict[str, Any]:
    listed = [{"NextHopType": kind, "NextHopId": id_} for kind, id_ in hops or (NAT,)]
    return {
        "RouteTableId": "vtb-bp1sys",
        "DestinationCidrBlock": destination,
        "Status": status,
        "NextHops": {"NextHop": listed},
    }


LOCAL = route("10.1.0.0/19", ("local", ""))
QUARTERS = ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"]


@pytest.mark.parametrize(
    ("routes", "outcome"),
    [
        ([route("0.0.0.0/1"), route("128.0.0.0/1")], "absent"),
        ([LOCAL, *map(route, QUARTERS)], "absent"),
        ([route("0.0.0.0/1"), *map(route, QUARTERS[2:]), route("8.8.8.0/24", ("Instance", "i-1"))], "absent"),
        ([LOCAL, route("0.0.0.0/1")], "unknown"),  # half of the internet
        ([LOCAL, route("8.8.8.0/24")], "unknown"),
        ([LOCAL, route("pl-bp1list")], "unknown"),
        ([LOCAL], "present"),
        ([LOCAL, route("100.64.0.0/10", ("service", ""))], "present"),
        ([LOCAL, route("::/0", ("Ipv6Gateway", "ipv6gw-1"))], "present"),
        ([route("0.0.0.0/1"), route("128.0.0.0/1", ("NatGateway", "ngw-bp1other"))], "unknown"),
        ([route("0.0.0.0/1"), route("128.0.0.0/1", status="Deleting")], "unknown"),
        ([route("0.0.0.0/0", status="Disabled")], "unknown"),
        ([route("0.0.0.0/0"), route("0.0.0.0/0", ("NatGateway", "ngw-bp1other"), status="Deleting")], "unknown"),
        ([route("0.0.0.0/0", ("BlackHole", ""))], "present"),
        ([route("0.0.0.0/1", ("blackhole", "")), route("128.0.0.0/1", ("blackhole", ""))], "present"),
        ([route("0.0.0.0/1"), route("128.0.0.0/1", ("BlackHole", ""))], "unknown"),
        ([route("not a range")], "present"),
    ],
)
async def test_a_default_route_may_be_written_in_parts(routes: list[dict[str, Any]], outcome: str) -> None:
    found = await found_on(PROBE, WELL, DescribeRouteEntryList=routes)
    assert found.outcome == outcome


async def test_the_whole_table_is_read_only_where_no_exact_entry_is_there() -> None:
    _, calls = await found_with_calls(PROBE, WELL)
    assert calls["DescribeRouteEntryList"] == 1
    halves = [route("0.0.0.0/1"), route("128.0.0.0/1")]
    found, calls = await found_with_calls(PROBE, WELL, DescribeRouteEntryList=halves)
    assert calls["DescribeRouteEntryList"] == 2
    assert found.evidence[0].excerpt.startswith("0.0.0.0/1, 128.0.0.0/1: NatGateway ngw-bp1nat")
    assert found.evidence[0].check.endswith("--RouteTableId vtb-bp1sys")


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ([], "absent"),
        ([route("9.9.9.0/24", ("BlackHole", ""))], "absent"),
        ([route("8.8.0.0/16", ("Instance", "i-firewall"))], "unknown"),
        ([route("8.8.0.0/16", ("Instance", "i-firewall")), route("8.8.8.8/32")], "absent"),
        ([route("8.8.8.8/32", ("BlackHole", ""))], "present"),
        ([route("8.8.8.0/24", status="Pending")], "unknown"),
        ([route("pl-bp1list", ("Instance", "i-firewall"))], "unknown"),
    ],
)
async def test_the_most_specific_route_to_the_address_asked_about_decides(
    more: list[dict[str, Any]], outcome: str
) -> None:
    words = "pods in vsw-bp1aaa cannot reach 8.8.8.8 on the internet"
    routes = [LOCAL, route("0.0.0.0/0"), *more]
    assert (await found_on(PROBE, WELL, words, DescribeRouteEntryList=routes)).outcome == outcome
    # Without that address the default route decides.
    assert (await found_on(PROBE, WELL, DescribeRouteEntryList=routes)).outcome == "absent"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("curl 8.8.8.8 times out", "8.8.8.8"),
        ("curl http://8.8.8.8:443/ from 10.1.0.7", "8.8.8.8"),
        ("neither 8.8.8.8 nor 1.1.1.1", ""),
        ("to 8.8.8.0/24", ""),
        ("to 10.0.0.1", ""),
        ("version 8.8.8.8.8", ""),
        ("999.8.8.8", ""),
        ("nothing", ""),
    ],
)
def test_one_address_of_the_internet_is_meant(text: str, address: str) -> None:
    assert internet_address(text) == address


def test_ranges_of_both_families() -> None:
    six = [route("::/1"), route("8000::/1"), route("0.0.0.0/0")]
    assert [destination_of(each) for each in making_up(six, "::/0")] == ["::/1", "8000::/1"]
    assert making_up(six[:1], "::/0") == []
    assert [destination_of(each) for each in most_specific([*six, route("2408::/16")], "2408:4005::1")] == ["2408::/16"]
    assert [destination_of(each) for each in inside_of(six, "::/0")] == ["::/1", "8000::/1"]
    assert making_up(six, "no range") == most_specific(six, "none") == inside_of(six, "") == []
