"""What fails is told, whatever the entries know; what has recovered, is gone or is nobody's business is not."""

from datetime import timedelta
from typing import Any

import pytest

from bot.diagnosis.failing import MOST
from bot.probes.failure_checks import Failing
from tests.bot.diagnosis.failing_objects import NODE, condition, crashing, system_pod, told

WAITS = {"startTime": "now-10m"}
CNI = (
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "{id}": '
    'failed to set bridge addr: "cni0" already has an IP address different from 10.7.0.1/24'
)
NO_PORTS = "0/3 nodes are available: 3 node(s) didn't have free ports for the requested pod ports."


async def test_a_pod_that_waits_is_told_in_its_own_words(make: Any, look: Any) -> None:
    pod = make.pod(status=WAITS)
    event = make.event(pod, "FailedCreatePodSandBox", CNI.format(id="a" * 64), count=40)
    found = await look([make.node(), pod, event])
    (item,) = found.items
    assert item.object == "Pod prod/web-0"
    assert item.message.startswith(f"It waits for the network on node {NODE}: FailedCreatePodSandBox (40 times): ")
    assert "already has an IP address different from 10.7.0.1/24" in item.message
    assert "rpc error" not in item.message
    assert item.check == "kubectl -n prod describe pod web-0"


async def test_the_api_server_s_clock_tells_since_when(make: Any, look: Any, ago: Any) -> None:
    pod = make.pod(status=WAITS)
    (item,) = (await look([pod, make.event(pod, "FailedCreatePodSandBox", "x")])).items
    assert item.since == ago(timedelta(minutes=10))
    assert item.to_json()["since"] == "2026-11-22T12:50:00Z"


async def test_ten_pods_with_one_message_are_one_line(make: Any, look: Any) -> None:
    pods = [make.pod(f"web-{number}", f"node-{number % 2}", status=WAITS) for number in range(10)]
    events = [
        make.event(pod, "FailedCreatePodSandBox", CNI.format(id=f"{number:x}" * 64)) for number, pod in enumerate(pods)
    ]
    (item,) = (await look([*pods, *events])).items
    assert item.message.startswith("10 pods (prod/web-0, prod/web-1, prod/web-2 and 7 more) wait for the network on 2 ")
    assert len(item.alike) == 10


async def test_ids_and_addresses_in_a_message_part_no_pods_that_fail_alike(make: Any, look: Any) -> None:
    pods = [make.pod(f"web-{number}", status=WAITS) for number in range(3)]
    text = "add cmd: failed to assign an IP to eth{}: 10.0.{}.7 is taken by {:032x}"
    events = [make.event(pod, "FailedCreatePodSandBox", text.format(at, at, at)) for at, pod in enumerate(pods)]
    assert len((await look([*pods, *events])).items) == 1


async def test_pods_that_say_different_things_are_different_lines(make: Any, look: Any) -> None:
    pods = [make.pod(f"web-{number}", status=WAITS) for number in range(2)]
    events = [make.event(pods[0], "FailedCreatePodSandBox", "one"), make.event(pods[1], "AllocIPFailed", "other")]
    assert len((await look([*pods, *events])).items) == 2


async def test_a_pod_that_says_nothing_is_told_all_the_same(make: Any, look: Any) -> None:
    assert told(await look([make.pod(status=WAITS)])) == [
        f"Pod prod/web-0: It waits for the network on node {NODE}: no event tells why"
    ]
    hidden = await look([make.pod(status=WAITS)], forbid=["events"])
    assert told(hidden) == [f"Pod prod/web-0: It waits for the network on node {NODE}: its events may not be read"]


@pytest.mark.parametrize("since", ["now-5s", "now-15s"])
async def test_a_pod_that_just_starts_is_no_failure(make: Any, look: Any, since: str) -> None:
    assert (await look([make.pod(status={"startTime": since})])).items == ()


