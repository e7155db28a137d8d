"""The probe of the address families that pods have."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot.cluster.addresses import address_family
from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import DEPLOYMENTS, PODS, SERVICES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.findings import Evidence, Finding
from bot.probes.named_services import pods_behind
from bot.probes.pods import SHOWN, is_live, node_of, pod_evidence
from bot.probes.registry import absent, present, probe, some, unknown

READS = tuple(Permission("list", each) for each in (PODS, SERVICES, DEPLOYMENTS))


@probe(nature="sign", reads=READS, cost="wide")
async def pod_addresses(session: ClusterSession, *, missing: Literal["IPv4", "IPv6"]) -> Finding:
    """Running pods without an address of one family. Pods on the host's network do not count.

    Where the question names pods, workloads, Services or namespaces, their pods alone are looked at.

    Args:
        missing: the family
    """
    listing = await session.all_of(PODS, fields="status.phase=Running", most=1000)
    pods = [pod for pod in listing.items if is_live(pod) and get_path(pod, "status", "podIPs")]
    pods, whose = await _asked_about(session, pods)
    if not pods:
        return unknown(f"no running pod{whose} with an address could be seen")
    lacking = [pod for pod in pods if not _has_family(pod, missing)]
    if not lacking:
        example = pods[0]
        seen = [_addresses_evidence(session, example)]
        what = (
            f"kubectl shows one address of a pod, and all {len(pods)} running pods looked at have an {missing} one in "
        )
        what += f"status.podIPs, e.g. {full_name(example)}: {_addresses(example)}"
        return absent(what, seen) if listing.complete else unknown(what, seen)
    evidence = [_addresses_evidence(session, pod) for pod in lacking[:SHOWN]]
    names = [full_name(pod) for pod in lacking]
    summary = f"{len(lacking)} of {len(pods)} running pods have no {missing} address: {some(names)}"
    return present(summary, evidence, pod=names, node=[node_of(pod) for pod in lacking])


async def _asked_about(session: ClusterSession, pods: Sequence[Object]) -> tuple[list[Object], str]:
    """Those that the question names, by their own name, their workload's, their Service's or their namespace's.

    All of them where it names none; none where what it names is there and has no pod among them: those of others
    would answer for it.
    """
    if mine := [pod for pod in pods if session.scope.names(pod)]:
        return mine, ""
    named = await named_objects(session)
    served = {full_name(pod) for service in named.services for pod in await _behind(session, service)}
    mine = [pod for pod in pods if full_name(pod) in served or named.names_workload(namespace_of(pod), name_of(pod))]
    if mine:
        return mine, ""
    if (named.services or named.deployments or named.pods) and any(mention.plain for mention in named.mentions):
        return [], " of what the words name"
    return [pod for pod in pods if namespace_of(pod) in named.namespaces] or list(pods), ""


async def _behind(session: ClusterSession, service: Object) -> Sequence[Object]:
    try:
        return await pods_behind(session, service)
    except ReadError as error:
        if error.is_damage:
            raise
        return ()


def _addresses_evidence(session: ClusterSession, pod: Object) -> Evidence:
    """With the command that shows all addresses: the wide output of kubectl shows one."""
    check = f"kubectl -n {namespace_of(pod)} get pod {name_of(pod)} -o jsonpath='{{.status.podIPs[*].ip}}'"
    return replace(pod_evidence(session, pod, f"status.podIPs: {_addresses(pod)}"), check=check)


def _addresses(pod: Object) -> str:
    return ", ".join(str(item.get("ip")) for item in get_path(pod, "status", "podIPs") or [])


def _has_family(pod: Object, family: str) -> bool:
    return any(address_family(item.get("ip")) == family for item in get_path(pod, "status", "podIPs") or [])
