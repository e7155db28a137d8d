"""Damage to the shape of a reply never adds a ``confirmed``: what is not what it ought to be was not read."""

import random
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from bot.cluster.transport import Reply
from bot.recordings import load
from knowledge.model import Entry
from tests.damaged_replies import (
    Damage,
    KeptReplies,
    confirmed,
    damages,
    judge,
    keep_replies,
)

OUT, SANDBOX = "terway-vswitch-out-of-ips", "FailedCreatePodSandBox"
SHORTAGE = "errCode: InvalidVSwitchId.IpNotEnough, msg: x"


async def added_by_damage(
    entries: Mapping[str, Entry], recording: str, seed: int, how_many: int
) -> tuple[list[str], set[str]]:
    """What damaged replies confirmed that the whole ones do not, and what the whole ones confirm."""
    replies = await keep_replies(load(recording), entries)
    before = confirmed(await judge(entries, KeptReplies(replies)))
    chosen = random.Random(f"{recording} {seed}").sample(damages(replies), how_many)
    added = [
        f"{damage}: {sorted(more)}"
        for damage in chosen
        if (more := confirmed(await judge(entries, KeptReplies(damage.applied(replies)))) - before)
    ]
    return added, before


@pytest.mark.parametrize("recording", ["terway-volume-mount-fails", "terway-recovered-from-ip-shortage"])
async def test_damaged_replies_confirm_nothing_more(entries: Any, recording: str) -> None:
    added, before = await added_by_damage(entries, recording, 1, 25)
    assert not added
    assert not before, "the look-alikes confirm nothing, so that anything would be seen"


async def test_the_harness_sees_what_is_confirmed(entries: Any) -> None:
    _, before = await added_by_damage(entries, "terway-out-of-ips", 1, 0)
    assert before == {OUT}


# Each of these was confirmed, or would be, by reading an odd value as an empty one or by taking something else instead.
WAITING = {"startTime": "now-10m"}
VOLUME: dict[str, Any] = {"reason": "FailedMount", "message": "MountVolume.SetUp failed"}


@pytest.mark.parametrize(
    "change",
    [
        {"count": [1]},
        {"reason": ["FailedMount"]},
        {"message": {"odd": 1}},
        {"lastTimestamp": "odd"},
        {"lastTimestamp": 5},
        {"involvedObject": ["odd"]},
        {"involvedObject": {"kind": "Pod", "name": 5, "namespace": "prod"}},
        {"series": "odd"},
        {"metadata": {"name": "x", "namespace": "prod", "labels": 5}},
    ],
)
async def test_a_damaged_event_does_not_unsay_what_a_pod_waits_for(make: Any, verdicts: Any, change: Any) -> None:
    pod, node = make.pod(status=WAITING), make.node()
    of_node = make.event(node, "AllocIPFailed", SHORTAGE)
    volume = {**make.event(pod, "FailedMount", "MountVolume.SetUp failed"), **change}
    whole = [*make.terway(), *make.proxy(), node, pod, of_node]
    assert (await verdicts(whole, OUT))[OUT].startswith("confirmed"), "without the volume it is so"
    assert (await verdicts([*whole, volume], OUT))[OUT].startswith("suspected")


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"nodeName": "cn-beijing.192.168.0.31", "hostNetwork": []}},
        {"spec": {"nodeName": "cn-beijing.192.168.0.31", "hostNetwork": "true"}},
        {"status": {"phase": "Pending", "podIP": 5}},
        {"status": {"phase": "Pending", "podIP": "10.0.0.x"}},
        {"status": {"phase": "Pending", "containerStatuses": {"a": {"state": {"running": {}}}}}},
        {"status": {"phase": "Pending", "containerStatuses": [{"state": ["running"]}]}},
        {"status": {"phase": "Pending", "containerStatuses": [None]}},
        {"metadata": {"name": "web-0", "namespace": "prod", "deletionTimestamp": "soon"}},
    ],
)
async def test_a_damaged_pod_does_not_wait_for_its_network(make: Any, verdicts: Any, change: Any) -> None:
    pod, node = {**make.pod(status=WAITING), **change}, make.node()
    objects = [*make.terway(), *make.proxy(), node, pod, make.event(node, "AllocIPFailed", SHORTAGE)]
    assert (await verdicts(objects, OUT))[OUT].startswith("suspected")


async def test_where_nodes_report_something_odd_the_configuration_is_not_taken_instead(
    make: Any, verdicts: Any
) -> None:
    entry = "terway-ipvlan-in-cluster-lb"
    terway = [*make.terway(data={"10-terway.conf": '{"eniip_virtual_type": "IPVlan"}'}), *make.proxy()]
    odd = make.terway_node(datapath={"type": ["datapathv2"]})
    assert (await verdicts(terway, entry))[entry].startswith("confirmed")
    assert (await verdicts([*terway, make.terway_crd(), odd], entry))[entry].startswith("suspected")


