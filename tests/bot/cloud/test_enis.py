"""Whether the ENI that Terway looks for is on the node: which of an instance's ENIs are meant, in which state."""

from typing import Any

import pytest

from bot.probes.cloud_devices import status_of
from tests.bot.cloud.asking import found_on, found_with_calls

PROBE, ATTACHED, MAC = "missing_device_attached()", "terway-cloud-mac-attached", "00:16:3e:2a:7c:11"


def eni(mac: str = MAC, status: str = "InUse", **fields: Any) -> dict[str, Any]:
    return {"NetworkInterfaceId": "eni-1", "InstanceId": "i-bp1worker12", "MacAddress": mac, "Status": status, **fields}


async def test_the_eni_is_told_with_its_instance() -> None:
    found, calls = await found_with_calls(PROBE, ATTACHED)
    assert (found.outcome, found.objects["mac"]) == ("present", (MAC,))
    assert found.objects["instance"] == ("i-bp1worker12",)
    (piece,) = found.evidence
    assert piece.object == "Instance i-bp1worker12"
    assert piece.excerpt == f"MacAddress {MAC}: eni-bp1i07, Status InUse"
    assert piece.check == ("aliyun ecs DescribeNetworkInterfaces --RegionId cn-hangzhou --InstanceId i-bp1worker12")
    assert calls == {"DescribeNetworkInterfaces": 1}


@pytest.mark.parametrize(
    ("enis", "outcome"),
    [
        ([eni(MAC.upper())], "present"),
        ([eni(Type="Primary")], "present"),
        ([eni(Type="Trunk")], "present"),
        ([], "absent"),
        ([eni("00:16:3e:2a:7c:12")], "absent"),
        ([eni(InstanceId="i-bp1worker11")], "absent"),
        ([eni(status="Detaching")], "absent"),
        ([eni(status="Attaching")], "unknown"),
        ([eni(status="")], "unknown"),
        ([{"InstanceId": "i-bp1worker12"}], "absent"),
    ],
)
async def test_the_state_of_that_eni_decides(enis: list[dict[str, Any]], outcome: str) -> None:
    assert (await found_on(PROBE, ATTACHED, DescribeNetworkInterfaces=enis)).outcome == outcome


async def test_a_list_that_was_cut_short_proves_no_absence() -> None:
    cut = {"items": [], "cut": [{"InstanceId": "i-bp1worker12"}]}
    assert (await found_on(PROBE, ATTACHED, DescribeNetworkInterfaces=cut)).outcome == "unknown"


async def test_where_no_pod_waits_nothing_is_asked() -> None:
    found, calls = await found_with_calls(PROBE, "terway-cloud-vswitch-idle")
    assert (found.outcome, calls.total()) == ("unknown", 0)


def test_an_eni_of_another_instance_does_not_count() -> None:
    assert status_of([eni(InstanceId="i-other"), eni("00:16:3e:00:00:01")], MAC, "i-bp1worker12") == ""
    assert status_of([eni(InstanceId="")], MAC, "i-bp1worker12") == "InUse"
