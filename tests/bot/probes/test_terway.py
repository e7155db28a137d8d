"""Probes of Terway's node objects, which may be complete, sparse, odd, or not there at all."""

import json
from typing import Any

import pytest

from bot.probes.terway_messages import WORDINGS

NODE = "cn-beijing.192.168.0.31"
ZONE = {"nodeMetadata": {"zoneID": "cn-beijing-h"}}
OUTSIDE = "pod_outside_vswitches()"


def eni(vsw: str = "vsw-2zeaaa", *, pods: bool = True, **extra: Any) -> dict[str, Any]:
    addresses = {"10.0.0.2": {"ip": "10.0.0.2", "podID": "prod/web-1"}} if pods else {"10.0.0.2": {"ip": "10.0.0.2"}}
    return {"eni-1": {"vSwitchID": vsw, "ipv4": addresses, **extra}}


def cluster(make: Any, enis: Any, *, conf: Any = None, node: Any = None, **spec: Any) -> list[Any]:
    return [
        *make.terway(conf=conf),
        node or make.node(),
        make.terway_crd(),
        make.terway_node(enis=enis, **{**ZONE, **spec}),
    ]


async def test_pods_in_a_vswitch_that_is_not_configured(make: Any, find: Any) -> None:
    found = await find(OUTSIDE, cluster(make, eni("vsw-old")))
    assert found.objects == {"node": (NODE,), "vswitch": ("vsw-old",), "pod": ("prod/web-1",)}


async def test_what_is_inside_or_carries_no_pods(make: Any, find: Any) -> None:
    own = make.config("own", {"eni_conf": json.dumps({"vswitches": {"cn-beijing-h": ["vsw-old"]}})})
    labelled = make.node(labels={"terway-config": "own"})
    for objects in (
        cluster(make, eni()),
        cluster(make, eni("vsw-old", pods=False)),
        cluster(make, eni("vsw-old"), eni={"vSwitchOptions": ["vsw-old"]}),
        cluster(make, eni("vsw-old"), conf={"vswitches": {"cn-beijing-h": ["vsw-2zeaaa", "vsw-old"]}}),
        [*cluster(make, eni("vsw-old"), node=labelled), own],
        cluster(make, eni("vsw-old", networkInterfaceType="Member")),
        cluster(make, {}),
    ):
        assert (await find(OUTSIDE, objects)).outcome == "absent"


async def test_a_nodes_own_settings_are_merged_zone_by_zone(make: Any, find: Any) -> None:
    labelled = make.node(labels={"terway-config": "own"})
    other_zone = make.config("own", {"eni_conf": json.dumps({"vswitches": {"cn-beijing-k": ["vsw-k"]}})})
    assert (await find(OUTSIDE, [*cluster(make, eni(), node=labelled), other_zone])).outcome == "absent"
    assert (await find(OUTSIDE, [*cluster(make, eni("vsw-old"), node=labelled), other_zone])).outcome == "present"


async def test_what_no_configuration_tells_is_unknown(make: Any, find: Any) -> None:
    whole = cluster(make, eni("vsw-old"))
    labelled = make.node(labels={"terway-config": "gone"})
    elsewhere = {"nodeMetadata": {"zoneID": "cn-beijing-z"}}
    for objects in (
        [item for item in whole if item["kind"] != "ConfigMap"],
        cluster(make, eni("vsw-old"), node=labelled),
        cluster(make, eni("vsw-old"), **elsewhere),
        make.terway(),
    ):
        assert (await find(OUTSIDE, objects)).outcome == "unknown"
    assert (await find(OUTSIDE, whole, forbid=["network.alibabacloud.com/nodes"])).outcome == "unknown"
    assert (await find(OUTSIDE, whole, forbid=["configmaps"])).outcome == "unknown"


async def test_many_node_objects_are_not_judged_by_the_first(make: Any, find: Any) -> None:
    others = [make.terway_node(f"n{number}", enis=eni(), **ZONE) for number in range(12)]
    last = make.terway_node("zzz", enis=eni("vsw-old"), **ZONE)
    assert (await find(OUTSIDE, [*make.terway(), make.terway_crd(), *others, last])).objects["node"] == ("zzz",)


