"""What network components log again and again is told where words may be about it; what is over or rare is not."""

from typing import Any

import pytest

from bot.probes.failing_logs import components_complain

SYNC = 'E1120 19:00:00.000000       1 proxier.go:1874] "nftables sync failed" err="signal: segmentation fault"'
ROUTE = "E0531 09:00:00.000000       1 vxlan_network.go:158] failed to add vxlanRoute: invalid argument"
CALLS = "cluster ips time out on some nodes"


def agent(make: Any, name: str, namespace: str = "kube-system", node: str = "node-1") -> Any:
    container = "kube-flannel" if "flannel" in name else "kube-proxy"
    status = {"name": container, "ready": True, "restartCount": 0, "state": {"running": {"startedAt": "now-2d"}}}
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "now-2d"}]
    spec = {"hostNetwork": True, "containers": [{"name": container, "image": "x"}]}
    told = {"startTime": "now-2d", "conditions": conditions, "containerStatuses": [status]}
    return make.pod(name, node, namespace=namespace, phase="Running", spec=spec, status=told)


def log(line: str, *seconds: int) -> str:
    return "\n".join(f"now-{second}s {line}" for second in seconds)


async def told(session_on: Any, objects: Any, logs: Any, question: str = CALLS) -> list[str]:
    async with session_on(objects, logs=logs, question=question) as session:
        return [item.message for item in (await components_complain(session)).items]


@pytest.mark.parametrize(
    ("name", "namespace", "line", "says"),
    [
        ("kube-proxy-ab1cd", "kube-system", SYNC, "kube-proxy on node node-1 logs errors again and again: "),
        ("kube-flannel-ds-ab1cd", "kube-flannel", ROUTE, "kube-flannel on node node-1 logs errors again and again: "),
    ],
)
async def test_what_is_logged_until_now_is_told(
    make: Any, session_on: Any, name: str, namespace: str, line: str, says: str
) -> None:
    sets = [make.daemon_set("kube-flannel-ds", namespace="kube-flannel")]
    container = "kube-flannel" if "flannel" in name else "kube-proxy"
    logs = {(namespace, name, container): log(line, 120, 90, 60, 30)}
    (message,) = await told(session_on, [*sets, agent(make, name, namespace)], logs)
    assert message.startswith(says)
    assert message.endswith(line.partition("] ")[2])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(log(SYNC, 90, 60, 30), id="three times"),
        pytest.param(log(SYNC, 500, 450, 400, 350, 300), id="over for five minutes"),
        pytest.param(log(SYNC, 3000, 2000, 1500, 30), id="hours apart"),
        pytest.param("\n".join((log(SYNC, 90, 60), log(ROUTE, 45, 30))), id="of two kinds"),
        pytest.param(log(SYNC.replace("E1120", "I1120"), 120, 90, 60, 30), id="no errors"),
        pytest.param(log("a stranger's line with failed in it", 120, 90, 60, 30), id="not klog"),
    ],
)
async def test_what_is_over_or_rare_is_not(make: Any, session_on: Any, text: str) -> None:
    logs = {("kube-system", "kube-proxy-ab1cd", "kube-proxy"): text}
    assert await told(session_on, [agent(make, "kube-proxy-ab1cd")], logs) == []


async def test_the_node_that_is_named_comes_first(make: Any, session_on: Any) -> None:
    """Of many only three logs are read."""
    pods = [agent(make, f"kube-proxy-ab1c{number}", node=f"worker-{number}") for number in range(6)]
    nodes = [make.node(f"worker-{number}") for number in range(6)]
    logs = {("kube-system", "kube-proxy-ab1c5", "kube-proxy"): log(SYNC, 120, 90, 60, 30)}
    assert await told(session_on, [*nodes, *pods], logs) == []
    assert len(await told(session_on, [*nodes, *pods], logs, "node worker-5 reaches no service")) == 1


async def test_words_about_something_else_read_no_log(make: Any, session_on: Any) -> None:
    async with session_on([agent(make, "kube-proxy-ab1cd")], question="the image cannot be pulled") as session:
        assert not (await components_complain(session)).is_asked


async def test_a_log_that_may_not_be_read_tells_nothing(make: Any, session_on: Any) -> None:
    async with session_on([agent(make, "kube-proxy-ab1cd")], question=CALLS, forbid=["pods/log"]) as session:
        assert (await components_complain(session)).items == ()