async def test_the_event_of_an_earlier_pod_of_that_name_is_not_its_own(make: Any, look: Any) -> None:
    pod = make.pod(uid="new", status=WAITS)
    event = make.event(pod, "FailedCreatePodSandBox", "old words", uid="old")
    assert "old words" not in str(told(await look([pod, event])))


async def test_no_more_than_eight_and_the_worst_first(make: Any, look: Any) -> None:
    reasons = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India"]
    pods = [make.pod(f"p-{word.lower()}", "", status={"conditions": [_unplaced(word)]}) for word in reasons]
    proxy = system_pod(make, "kube-proxy-ab1cd", crashing("kube-proxy"), app="kube-proxy")
    found = await look([*pods, proxy])
    assert len(found.items) == MOST
    assert found.more == 2
    assert found.items[0].object == "Pod kube-system/kube-proxy-ab1cd"


def _unplaced(message: str) -> Any:
    return {**condition("PodScheduled", "False", message), "reason": "Unschedulable"}


@pytest.mark.parametrize("by", ["condition", "event"])
async def test_what_the_scheduler_says_of_a_pending_pod_is_told(make: Any, look: Any, by: str) -> None:
    pod = make.pod(node="", status={"conditions": [_unplaced(NO_PORTS)] if by == "condition" else []})
    objects = [pod] if by == "condition" else [pod, make.event(pod, "FailedScheduling", NO_PORTS)]
    assert told(await look(objects)) == [f"Pod prod/web-0: It has no node: the scheduler says: {NO_PORTS}"]


async def test_an_old_word_of_the_scheduler_about_a_pod_that_runs_is_none(make: Any, look: Any) -> None:
    pod = make.running("web-0", "10.0.0.9")
    assert (await look([pod, make.event(pod, "FailedScheduling", NO_PORTS, age="now-20m")])).items == ()


async def test_a_pod_that_is_held_back_on_purpose_is_no_failure(make: Any, look: Any) -> None:
    gated = {**condition("PodScheduled", "False"), "reason": "SchedulingGated"}
    assert (await look([make.pod(node="", status={"conditions": [gated]})])).items == ()


def replica_set(make: Any, wanted: int = 3, there: int = 1) -> Any:
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "api-5d8f7c9b6d", "namespace": "shop"},
        "spec": {"replicas": wanted},
        "status": {"replicas": there},
    }


QUOTA = 'pods "api-5d8f7c9b6d-x" is forbidden: exceeded quota: team-quota'


async def test_pods_that_a_quota_keeps_away_are_told(make: Any, look: Any) -> None:
    owner = replica_set(make)
    event = make.event(owner, "FailedCreate", QUOTA, age="now-4m", count=9)
    assert told(await look([owner, event])) == [f"ReplicaSet shop/api-5d8f7c9b6d: Its pods cannot be created: {QUOTA}"]
    hidden = await look([owner, event], forbid=["replicasets"])
    assert len(hidden.items) == 1


async def test_a_refusal_that_is_old_over_or_about_what_is_gone_is_none(make: Any, look: Any) -> None:
    owner, full = replica_set(make), replica_set(make, 1, 1)
    fresh = make.event(owner, "FailedCreate", QUOTA, age="now-4m")
    later = {**make.event(owner, "SuccessfulCreate", "Created pod", age="now-1m"), "type": "Normal"}
    old = make.event(owner, "FailedCreate", QUOTA, age="now-40m")
    for objects in ([owner, old], [owner, fresh, later], [fresh], [full, fresh]):
        assert (await look([*objects, make.node()])).items == ()


async def test_what_could_not_be_read_is_named_and_not_well(make: Any, look: Any) -> None:
    found = await look([make.node()], forbid=["nodes", "pods"])
    assert found.items == ()
    assert "nodes" not in found.looked_at
    assert "workloads whose pods are refused" in found.looked_at
    (line,) = found.not_looked_at
    assert line.startswith("so these were not looked at: ")
    assert "nodes" in line


async def test_everything_is_looked_at_where_all_may_be_read(make: Any, look: Any) -> None:
    found = await look([make.node()])
    assert "pods that wait for their network" in found.looked_at
    assert found.not_looked_at == ()


