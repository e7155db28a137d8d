"""Whether a node can get another ENI, by the cloud: what is attached to its instance, and what its type allows."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.cloud.actions import DESCRIBE_INSTANCE_TYPES, DESCRIBE_NETWORK_INTERFACES, DESCRIBE_VSWITCHES
from bot.cluster.declared_reads import label_of
from bot.cluster.facts.cloud import cloud_region, instance_id
from bot.cluster.facts.cloud_instances import attached_enis, instance_types, is_made_by_terway, quantity, type_of
from bot.cluster.facts.cloud_vswitches import free_addresses, vswitches
from bot.cluster.facts.platform import GET_CONFIG
from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import network_waiters
from bot.cluster.resources import EVENTS, NODES, PODS, TERWAY_NODES
from bot.cluster.session import ClusterSession, Object
from bot.probes.cloud_vswitches import usable_vswitches
from bot.probes.findings import Evidence, Finding
from bot.probes.nodes import ZONE
from bot.probes.pods import node_of
from bot.probes.registry import absent, present, probe, some, unknown
from bot.probes.terway import NODES_LOOKED_AT
from knowledge.logic import Outcome

READS = (
    Permission("list", PODS),
    Permission("list", EVENTS),
    Permission("list", NODES),
    Permission("get", NODES),
    Permission("list", TERWAY_NODES),
    Permission("get", TERWAY_NODES),
    GET_CONFIG,
)
ATTACHED = ("InUse", "Attaching")


@dataclass(frozen=True)
class _Instance:
    """The instance behind a node with waiting pods. ``most``: ENIs that its type allows, the primary one among them."""

    name: str
    id: str
    type: str
    zone: str
    most: int | None
    enis: tuple[Object, ...]
    configured: frozenset[str]

    @property
    def secondary(self) -> list[Object]:
        return [eni for eni in self.enis if eni.get("Type") != "Primary"]

    @property
    def slots(self) -> str:
        """Without the primary ENI, which carries no pods: as Terway counts them."""
        return f"{len(self.secondary)} of {max((self.most or 1) - 1, 0)}"

    @property
    def old(self) -> set[str]:
        return {str(eni.get("VSwitchId")) for eni in self.secondary}

    @property
    def unused(self) -> list[str]:
        return sorted(self.configured - self.old)


@dataclass(frozen=True)
class _Verdict:
    outcome: Outcome
    told: str
    unused: tuple[str, ...] = ()


@probe(
    nature="condition",
    reads=READS,
    calls=(DESCRIBE_INSTANCE_TYPES, DESCRIBE_NETWORK_INTERFACES, DESCRIBE_VSWITCHES),
)
async def eni_quota_reached(session: ClusterSession) -> Finding:
    """A node with waiting pods has as many ENIs as its instance type allows, and none in a vSwitch that has addresses.

    Its ENIs' own vSwitches are empty, so that only another ENI would help. Absent where a slot is free, or where each
    configured vSwitch has an ENI there; unknown where a slot is held by an ENI that Terway did not create, or that is
    being detached.
    """
    waiting = Counter(node_of(pod) for pod in (await network_waiters(session)).items)
    if not waiting:
        return absent("no pod waits for an address")
    nodes = [name for name, _ in waiting.most_common(NODES_LOOKED_AT)]
    instances = await _instances(session, nodes)
    if not instances:
        return unknown("no node with waiting pods tells its instance and its type")
    asked = {id_ for each in instances if _is_full(each) for id_ in each.configured | each.old}
    found = await vswitches(session, asked) if asked else {}
    verdicts = [(each, _verdict(each, found)) for each in instances]
    for outcome in (Outcome.PRESENT, Outcome.UNKNOWN, Outcome.ABSENT):
        if chosen := [(each, verdict) for each, verdict in verdicts if verdict.outcome is outcome]:
            return await _finding(session, outcome, chosen, is_whole=len(instances) == len(nodes))
    raise AssertionError("each instance has a verdict")


async def _finding(
    session: ClusterSession, outcome: Outcome, chosen: list[tuple[_Instance, _Verdict]], *, is_whole: bool
) -> Finding:
    told = "; ".join(verdict.told for _, verdict in chosen)
    evidence = await _evidence(session, [each for each, _ in chosen])
    names = [each.name for each, _ in chosen]
    slots = [chosen[0][0].slots] if chosen[0][0].most else []
    told_of: dict[str, list[str]] = {
        "node": names,
        "slots": slots,
        "instance_type": [chosen[0][0].type],
        "instance_enis": [told],
    }
    if outcome is Outcome.PRESENT:
        return present(told, evidence, unused_vswitch=list(chosen[0][1].unused), **told_of)
    if outcome is Outcome.ABSENT and is_whole:
        return absent(told, evidence, **told_of)
    foreign = [str(eni.get("NetworkInterfaceId")) for each, _ in chosen for eni in _foreign(each)]
    return unknown(told, evidence, eni=foreign, **told_of)


def _is_full(each: _Instance) -> bool:
    return each.most is not None and len(_holding(each)) >= each.most


def _holding(each: _Instance) -> list[Object]:
    """What holds a slot for good; an ENI that is being detached gives it back."""
    return [eni for eni in each.enis if eni.get("Status") in ATTACHED]


def _foreign(each: _Instance) -> list[Object]:
    """Of somebody else, where tags are told at all."""
    if not (_is_full(each) and any("Tags" in eni for eni in each.enis)):
        return []
    return [eni for eni in each.secondary if not is_made_by_terway(eni)]


def _verdict(each: _Instance, found: Mapping[str, Object]) -> _Verdict:
    """In the order in which one reason makes the next one pointless."""
    if not each.most:
        return _Verdict(Outcome.UNKNOWN, f"the cloud does not tell how many ENIs {each.type or each.id} allows")
    has = f"{each.name} ({each.type}) has {len(each.enis)} of {each.most} ENIs, the primary one included"
    if not any(eni.get("Type") == "Primary" for eni in each.enis):
        return _Verdict(Outcome.UNKNOWN, f"the cloud shows no primary ENI of {each.id}: it may not be in this account")
    if len(each.enis) < each.most:
        return _Verdict(Outcome.ABSENT, f"{has}: a slot is free")
    if not _is_full(each):
        return _Verdict(Outcome.UNKNOWN, f"{has}, and one of them is on its way out")
    return _verdict_of_full(each, found, has)


def _verdict_of_full(each: _Instance, found: Mapping[str, Object], has: str) -> _Verdict:
    if not each.configured:
        return _Verdict(Outcome.UNKNOWN, f"{has}, and no configuration tells which vSwitches it may use")
    if not each.unused:
        outcome = Outcome.ABSENT if len(each.configured) > 1 else Outcome.UNKNOWN
        return _Verdict(outcome, f"{has}; each vSwitch that is configured for it has an ENI there")
    if lost := sorted((each.configured | each.old) - set(found)):
        return _Verdict(Outcome.UNKNOWN, f"{has}; the cloud does not know {some(lost)} in this region and account")
    usable = tuple(id_ for id_ in each.unused if _is_of_use(found[id_], each.zone))
    if not usable:
        why = f"{some(each.unused)} would not help: without a free address, or in another zone"
        return _Verdict(Outcome.ABSENT, f"{has}; another ENI in {why}")
    if any(eni.get("Type") == "Primary" and eni.get("VSwitchId") in usable for eni in each.enis):
        return _Verdict(Outcome.UNKNOWN, f"{has}; only the primary ENI is in {some(usable)}")
    if left := sorted(id_ for id_ in each.old if free_addresses(found[id_]) != 0):
        return _Verdict(Outcome.UNKNOWN, f"{has}, but {some(left)}, where it has an ENI, is not empty")
    if foreign := _foreign(each):
        names = some([str(eni.get("NetworkInterfaceId")) for eni in foreign])
        return _Verdict(Outcome.UNKNOWN, f"{has}, but Terway did not create {names} (no tag creator=terway)")
    return _Verdict(Outcome.PRESENT, f"{has}; none of them is in {some(usable)}, which has addresses left", usable)


def _is_of_use(vswitch: Object, zone: str) -> bool:
    return free_addresses(vswitch) != 0 and (not zone or vswitch.get("ZoneId") in (None, "", zone))


async def _instances(session: ClusterSession, names: list[str]) -> list[_Instance]:
    nodes = {name: node for name in names if (node := await session.node(name)) and instance_id(node)}
    if not nodes:
        return []
    types = {type_ for node in nodes.values() if (type_ := type_of(node))}
    limits, enis, usable = await asyncio.gather(
        instance_types(session, types),
        asyncio.gather(*(attached_enis(session, instance_id(node)) for node in nodes.values())),
        asyncio.gather(*(usable_vswitches(session, name) for name in nodes)),
    )
    return [
        _Instance(
            name=name,
            id=instance_id(node),
            type=type_of(node),
            zone=label_of(node, ZONE) or "",
            most=quantity(limits.get(type_of(node), {}), "EniQuantity"),
            enis=tuple(attached),
            configured=frozenset(mine),
        )
        for (name, node), attached, mine in zip(nodes.items(), enis, usable, strict=True)
    ]


async def _evidence(session: ClusterSession, instances: list[_Instance]) -> list[Evidence]:
    region = await cloud_region(session)
    found: list[Evidence] = []
    for each in instances:
        if each.most is not None:
            check = DESCRIBE_INSTANCE_TYPES.command(region, {"InstanceTypes": (each.type,)})
            limit = f"EniQuantity: {each.most}"
            found.append(Evidence(object=f"InstanceType {each.type}", excerpt=limit, seen=session.now(), check=check))
        check = DESCRIBE_NETWORK_INTERFACES.command(region, {"InstanceId": each.id})
        enis = "; ".join(_in_words(eni) for eni in each.enis)
        told = f"{len(each.enis)} ENIs: {enis}"
        found.append(Evidence(object=f"Instance {each.id}", excerpt=told, seen=session.now(), check=check))
    return found


def _in_words(eni: Object) -> str:
    told = ", ".join(f"{key}: {eni.get(key) or '?'}" for key in ("Type", "Status", "VSwitchId"))
    return f"{eni.get('NetworkInterfaceId')} ({told})"
