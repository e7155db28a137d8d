"""The DaemonSets that make the network, as an everyday cause: pods of theirs that crash or are not ready."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.cluster.facts.flannel_objects import flannel_daemon_sets
from bot.cluster.facts.registry import Permission
from bot.cluster.resources import DAEMON_SETS, POD_LOGS, PODS
from bot.cluster.session import ClusterSession, Object, full_name, get_path, moment, name_of, namespace_of
from bot.probes.causes import Cause, Causes, finding_of
from bot.probes.complaints import FLANNEL, KUBE_PROXY, MOST_LOGS, complaint
from bot.probes.findings import Finding, clip
from bot.probes.logs import last_words
from bot.probes.pod_readiness import is_ready, unready_reason, unready_since
from bot.probes.pods import node_of
from bot.probes.registry import probe

READS = (Permission("list", DAEMON_SETS), Permission("list", PODS), Permission("get", POD_LOGS))
NETWORK = re.compile(r"terway(-eni|-eniip)?|kube-proxy.*|node-local-dns")
LONGEST = 280  # characters of a log line in a sentence
FEW = 100  # pods of a DaemonSet that are looked at although its status counts all of them ready
LOGS = 2  # logs that are read for their last line
STARTING_SECONDS = 90


@probe(nature="sign", reads=READS, cost="wide")
async def network_component_failing(session: ClusterSession) -> Finding:
    """A pod of Terway, Flannel or kube-proxy crashes or is not ready, which makes requests fail on its node."""
    return await finding_of(session, component_causes, "the pods of Terway, Flannel and kube-proxy are ready")


async def component_causes(session: ClusterSession) -> Causes:
    """The pods of the network's DaemonSets that do not run, or complain, with the last line of their log."""
    sets = {full_name(each): each for each in await flannel_daemon_sets(session)}
    sets |= {full_name(each): each for name, each in (await session.daemon_sets()).items() if NETWORK.fullmatch(name)}
    pods = [pod for each in sets.values() for pod in await _pods_of(session, each)]
    failing = [pod for pod in pods if not is_ready(pod) and _is_old(session, pod)]
    found = [await _cause(session, pod, place < LOGS) for place, pod in enumerate(failing[:4])]
    return Causes((*found, *await _complaints(session, pods)))


async def _pods_of(session: ClusterSession, daemon_set: Object) -> list[Object]:
    wanted = int(get_path(daemon_set, "status", "desiredNumberScheduled") or 0)
    if not wanted or (get_path(daemon_set, "status", "numberReady") == wanted and wanted > FEW):
        return []
    selector = get_path(daemon_set, "spec", "selector", "matchLabels") or {}
    labels = ",".join(f"{key}={value}" for key, value in selector.items())
    return list((await session.system_pods(labels, namespace_of(daemon_set))).items) if labels else []


async def _complaints(session: ClusterSession, pods: Sequence[Object]) -> list[Cause]:
    """Of those that run, what they cannot do until now: rules that are not written make requests fail as well."""
    found = []
    for component in (KUBE_PROXY, FLANNEL):
        ready = sorted((pod for pod in pods if name_of(pod).startswith(component.name) and is_ready(pod)), key=name_of)
        found += [told for pod in ready[:MOST_LOGS] if (told := await complaint(session, pod, component))]
    return [replace(each, explains=True) for each in found]


def _is_old(session: ClusterSession, pod: Object) -> bool:
    """A pod that starts just now, as at a rollout, is no trouble."""
    made = moment(get_path(pod, "metadata", "creationTimestamp"))
    is_leaving = bool(get_path(pod, "metadata", "deletionTimestamp"))
    return not is_leaving and (made is None or (session.now() - made).total_seconds() > STARTING_SECONDS)


async def _cause(session: ClusterSession, pod: Object, with_log: bool) -> Cause:
    why = await unready_reason(session, pod)
    last = await last_line(session, pod) if with_log else ""
    said = f"; its log says: {last}" if last else ""
    check = f"kubectl -n {namespace_of(pod)} logs {name_of(pod)} --previous --tail=20"
    return Cause(
        object=f"Pod {full_name(pod)}",
        message=f"{name_of(pod)} on node {node_of(pod)} is not ready ({why}){said}",
        check=check,
        since=unready_since(pod),
    )


async def last_line(session: ClusterSession, pod: Object) -> str:
    """What the container that is not ready said last of what is wrong; empty where its log cannot be read."""
    for status in get_path(pod, "status", "containerStatuses") or []:
        if status.get("ready") is False:
            restarts = int(status.get("restartCount") or 0)
            line, _ = await last_words(session, pod, str(status.get("name")), has_restarted=restarts > 0)
            return clip(line, LONGEST)
    return ""
