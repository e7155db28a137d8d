"""ECS instances as the cloud tells them: which ENIs are attached, and how many their type allows."""

import asyncio
from collections.abc import Iterable

from bot.cloud.actions import DESCRIBE_INSTANCE_TYPES, DESCRIBE_NETWORK_INTERFACES
from bot.cluster.declared_reads import label, label_of
from bot.cluster.facts.cloud import ask_cloud
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
