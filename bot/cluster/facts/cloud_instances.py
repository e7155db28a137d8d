"""ECS instances as the cloud tells them: which ENIs are attached, and how many their type allows."""

import asyncio
from collections.abc import Iterable

from bot.cloud.actions import DESCRIBE_INSTANCE_TYPES, DESCRIBE_NETWORK_INTERFACES
from bot.cluster.declared_reads import label, label_of
from bot.cluster.facts.cloud import ask_cloud, cloud_region
from bot.cluster.facts.platform import LIST_NODES
from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.resources import NODES
from bot.cluster.session import ClusterSession, Object, get_path
from bot.cluster.transport import ReadError

INSTANCE_TYPE = label("node.kubernetes.io/instance-type")
TYPES_AT_ONCE = 10  # by name, for one call


def type_of(node: Object) -> str:
    """The node's instance type, empty where its label does not tell."""
    return label_of(node, INSTANCE_TYPE) or ""


async def instance_types(session: ClusterSession, names: Iterable[str]) -> dict[str, Object]:
    """Those of these types that the cloud knows, by name.

    Raises:
        ReadError: they could not be read in full.
    """
    wanted = sorted(set(names))
    batches = [tuple(wanted[at : at + TYPES_AT_ONCE]) for at in range(0, len(wanted), TYPES_AT_ONCE)]
    listings = await asyncio.gather(
        *(ask_cloud(session, DESCRIBE_INSTANCE_TYPES, InstanceTypes=batch) for batch in batches)
    )
    if not all(listing.complete for listing in listings):
        raise ReadError("refused", "the list of instance types was not read to its end")
    found = {str(item.get("InstanceTypeId")): item for listing in listings for item in listing.items}
    return {name: found[name] for name in wanted if name in found}


async def attached_enis(session: ClusterSession, instance: str) -> list[Object]:
    """The ENIs of an instance, the primary one among them; members of a trunk take no slot and are left out.

    Raises:
        ReadError: they could not be read in full.
    """
    listing = await ask_cloud(session, DESCRIBE_NETWORK_INTERFACES, InstanceId=instance)
    if not listing.complete:
        raise ReadError("refused", f"the list of ENIs of {instance} was not read to its end")
    return [eni for eni in listing.items if eni.get("Type") != "Member"]


def quantity(item: Object, name: str) -> int | None:
    """A count of an instance type; ``None`` where the reply does not tell."""
    count = item.get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def is_made_by_terway(eni: Object) -> bool:
    """By the tag that Terway gives to what it creates (``creator=terway``)."""
    tags = get_path(eni, "Tags", "Tag")
    if not isinstance(tags, list):
        return False
    pairs = {(_word(tag, "Key"), _word(tag, "Value")) for tag in tags if isinstance(tag, dict)}
    return ("creator", "terway") in pairs


def _word(tag: Object, part: str) -> str:
    return str(tag.get(f"Tag{part}") or tag.get(part) or "")


@fact(
    "cloud.pod_capacity",
    "how many pods the instance types of the nodes can hold, by the cloud",
    reads=(LIST_NODES,),
    calls=(DESCRIBE_INSTANCE_TYPES,),
)
async def pod_capacity_by_type(session: ClusterSession) -> Fact:
    """(EniQuantity - 1) x EniPrivateIpAddressQuantity in shared, EniQuantity - 1 in exclusive ENI mode."""
    nodes = await session.reader.select(NODES, metadata_only=True)
    names = sorted({type_ for node in nodes.items if (type_ := type_of(node))})[:TYPES_AT_ONCE]
    if not names:
        return unknown("no node tells its instance type")
    found = await instance_types(session, names)
    told = [_capacity(name, found[name]) if name in found else f"{name}: not known to the cloud" for name in names]
    command = DESCRIBE_INSTANCE_TYPES.command(await cloud_region(session), {"InstanceTypes": tuple(names)})
    return known("; ".join(told), f"InstanceType {names[0]}", command)


def _capacity(name: str, item: Object) -> str:
    enis, each = quantity(item, "EniQuantity"), quantity(item, "EniPrivateIpAddressQuantity")
    if not enis or each is None:
        return f"{name}: the cloud does not tell its ENIs"
    text = f"{name}: shared {(enis - 1) * each} ({enis - 1} ENIs x {each}), exclusive {enis - 1}"
    ipv6 = quantity(item, "EniIpv6AddressQuantity")
    return text if ipv6 in (None, each) else f"{text}, no dual stack ({ipv6} IPv6 addresses an ENI)"
