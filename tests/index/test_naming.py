"""Names of nodes and pods are left out of what is matched; error strings and identifiers stay."""

import pytest

from index.naming import without_names


@pytest.mark.parametrize(
    ("text", "matched"),
    [
        ("ContainerCreating on cn-beijing.192.168.0.31", "ContainerCreating on node"),
        ("node cn-hangzhou.i-bp1abc is NotReady", "node node is NotReady"),
        ("web-5f7d9c6b8-k2x9q stuck", "pod stuck"),
        ("shop/web-5f7d9c6b8-k2x9q stuck", "pod stuck"),
        ("orders-5c9d-0 can't reach itself", "pod can't reach itself"),
    ],
)
def test_names_become_the_kind(text: str, matched: str) -> None:
    assert without_names(text) == matched


@pytest.mark.parametrize(
    "text",
    [
        "kube-proxy-worker config",
        "no IP addresses available in range set: 172.30.34.129-172.30.34.190",
        "v0.15.1.11-7e95fe23-aliyun",
        "InvalidVSwitchId.IpNotEnough vsw-bp1aaa",
        "taint node.kubernetes.io/network-unavailable",
        "can't found dev by mac 00:16:3e:2a:7c:11",
    ],
)
def test_what_says_what_fails_stays(text: str) -> None:
    assert without_names(text) == text
