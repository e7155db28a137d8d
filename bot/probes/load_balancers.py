"""The probe of load balancers: whether the Service that the question is about has one in this cluster."""

from bot.cluster.facts.registry import Permission
from bot.cluster.mentions import mentions_in
from bot.cluster.named_objects import addresses_of, named_objects
from bot.cluster.resources import SERVICES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.probes.findings import Evidence, Finding
from bot.probes.registry import absent, present, probe, some, unknown


@probe(nature="condition", reads=(Permission("list", SERVICES),))
async def load_balancer_named(session: ClusterSession) -> Finding:
    """The Service or address that the question names belongs to a load balancer or external IP of this cluster.

    Where it names neither, it is taken to be so.
    """
    named = await named_objects(session)
    with_one = [service for service in named.services if _has_balancer(service)]
    if with_one:
        names = [full_name(each) for each in with_one]
        return present(f"{some(names)} has a load balancer", [_evidence(session, with_one[0])], service=names)
    if named.services:
        first = named.services[0]
        kind = get_path(first, "spec", "type") or "ClusterIP"
        why = f"Service {full_name(first)} is of type {kind}: it has no load balancer"
        return absent(why, [_evidence(session, first)], service=[full_name(first)])
    addresses = [
        mention.name for mention in mentions_in(session.scope.text) if mention.plain and _is_address(mention.name)
    ]
    if addresses and not named.nodes:
        return unknown(f"no Service of this cluster has the address {some(addresses)}")
    return present("this holds for every load balancer of the cluster")


def _has_balancer(service: Object) -> bool:
    return get_path(service, "spec", "type") == "LoadBalancer" or bool(get_path(service, "spec", "externalIPs"))


def _is_address(name: str) -> bool:
    return name.replace(".", "").isdigit() or ":" in name


def _evidence(session: ClusterSession, service: Object) -> Evidence:
    excerpt = f"type: {get_path(service, 'spec', 'type')}, addresses: {', '.join(sorted(addresses_of(service)))}"
    check = f"kubectl -n {namespace_of(service)} get service {name_of(service)} -o wide"
    return Evidence(object=f"Service {full_name(service)}", excerpt=excerpt, seen=session.now(), check=check)
