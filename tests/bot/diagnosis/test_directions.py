"""Who reaches whom decides between entries whose words are the same: both languages, and the look-alike of each."""

from pathlib import Path

import pytest

from bot.probes import vocabulary
from index.search import Index, open_index
from knowledge.loading import BUILTIN_FOLDER, load_entries


@pytest.fixture(scope="module")
def index(data_dir: Path) -> Index:
    return open_index(load_entries([BUILTIN_FOLDER], vocabulary()), cache_dir=data_dir / "index")


OUT, IN = "ipv6-no-egress", "ipv6-not-reachable-from-internet"


@pytest.mark.parametrize(
    ("first", "later", "text"),
    [
        (OUT, IN, "客户端用 IPv6 访问集群外的网站一直超时，IPv4 没事"),
        (OUT, IN, "a client in the cluster times out on every ipv6 website, ipv4 works"),
        (OUT, IN, "our pods cannot connect to hosts on the internet over ipv6"),
        (OUT, IN, "业务 Pod 用 v6 连外部接口不通，v4 正常"),
        (IN, OUT, "客户端从集群外用 IPv6 访问 Pod 一直超时，集群内没事"),
        (IN, OUT, "every ipv6 client outside the cluster times out on our pod, inside it works"),
        (IN, OUT, "hosts on the internet cannot connect to our pods over ipv6"),
        (IN, OUT, "外部用户用 v6 连业务 Pod 不通，集群里正常"),
        (
            "flannel-hairpin-off",
            "flannel-cannot-ping-ecs",
            "a pod times out when it calls the service in front of itself",
        ),
        ("flannel-hairpin-off", "flannel-cannot-ping-ecs", "Pod 调用自己前面的 Service 超时"),
        ("flannel-cannot-ping-ecs", "flannel-hairpin-off", "a pod times out when it pings an ECS instance of the VPC"),
        ("flannel-cannot-ping-ecs", "flannel-hairpin-off", "Pod ping VPC 里的一台 ECS 超时"),
        ("terway-ipvlan-in-cluster-lb", "terway-hostport-unmapped", "pods time out at the SLB of their own cluster"),
        ("terway-ipvlan-in-cluster-lb", "terway-hostport-unmapped", "Pod 访问自己集群的 SLB 超时"),
        (
            "terway-hostport-unmapped",
            "terway-ipvlan-in-cluster-lb",
            "clients time out at the pod's hostPort on the node",
        ),
        ("terway-hostport-unmapped", "terway-ipvlan-in-cluster-lb", "外部访问节点上 Pod 的 hostPort 超时"),
    ],
)
def test_the_direction_decides_between_entries_of_the_same_words(
    index: Index, first: str, later: str, text: str
) -> None:
    found = [match.entry_id for match in index.match(text).matches]
    assert found.index(first) < found.index(later)
    assert found.index(first) < 2
