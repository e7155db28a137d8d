"""pod_event and event: what makes an event count, and the many loud ones that do not."""

from typing import Any

import pytest

from bot.probes import ask, vocabulary
from knowledge.expressions import parse_call

NODE = "cn-beijing.192.168.0.31"
IPN = 'errCode: InvalidVSwitchId.IpNotEnough, msg: The specified VSwitch "vsw-2zeaaa" has not enough IpAddress.'
REASONS = '["FailedCreatePodSandBox", "AllocIPFailed"]'
ASK = f'pod_event(reason={REASONS}, contains=["InvalidVSwitchId.IpNotEnough"], within="20m")'
ANY = ASK[:-1] + ', state="any")'


@pytest.mark.parametrize("style", ["core", "series", "eventTime"])
async def test_an_event_in_any_notation_of_time_is_seen(make: Any, find: Any, style: str) -> None:
    pod = make.pod()
    found = await find(ASK, [pod, make.event(pod, "FailedCreatePodSandBox", IPN, style=style)])
    assert found.outcome == "present"
    assert found.is_sign
    assert found.objects == {"pod": ("prod/web-0",), "node": (NODE,), "vswitch": ("vsw-2zeaaa",)}
    assert "-n prod" in found.evidence[0].check
    assert "involvedObject.name=web-0" in found.evidence[0].check


async def test_case_of_the_text_does_not_matter(make: Any, find: Any) -> None:
    pod = make.pod()
    found = await find(ASK, [pod, make.event(pod, "AllocIPFailed", "invalidvswitchid.IPNOTENOUGH")])
    assert found.outcome == "present"


async def test_waiting_pods_are_found_in_every_namespace(make: Any, find: Any) -> None:
    pods = [make.pod(f"web-{n}", namespace=f"team-{n}") for n in range(6)]
    found = await find(ASK, [*pods, *(make.event(pod, "FailedCreatePodSandBox", IPN) for pod in pods)])
    assert len(found.objects["pod"]) == 6
    asked = await find(
        ASK, [*pods, *(make.event(pod, "FailedCreatePodSandBox", IPN) for pod in pods)], namespace="team-3"
    )
    assert asked.objects["pod"] == ("team-3/web-3",)


async def test_events_that_do_not_count(make: Any, find: Any) -> None:
    pod = make.pod(uid="new")
    event = make.event(pod, "FailedCreatePodSandBox", IPN)
    node = make.node()
    for what, objects in {
        "too old": [pod, make.event(pod, "FailedCreatePodSandBox", IPN, age="now-21m")],
        "another text": [pod, make.event(pod, "FailedCreatePodSandBox", "EniPerInstanceLimitExceeded")],
        "another reason": [pod, make.event(pod, "BackOff", IPN)],
        "a pod of that name in another namespace": [pod, make.event(make.pod(namespace="other"), "AllocIPFailed", IPN)],
        "an earlier pod of that name": [pod, make.event(make.pod(uid="old"), "AllocIPFailed", IPN, uid=None)],
        "the pod is gone": [make.pod("other"), event],
        "the pod runs": [make.running("web-0", "10.0.0.1"), event],
        "the pod is being deleted": [make.pod(deletionTimestamp="now"), event],
        "the pod is not bound": [make.pod(node=""), event],
        "the pod is on the host's network": [make.pod(spec={"hostNetwork": True}), event],
        "it got its address since": [
            pod,
            event,
            make.event(pod, "AllocIPSucceed", "Alloc IP 10.0.0.1 took 2s", age="now-10s"),
        ],
        "it pulls its image by now": [pod, event, make.event(pod, "Pulling", "Pulling image", age="now-10s")],
        "about a node": [pod, node, make.event(node, "AllocIPFailed", IPN)],
        "nothing at all": [],
    }.items():
        found = await find(ASK, objects)
        assert found.outcome == "absent", what
        assert found.summary


async def test_a_success_before_the_failure_clears_nothing(make: Any, find: Any) -> None:
    pod = make.pod()
    success = make.event(pod, "AllocIPSucceed", "Alloc IP 10.0.0.1 took 2s", age="now-5m")
    assert (await find(ASK, [pod, success, make.event(pod, "AllocIPFailed", IPN)])).outcome == "present"


