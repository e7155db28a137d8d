"""pod_log: fresh lines of the container that runs now, where the symptom is; what is gone or unread proves nothing."""

from typing import Any

NODE = "cn-beijing.192.168.0.31"
KEY = ("kube-system", "terway-a", "terway")
ASK = 'pod_log(app=["terway-eniip"], container="terway", contains=["IpNotEnough"], within="20m")'
ALL = (
    'pod_log(app=["kube-proxy-worker"], container="kube-proxy-worker", contains=["Using iptables"], within="30d", '
    'on="all", cleared_by=["Using ipvs"])'
)


def daemon(
    make: Any,
    name: str = "terway-a",
    node: str = NODE,
    app: str = "terway-eniip",
    container: str = "terway",
    start: str = "now-2h",
) -> Any:
    state = {"name": container, "ready": True, "restartCount": 0, "state": {"running": {"startedAt": start}}}
    return make.pod(
        name,
        node,
        namespace="kube-system",
        phase="Running",
        labels={"app": app},
        status={"containerStatuses": [state]},
        spec={"hostNetwork": True, "containers": [{"name": container, "image": "x:1"}]},
    )


def waiter(make: Any, name: str = "web-0", node: str = NODE) -> Any:
    return make.pod(name, node, status={"startTime": "now-30m"})


async def test_a_fresh_line_on_an_affected_node_is_seen(make: Any, find: Any) -> None:
    found = await find(ASK, [waiter(make), daemon(make)], logs={KEY: "now-3m error ipnotenough vsw-2zeaaa"})
    assert found.outcome == "present"
    assert found.objects["terway_pod"] == ("terway-a",)
    assert found.objects["vswitch"] == ("vsw-2zeaaa",)
    assert "now-3m" not in found.evidence[0].excerpt


async def test_lines_that_do_not_count(make: Any, find: Any) -> None:
    line = "error IpNotEnough vsw-2zeaaa"
    assert (
        await find(ASK, [waiter(make), daemon(make)], logs={KEY: f"now-25m {line}\nnow-1m fine"})
    ).outcome == "absent"
    assert (
        await find(ASK, [waiter(make), daemon(make, start="now-2m")], logs={KEY: f"now-3m {line}\nnow-110s up"})
    ).outcome == "absent"
    assert (await find(ASK, [daemon(make)], logs={KEY: f"now-3m {line}"})).outcome == "absent", "no pod waits"
    other = daemon(make, "terway-b", "other")
    elsewhere = {("kube-system", "terway-b", "terway"): f"now-3m {line}", KEY: "now-3m fine"}
    assert (await find(ASK, [waiter(make), daemon(make), other], logs=elsewhere)).outcome == "absent"


async def test_what_cannot_be_read_is_unknown(make: Any, find: Any) -> None:
    assert (await find(ASK, [waiter(make), daemon(make)], forbid=["pods/log"])).outcome == "unknown"
    assert (await find(ASK, [waiter(make)])).outcome == "unknown", "no Terway pod there"
    several = daemon(make)
    several["spec"]["containers"] = [{"name": "policy", "image": "x:1"}, {"name": "agent", "image": "x:1"}]
    assert (await find(ASK, [waiter(make), several])).outcome == "unknown", "none of its containers is terway"


async def test_the_only_container_is_read_whatever_its_name(make: Any, find: Any) -> None:
    lines = {("kube-system", "terway-a", "daemon"): "now-2m IpNotEnough"}
    seen = await find(ASK, [waiter(make), daemon(make, container="daemon")], logs=lines)
    assert seen.outcome == "present"
    assert "-c daemon" in seen.evidence[0].check
    assert "log of daemon in terway-a" in seen.summary


async def test_one_failing_log_does_not_hide_the_line_of_another(make: Any, find: Any) -> None:
    pods = [waiter(make), waiter(make, "web-1", "other"), daemon(make), daemon(make, "terway-b", "other")]
    found = await find(ASK, pods, logs={KEY: "now-3m IpNotEnough"}, forbid=["pods/log:kube-system/terway-b"])
    assert found.outcome == "present"
    found = await find(ASK, pods, logs={KEY: "now-3m fine"}, forbid=["pods/log:kube-system/terway-b"])
    assert found.outcome == "unknown"


async def test_nodes_that_were_not_looked_at_leave_it_open(make: Any, find: Any) -> None:
    nodes = [f"n{number}" for number in range(5)]
    pods = [pod for n in nodes for pod in (waiter(make, f"web-{n}", n), daemon(make, f"terway-{n}", n))]
    found = await find(ASK, pods, logs={("kube-system", f"terway-{n}", "terway"): "now-3m fine" for n in nodes})
    assert found.outcome == "unknown"


PROXY = ("kube-system", "kube-proxy-a", "kube-proxy-worker")


async def test_lines_of_the_start_are_missed_when_the_start_is_gone(make: Any, find: Any) -> None:
    proxy = daemon(make, "kube-proxy-a", app="kube-proxy-worker", container="kube-proxy-worker")

    async def outcome(text: str) -> str:
        return str((await find(ALL, [proxy], logs={PROXY: text})).outcome)

    assert await outcome("now-2h Using iptables Proxier.") == "present"
    assert await outcome("now-2h Starting\nnow-1m synced") == "absent"
    assert await outcome("now-1m synced") == "unknown", "rotated away"
    assert await outcome("") == "unknown"
    assert await outcome("now-2h Using iptables Proxier.\n" + "now-1m synced\n" * 400) == "unknown", "beyond the tail"
    assert await outcome("now-90m Using iptables Proxier.\nnow-1h Using ipvs Proxier") == "absent", "cleared later"
    assert await outcome("now-90m Using ipvs Proxier\nnow-1h Using iptables Proxier.") == "present"


async def test_lines_without_a_time_do_no_harm(make: Any, find: Any) -> None:
    text = "now-3m first\n2026-11-22 IpNotEnough without a zone\nnow-2m last"
    assert (
        await find(ASK, [waiter(make), daemon(make)], logs={KEY: text.replace("2026-11-22 ", "now-2m ")})
    ).outcome == "present"


SDK = (
    'now-3m time="2026-11-22" level=error msg="assign failed"',
    "now-3m ErrorCode: InvalidVSwitchId.IpNotEnough",
    "now-3m Recommend:",
    'now-3m Message: The specified VSwitch "vsw-2zeaaa" has not enough IpAddress.',
)


async def test_a_message_of_several_lines_is_one_piece_of_evidence(make: Any, find: Any) -> None:
    objects = [waiter(make), daemon(make)]
    found = await find(ASK, objects, logs={KEY: "\n".join(SDK)})
    assert found.objects["vswitch"] == ("vsw-2zeaaa",), "it stands in another line than the code"
    assert "assign failed" in found.evidence[0].excerpt


async def test_lines_that_begin_anew_or_come_later_are_not_joined(make: Any, find: Any) -> None:
    objects = [waiter(make), daemon(make)]
    for after in (
        "now-3m I1122 12:57:00 eni.go:1] vsw-2zebbb",
        "now-2m vsw-2zebbb",
        'now-3m {"level":"info"} vsw-2zebbb',
    ):
        found = await find(ASK, objects, logs={KEY: "\n".join([*SDK, after])})
        assert found.objects["vswitch"] == ("vsw-2zeaaa",)
    many = [SDK[0], *(["now-3m plain line"] * 30), SDK[1], SDK[3]]
    found = await find(ASK, objects, logs={KEY: "\n".join(many)})
    assert found.outcome == "present"
    assert "assign failed" not in found.evidence[0].excerpt