def waiting(make: Any, enis: Any, **how: Any) -> list[Any]:
    return [*cluster(make, enis, **how), make.pod(status={"startTime": "now-10m"})]


TWO = {"vswitches": {"cn-beijing-h": ["vsw-2zeaaa", "vsw-2zenew"]}}
FULL = 'eni_slots(state="full", unused_vswitch=true)'
ONE = {"flavor": [{"count": 1}]}


async def test_slots_full_with_a_vswitch_that_cannot_be_used(make: Any, find: Any) -> None:
    found = await find(FULL, waiting(make, eni(), conf=TWO, **ONE))
    assert found.objects == {"node": (NODE,), "unused_vswitch": ("vsw-2zenew",), "slots": ("1 of 1",)}
    assert not found.is_sign


@pytest.mark.parametrize(
    ("enis", "conf", "spec", "outcome"),
    [
        (eni(), None, ONE, "absent"),  # no vSwitch is unused
        (eni(), TWO, {"flavor": [{"count": 3}]}, "absent"),
        ({**eni(), "eni-2": {"vSwitchID": "vsw-2zenew"}}, TWO, {"flavor": [{"count": 2}]}, "absent"),
        (eni(), TWO, {"nodeCap": {"adapters": 2}}, "present"),  # without a flavor: all but the primary one
        (eni(), TWO, {"nodeCap": {"adapters": 4}}, "absent"),
        (eni(), TWO, {}, "unknown"),
        (eni(), None, {}, "absent"),
        (eni(unschedulable=True), TWO, ONE, "unknown"),
        ({}, TWO, ONE, "absent"),
        (["odd"], TWO, ONE, "unknown"),
    ],
)
async def test_slots_that_are_free_or_unclear(
    make: Any, find: Any, enis: Any, conf: Any, spec: Any, outcome: str
) -> None:
    objects = waiting(make, enis if isinstance(enis, dict) else {}, conf=conf, **spec)
    if not isinstance(enis, dict):
        objects[-2]["status"] = {"networkInterfaces": enis}
    assert (await find(FULL, objects)).outcome == outcome


async def test_slots_of_nodes_where_nobody_waits_do_not_matter(make: Any, find: Any) -> None:
    assert (await find(FULL, cluster(make, eni(), conf=TWO, **ONE))).outcome == "absent"
    assert (await find(FULL, [*make.terway(conf=TWO), make.pod()])).outcome == "absent"
    assert (
        await find(FULL, waiting(make, eni(), conf=TWO, **ONE), forbid=["network.alibabacloud.com/nodes"])
    ).outcome == "unknown"


def short(observed: str) -> dict[str, Any]:
    return {"conditions": {"InsufficientIP": {"observedTime": observed, "message": "vsw-2zeaaa ip is not enough"}}}


async def test_a_shortage_that_the_node_object_tells(make: Any, find: Any) -> None:
    asked = 'ip_shortage(within="30m")'
    found = await find(asked, waiting(make, eni(**short("now-2m"))))
    assert found.objects == {"node": (NODE,), "vswitch": ("vsw-2zeaaa",)}
    assert (await find(asked, waiting(make, eni(**short("now-31m"))))).outcome == "absent"
    assert (
        await find(asked, waiting(make, eni(conditions={"OperationErr": {"observedTime": "now-1m", "message": "x"}})))
    ).outcome == "absent"
    assert (await find(asked, cluster(make, eni(**short("now-2m"))))).outcome == "absent", "nobody waits"
    assert (await find(asked, waiting(make, eni(**short("now-25m"))))).outcome == "unknown", (
        "long before the pods were bound"
    )
    assert (await find(asked, waiting(make, eni(conditions=["odd"])))).outcome == "unknown"
    assert (await find(asked, waiting(make, eni()), forbid=["pods"])).outcome == "unknown"


SAID = [(cause, wording.text) for cause, wordings in WORDINGS.items() for wording in wordings]
STARTED = {"startTime": "now-10m"}


