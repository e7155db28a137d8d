"""What network components that run complain of again and again in their logs: their rules are as old as that."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.cluster.session import ClusterSession, Object, full_name, name_of, namespace_of
from bot.cluster.transport import ReadError
from bot.probes.causes import Cause
from bot.probes.findings import clip
from bot.probes.kube_proxy import SINCE_START
from bot.probes.logs import Line, read_log
from bot.probes.pods import node_of

RECENT, AGAIN, OFTEN = timedelta(minutes=10), timedelta(minutes=3), 4
_ERROR = re.compile(r"[EF]\d{4} \S+\s+\d+ ([\w.-]+:\d+)\]")  # klog, with the place in its source
# Calls that fail, names that do not resolve, load balancers and nodes; or a component that is named.
_CALLS = re.compile(
    r"\b(?:refus\w+|50[234]|connect\w*|reach\w*|unreachable|services?|svc|backends?|endpoints?|cluster ?ips?|vips?"
    r"|unavailable|timeouts?|tim(?:e[sd]?|ing) out|hangs?|ping|nodeports?|kube-?proxy|flannel|iptables|ipvs|nft\w*)\b"
    r"|不通|连不上|访问不了|无法访问|拒绝|打不开|超时|服务|接口|跨节点",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"dns|resol|look ?up|unknown ?host|eai_again|no such host|nxdomain|servfail|解析|域名", re.IGNORECASE
)
_CLOUD = re.compile(
    r"load ?balanc|\b(?:[snca]lb|external ip|routes?|ccm|cloud.controller)\b|负载均衡|路由|公网 ?ip", re.IGNORECASE
)


@dataclass(frozen=True)
class Complainer:
    """A component by how its pods are called, its container, the words that ask for it, and how far back it is read."""

    name: str
    container: str
    words: re.Pattern[str]
    back: timedelta = RECENT


COMPLAINERS = (
    Complainer("kube-proxy", "kube-proxy-worker", _CALLS, SINCE_START),  # as the entry about IPVS reads it
    Complainer("kube-flannel", "kube-flannel", _CALLS),
    Complainer("coredns", "coredns", _NAMES),
    Complainer("cloud-controller-manager", "cloud-controller-manager", _CLOUD),
)
KUBE_PROXY, FLANNEL, COREDNS, _ = COMPLAINERS
MOST_LOGS = 3  # of each component: logs are the dearest reads


async def complaint(session: ClusterSession, pod: Object, component: Complainer) -> Cause | None:
    """What the pod logs again and again until now, if anything; it explains nothing alone.

    A log that cannot be read tells nothing of its pod.
    """
    try:
        lines = (await read_log(session, pod, component.container, component.back)).lines
    except ReadError as error:
        if error.is_damage:
            raise
        return None
    repeated = _repeated([line for line in lines if line.at >= session.now() - RECENT])
    if len(repeated) < OFTEN or session.now() - repeated[-1].at > AGAIN:
        return None
    message = f"{component.name} on node {node_of(pod)} logs errors again and again: {clip(repeated[-1].text, 200)}"
    check = f"kubectl -n {namespace_of(pod)} logs {name_of(pod)} --tail=50"
    return Cause(object=f"Pod {full_name(pod)}", message=message, check=check, since=repeated[0].at, explains=False)


def _repeated(lines: Sequence[Line]) -> list[Line]:
    """The errors that come from the place in the source from which most of them do."""
    placed = [(found[1], line) for line in lines if (found := _ERROR.match(line.text))]
    most = Counter(place for place, _ in placed).most_common(1)
    return [line for place, line in placed if most and place == most[0][0]]
