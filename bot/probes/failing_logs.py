"""The check of what network components that run log again and again, where the words may be about it."""

from dataclasses import replace

from bot.cluster.facts.registry import Permission
from bot.cluster.named_objects import named_objects
from bot.cluster.resources import DAEMON_SETS, EVENTS, NODES, POD_LOGS, PODS
from bot.cluster.session import ClusterSession, name_of
from bot.probes.complaints import COMPLAINERS, MOST_LOGS, complaint
from bot.probes.failing_components import component_pods
from bot.probes.failure_checks import NOT_ASKED, CheckResult, Severity, failure_check
from bot.probes.pod_readiness import is_ready
from bot.probes.pods import node_of


@failure_check(
    "errors that network components log",
    reads=(
        *(Permission("list", each) for each in (DAEMON_SETS, PODS, EVENTS, NODES)),
        Permission("get", POD_LOGS),
        Permission("get", PODS),
    ),
)
async def components_complain(session: ClusterSession) -> CheckResult:
    """What the components that the words may be about log again and again: on the nodes that are named first."""
    asked = [each for each in COMPLAINERS if each.words.search(session.scope.text)]
    if not asked:
        return NOT_ASKED
    pods, unread = await component_pods(session)
    if unread:
        return CheckResult(unread=unread)
    nodes = {name_of(node) for node in (await named_objects(session)).nodes}
    found = []
    for each in asked:
        mine = [pod for pod in pods if name_of(pod).startswith(each.name) and is_ready(pod)]
        mine.sort(key=lambda pod: (node_of(pod) not in nodes, name_of(pod)))
        found += [told for pod in mine[:MOST_LOGS] if (told := await complaint(session, pod, each))]
    return CheckResult(tuple(replace(each.as_failing(session.now()), severity=Severity.COMPONENT) for each in found))
