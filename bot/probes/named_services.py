"""The everyday causes of a Service that nobody reaches, looked for on the Services that the question names.

What a Service does with its selector, targetPort and traffic policies: https://kubernetes.io/docs/concepts/services-networking/service/
and https://kubernetes.io/docs/concepts/services-networking/service-traffic-policy/.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.cluster.declared_reads import label_of, labels_as_asked
from bot.cluster.events import warning_events
from bot.cluster.facts.balancer_messages import is_balancer_failure
from bot.cluster.facts.registry import Permission
from bot.cluster.mentions import Mention
from bot.cluster.named_objects import NamedObjects, is_of, named_objects
from bot.cluster.reader import PAGE
from bot.cluster.resources import DEPLOYMENTS, ENDPOINT_SLICES, EVENTS, PODS, SERVICES, STATEFUL_SETS
from bot.cluster.session import ClusterSession, Object, full_name, get_path, moment, name_of, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.causes import NO_CAUSE, Cause, Causes, finding_of, joined
from bot.probes.findings import Finding, clip
from bot.probes.pod_readiness import is_ready, unready_reason, unready_since
from bot.probes.pods import node_of
from bot.probes.registry import count, probe, some
from bot.probes.service_ports import port_causes
from bot.probes.services import OF_SERVICE
from bot.text import span

READS = (
    *(Permission("list", each) for each in (SERVICES, PODS, ENDPOINT_SLICES, DEPLOYMENTS, EVENTS)),
    Permission("get", STATEFUL_SETS),
)
MOST_EMPTY = 4  # Services of a named namespace that are looked at
LATELY = timedelta(hours=1)
GONE = (
    *("delet", "remov", "gone", "missing", "not found", "doesn't exist", "does not exist", "删", "不存在", "没了"),
    *("no such host", "unknown host", "unknownhost", "nxdomain", "enotfound", "could not resolve"),
    *("name or service not known", "找不到", "解析不到", "解析不出", "无法解析"),
)


@probe(nature="sign", reads=READS, cost="wide")
async def named_service_broken(session: ClusterSession) -> Finding:
    """A Service that the question names cannot be reached, for an everyday reason.

    It does not exist; has no ready endpoint: its selector matches no pod, or the pods are not ready; sends to a port
    that its pods do not have; serves the pods of some nodes alone; waits for its load balancer.
    """
    return await finding_of(session, service_causes, "the Services that the words name have ready endpoints")


async def service_causes(session: ClusterSession) -> Causes:
    """What is wrong with the Services that the question names."""
    named = await named_objects(session)
    missing = [await _missing(session, mention, named) for mention in named.missing]
    looks = await asyncio.gather(*(_look_at(session, service, named) for service in named.services))
    places = () if named.any_traffic or named.nodes else sorted(named.namespaces)
    empty = [await _empty_services(session, place, named) for place in places]
    return joined([*missing, *looks, *empty, Causes((), named.unread)])


async def _empty_services(session: ClusterSession, namespace: str, named: NamedObjects) -> Causes:
    """Where a namespace alone is named: its Services with a selector that have no ready endpoint.

    Nobody asked about one of them, so where endpoints cannot be read none is told.
    """
    try:
        services = (await session.reader.select(SERVICES, namespace, most=PAGE)).items
        slices = await session.reader.select(ENDPOINT_SLICES, namespace, most=PAGE)
    except ReadError as error:
        if error.is_damage:
            raise
        return NO_CAUSE
    if not slices.complete:
        return NO_CAUSE
    served = {
        label_of(item, OF_SERVICE)
        for item in slices.items
        for endpoint in item.get("endpoints") or []
        if get_path(endpoint, "conditions", "ready") is not False
    }
    empty = [each for each in services if get_path(each, "spec", "selector") and name_of(each) not in served]
    return joined(await asyncio.gather(*(_look_at(session, each, named) for each in empty[:MOST_EMPTY])))


async def pods_behind(session: ClusterSession, service: Object) -> tuple[Object, ...]:
    """The pods that its selector selects, those that end left out.

    Raises:
        ReadError: they could not be read.
    """
    selector = get_path(service, "spec", "selector") or {}
    if not selector:
        return ()
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    listing = await session.reader.select(PODS, namespace_of(service), labels=labels, most=100)
    return tuple(pod for pod in listing.items if not _ends(pod))


def _ends(pod: Object) -> bool:
    is_over = get_path(pod, "status", "phase") in ("Succeeded", "Failed")
    return is_over or bool(get_path(pod, "metadata", "deletionTimestamp"))


async def _missing(session: ClusterSession, mention: Mention, named: NamedObjects) -> Causes:
    """Only where a workload of that name is there, or the words are about its end: people also call things services."""
    deployments = [each for each in named.deployments if name_of(each) == mention.name]
    pods = [pod for pod in named.pods if is_of(name_of(pod), mention.name)]
    text = session.scope.text.lower()
    written = ("svc {0}", "服务 {0}", "{0} svc", "svc/{0}", "service/{0}", *(["{0}.{1}"] if mention.namespace else []))
    is_plain = any(form.format(mention.name, mention.namespace) in text for form in written)
    if not (deployments or pods or is_plain or any(word in text for word in GONE)):
        return NO_CAUSE
    where = f"namespace {mention.namespace}" if mention.namespace else "any namespace"
    there = f" (Deployment {full_name(deployments[0])} is there)" if deployments else ""
    scope = f"-n {mention.namespace}" if mention.namespace else "-A"
    return Causes(
        (
            Cause(
                object=f"Service {mention.name}",
                message=f"No Service named {mention.name} exists in {where}{there}",
                check=f"kubectl get services {scope}",
            ),
        )
    )


async def _look_at(session: ClusterSession, service: Object, named: NamedObjects) -> Causes:
    try:
        return await _causes_of(session, service, named)
    except ReadError as error:
        return Causes((), (f"what is behind Service {full_name(service)} could not be read: {error}",))


def _since_change(session: ClusterSession, obj: Object) -> str:
    """That its spec was changed lately, as far as ``managedFields`` tell; a change is what mostly breaks things."""
    created = moment(get_path(obj, "metadata", "creationTimestamp"))
    edits = get_path(obj, "metadata", "managedFields") or []
    times = [moment(each.get("time")) for each in edits if "f:spec" in (each.get("fieldsV1") or {})]
    latest = max((at for at in times if at), default=None)
    if latest is None or created is None or latest - created < timedelta(minutes=1):
        return ""
    return f" (changed {span(latest, session.now())} ago)" if session.now() - latest <= LATELY else ""


def _since_rollout(session: ClusterSession, pods: Sequence[Object]) -> str:
    """That all of its pods are new: a release."""
    made = [moment(get_path(pod, "metadata", "creationTimestamp")) for pod in pods]
    oldest = min((at for at in made if at), default=None)
    if oldest is None or session.now() - oldest > LATELY:
        return ""
    return f"; all its pods were made within the last {span(oldest, session.now())}"


async def _causes_of(session: ClusterSession, service: Object, named: NamedObjects) -> Causes:
    spec = service.get("spec") or {}
    if spec.get("type") == "ExternalName":
        what = f"Service {full_name(service)} only stands for the name {spec.get('externalName')}"
        return Causes((), (f"{what}: whether that one answers, Kubernetes cannot show",))
    balancer = await _balancer(session, service)
    if not spec.get("selector"):
        return balancer + await _without_selector(session, service)
    pods = await pods_behind(session, service)
    ready = [pod for pod in pods if is_ready(pod)]
    if not pods:
        return await no_pod_causes(session, service) + balancer
    if not ready:
        return await _none_ready(session, service, pods) + balancer
    look = Causes(tuple(port_causes(service, ready, [m.port for m in named.mentions if m.name == name_of(service)])))
    look += await _of_some_nodes(session, service, ready) + balancer
    return look + await _some_unready(session, service, pods) + await _stale_slices(session, service, ready)


def _cause(service: Object, message: str, check: str = "", since: datetime | None = None) -> Cause:
    check = check or f"kubectl -n {namespace_of(service)} get service {name_of(service)} -o yaml"
    told = f"Service {full_name(service)} {message}"
    return Cause(object=f"Service {full_name(service)}", message=told, check=check, since=since)


def _slices_check(service: Object) -> str:
    return f"kubectl -n {namespace_of(service)} get endpointslices -l {OF_SERVICE}={name_of(service)}"


def _selector_text(service: Object) -> str:
    return ",".join(f"{key}={value}" for key, value in (get_path(service, "spec", "selector") or {}).items())


async def _ready_endpoints(session: ClusterSession, service: Object) -> int | None:
    """How many its EndpointSlices list; ``None`` without any slice."""
    labels = f"{OF_SERVICE}={name_of(service)}"
    slices = (await session.reader.select(ENDPOINT_SLICES, namespace_of(service), labels=labels, most=100)).items
    if not slices:
        return None
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
    return sum(get_path(endpoint, "conditions", "ready") is not False for endpoint in endpoints)


async def _without_selector(session: ClusterSession, service: Object) -> Causes:
    """Somebody else keeps its endpoints."""
    if await _ready_endpoints(session, service):
        return NO_CAUSE
    message = "has no selector, and nobody has given it an endpoint"
    return Causes((_cause(service, message, _slices_check(service)),))


async def _stale_slices(session: ClusterSession, service: Object, ready: Sequence[Object]) -> Causes:
    """Ready pods that its EndpointSlices do not list."""
    try:
        listed = await _ready_endpoints(session, service)
    except ReadError:
        return NO_CAUSE  # older API servers have no such kind; the pods have told
    if listed != 0:
        return NO_CAUSE
    message = f"has no ready endpoint in its EndpointSlices, although {count(len(ready), 'pod')} behind it are ready"
    return Causes((_cause(service, message, _slices_check(service)),))


async def no_pod_causes(session: ClusterSession, service: Object) -> Causes:
    """Why the selector matches none: no pods at all, or pods with other labels."""
    selector, name = get_path(service, "spec", "selector") or {}, name_of(service)
    like = await pods_like(session, service)
    message = f"has no endpoints: its selector {_selector_text(service)} matches no pod"
    check = f"kubectl -n {namespace_of(service)} get pods --show-labels"
    if like:
        labels = labels_as_asked(like[0], selector)
        carried = ",".join(f"{key}={value}" for key, value in labels.items()) or f"no label {', '.join(selector)}"
        message += f" (pods named {_stem(like[0], name)}-… carry {carried})"
    elif told := await _scaled_down(session, service):
        return Causes((_cause(service, f"has no endpoints: {told}", check),))
    message += _since_change(session, service)
    return Causes((_cause(service, message, check),))


async def pods_like(session: ClusterSession, service: Object) -> list[Object]:
    """Pods of its namespace whose names begin like the Service's, the closest first."""
    try:
        listing = await session.reader.select(PODS, namespace_of(service), metadata_only=True, most=PAGE)
    except ReadError:
        return []
    name = name_of(service).removesuffix("-svc").removesuffix("-service")
    pods = [pod for pod in listing.items if not get_path(pod, "metadata", "deletionTimestamp")]
    exact = [pod for pod in pods if is_of(name_of(pod), name)]
    return exact or [pod for pod in pods if name_of(pod).startswith(f"{name}-")]


