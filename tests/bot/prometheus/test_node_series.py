"""Which node a series is of: address and name agree, other clusters and nodes that are gone are left aside."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.prometheus.node_series import ClusterNodes, ForeignSeries, own_series
from bot.prometheus.series import Series


def node(name: str, address: str, **labels: str) -> dict[str, Any]:
    addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"providerID": f"cn-hangzhou.i-{address.replace('.', '')}"},
        "status": {"addresses": addresses},
    }


A, B = node("cn-hangzhou.10.0.0.11", "10.0.0.11"), node("cn-hangzhou.10.0.0.12", "10.0.0.12")
NODES = ClusterNodes.of([A, B])


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"instance": "10.0.0.11:9100"}, "cn-hangzhou.10.0.0.11"),
        ({"instance": "10.0.0.11"}, "cn-hangzhou.10.0.0.11"),
        ({"instance": "cn-hangzhou.10.0.0.11:9100"}, "cn-hangzhou.10.0.0.11"),
        ({"instance": "CN-Hangzhou.10.0.0.11"}, "cn-hangzhou.10.0.0.11"),
        (
            {"instance": "172.20.3.4:9100", "node": "cn-hangzhou.10.0.0.12"},
            "cn-hangzhou.10.0.0.12",
        ),  # a pod's own address
        ({"instance": "exporter-x", "nodename": "10.0.0.12"}, "cn-hangzhou.10.0.0.12"),
        ({"instance": "x", "kubernetes_node": "cn-hangzhou.10.0.0.12"}, "cn-hangzhou.10.0.0.12"),
        ({"instance": "10.0.0.12:9100", "hostname": "iZbp1abcZ"}, "cn-hangzhou.10.0.0.12"),  # the machine's own name
        ({"instance": "x", "instance_id": "i-100012"}, "cn-hangzhou.10.0.0.12"),
        ({"instance": "10.0.0.13:9100"}, None),  # gone
        ({"instance": "10.0.0.1:9100"}, None),  # a beginning is no match
        ({"instance": "10.0.0.11:9100", "node": "worker-3"}, None),  # the same address in another cluster
        ({"instance": "10.0.0.11:9100", "node": "cn-hangzhou.10.0.0.12"}, None),  # one label against the other
        ({"instance": ""}, None),
        ({}, None),
    ],
)
def test_address_and_name_tell_the_node(labels: Mapping[str, str], name: str | None) -> None:
    assert NODES.node_of(labels) == name


def test_ipv6_addresses_and_virtual_nodes() -> None:
    nodes = ClusterNodes.of([node("a", "fd00::0b"), node("vk", "10.0.0.9", type="virtual-kubelet")])
    assert (nodes.node_of({"instance": "[fd00::b]:9100"}), nodes.node_of({"instance": "fd00::b"})) == ("a", "a")
    assert nodes.node_of({"instance": "10.0.0.9:9100"}) is None
    assert nodes.names == {"a"}


def test_an_address_of_two_nodes_tells_neither() -> None:
    assert ClusterNodes.of([A, node("copy", "10.0.0.11")]).node_of({"instance": "10.0.0.11:9100"}) is None


def series(address: str, **labels: str) -> Series:
    return Series({"instance": f"{address}:9100", **labels}, ((0.0, 1.0),))


def names(found: list[Series], *own_names: str) -> list[str]:
    return sorted({name for name, _ in own_series(found, NODES, own_names)})


def test_without_a_label_of_the_cluster_addresses_are_enough() -> None:
    assert names([series("10.0.0.11"), series("10.9.9.9")]) == ["cn-hangzhou.10.0.0.11"]


def test_its_id_or_context_tells_the_cluster_among_others_with_the_same_addresses() -> None:
    both = [series("10.0.0.11", cluster="c-other"), series("10.0.0.12", cluster="C-Own"), series("10.0.0.11")]
    assert names(both, "prod-hz", "c-own") == ["cn-hangzhou.10.0.0.12"]


@pytest.mark.parametrize(
    "found",
    [
        [series("10.0.0.11", cluster="x"), series("10.0.0.12", cluster="y")],  # of two clusters
        [series("10.0.0.11", cluster="x")],  # of one, which need not be this one
        [series("10.0.0.11", cluster="x"), series("10.0.0.12", cluster="x"), series("10.7.0.1", cluster="x")],
        [series("10.0.0.11"), series("10.0.0.12", k8s_cluster="x")],
    ],
)
def test_what_may_be_another_cluster_is_not_believed(found: list[Series]) -> None:
    with pytest.raises(ForeignSeries, match="nothing says that this is the one asked about"):
        names(found, "prod-hz", "c-own")


def test_a_cluster_with_exactly_these_nodes_is_this_one() -> None:
    assert len(names([series("10.0.0.11", cluster="x"), series("10.0.0.12", cluster="x")], "prod-hz")) == 2
