"""Probes of the cluster's DNS servers: whether they can answer at all, and whether their own upstream answers them."""

import asyncio
from datetime import timedelta

from bot.cluster.facts.registry import Permission
from bot.cluster.pending_pods import waiting_reason
from bot.cluster.resources import POD_LOGS, PODS
from bot.cluster.session import ClusterSession, Object, full_name, get_path, name_of, namespace_of
from bot.probes.findings import Evidence, Finding
from bot.probes.logs import Line, container_of, read_log
from bot.probes.pod_readiness import is_ready
from bot.probes.pods import SHOWN, app_pods, came_up, pod_evidence
from bot.probes.registry import Strings, absent, count, present, probe, some, unknown

DNS: Strings = ("kube-dns",)
CONTAINER = "coredns"
ERRORS = "plugin/errors"  # CoreDNS logs under this name what it could not answer
# The forward plugin's own words among them: its servers are all down, or more queries wait for them than it allows.
NO_ANSWER = (
    *("i/o timeout", "connection refused", "no route to host", "network is unreachable"),
    *("unreachable backend", "no healthy upstream", "concurrent queries exceeded"),
)
SETTLED = timedelta(minutes=10)


@probe(nature="condition", reads=(Permission("list", PODS),))
async def dns_servers_ready(session: ClusterSession) -> Finding:
    """All DNS servers of the cluster (label k8s-app=kube-dns) are ready and stay up.

    Some that are not leave it open; where none is ready, no client can be answered.
    """
    pods = [pod for pod in await app_pods(session, DNS) if not get_path(pod, "metadata", "deletionTimestamp")]
    if not pods:
        return unknown("no pod of kube-dns was found in kube-system")
    failing = [(pod, why) for pod in pods if (why := server_trouble(session, pod))]
    if not failing:
        return present(f"{count(len(pods), 'DNS server')} of the cluster ready")
    evidence = [pod_evidence(session, pod, why) for pod, why in failing[:SHOWN]]
    told = some([f"{name_of(pod)} ({why})" for pod, why in failing])
    if any(is_ready(pod) for pod in pods):
        return unknown(f"not all DNS servers are well: {told}", evidence)
    return absent(f"no DNS server of the cluster is ready: {told}", evidence)


def server_trouble(session: ClusterSession, pod: Object) -> str:
    """Why the pod is not to be relied on, empty where it is well: a young pod must not have crashed before."""
    statuses = get_path(pod, "status", "containerStatuses") or []
    waits = next((reason for each in statuses if (reason := get_path(each, "state", "waiting", "reason"))), None)
    if waits or not is_ready(pod):
        return str(waits or waiting_reason(pod) or "not ready")
    restarts = sum(int(each.get("restartCount") or 0) for each in statuses)
    at = came_up(pod)
    if restarts and at and session.now() - at <= SETTLED:
        return f"restarted {count(restarts, 'time')}"
    return ""


@probe(nature="condition", reads=(Permission("list", PODS), Permission("get", POD_LOGS)), cost="wide")
async def dns_upstream_silent(
    session: ClusterSession, *, at_least: int = 2, within: timedelta = timedelta(minutes=30)
) -> Finding:
    """The log of CoreDNS says that the servers which it asks do not answer.

    Only what is left of the log counts: CoreDNS may log each query, and says this again and again while it is so.

    Args:
        at_least: how many lines have to say so; a single query is lost anywhere
        within: how old they may be
    """
    pods = await app_pods(session, DNS)
    if not pods:
        return unknown("no pod of kube-dns was found in kube-system")
    logs = await asyncio.gather(*(read_log(session, pod, CONTAINER, within) for pod in pods[:SHOWN]))
    found = [line for log in logs for line in log.lines if _is_silence(line)]
    if len(found) < at_least:
        return absent("the log of CoreDNS names no upstream server that does not answer")
    evidence = [_evidence(line) for line in sorted(found, key=lambda line: line.at, reverse=True)[:SHOWN]]
    return present(f"the servers that CoreDNS asks do not answer it: {found[-1].text}", evidence)


def _is_silence(line: Line) -> bool:
    text = line.text.lower()
    return ERRORS in text and any(each in text for each in NO_ANSWER)


def _evidence(line: Line) -> Evidence:
    command = f"kubectl -n {namespace_of(line.pod)} logs {name_of(line.pod)} -c {container_of(line.pod, CONTAINER)}"
    return Evidence(object=f"Pod {full_name(line.pod)}", excerpt=line.text, seen=line.at, check=f"{command} --tail=300")
