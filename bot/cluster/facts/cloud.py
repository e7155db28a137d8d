"""The cloud as a further witness: which region, VPC and cluster are meant, told by the cluster and never guessed.

Probes and facts call :func:`ask_cloud`; what fails is a :class:`ReadError` like that of any read, so that nothing takes
it for "not there". A cluster that is not of ACK is not asked about: no call is made.
"""

from bot.cloud.requests import Action, CloudFailure, CloudListing, Parameter
from bot.cluster.declared_reads import config_key, config_text
from bot.cluster.facts.platform import PROVIDER_ID
from bot.cluster.facts.registry import read_fact
from bot.cluster.resources import NODES
from bot.cluster.session import FEW_NODES, ClusterSession, Object, get_path
from bot.cluster.transport import ReadError

PROFILE = "ack-cluster-profile"
_CLUSTER_ID = config_key(PROFILE, "clusterid")
_VPC_ID = config_key(PROFILE, "vpcid")
IS_OFF = "the cloud is not asked here: NETCLINIC_CLOUD is off"
NOT_ACK = "nothing shows that this cluster is one of ACK, so the cloud was not asked about it"


async def ask_cloud(session: ClusterSession, action: Action, **parameters: Parameter) -> CloudListing:
    """What Alibaba Cloud says, all pages, in the region of this cluster's nodes.

    Raises:
        ReadError: it could not be asked, refused, or did not answer.
    """
    cloud = session.reader.cloud
    if cloud is None:
        raise ReadError("refused", IS_OFF)
    region = await cloud_region(session)
    try:
        return await cloud.read(action, region, parameters)
    except CloudFailure as failure:
        raise ReadError(failure.kind, str(failure)) from failure


async def whole_list(session: ClusterSession, action: Action, **parameters: Parameter) -> tuple[Object, ...]:
    """The same where absence counts: all items, or none.

    Raises:
        ReadError: not all could be read.
    """
    listing = await ask_cloud(session, action, **parameters)
    if not listing.complete:
        raise ReadError("refused", f"the list of {action.product} {action.name} was not read to its end")
    return listing.items


def cloud_command(region: str, action: Action, **parameters: Parameter) -> str:
    """The ``aliyun`` command that shows the same."""
    return action.command(region, parameters)


async def cloud_region(session: ClusterSession) -> str:
    """The region that calls are made in.

    Raises:
        ReadError: this is no cluster of ACK, or no node tells.
    """
    return await session.once("cloud region", lambda: _region(session))


async def cloud_vpc(session: ClusterSession) -> str:
    """The cluster's VPC.

    Raises:
        ReadError: the cluster does not tell it.
    """
    found = config_text(await session.config_map(PROFILE), _VPC_ID)
    if not found:
        raise ReadError("refused", f"ConfigMap kube-system/{PROFILE} does not name the VPC")
    return found


async def cloud_cluster_id(session: ClusterSession) -> str:
    """The id under which ACK knows the cluster.

    Raises:
        ReadError: the cluster does not tell it.
    """
    found = config_text(await session.config_map(PROFILE), _CLUSTER_ID)
    if not found:
        raise ReadError("refused", f"ConfigMap kube-system/{PROFILE} does not name the cluster's id")
    return found


def instance_id(node: Object) -> str:
    """The ECS instance behind a node, by its ``spec.providerID``; empty where that is none of Alibaba Cloud's."""
    found = PROVIDER_ID.fullmatch(str(get_path(node, "spec", "providerID") or ""))
    return found[0].rpartition(".")[2] if found else ""


async def _region(session: ClusterSession) -> str:
    if not await _is_ack(session):
        raise ReadError("refused", NOT_ACK)
    fact = await read_fact(session, "cluster.region")
    if fact.value is None:
        raise ReadError("refused", f"{fact.reason}, so the cloud was not asked")
    return str(fact.value)


async def _is_ack(session: ClusterSession) -> bool:
    """By the nodes' instances, or by the profile that ACK keeps in each of its clusters."""
    try:
        nodes = (await session.reader.select(NODES, most=FEW_NODES)).items
    except ReadError:
        nodes = ()
    if any(instance_id(node) for node in nodes):
        return True
    try:
        return await session.config_map(PROFILE) is not None
    except ReadError:
        return False
