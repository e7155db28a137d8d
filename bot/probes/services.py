"""Probes of Services and their EndpointSlices, for dual-stack questions."""

from dataclasses import replace
from typing import Literal

from bot.cluster.addresses import address_family
from bot.cluster.declared_reads import label, label_of
from bot.cluster.facts.registry import Permission
from bot.cluster.resources import ENDPOINT_SLICES, SERVICES
from bot.cluster.session import SYSTEM, ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.probes.findings import Evidence, Finding
from bot.probes.pods import SHOWN
from bot.probes.registry import absent, present, probe, some, unknown

LIST_SERVICES = Permission("list", SERVICES)
OF_SERVICE = label("kubernetes.io/service-name")


def _service_evidence(session: ClusterSession, service: Object, excerpt: str) -> Evidence:
    check = f"kubectl -n {namespace_of(service)} get service {name_of(service)} -o yaml"
    return Evidence(object=f"Service {full_name(service)}", excerpt=excerpt, seen=session.now(), check=check)


def _families(service: Object) -> set[str]:
    return {family for address in _cluster_ips(service) if (family := address_family(address))}


async def _asked_about(session: ClusterSession) -> tuple[list[Object], bool]:
    """Services with a ClusterIP: those that the question names, else all but the cluster's own."""
    listing = await session.all_of(SERVICES)
    found = [item for item in listing.items if _families(item)]
    named = [item for item in found if session.scope.names(item) or full_name(item) in session.scope.words]
    own = [item for item in found if namespace_of(item) != SYSTEM and full_name(item) != "default/kubernetes"]
    return named or own, listing.complete


@probe(nature="state", reads=(LIST_SERVICES,), cost="wide")
async def service_families(session: ClusterSession, *, missing: Literal["IPv4", "IPv6"]) -> Finding:
    """Services without a ClusterIP of one family. Services that the question names decide alone.

    Headless Services have none by design and default/kubernetes is always of one family: neither counts.

    Args:
        missing: the family
    """
    services, complete = await _asked_about(session)
    lacking = [item for item in services if missing not in _families(item)]
    if not services:
        return unknown("no Service with a ClusterIP could be seen")
    if not lacking:
        example = services[0]
        seen = [_families_evidence(session, example)]
        shown = f"{full_name(example)}: {', '.join(map(str, _cluster_ips(example)))}"
        what = f"kubectl shows one ClusterIP of a Service, and all {len(services)} Services looked at have an "
        what += f"{missing} one in spec.clusterIPs, e.g. {shown}"
        return absent(what, seen) if complete else unknown(what, seen)
    names = [full_name(item) for item in lacking]
    evidence = [_families_evidence(session, item) for item in lacking[:SHOWN]]
    return present(f"no {missing} ClusterIP: {some(names)}", evidence, service=names)


def _cluster_ips(service: Object) -> list[object]:
    return get_path(service, "spec", "clusterIPs") or [get_path(service, "spec", "clusterIP")]


def _families_evidence(session: ClusterSession, service: Object) -> Evidence:
    """With the command that shows the policy and all ClusterIPs: kubectl's table shows one."""
    policy = get_path(service, "spec", "ipFamilyPolicy") or "not set"
    excerpt = f"ipFamilyPolicy: {policy}, clusterIPs: {', '.join(map(str, _cluster_ips(service)))}"
    check = f"kubectl -n {namespace_of(service)} get service {name_of(service)}"
    check += " -o jsonpath='{.spec.ipFamilyPolicy} {.spec.clusterIPs[*]}'"
    return replace(_service_evidence(session, service, excerpt), check=check)


@probe(nature="sign", reads=(LIST_SERVICES, Permission("list", ENDPOINT_SLICES)), cost="wide")
async def endpoint_slices(
    session: ClusterSession, *, family: Literal["IPv4", "IPv6"], state: Literal["empty"] = "empty"
) -> Finding:
    """Services with a ClusterIP of a family, ready endpoints of the other one, and none of this.

    Args:
        family: the family
        state: always "empty"
    """
    del state
    services, complete = await _asked_about(session)
    services = [item for item in services if family in _families(item)]
    if not services:
        return absent(f"no Service looked at has an {family} ClusterIP")
    slices = await session.all_of(ENDPOINT_SLICES, labels=OF_SERVICE)
    empty = [item for item in services if _lacks_family(item, slices.items, family)]
    if empty:
        names = [full_name(item) for item in empty]
        evidence = [_slice_evidence(session, item, family) for item in empty[:SHOWN]]
        named = _first_of(empty[0], slices.items, family)
        return present(f"no ready {family} endpoint behind {some(names)}", evidence, service=names, **named)
    what = f"every Service looked at with an {family} ClusterIP has {family} endpoints or none at all"
    return absent(what) if complete and slices.complete else unknown(f"{what}, among those that could be read")


def _slices_of(service: Object, slices: tuple[Object, ...]) -> list[Object]:
    return [
        s for s in slices if namespace_of(s) == namespace_of(service) and label_of(s, OF_SERVICE) == name_of(service)
    ]


def _first_of(service: Object, slices: tuple[Object, ...], family: str) -> dict[str, list[str]]:
    """What the first Service's steps name: its pods, its address of the family, and its first port."""
    endpoints = [endpoint for s in _slices_of(service, slices) for endpoint in s.get("endpoints") or []]
    targets = [get_path(endpoint, "targetRef") or {} for endpoint in endpoints]
    pods = [f"{namespace_of(service)}/{it['name']}" for it in targets if it.get("kind") == "Pod" and it.get("name")]
    addresses = [str(address) for address in _cluster_ips(service) if address_family(address) == family]
    ports = [str(port["port"]) for port in get_path(service, "spec", "ports") or [] if port.get("port")]
    return {"pod": list(dict.fromkeys(pods)), "cluster_ipv6": addresses if family == "IPv6" else [], "port": ports[:1]}


def _lacks_family(service: Object, slices: tuple[Object, ...], family: str) -> bool:
    mine = _slices_of(service, slices)
    ready = {
        str(s.get("addressType")) for s in mine if any(_is_ready(endpoint) for endpoint in s.get("endpoints") or [])
    }
    return bool(ready) and family not in ready


def _is_ready(endpoint: Object) -> bool:
    return get_path(endpoint, "conditions", "ready") is not False


def _slice_evidence(session: ClusterSession, service: Object, family: str) -> Evidence:
    check = f"kubectl -n {namespace_of(service)} get endpointslices -l {OF_SERVICE}={name_of(service)}"
    return Evidence(
        object=f"Service {full_name(service)}",
        excerpt=f"no ready endpoint of addressType {family}",
        seen=session.now(),
        check=check,
    )
