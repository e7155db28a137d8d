"""The probe of hostPorts: whether the pods that the question is about ask for one, and for which."""

import re
from typing import Literal

from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import is_of, named_objects
from bot.cluster.resources import DEPLOYMENTS, PODS, SERVICES
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of
from bot.probes.findings import Evidence, Finding
from bot.probes.named_policies import named_groups
from bot.probes.pod_readiness import is_ready
from bot.probes.pods import SHOWN, is_live, node_of, pod_evidence
from bot.probes.registry import absent, present, probe, some, unknown

READS = tuple(Permission("list", each) for each in (PODS, SERVICES, DEPLOYMENTS))
# "hostPort 9101", "port: 9101", "10.0.0.11:9101", "9101 端口"
_PORT = re.compile(r"(?:port|端口|:)\s{0,3}[:=]?\s{0,3}(\d{2,5})(?!\d|\.\d)|(?<![\d.])(\d{2,5})\s?(?:端口|port)")
Asked = tuple[Object, int]


@probe(nature="condition", reads=READS, cost="wide")
async def host_ports(session: ClusterSession, *, state: Literal["requested"] = "requested") -> Finding:
    """Pods that ask for a hostPort. Pods on the host's network get theirs filled in by the API server: not counted.

    Where the question names pods, a workload or a Service, theirs alone count; where it names ports, these.

    Args:
        state: always "requested"
    """
    del state  # one state so far; named so that entries read as sentences
    listing = await session.all_of(PODS, fields="status.phase=Running", most=1000)
    asked = [(pod, port) for pod in listing.items if is_live(pod) for port in _host_ports(pod)]
    if not asked:
        none = "no running pod asks for a hostPort"
        return absent(none) if listing.complete else unknown("not all pods could be read")
    mine, other = await _of_named(session, asked)
    if not mine:
        return absent(f"{other} ask for no hostPort", about=[other])
    ports = _ports_in(session.scope.text)
    meant = [(pod, port) for pod, port in mine if port in ports] or ([] if ports else mine)
    if not meant:
        told = some([f"{full_name(pod)} for {port}" for pod, port in mine])
        return unknown(
            f"no running pod asks for hostPort {', '.join(map(str, ports))}: {told}", _evidence(session, mine)
        )
    answering = [(pod, port) for pod, port in meant if is_ready(pod)]
    if not answering:
        broken, port = meant[0]
        why = f"{full_name(broken)} asks for hostPort {port} and is not ready itself: a mapped port would be dead, too"
        return unknown(why, _evidence(session, meant), pod=[full_name(broken)], port=[str(port)])
    meant = answering
    names = [full_name(pod) for pod, _ in meant]
    nodes = [node_of(pod) for pod, _ in meant]
    asked_for = [str(port) for _, port in meant]
    evidence = _evidence(session, meant)
    return present(f"hostPort is asked for by {some(names)}", evidence, pod=names, node=nodes, port=asked_for)


def _evidence(session: ClusterSession, asked: list[Asked]) -> list[Evidence]:
    shows = "{.spec.nodeName} {.spec.containers[*].ports}"
    return [pod_evidence(session, pod, f"hostPort {port} on node {node_of(pod)}", shows) for pod, port in asked[:SHOWN]]


async def _of_named(session: ClusterSession, asked: list[Asked]) -> tuple[list[Asked], str]:
    """Those of the pods that the question names, all where it names none; and what it names instead."""
    named = await named_objects(session)
    words = [mention.name for mention in named.mentions]
    mine = [(pod, port) for pod, port in asked if any(is_of(name_of(pod), word) for word in words)]
    groups = await named_groups(session)
    of_groups = {full_name(pod) for group in groups for pod in group.pods}
    mine = mine or [(pod, port) for pod, port in asked if full_name(pod) in of_groups]
    others = [group.name for group in groups] or [name_of(each) for each in (*named.services, *named.deployments)]
    return mine or ([] if others else asked), f"the pods of {some(others)}"


def _ports_in(text: str) -> list[int]:
    found = (int(before or behind) for before, behind in _PORT.findall(text.lower()))
    return list(dict.fromkeys(port for port in found if 0 < port < 65536))


def _host_ports(pod: Object) -> list[int]:
    containers = get_path(pod, "spec", "containers") or []
    return [port["hostPort"] for item in containers for port in item.get("ports") or [] if port.get("hostPort")]