def _stem(pod: Object, name: str) -> str:
    short = name.removesuffix("-svc").removesuffix("-service")
    return name if is_of(name_of(pod), name) else short


async def _scaled_down(session: ClusterSession, service: Object) -> str:
    """The Deployment behind the Service, by its labels, that is to have no pods; or the StatefulSet of its name."""
    selector = get_path(service, "spec", "selector") or {}
    try:
        found = (await session.reader.select(DEPLOYMENTS, namespace_of(service), most=PAGE)).items
        name = name_of(service).removesuffix("-headless")
        meant = [each for each in found if selector.items() <= _pod_labels(each).items() or name_of(each) == name]
        sets = () if meant else (await session.reader.get(STATEFUL_SETS, name, namespace_of(service)),)
    except ReadError:
        return ""
    zero = [each for each in (*meant, *sets) if each is not None and get_path(each, "spec", "replicas") == 0]
    if not zero or len(zero) < len(meant):
        return ""
    kind = "Deployment" if meant else "StatefulSet"
    return f"{kind} {full_name(zero[0])} is scaled to 0"


def _pod_labels(workload: Object) -> Object:
    """The labels that its pods are known to carry."""
    return dict(get_path(workload, "spec", "selector", "matchLabels") or {})


async def _none_ready(session: ClusterSession, service: Object, pods: Sequence[Object]) -> Causes:
    first = max(pods, key=lambda pod: bool(node_of(pod)))
    why = await unready_reason(session, first)
    of = f"{count(len(pods), 'pod')} behind it {'is' if len(pods) == 1 else 'are'} not ready"
    message = f"has no ready endpoint: {of} ({name_of(first)}: {why})"
    message += _since_rollout(session, pods)
    check = f"kubectl -n {namespace_of(first)} describe pod {name_of(first)}"
    return Causes((_cause(service, message, check, since=unready_since(first)),))


