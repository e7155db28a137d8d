"""vSwitches as the cloud tells them: how many addresses are free, where they lie."""

import asyncio
from collections.abc import Iterable

from bot.cloud.actions import DESCRIBE_VSWITCHES
from bot.cluster.declared_reads import config_text
from bot.cluster.facts.cloud import ask_cloud, cloud_region, cloud_vpc
from bot.cluster.facts.eni_config import ABSENT, ENI_CONF, eni_config, parse, zones
from bot.cluster.facts.platform import GET_CONFIG, LIST_NODES
from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.session import ClusterSession, Object, get_path, safe_name
from bot.cluster.transport import ReadError

BY_ID = 5  # vSwitches at most that are asked for one by one: beyond, the VPC's pages of 50 are fewer calls


async def vswitches(session: ClusterSession, ids: Iterable[str]) -> dict[str, Object]:
    """Those of these that the cloud knows in the region of the nodes, by id.

    Raises:
        ReadError: not all could be read.
    """
    wanted = sorted(set(ids))
    if len(wanted) <= BY_ID:
        asked = [ask_cloud(session, DESCRIBE_VSWITCHES, VSwitchId=id_) for id_ in wanted]
    else:
        asked = [ask_cloud(session, DESCRIBE_VSWITCHES, VpcId=await cloud_vpc(session))]
    listings = await asyncio.gather(*asked)
    if not all(listing.complete for listing in listings):
        raise ReadError("refused", "the list of vSwitches was not read to its end")
    found = {str(item.get("VSwitchId")): item for listing in listings for item in listing.items}
    return {id_: found[id_] for id_ in wanted if id_ in found}


def free_addresses(vswitch: Object) -> int | None:
    """How many are free at this moment; ``None`` where the reply does not tell."""
    count = vswitch.get("AvailableIpAddressCount")
    return count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None


def place_of(vswitch: Object) -> str:
    """Zone and CIDR block, in words."""
    parts = [safe_name(vswitch.get("ZoneId")), str(vswitch.get("CidrBlock") or "")]
    return ", ".join(part for part in parts if part)


async def configured_ids(session: ClusterSession) -> list[str]:
    """The vSwitches of ``eni_conf``, of all zones."""
    found = zones(parse((await eni_config(session) or {}).get("eni_conf")))
    return list(dict.fromkeys(id_ for ids in found.values() for id_ in ids))


@fact(
    "cloud.vswitches",
    "the Pod vSwitches as the cloud tells them: zone, CIDR block, free addresses",
    reads=(GET_CONFIG, LIST_NODES),
    calls=(DESCRIBE_VSWITCHES,),
)
async def pod_vswitches(session: ClusterSession) -> Fact:
    """Of those in ``eni_conf``; counts are of this moment."""
    ids = await configured_ids(session)
    if not ids:
        return unknown(ABSENT if await eni_config(session) is None else "eni_conf in eni-config lists no vSwitches")
    found = await vswitches(session, ids)
    told = [f"{id_} ({_named_place(item)}): {_free_in_words(item)}" for id_, item in found.items()]
    lost = [f"{id_}: not found in this region and account" for id_ in ids if id_ not in found]
    region = await cloud_region(session)
    command = DESCRIBE_VSWITCHES.command(region, {"VSwitchId": ids[0]})
    return known("; ".join([*told, *lost]), f"VSwitch {ids[0]}", command)


def _named_place(vswitch: Object) -> str:
    return ", ".join(
        part for part in (" ".join(str(vswitch.get("VSwitchName") or "").split()), place_of(vswitch)) if part
    )


def _free_in_words(vswitch: Object) -> str:
    count = free_addresses(vswitch)
    return "free addresses not told" if count is None else f"{count} free"


def takes_blocks(config: Object | None) -> bool:
    """Whether Terway takes whole blocks of 16 addresses (``enable_ip_prefix``), which can fail with addresses left."""
    return bool(get_path(parse(config_text(config, ENI_CONF)), "enable_ip_prefix"))