async def test_a_message_that_no_entry_knows_leaves_its_neighbours_open(make: Any, verdicts: Any) -> None:
    pod = make.pod(status=WAITS)
    unknown = make.event(pod, "FailedCreatePodSandBox", CNI.format(id="a"))
    got = await verdicts([*make.flannel(), *make.proxy(), make.node(), pod, unknown])
    assert got["flannel-ip-leak"].startswith("suspected: prod/web-0 waits for its network with a message that")
    assert got["terway-vswitch-out-of-ips"].startswith("ruled_out: It does not apply here")
    assert got["flannel-node-network-unavailable"].startswith("ruled_out")
    quiet = await verdicts([*make.flannel(), *make.proxy(), make.node()])
    assert quiet["flannel-ip-leak"].startswith("ruled_out")


async def test_what_a_confirmed_entry_knows_leaves_nothing_open(make: Any, verdicts: Any) -> None:
    pod = make.pod(status=WAITS)
    known = make.event(pod, "FailedCreatePodSandBox", "errCode: InvalidVSwitchId.IpNotEnough, msg: x")
    got = await verdicts([*make.terway(), *make.proxy(), make.node(), pod, known])
    assert got["terway-vswitch-out-of-ips"].startswith("confirmed")
    assert got["terway-mac-not-found"].startswith("ruled_out")


def test_a_failing_thing_is_plain_text_in_the_contract_s_shape(now: Any) -> None:
    item = Failing(object="Node x", since=now, message="It \n fails " + "y" * 900, check="kubectl describe node x")
    assert list(item.to_json()) == ["object", "since", "message", "check"]
    assert len(item.to_json()["message"]) <= 400


async def test_only_what_the_words_ask_for_is_said_to_be_looked_at(make: Any, look: Any) -> None:
    cluster = [make.service("web", ["10.0.0.1"])]
    unasked = (await look(cluster)).looked_at
    assert not {"Services without endpoints", "warnings about what is named"} & set(unasked)
    assert "Services without endpoints" in (await look(cluster, question="a service refuses connections")).looked_at
    assert "warnings about what is named" in (await look(cluster, question="the hpa of web hangs")).looked_at


async def test_where_services_are_too_many_it_is_said_that_they_were_not_looked_at(make: Any, look: Any) -> None:
    many = [make.service(f"thing{number}", [f"10.0.{number // 250}.{number % 250}"]) for number in range(600)]
    found = await look(many, question="a service refuses connections")
    assert "Services without endpoints: there are more than 500 Services" in found.not_looked_at


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        (
            "error get trunk eni timed out waiting for the condition, innerErr "
            f"nodes.network.alibabacloud.com {NODE} has not been initialized",
            "Terway's control plane has not filled in the object of this node yet",
        ),
        ("AssignLeniPrivateIPAddress failed: errCode: 1013, msg: quota, requestID: 1", "private IP quota"),
        ("errCode: 10135, msg: quota", ""),
        ("trunk eni-2ze has not been initialized", ""),
    ],
)
async def test_what_terway_s_message_means_is_told_beside_it(make: Any, look: Any, words: str, meaning: str) -> None:
    pod = make.pod(status=WAITS)
    node = make.node()
    for about in (make.event(pod, "AllocIPFailed", words), make.event(node, "AllocIPFailed", words)):
        items = (await look([node, pod, about])).items
        (item,) = [item for item in items if "AllocIPFailed" in item.message]
        assert (meaning in item.message) if meaning else ("(" not in item.message), item.message


async def test_enis_that_the_scheduler_misses_are_explained(make: Any, look: Any) -> None:
    words = "0/3 nodes are available: 3 Insufficient aliyun/member-eni."
    pod = make.pod(node="", status={"conditions": [_unplaced(words)]})
    (item,) = (await look([pod])).items
    assert "(no node has an ENI left for another pod that needs one of its own: see entry terway-pod-capacity)" in (
        item.message
    )