async def _some_unready(session: ClusterSession, service: Object, pods: Sequence[Object]) -> Causes:
    """The others still answer: it is told, and explains nothing by itself."""
    unready = [pod for pod in pods if not is_ready(pod)]
    if not unready:
        return NO_CAUSE
    first = unready[0]
    why = await unready_reason(session, first)
    message = f"{len(unready)} of {len(pods)} pods behind Service {full_name(service)} not ready"
    message += f" ({name_of(first)}: {why})"
    check = f"kubectl -n {namespace_of(first)} describe pod {name_of(first)}"
    about = f"Pod {full_name(first)}"
    return Causes((Cause(object=about, message=message, check=check, since=unready_since(first), explains=False),))


async def _of_some_nodes(session: ClusterSession, service: Object, ready: Sequence[Object]) -> Causes:
    """Traffic policies by which only nodes with a ready pod serve it."""
    spec, found = service.get("spec") or {}, list[Cause]()
    on = list(dict.fromkeys(node_of(pod) for pod in ready if node_of(pod)))
    is_local = "Local" in (spec.get("internalTrafficPolicy"), spec.get("externalTrafficPolicy"))
    if not is_local or not on or not await _is_some(session, on):
        return NO_CAUSE
    where = f"its ready pods run on {some(on)} alone"
    if spec.get("internalTrafficPolicy") == "Local":
        message = f"has internalTrafficPolicy: Local, and {where}: pods on other nodes cannot reach it"
        found.append(_cause(service, message))
    if spec.get("externalTrafficPolicy") == "Local" and _asks_from_outside(session, spec):
        message = f"has externalTrafficPolicy: Local, and {where}: its node port answers on no other node"
        found.append(_cause(service, message))
    return Causes(tuple(found))