@pytest.mark.parametrize("forbid", [["events"], ["pods"]])
async def test_what_may_not_be_read_is_unknown(make: Any, find: Any, forbid: list[str]) -> None:
    found = await find(ASK, [make.pod()], forbid=forbid)
    assert found.outcome == "unknown"
    assert "may not read" in found.summary


async def test_state_any_takes_running_pods_but_not_missing_ones(make: Any, find: Any) -> None:
    running = make.running("web-0", "10.0.0.1")
    assert (await find(ANY, [running, make.event(running, "AllocIPFailed", IPN)])).outcome == "present"
    assert (await find(ANY, [make.event(running, "AllocIPFailed", IPN)])).outcome == "absent"


MAC = 'pod_event(reason=["FailedCreatePodSandBox"], contains=["found dev by mac"], at_least=3)'
NO_MAC = "error parse config, can't found dev by mac 00:16:3e:0a:00:0b: not found"


def missing_device(make: Any, pod: Any, *, count: int = 1, first: str, **how: Any) -> Any:
    return {**make.event(pod, "FailedCreatePodSandBox", NO_MAC, count=count, **how), "firstTimestamp": first}


async def test_seen_too_seldom_or_for_too_short_may_be_transient(make: Any, find: Any) -> None:
    pod = make.pod()
    for count, first in ((2, "now-10m"), (3, "now-80s"), (30, "now-3m")):
        found = await find(MAC, [pod, missing_device(make, pod, count=count, first=first)])
        assert found.outcome == "unknown", (count, first)
        assert "transient" in found.summary
    untold = await find(MAC, [pod, make.event(pod, "FailedCreatePodSandBox", NO_MAC, count=30)])
    assert untold.outcome == "unknown", "nothing tells when the first of them was"


async def test_several_over_several_minutes_persist(make: Any, find: Any) -> None:
    pod = make.pod()
    thrice = await find(MAC, [pod, missing_device(make, pod, count=3, first="now-5m")])
    assert thrice.outcome == "present"
    assert thrice.objects["mac"] == ("00:16:3e:0a:00:0b",)
    ages = ("now-9m", "now-5m", "now-1m")
    several = [
        make.event(pod, "FailedCreatePodSandBox", NO_MAC, style="eventTime", name=f"e{age}", age=age) for age in ages
    ]
    assert (await find(MAC, [pod, *several])).outcome == "present"
    series = make.event(pod, "FailedCreatePodSandBox", NO_MAC, style="series", count=4)
    assert (await find(MAC, [pod, {**series, "eventTime": "now-8m"}])).outcome == "present"


async def test_one_failure_that_two_components_tell_counts_once(make: Any, find: Any) -> None:
    pod = make.pod()
    ask = MAC.replace('["FailedCreatePodSandBox"]', '["FailedCreatePodSandBox", "AllocIPFailed"]')
    twice = {**make.event(pod, "AllocIPFailed", NO_MAC, count=2), "firstTimestamp": "now-6m"}
    found = await find(ask, [pod, twice, missing_device(make, pod, count=2, first="now-6m")])
    assert found.outcome == "unknown"


async def test_others_do_not_add_up_to_one_pods_persistence(make: Any, find: Any) -> None:
    pods = [make.pod(f"web-{n}") for n in range(3)]
    found = await find(MAC, [*pods, *(make.event(pod, "FailedCreatePodSandBox", NO_MAC) for pod in pods)])
    assert found.outcome == "unknown"


EVENT = 'event(reason=["CreateRouteFailed"], kind=["Node"], cleared_by=["CreatedRoute"], within="20m")'


