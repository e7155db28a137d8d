"""The everyday causes of names that do not resolve: DNS servers that do not run, crash, or get no answer themselves."""

import re
from dataclasses import replace
from datetime import timedelta

from bot.cluster.facts.registry import Permission
from bot.cluster.resources import DEPLOYMENTS, ENDPOINT_SLICES, POD_LOGS, PODS
from bot.cluster.session import SYSTEM, ClusterSession, Object, full_name, get_path, name_of
from bot.cluster.transport import ReadError
from bot.probes.causes import NO_CAUSE, Cause, Causes, finding_of, joined
from bot.probes.cluster_dns import DNS, dns_upstream_silent, server_trouble
from bot.probes.complaints import COREDNS, complaint
from bot.probes.corefile import READS as COREFILE_READS
from bot.probes.corefile import domain_causes
from bot.probes.findings import Finding, clip
from bot.probes.network_components import last_line
from bot.probes.pod_readiness import NO_REASON, is_ready, unready_reason, unready_since
from bot.probes.pods import SHOWN, app_pods, came_up
from bot.probes.registry import count, probe, some
from bot.probes.services import OF_SERVICE
from knowledge.logic import Outcome

READS = (
    *(Permission("list", each) for each in (PODS, ENDPOINT_SLICES)),
    Permission("get", DEPLOYMENTS),
    Permission("get", POD_LOGS),
    *COREFILE_READS,
)
SERVICE = "kube-dns"
# coredns/core/dnsserver and corefile parsing: "Corefile:7 - Error during parsing: Unknown directive 'forwrad'".
COREFILE_ERROR = re.compile(r"corefile:\d+|error during parsing|unknown directive|unknown property", re.IGNORECASE)
_WORDS = re.compile(
    r"dns|resolv|resolution|lookup|look up|unknown ?host|eai_again|enotfound|no such host|nxdomain|servfail|nameserver"
    r"|host ?name|corefile|解析|域名"
)
YOUNG = timedelta(seconds=60)


@probe(nature="sign", reads=READS, cost="wide")
async def dns_broken(session: ClusterSession) -> Finding:
    """The cluster's DNS cannot answer: no server runs, they crash, its Service is empty, or its upstream is silent."""
    return await finding_of(session, dns_causes, "the cluster's DNS servers are ready, and their upstream answers")


def is_about_dns(text: str) -> bool:
    """Whether words are about names that do not resolve."""
    return bool(_WORDS.search(text.lower()))


async def dns_causes(session: ClusterSession) -> Causes:
    """What is wrong with the cluster's DNS."""
    pods = [pod for pod in await app_pods(session, DNS) if not get_path(pod, "metadata", "deletionTimestamp")]
    if not pods:
        return await _no_server(session)
    failing = [(pod, why) for pod in pods if (why := server_trouble(session, pod)) and not _is_young(session, pod)]
    if failing:
        return await _failing(session, failing, any(is_ready(pod) for pod in pods))
    looks = (_empty_service(session, pods), _complaints(session, pods), _upstream(session), domain_causes(session))
    return joined([await look for look in looks])


def _is_young(session: ClusterSession, pod: Object) -> bool:
    at = came_up(pod)
    return at is not None and session.now() - at < YOUNG and not _has_crashed(pod)


def _has_crashed(pod: Object) -> bool:
    return any(int(each.get("restartCount") or 0) for each in get_path(pod, "status", "containerStatuses") or [])


async def _no_server(session: ClusterSession) -> Causes:
    deployment = await session.reader.get(DEPLOYMENTS, "coredns", SYSTEM)
    if deployment is None:
        return Causes((), ("no pod and no Deployment of the cluster's DNS was found in kube-system",))
    replicas = get_path(deployment, "spec", "replicas")
    why = "is scaled to 0" if replicas == 0 else "has no pod"
    message = f"Deployment {SYSTEM}/coredns {why}: no DNS server runs, and Service {SYSTEM}/{SERVICE} has no endpoints"
    check = f"kubectl -n {SYSTEM} get deployment coredns"
    return Causes((Cause(object=f"Deployment {SYSTEM}/coredns", message=message, check=check),))


async def _failing(session: ClusterSession, failing: list[tuple[Object, str]], some_ready: bool) -> Causes:
    first = failing[0][0]
    why = await unready_reason(session, first)
    failing = [(first, failing[0][1] if why == NO_REASON else why), *failing[1:]]
    names = some([f"{name_of(pod)} ({why})" for pod, why in failing])
    head = "Not all DNS servers of the cluster are ready" if some_ready else "No DNS server of the cluster is ready"
    last = await last_line(session, first)
    said = f"; its log says: {last}" if last else ""
    if COREFILE_ERROR.search(last):
        said = f"; the Corefile does not parse: {last}"
    check = f"kubectl -n {SYSTEM} logs {name_of(first)} --previous --tail=20"
    about = f"Pod {full_name(first)}"
    return Causes((Cause(object=about, message=f"{head}: {names}{said}", check=check, since=unready_since(first)),))


async def _empty_service(session: ClusterSession, pods: list[Object]) -> Causes:
    """Ready servers that the Service does not lead to."""
    labels = f"{OF_SERVICE}={SERVICE}"
    try:
        slices = (await session.reader.select(ENDPOINT_SLICES, SYSTEM, labels=labels, most=100)).items
    except ReadError:
        return NO_CAUSE  # older API servers have no such kind
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or []]
    if not slices or any(get_path(endpoint, "conditions", "ready") is not False for endpoint in endpoints):
        return NO_CAUSE
    message = f"Service {SYSTEM}/{SERVICE} has no ready endpoint, although {count(len(pods), 'DNS server')} run"
    check = f"kubectl -n {SYSTEM} get endpointslices -l {labels}"
    return Causes((Cause(object=f"Service {SYSTEM}/{SERVICE}", message=message, check=check),))


async def _complaints(session: ClusterSession, pods: list[Object]) -> Causes:
    """What servers that are ready cannot do until now, such as read the cluster's Services."""
    told = [each for pod in pods[:SHOWN] if (each := await complaint(session, pod, COREDNS))]
    return Causes(tuple(replace(each, explains=True) for each in told))


async def _upstream(session: ClusterSession) -> Causes:
    found = await dns_upstream_silent(session)
    if found.outcome is Outcome.PRESENT:
        seen = found.evidence[0]
        message = f"The servers that CoreDNS asks do not answer it: {clip(seen.excerpt, 200)}"
        return Causes((Cause(object=seen.object, message=message, check=seen.check, since=seen.seen),))
    return Causes((), (found.summary,)) if found.outcome is Outcome.UNKNOWN else NO_CAUSE
