"""Whether a Service's targetPort is a port of its pods.

A container need not declare the ports that it listens on, so that only another declared port speaks against it:
https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.cluster.session import Object, full_name, get_path, name_of, namespace_of
from bot.probes.causes import Cause


def port_causes(service: Object, pods: Sequence[Object], asked: Sequence[int] = ()) -> Iterator[Cause]:
    """Ports by which the Service leads to none of its pods; ``asked``: ports that the question writes behind it."""
    ports = [port for port in get_path(service, "spec", "ports") or [] if isinstance(port, dict)]
    for message in [*_not_served(ports, asked), *_misdirected(ports, pods)]:
        yield _cause(service, message)
    if get_path(service, "spec", "clusterIP") not in (None, "", "None"):  # of a headless one it is the pods' port
        for message in _behind_another(ports, asked):
            yield replace(_cause(service, message), explains=False)  # people also write a Service's name for its pods


def _cause(service: Object, message: str) -> Cause:
    return Cause(
        object=f"Service {full_name(service)}",
        message=f"Service {full_name(service)} {message}",
        check=f"kubectl -n {namespace_of(service)} get service {name_of(service)} -o yaml",
    )


def _not_served(ports: Sequence[Object], asked: Sequence[int]) -> Iterator[str]:
    known = {value for port in ports for value in (port.get("port"), port.get("nodePort"), port.get("targetPort"))}
    for wanted in asked:
        if wanted and ports and wanted not in known:
            yield f"has no port {wanted}: it has {', '.join(str(port.get('port')) for port in ports)}"


def _behind_another(ports: Sequence[Object], asked: Sequence[int]) -> Iterator[str]:
    own = {value for port in ports for value in (port.get("port"), port.get("nodePort"))}
    for wanted in asked:
        through = [port.get("port") for port in ports if port.get("targetPort") == wanted]
        if wanted not in own and through:
            yield f"has no port {wanted} itself: its port {through[0]} leads to {wanted} of the pods"


def _misdirected(ports: Sequence[Object], pods: Sequence[Object]) -> Iterator[str]:
    declared = [port for pod in pods for port in _declared(pod)]
    numbers = sorted({port["containerPort"] for port in declared if port.get("containerPort")})
    names = sorted({str(port["name"]) for port in declared if port.get("name")})
    for port in ports:
        target = port.get("targetPort", port.get("port"))
        if isinstance(target, str) and not target.isdigit():
            if target not in names:
                told = f"call theirs {', '.join(names)}" if names else "name none"
                yield f"sends port {port.get('port')} to the port named {target}, and its pods {told}"
        elif numbers and int(target or 0) not in numbers:
            told = ", ".join(map(str, numbers))
            yield f"sends port {port.get('port')} to targetPort {target}, and the containers of its pods declare {told}"


def _declared(pod: Object) -> Iterator[Object]:
    for container in get_path(pod, "spec", "containers") or []:
        yield from container.get("ports") or []
