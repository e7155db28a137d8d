"""Routes of nodes in the VPC's route tables: which tables count, and what counts as missing."""

from typing import Any

import pytest

from tests.bot.cloud.asking import found_on, found_with_calls

TAINTED, ALL = 'node_routes_missing(of="tainted")', 'node_routes_missing(of="all")'
MISSING, COMPLETE, OWN = "flannel-cloud-route-missing", "flannel-cloud-tables-complete", "vtb-bp1own"
LOWER, UPPER = "172.30.35.0/27", "172.30.35.32/27"
NODE, CIDR, INSTANCE = "cn-hangzhou.172.16.0.13", "172.30.35.0/26", "i-bp1worker13"


def route(cidr: str, to: str, table: str = "vtb-bp1sys", **fields: Any) -> dict[str, Any]:
    hops = {"NextHop": [{"NextHopType": "Instance", "NextHopId": to}]}
    return {
        "RouteTableId": table,
        "DestinationCidrBlock": cidr,
        "Status": "Available",
        "Type": "Custom",
        "NextHops": hops,
        **fields,
    }


def table(id_: str, *vswitches: str, **fields: Any) -> dict[str, Any]:
    bound = {"VSwitchIds": {"VSwitchId": list(vswitches)}}
    return {"RouteTableId": id_, "RouteTableType": "Custom", "AssociateType": "VSwitch", **bound, **fields} | {
        "VpcId": "vpc-bp1vpc"
    }


async def test_the_missing_route_is_named_with_its_table() -> None:
    found, calls = await found_with_calls(TAINTED, MISSING)
    assert found.outcome == "present"
    assert found.objects["node"] == (NODE,)
    assert found.objects["missing"] == (f"a route for {CIDR} to {INSTANCE} in route table vtb-bp1sys",)
    assert "route_entries" not in found.objects
    (piece,) = found.evidence
    assert (piece.object, piece.excerpt) == ("RouteTable vtb-bp1sys", f"{CIDR}: no entry ({NODE})")
    assert piece.check == (
        "aliyun vpc DescribeRouteEntryList --RegionId cn-hangzhou "
        f"--RouteTableId vtb-bp1sys --DestinationCidrBlock {CIDR}"
    )
    assert calls == {"DescribeRouteTableList": 1, "DescribeRouteEntryList": 2}


@pytest.mark.parametrize(("custom", "told"), [(199, ()), (200, ("200",))])
async def test_a_table_with_all_its_entries_may_be_full(custom: int, told: tuple[str, ...]) -> None:
    routes = [route(f"10.{number}.0.0/26", "i-other") for number in range(custom)]
    routes += [route(f"100.64.{number}.0/24", "", Type="System") for number in range(9)]
    found = await found_on(TAINTED, MISSING, DescribeRouteEntryList=routes)
    assert found.objects.get("route_entries", ()) == told


@pytest.mark.parametrize(
    ("routes", "outcome"),
    [
        ([route(CIDR, INSTANCE)], "absent"),
        ([route(CIDR, INSTANCE, Status="Creating")], "unknown"),
        ([route(CIDR, "i-bp1gone")], "present"),
        ([route("172.30.0.0/16", INSTANCE)], "present"),
        ([route("0.0.0.0/0", INSTANCE)], "present"),
        ([route(LOWER, INSTANCE)], "present"),  # half of its range
        ([route(LOWER, INSTANCE), route(UPPER, INSTANCE)], "unknown"),
        ([route(LOWER, INSTANCE), route(UPPER, "i-bp1gone")], "unknown"),
        ([route(LOWER, "i-bp1gone"), route(UPPER, "i-bp1gone")], "present"),
        ([route("pl-bp1list", INSTANCE)], "present"),
        ([route(CIDR, INSTANCE, NextHops={"NextHop": [{"NextHopType": "BlackHole"}]})], "present"),
        ([route(CIDR, INSTANCE, table="vtb-bp1other")], "present"),
        ([route(CIDR, INSTANCE, NextHops=None)], "present"),
    ],
)
async def test_only_the_nodes_own_route_counts(routes: list[dict[str, Any]], outcome: str) -> None:
    assert (await found_on(TAINTED, MISSING, DescribeRouteEntryList=routes)).outcome == outcome


async def test_without_a_taint_nothing_is_asked() -> None:
    found, calls = await found_with_calls(TAINTED, "flannel-cloud-route-well")
    assert (found.outcome, calls.total()) == ("absent", 0)


@pytest.mark.parametrize(
    ("own", "outcome"),
    [
        (table(OWN, "vsw-bp1n13"), "present"),
        (table(OWN, "vsw-bp1db"), "absent"),
        (table(OWN), "absent"),
        (table(OWN, "vsw-bp1n13", AssociateType="Gateway"), "absent"),
        (table(OWN, "vsw-bp1n13", RouterType="VBR"), "absent"),
    ],
)
async def test_tables_without_nodes_do_not_count(own: dict[str, Any], outcome: str) -> None:
    system = table("vtb-bp1sys", "vsw-bp1n11", RouteTableType="System")
    routes = [route("172.30.34.128/26", "i-bp1worker11"), route("172.30.34.192/26", "i-bp1worker12")]
    routes += [route(CIDR, INSTANCE)]
    found = await found_on(ALL, COMPLETE, DescribeRouteTableList=[system, own], DescribeRouteEntryList=routes)
    assert found.outcome == outcome
    assert OWN not in found.objects["route_table"] or outcome == "present"


async def test_a_node_whose_vswitch_nobody_tells_leaves_it_open() -> None:
    assert (await found_on(ALL, COMPLETE, DescribeInstances=[])).outcome == "unknown"


async def test_one_table_alone_is_not_several() -> None:
    found = await found_on("several_route_tables()", "flannel-cloud-tables-one-incomplete")
    assert found.outcome == "absent"
    assert (await found_on("several_route_tables()", COMPLETE)).objects["route_table"] == ("vtb-bp1sys", OWN)
    nothing = await found_on("several_route_tables()", COMPLETE, DescribeRouteTableList=[])
    assert nothing.outcome == "unknown"
