"""The cluster as ACK knows it: what it consists of in the cloud, and its node pools."""

from collections.abc import Iterable

from bot.cloud.actions import DESCRIBE_CLUSTER_DETAIL, DESCRIBE_CLUSTER_NODE_POOLS, DESCRIBE_CLUSTER_RESOURCES
from bot.cloud.requests import Action
from bot.cluster.facts.cloud import ask_cloud, cloud_cluster_id, cloud_region
from bot.cluster.facts.platform import GET_CONFIG, LIST_NODES
from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.session import ClusterSession, Object, get_path, safe_name
from bot.cluster.transport import ReadError

READS = (GET_CONFIG, LIST_NODES)
MOST_POOLS, MOST_IDS = 10, 5
CONSOLES = (  # of the cluster, and of its network
    "https://cs.console.aliyun.com/#/k8s/cluster/list",
    "https://vpc.console.aliyun.com/vpc/{region}/switches",
)
_PARTS = (
    ("vpc_id", "VPC"),
    ("vswitch_ids", "vSwitches of the control plane"),
    ("security_group_id", "security group"),
    ("worker_ram_role_name", "Worker RAM role"),
    ("external_loadbalancer_id", "load balancer of the API server"),
)


async def _of_cluster(session: ClusterSession, action: Action) -> list[Object]:
    listing = await ask_cloud(session, action, ClusterId=await cloud_cluster_id(session))
    if not listing.complete:
        raise ReadError("refused", f"{action.name} was not read to its end")
    return list(listing.items)


async def _known(session: ClusterSession, action: Action, value: str) -> Fact:
    id_ = await cloud_cluster_id(session)
    command = action.command(await cloud_region(session), {"ClusterId": id_})
    return known(value, f"Cluster {safe_name(id_)}", command)


@fact(
    "cloud.cluster",
    "the cluster's VPC, control plane vSwitches, security group, Worker RAM role and load balancer, by ACK",
    reads=READS,
    calls=(DESCRIBE_CLUSTER_DETAIL,),
)
async def cluster_detail(session: ClusterSession) -> Fact:
    """By DescribeClusterDetail; what the reply does not hold is left out."""
    found = await _of_cluster(session, DESCRIBE_CLUSTER_DETAIL)
    detail = found[0] if found else {}
    told = [f"{words}: {ids}" for key, words in _PARTS if (ids := _ids(detail.get(key)))]
    return await _known(session, DESCRIBE_CLUSTER_DETAIL, "; ".join(told)) if told else unknown("ACK tells nothing")


@fact(
    "cloud.node_pools",
    "node pools with their vSwitches, security groups and instance types, by ACK",
    reads=READS,
    calls=(DESCRIBE_CLUSTER_NODE_POOLS,),
)
async def node_pools(session: ClusterSession) -> Fact:
    """By DescribeClusterNodePools."""
    found = await _of_cluster(session, DESCRIBE_CLUSTER_NODE_POOLS)
    told = [_pool(pool) for pool in found[:MOST_POOLS]]
    more = f"; and {len(found) - MOST_POOLS} more" if len(found) > MOST_POOLS else ""
    return await _known(session, DESCRIBE_CLUSTER_NODE_POOLS, "; ".join(told) + more if told else "none")


def _pool(pool: Object) -> str:
    name = " ".join(str(get_path(pool, "nodepool_info", "name") or "").split()) or "a pool without a name"
    parts = [
        f"{words} {ids}"
        for key, words in (
            ("vswitch_ids", "vSwitches"),
            ("security_group_ids", "security groups"),
            ("instance_types", "instance types"),
            ("ram_role_name", "RAM role"),
        )
        if (ids := _ids(get_path(pool, "scaling_group", key)))
    ]
    return f"{name} ({', '.join(parts)})" if parts else name


@fact(
    "cloud.resources",
    "the cloud resources of the cluster by kind, by ACK",
    reads=READS,
    calls=(DESCRIBE_CLUSTER_RESOURCES,),
)
async def resources(session: ClusterSession) -> Fact:
    """By DescribeClusterResources: kinds and ids, nothing of what is in them, and where the console lists them."""
    by_kind: dict[str, list[str]] = {}
    for item in await _of_cluster(session, DESCRIBE_CLUSTER_RESOURCES):
        kind, id_ = safe_name(item.get("resource_type")), safe_name(item.get("instance_id"))
        if kind and id_:
            by_kind.setdefault(kind, []).append(id_)
    told = [f"{kind}: {_ids(ids)}" for kind, ids in sorted(by_kind.items())]
    region = safe_name(await cloud_region(session))
    links = " and ".join(each.format(region=region) for each in CONSOLES)
    value = "; ".join([*told, f"in the console: {links}"]) if told else "none"
    return await _known(session, DESCRIBE_CLUSTER_RESOURCES, value)


def _ids(value: object) -> str:
    """One or several of them; empty where there are none."""
    several: Iterable[object] = value if isinstance(value, list) else [value]
    ids = list(dict.fromkeys(safe_name(each) for each in several if isinstance(each, str) and each))
    return ", ".join(ids[:MOST_IDS]) + (f" and {len(ids) - MOST_IDS} more" if len(ids) > MOST_IDS else "")
