"""Which address is meant, and what the rules of security groups make of what comes from pods and nodes."""

from typing import Any

import pytest

from bot.cluster.facts.security_group_rules import Ingress, Traffic, lets_in
from tests.bot.cloud.asking import found_on, found_with_calls

PROBE, TCP_ONLY, LET_IN = "instance_refuses_pods()", "flannel-cloud-ping-tcp-only", "flannel-cloud-ping-let-in"


def rule(protocol: str = "ALL", ports: str = "-1/-1", source: str = "0.0.0.0/0", **fields: Any) -> dict[str, Any]:
    return {"IpProtocol": protocol, "PortRange": ports, "SourceCidrIp": source, "Policy": "Accept", **fields}


async def test_the_instance_and_its_group_are_named() -> None:
    found, calls = await found_with_calls(PROBE, TCP_ONLY, "pods cannot ping 172.16.8.20")
    assert found.outcome == "present"
    assert found.objects["ecs_instance"] == ("i-bp1db",)
    assert found.objects["security_group"] == ("sg-bp1db",)
    assert [piece.object for piece in found.evidence] == ["Instance i-bp1db", "SecurityGroup sg-bp1db"]
    assert found.evidence[1].check.endswith("--SecurityGroupId sg-bp1db --Direction ingress")
    assert calls.total() == 3


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("pods cannot ping 172.16.8.20.", "present"),
        ("Pod ping 不通 172.16.8.20，从节点 172.16.0.11 可以", "present"),
        ("pods cannot reach 172.16.8.20:3306", "absent"),
        ("pods cannot reach 172.16.8.20 port 3306", "absent"),
        ("pods cannot reach 172.16.8.20", "unknown"),  # ping is refused, and TCP is let in
        ("pod 172.30.34.130 cannot ping 172.16.8.20", "present"),
        ("pods cannot ping 172.16.8.20 and 172.16.8.21", "unknown"),
        ("pods cannot ping 172.16.8.0/24", "unknown"),
        ("pods cannot ping 999.16.8.20", "unknown"),
        ("pods cannot ping the database", "unknown"),
    ],
)
async def test_the_words_tell_address_and_protocol(words: str, outcome: str) -> None:
    assert (await found_on(PROBE, TCP_ONLY, words)).outcome == outcome


async def test_a_stopped_instance_is_another_matter() -> None:
    stopped = {
        "InstanceId": "i-bp1db",
        "InstanceNetworkType": "vpc",
        "Status": "Stopped",
        "VpcAttributes": {"VpcId": "vpc-bp1vpc", "PrivateIpAddress": {"IpAddress": ["172.16.8.20"]}},
    }
    found = await found_on(PROBE, TCP_ONLY, "pods cannot ping 172.16.8.20", DescribeInstances=[stopped])
    assert (found.outcome, found.objects["unsettled"][0]) == ("unknown", "i-bp1db, which has 172.16.8.20, is Stopped")


async def test_a_secondary_address_is_that_of_an_eni() -> None:
    eni = {
        "NetworkInterfaceId": "eni-1",
        "Status": "InUse",
        "VpcId": "vpc-bp1other",
        "PrivateIpSets": {"PrivateIpSet": [{"PrivateIpAddress": "172.16.8.77"}]},
    }
    found = await found_on(PROBE, LET_IN, "pods cannot ping 172.16.8.77", DescribeNetworkInterfaces=[eni])
    assert (found.outcome, found.objects["ecs_instance"]) == ("present", ("eni-1",))


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        ([], "refused"),
        ([rule()], "in"),
        ([rule("ICMP")], "in"),
        ([rule("TCP")], "refused"),
        ([rule("ICMP", source="10.0.0.0/25")], "open"),  # a part of the source
        ([rule("ICMP", source="10.1.0.0/16")], "refused"),
        ([rule("ICMP", Policy="Drop", Priority="1"), rule("ICMP", Priority="1")], "refused"),
        ([rule("ICMP", Policy="Drop", Priority="20"), rule("ICMP", Priority="9")], "in"),
        ([rule("ICMP", Policy="Drop", Priority="9"), rule("ICMP", Priority="20")], "refused"),
        ([rule("ICMP", source="", SourcePrefixListId="pl-1")], "open"),
        ([rule("ICMP", source="", SourceGroupId="sg-nodes")], "refused"),
        ([rule("ICMP", source="", Ipv6SourceCidrIp="::/0")], "refused"),
        ([rule("ICMP", source="odd")], "open"),
    ],
)
def test_rules_of_a_group(rules: list[dict[str, Any]], outcome: str) -> None:
    assert lets_in(Ingress(tuple(rules)), Traffic("ICMP", "10.0.0.0/24"))[0] == outcome


@pytest.mark.parametrize(
    ("ports", "outcome"), [("80/80", "refused"), ("3306/3306", "in"), ("1/65535", "in"), ("odd", "refused")]
)
def test_ports_of_a_rule(ports: str, outcome: str) -> None:
    assert lets_in(Ingress((rule("TCP", ports),)), Traffic("TCP", "10.0.0.1", 3306))[0] == outcome


def test_members_of_a_group_let_each_other_in_where_it_accepts_them() -> None:
    member = Traffic("ICMP", "10.0.0.1", groups=frozenset({"sg-1"}))
    assert lets_in(Ingress((), frozenset({"sg-1"})), member)[0] == "in"
    assert lets_in(Ingress((), frozenset({"sg-2"})), member)[0] == "refused"
    assert lets_in(Ingress((rule("ICMP", source="", SourceGroupId="sg-1"),)), member)[0] == "in"
    assert lets_in(Ingress((rule("ICMP", Policy="Drop"),), frozenset({"sg-1"})), member)[0] == "open"