def says(make: Any, at: str, message: str) -> tuple[list[Any], Any]:
    """A pod waits; its own event, its node's or the log of Terway there says the message. With the logs."""
    pod, node = make.pod(status=STARTED), make.node()
    daemon = make.running("terway-eniip-x", "10.0.0.1", namespace="kube-system", labels={"app": "terway-eniip"})
    daemon["spec"]["containers"] = [{"name": "terway", "image": "terway:v1.15.4"}]
    log = f"now-4m level=error msg={message!r}" if at == "log" else "now-4m level=info msg=started"
    objects = [pod, node, daemon]
    if at == "pod":
        objects.append(make.event(pod, "FailedCreatePodSandBox", f"cmdAdd: error alloc ip: {message}"))
    if at == "node":
        objects.append(make.event(node, "AllocResourceFailed", f"error create eni\nErrorCode: {message}\nRequestId: 1"))
    return objects, {("kube-system", "terway-eniip-x", "terway"): log}


@pytest.mark.parametrize("at", ["pod", "node", "log"])
@pytest.mark.parametrize(("cause", "text"), SAID)
async def test_every_releases_words_are_known_wherever_they_are_said(
    make: Any, find: Any, cause: str, text: str, at: str
) -> None:
    objects, logs = says(make, at, f"vsw-2zeaaa {text.upper()} 1")
    for other in WORDINGS:
        found = await find(f'terway_error(cause="{other}", at="{at}")', objects, logs=logs)
        assert found.outcome == ("present" if other == cause else "absent"), other
        assert not found.evidence or text.lower() in " ".join(piece.excerpt.lower() for piece in found.evidence)


async def test_words_that_terway_does_not_say_are_no_error_of_its(make: Any, find: Any) -> None:
    for text in ("ip address left over", "Forbidden.RAM", "context deadline exceeded", "found mac address"):
        for at in ("pod", "node", "log"):
            objects, logs = says(make, at, text)
            for cause in WORDINGS:
                assert (await find(f'terway_error(cause="{cause}", at="{at}")', objects, logs=logs)).outcome == "absent"


async def test_how_full_a_vswitch_is_stays_open_after_a_refusal_while_no_pod_waits(make: Any, find: Any) -> None:
    ask, running = "vswitch_addresses()", make.running("web-0", "10.0.0.2")
    refusal = "errCode: InvalidVSwitchId.IpNotEnough, msg: vsw-bp1aaa"
    refused = [make.event(running, "AllocIPFailed", refusal, age=age) for age in ("now-3h", "now-55m")]
    given = [
        make.event(running, "AllocIPSucceed", "Alloc IP 10.0.0.2 took 1s", age=age) for age in ("now-50m", "now-9m")
    ]
    found = await find(ask, [running, refused[1]])
    assert found.outcome == "unknown"
    assert "at 12:05 UTC" in found.summary
    assert (await find(ask, [running, refused[1], given[0]])).outcome == "absent", "given after it was refused"
    assert (await find(ask, [running, make.event(running, "AllocIPFailed", refusal), given[0]])).outcome == "unknown"
    assert (
        await find(ask, [running, refused[1], given[1]])
    ).summary == "Terway gave an address to prod/web-0 at 12:51 UTC"
    assert (await find(ask, [running, refused[0]])).outcome == "absent", "refused too long ago"
    assert (await find(ask, [running, make.event(running, "AllocIPFailed", "Throttling")])).outcome == "absent"
    assert "only the VPC console shows" in (await find(ask, [running])).summary
    assert (await find(ask, [running])).outcome == "absent"
    assert (await find(ask, [running], forbid=["events"])).outcome == "unknown"
    assert (await find(ask, [make.pod(status=STARTED)])).outcome == "absent"
    pod = make.pod(status=STARTED)
    assert (await find(ask, [pod, make.event(pod, "FailedMount", "MountVolume.SetUp failed")])).outcome == "absent"
    assert (await find(ask, [pod], forbid=["pods"])).outcome == "unknown"