async def _is_some(session: ClusterSession, on: Sequence[str]) -> bool:
    """Whether there are other nodes; taken to be so where nodes cannot be read."""
    try:
        nodes = (await session.nodes()).items
    except ReadError:
        return True
    return any(name_of(node) not in on for node in nodes)


def _asks_from_outside(session: ClusterSession, spec: Object) -> bool:
    """A load balancer knows which nodes have pods; who calls a node, or its address from inside, does not."""
    text = session.scope.text.lower()
    words = ("nodeport", "node port", "node ip", "any node", "every node", "each node", "节点", "loadbalancer", "slb")
    return spec.get("type") == "NodePort" or any(word in text for word in words)


async def _balancer(session: ClusterSession, service: Object) -> Causes:
    """A load balancer that the cloud controller manager has not made, in its own words."""
    if get_path(service, "spec", "type") != "LoadBalancer" or get_path(service, "status", "loadBalancer", "ingress"):
        return NO_CAUSE
    created = moment(get_path(service, "metadata", "creationTimestamp"))
    warnings = await warning_events(session, pods=False)
    mine = [e for e in warnings.about(("Service", namespace_of(service), name_of(service))) if is_balancer_failure(e)]
    message = "waits for its load balancer: no address was given to it yet"
    if not mine:
        return Causes((_cause(service, message, since=created),))
    last = max(mine, key=lambda event: event.last)
    check = f"kubectl -n {namespace_of(service)} describe service {name_of(service)}"
    told = f"has no load balancer: {last.reason}: {clip(last.message, 200)}"
    return Causes((_cause(service, told, check, since=last.first),))