@pytest.mark.parametrize(
    ("conf", "entry"),
    [
        ({"10-terway.conf": "{ # not JSON"}, "terway-ipvlan-in-cluster-lb"),
        ({"10-terway.conf": '{"eniip_virtual_type": ["IPVlan"]}'}, "terway-ipvlan-in-cluster-lb"),
        ({"10-terway.conflist": "{ # not JSON"}, "terway-hostport-unmapped"),
        ({"10-terway.conflist": "true"}, "terway-hostport-unmapped"),
    ],
)
async def test_an_unreadable_configuration_is_not_an_empty_one(make: Any, verdicts: Any, conf: Any, entry: str) -> None:
    port = {"containers": [{"name": "m", "image": "x", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}
    objects = [*make.terway(data=conf), make.running("hp", "10.0.0.3", spec=port)]
    assert (await verdicts(objects, entry))[entry].startswith("suspected")


async def test_an_interface_in_something_odd_is_not_outside_the_configuration(make: Any, verdicts: Any) -> None:
    entry = "terway-pod-ip-outside-vswitch"
    for vswitch in (["vsw-2zeaaa"], {"a": "vsw-2zeaaa"}, 5, True):
        enis = {"eni-1": {"vSwitchID": vswitch, "ipv4": {"10.0.0.2": {"podID": "prod/web-1"}}}}
        node = make.terway_node(enis=enis, nodeMetadata={"zoneID": "cn-beijing-h"})
        got = await verdicts([*make.terway(), make.terway_crd(), node], entry)
        assert got[entry].startswith("suspected")


async def test_an_address_that_is_none_is_of_no_family(make: Any, verdicts: Any) -> None:
    dual = [*make.terway(conf={"ip_stack": "dual"}), make.node()]
    for odd in ([{"a": {"b": []}}], ["fd00::zz"], "fd00::1", [7]):
        service = make.service("web", ["172.16.0.5"], clusterIPs=odd)
        got = await verdicts([*dual, service, make.running("web-1", "10.0.0.2")])
        named = ("ipv6-cluster-ip-shows-ipv4", "ipv6-cluster-ip-unreachable")
        assert not [id_ for id_ in named if got[id_].startswith("confirmed")]


async def test_an_event_that_says_nothing_excludes_nothing(entries: Any) -> None:
    replies = await keep_replies(load("terway-mac-eni-deleted"), entries)
    assert not confirmed(await judge(entries, KeptReplies(replies)))
    changed = {}
    for asked, reply in replies.items():
        body = orjson.loads(reply.body) if isinstance(reply, Reply) and b'"EventList"' in reply.body else {}
        items = [{key: value for key, value in item.items() if key != "message"} for item in body.get("items", ())]
        is_of_nodes = ("fieldSelector", "involvedObject.kind!=Pod") in asked[1]
        changed[asked] = Reply(orjson.dumps({**body, "items": items}), reply.date) if is_of_nodes else reply
    assert not confirmed(await judge(entries, KeptReplies(changed)))


async def test_a_service_from_nowhere_is_nobodys(entries: Any) -> None:
    replies = await keep_replies(load("ipv6-headless-and-kubernetes"), entries)
    listed = next(asked for asked in replies if asked[0] == "/api/v1/services")
    for number in range(3):
        lost = Damage(listed, ("items", number, "metadata", "namespace"), "dropped").applied(replies)
        assert not confirmed(await judge(entries, KeptReplies(lost)))


async def test_what_is_nested_without_end_is_not_read(make: Any, find: Any) -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    found = await find('pod_waiting(reason="ContainerCreating")', [make.pod(spec={"odd": deep})])
    assert found.outcome == "unknown"
    assert "nested deeper than any object is" in found.summary


@pytest.mark.parametrize(
    "metadata", [{"remainingItemCount": 7}, {"continue": ["x"]}, {"continue": "x", "remainingItemCount": "7"}, ["odd"]]
)
async def test_a_list_that_does_not_tell_where_it_goes_on_is_not_the_whole(entries: Any, metadata: Any) -> None:
    replies = await keep_replies(load("terway-healthy"), entries)
    changed = {}
    for asked, reply in replies.items():
        body = orjson.loads(reply.body) if isinstance(reply, Reply) and b'"PodList"' in reply.body else None
        changed[asked] = Reply(orjson.dumps({**body, "metadata": metadata}), reply.date) if body else reply
    answer = await judge(entries, KeptReplies(changed))
    got = {item.entry.id: item for item in answer.diagnoses}[OUT]
    assert got.verdict == "suspected"
    assert any("pods" in line for line in answer.unread)


async def test_the_reason_names_the_field(make: Any, find: Any) -> None:
    found = await find('pod_waiting(reason="ContainerCreating")', [make.pod(spec={"hostNetwork": "yes"})])
    assert found.summary == "the reply to /api/v1/pods held a Pod whose spec.hostNetwork is not true or false"
