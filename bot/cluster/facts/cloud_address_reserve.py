"""How long the free addresses of Pod vSwitches last, as far as the pods that run now tell.

Nothing in the cluster counts addresses over time, but those in use grew by no more than the pods that are younger than
the window and hold or want one now: deleted pods, which nobody sees any more, only gave addresses back.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from bot.cloud.actions import DESCRIBE_VSWITCHES
from bot.cluster.declared_reads import label, label_of
from bot.cluster.facts.cloud import cloud_region
from bot.cluster.facts.cloud_vswitches import free_addresses, takes_blocks, vswitches
from bot.cluster.facts.eni_config import ABSENT, eni_config, parse, zones
from bot.cluster.facts.kube_proxy import LIST_PODS
from bot.cluster.facts.platform import GET_CONFIG, LIST_NODES
from bot.cluster.facts.registry import Fact, fact, known, unknown
from bot.cluster.resources import NODES, PODS
from bot.cluster.session import ClusterSession, Object, get_path, moment, name_of
from bot.cluster.transport import ReadError

WINDOW = timedelta(hours=6)
_ZONE = label("topology.kubernetes.io/zone")
_LONGEST = 90  # days: beyond, the number says nothing
_HOURS = WINDOW // timedelta(hours=1)


@fact(
    "cloud.address_reserve",
    "free addresses by zone, and how long they last at least at the rate of the last 6 hours",
    reads=(GET_CONFIG, LIST_NODES, LIST_PODS),
    calls=(DESCRIBE_VSWITCHES,),
)
async def address_reserve(session: ClusterSession) -> Fact:
    """A lower bound for pods alone: nodes, warm pools of Terway and other users of a vSwitch are not counted.

    Where pods and nodes cannot be read in full, and where Terway takes whole blocks, only the free addresses.
    """
    config = await eni_config(session)
    configured = {zone: ids for zone, ids in zones(parse((config or {}).get("eni_conf"))).items() if ids}
    if not configured:
        return unknown(ABSENT if config is None else "eni_conf in eni-config lists no vSwitches")
    found = await vswitches(session, [id_ for ids in configured.values() for id_ in ids])
    younger = await _younger_pods(session)
    told = [f"{zone}: {_in_words(_free(ids, found), younger, zone)}" for zone, ids in sorted(configured.items())]
    if younger is None:
        told.append("how long they last cannot be told here")
    elif any("enough for" in each for each in told):
        told.append("pods alone are counted: nodes and Terway's spare addresses take more")
    first = next(iter(configured.values()))[0]
    command = DESCRIBE_VSWITCHES.command(await cloud_region(session), {"VSwitchId": first})
    return known("; ".join(told), f"VSwitch {first}", command)


def _free(ids: Iterable[str], found: dict[str, Object]) -> int | None:
    counts = [free_addresses(found[id_]) if id_ in found else None for id_ in dict.fromkeys(ids)]
    return None if None in counts else sum(count for count in counts if count is not None)


def _in_words(free: int | None, younger: Counter[str] | None, zone: str) -> str:
    if free is None:
        return "free addresses not told"
    if younger is None or not free:
        return f"{free} free"
    if not (more := younger[zone]):
        return f"{free} free, and no pod there is younger than {_HOURS} hours"
    came = f"{more} pod{'s' if more > 1 else ''} came"
    return f"{free} free, enough for {_duration(free / more * WINDOW)} at the rate of the last {_HOURS} hours ({came})"


def _duration(lasts: timedelta) -> str:
    hours = lasts / timedelta(hours=1)
    if hours < 1:
        return f"{max(int(hours * 60), 1)} min or longer"
    if hours < 48:
        return f"{int(hours)} h or longer"
    days = int(hours / 24)
    return f"{days} days or longer" if days < _LONGEST else f"more than {_LONGEST} days"


async def _younger_pods(session: ClusterSession) -> Counter[str] | None:
    """By zone, those that came within the window and hold or want an address; ``None`` where that cannot be told."""
    if takes_blocks(await session.config_map("eni-config")):
        return None
    try:
        pods = await session.reader.select(PODS, from_cache=True)
        nodes = await session.reader.select(NODES, metadata_only=True)
    except ReadError as error:
        if error.is_damage:
            raise
        return None
    if not (pods.complete and nodes.complete):
        return None
    zone_of = {name_of(node): label_of(node, _ZONE) or "" for node in nodes.items}
    return Counter(zone_of.get(_node(pod), "") for pod in pods.items if _is_younger(session, pod))


def _node(pod: Object) -> str:
    return str(get_path(pod, "spec", "nodeName") or "")


def _is_younger(session: ClusterSession, pod: Object) -> bool:
    created = moment(get_path(pod, "metadata", "creationTimestamp"))
    is_over = get_path(pod, "status", "phase") in ("Succeeded", "Failed")
    has_own = bool(_node(pod)) and not get_path(pod, "spec", "hostNetwork") and not is_over
    return has_own and created is not None and session.now() - created <= WINDOW
