"""Whether the cluster's DNS servers can answer: ready, not crashing, and their upstream not silent."""

from typing import Any

import pytest

STARTED = "now-3m"
ERROR = "now-1m [ERROR] plugin/errors: 2 a.example. A: read udp 10.0.0.2:4->100.100.2.136:53: i/o timeout"


def server(
    make: Any, name: str, *, ready: bool = True, restarts: int = 0, waits: str = "", start: str = STARTED
) -> Any:
    state = {"waiting": {"reason": waits}} if waits else {"running": {"startedAt": start}}
    status = {"name": "coredns", "ready": ready, "restartCount": restarts, "state": state}
    ready_condition = {"type": "Ready", "status": str(ready and not waits)}
    return make.pod(
        name,
        "node-a",
        namespace="kube-system",
        phase="Running",
        labels={"k8s-app": "kube-dns"},
        status={"containerStatuses": [status], "conditions": [ready_condition], "startTime": start},
        spec={"containers": [{"name": "coredns", "image": "coredns:1"}]},
    )


@pytest.mark.parametrize(
    ("second", "outcome", "told"),
    [
        ({}, "present", "2 DNS servers"),
        ({"ready": False}, "unknown", "dns-b"),
        ({"waits": "CrashLoopBackOff"}, "unknown", "CrashLoopBackOff"),
        ({"restarts": 2}, "unknown", "restarted 2 times"),
        ({"restarts": 2, "start": "now-9d"}, "present", "2 DNS servers"),
    ],
)
async def test_all_servers_have_to_be_well(make: Any, find: Any, second: Any, outcome: str, told: str) -> None:
    found = await find("dns_servers_ready()", [server(make, "dns-a"), server(make, "dns-b", **second)])
    assert found.outcome == outcome
    assert told in found.summary


async def test_without_any_that_is_ready_nothing_can_answer(make: Any, find: Any) -> None:
    found = await find("dns_servers_ready()", [server(make, "dns-a", waits="CrashLoopBackOff")])
    assert found.outcome == "absent"
    assert found.evidence[0].object == "Pod kube-system/dns-a"
    assert (await find("dns_servers_ready()", [make.node()])).outcome == "unknown"
    assert (await find("dns_servers_ready()", [server(make, "dns-a")], forbid=["pods"])).outcome == "unknown"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([ERROR, ERROR], "present"),
        ([ERROR], "absent"),
        ([], "absent"),
        (["now-1m [INFO] 10.0.0.9:5 - 7 'A IN a.example. udp 30' NOERROR"] * 2, "absent"),
        (["now-1m [ERROR] plugin/errors: 2 a.example. A: unmarshal"] * 2, "absent"),
        (["now-1m client says i/o timeout"] * 2, "absent"),
    ],
)
async def test_an_upstream_that_does_not_answer(make: Any, find: Any, lines: list[str], outcome: str) -> None:
    logs = {("kube-system", "dns-a", "coredns"): "\n".join(["now-3m CoreDNS-1.11.3", *lines])}
    assert (await find("dns_upstream_silent()", [server(make, "dns-a")], logs=logs)).outcome == outcome


async def test_a_log_that_may_not_be_read_is_unknown(make: Any, find: Any) -> None:
    assert (await find("dns_upstream_silent()", [server(make, "dns-a")], forbid=["pods/log"])).outcome == "unknown"
    assert (await find("dns_upstream_silent()", [make.node()])).outcome == "unknown"