async def test_an_event_of_a_node_counts_while_the_node_is_there_and_has_not_recovered(make: Any, find: Any) -> None:
    node = make.node()
    failed = make.event(node, "CreateRouteFailed", "Error creating route entry in vtb-1: x")
    assert (await find(EVENT, [node, failed])).objects["node"] == (NODE,)
    assert (
        await find(EVENT, [node, make.event(node, "CreateRouteFailed", "x", style="eventTime")])
    ).outcome == "present"
    cleared = make.event(node, "CreatedRoute", "ok", age="now-10s")
    for objects in (
        [failed],
        [node, failed, cleared],
        [node, make.event(node, "CreateRouteFailed", "x", age="now-21m")],
        [node],
    ):
        assert (await find(EVENT, objects)).outcome == "absent"
    assert (
        await find(
            EVENT, [make.node("b"), node, failed, make.event(make.node("b"), "CreatedRoute", "b", age="now-10s")]
        )
    ).outcome == "present"


async def test_an_event_and_a_taint_must_be_of_one_node(make: Any, find: Any) -> None:
    taint = {"spec": {"taints": [{"key": "t", "effect": "NoSchedule"}]}}
    asked = EVENT[:-1] + ', taint="t")'
    a, b = {**make.node("a"), **taint}, make.node("b")
    assert (await find(asked, [a, b, make.event(b, "CreateRouteFailed", "x")])).outcome == "absent"
    assert (await find(asked, [a, b, make.event(a, "CreateRouteFailed", "x")])).outcome == "present"


async def test_a_storm_of_events_costs_few_reads(make: Any, session_on: Any) -> None:
    nodes = [make.node(f"n{number}") for number in range(60)]
    storm = [make.event(node, "CreateRouteFailed", "x") for node in nodes]
    async with session_on([*nodes, *storm]) as session:
        assert (await ask(session, parse_call(EVENT, vocabulary()))).outcome == "present"
        assert session.reader.spent.requests < 20
    async with session_on(storm) as session:  # none of those looked at exists; of the others nobody knows
        assert (await ask(session, parse_call(EVENT, vocabulary()))).outcome == "unknown"


ROUTES = 'event(reason=["SyncRouteFailed"], contains=["multiple route tables found"])'


async def test_the_route_controller_has_no_object_of_its_own(make: Any, find: Any) -> None:
    controller = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "route-controller"}}
    message = "Reconciling route error: multiple route tables found by vpc id[vpc-1], length(tables)=2"
    found = await find(ROUTES, [make.event(controller, "SyncRouteFailed", message)])
    assert found.outcome == "present"
    assert "node" not in found.objects
    other = "Reconciling route error: no route tables found by vpc id[vpc-1]"
    assert (await find(ROUTES, [make.event(controller, "SyncRouteFailed", other)])).outcome == "absent"


AFFECTED = 'event(reason=["AllocIPFailed"], contains=["InvalidVSwitchId.IpNotEnough"], within="20m", on="affected")'


async def test_on_affected_nodes_only_and_only_what_can_explain_the_wait(make: Any, find: Any) -> None:
    node, other = make.node(), make.node("other")
    pod = make.pod(status={"startTime": "now-5m"})
    failed = make.event(node, "AllocIPFailed", IPN)
    assert (await find(AFFECTED, [pod, node, failed])).outcome == "present"
    assert (await find(AFFECTED, [pod, failed])).outcome == "present", (
        "pods prove their node, though its object is missing"
    )
    assert (await find(AFFECTED, [node, failed])).outcome == "absent"
    assert (await find(AFFECTED, [pod, node, other, make.event(other, "AllocIPFailed", IPN)])).outcome == "absent"
    early = make.event(node, "AllocIPFailed", IPN, age="now-18m")
    stale = await find(AFFECTED, [pod, node, early])
    assert stale.outcome == "unknown"
    assert "before the pods" in stale.summary
    own = make.event(pod, "FailedCreatePodSandBox", "no eni can handle the allocation")
    assert (await find(AFFECTED, [pod, own, node, early])).outcome == "present", (
        "the daemon is silent for ten minutes after each"
    )


async def test_absence_and_presence_may_be_told_to_prove_nothing(make: Any, find: Any) -> None:
    node = make.node()
    assert (await find(EVENT[:-1] + ', absence="unknown")', [node])).outcome == "unknown"
    hint = await find(EVENT[:-1] + ', presence="unknown")', [node, make.event(node, "CreateRouteFailed", "x")])
    assert hint.outcome == "unknown"
    assert hint.evidence
