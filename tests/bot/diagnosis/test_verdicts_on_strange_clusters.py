"""Whole verdicts on clusters that strangers loaded into a bare API server: never a false ``confirmed``.

Each case judges every fault as if the words had plainly described it, which is the harder test.
"""

from typing import Any

import pytest

from tests.bot.diagnosis.strange_clusters import SANDBOX, WAITING, confirmed, flannel, terway

IPN = (
    'Failed to create pod sandbox: failed to setup network for sandbox "a": plugin type="terway" failed (add): '
    "failed to do add; cmdAdd: error alloc ip errCode: InvalidVSwitchId.IpNotEnough, "
    'msg: The specified VSwitch "vsw-2zeaaa" has not enough IpAddress'
)
MAC = "error parse config, can't found dev by mac 00:16:3e:0a:00:0b: not found"
OUT, SLOTS, NO_MAC = "terway-vswitch-out-of-ips", "terway-eni-quota-blocks-new-vswitch", "terway-mac-not-found"


@pytest.mark.parametrize("style", ["core", "series", "eventTime"])
@pytest.mark.parametrize("uid", ["", None])
async def test_an_empty_vswitch_is_confirmed_from_the_pods_own_event(
    make: Any, verdicts: Any, style: str, uid: str | None
) -> None:
    pod = make.pod(uid="4f1c", namespace="team-9")
    got = await verdicts(terway(make, pod, make.event(pod, SANDBOX, IPN, style=style, uid=uid)))
    assert confirmed(got) == {OUT}


async def test_an_empty_vswitch_is_confirmed_from_other_reads(make: Any, verdicts: Any) -> None:
    pod, node = make.pod(status=WAITING), make.node()
    short = {
        "eni-1": {
            "vSwitchID": "vsw-2zeaaa",
            "conditions": {"InsufficientIP": {"observedTime": "now-2m", "message": "vsw-2zeaaa ip is not enough"}},
        }
    }
    sparse = make.terway_node(enis=short)
    for objects in (
        [pod, make.event(node, "AllocIPFailed", "errCode: InvalidVSwitchId.IpNotEnough, msg: x")],
        [pod, make.terway_crd(), sparse],
    ):
        assert confirmed(await verdicts(terway(make, *objects))) == {OUT}


@pytest.mark.parametrize(
    ("reason", "about", "message"),
    [
        ("AllocIPFailed", "pod", "errCode: QuotaExceeded.PrivateIpAddress, msg: x"),
        ("AllocResourceFailed", "node", "error assign\nErrorCode: InvalidVSwitchId.IpNotEnough\nRequestId: 1"),
        ("AllocIPFailed", "pod", "allocate IP timeout: eni-1 InsufficientIP: vsw-2zeaaa ip is not enough"),
        ("CniPodCreateError", "pod", "no available vSwitch for zone h, vswList [vsw-2zeaaa], vsw-2zeaaa no ip left"),
    ],
)
async def test_an_empty_vswitch_is_confirmed_in_the_words_of_every_release(
    make: Any, verdicts: Any, reason: str, about: str, message: str
) -> None:
    pod, node = make.pod(status=WAITING), make.node()
    event = make.event(pod if about == "pod" else node, reason, message)
    assert confirmed(await verdicts(terway(make, pod, event))) == {OUT}


async def test_look_alikes_of_an_empty_vswitch(make: Any, verdicts: Any) -> None:
    pod, node = make.pod(uid="new", status=WAITING), make.node()
    event = make.event(pod, SANDBOX, IPN)
    of_node = make.event(node, "AllocIPFailed", "errCode: InvalidVSwitchId.IpNotEnough, msg: x")
    newborn = make.pod(status={"startTime": "now-5s"})
    stale = {
        "eni-1": {
            "vSwitchID": "vsw-2zeaaa",
            "conditions": {"InsufficientIP": {"observedTime": "now-25m", "message": "vsw-2zeaaa ip is not enough"}},
        }
    }
    pause = 'failed to get sandbox image "registry/pause:3.9": i/o timeout'
    cases: dict[str, tuple[str, list[Any]]] = {
        "a volume does not mount": (
            "ruled_out",
            [pod, make.event(pod, "FailedMount", "MountVolume.SetUp failed"), of_node],
        ),
        "a large image": ("ruled_out", [pod, make.event(pod, "Pulling", "Pulling image", age="now-3m"), of_node]),
        "the pause image": ("ruled_out", [pod, make.event(pod, SANDBOX, pause), of_node]),
        "it runs by now": ("suspected", [make.running("web-0", "10.0.0.1"), event]),
        "it got its address": (
            "ruled_out",
            [pod, event, make.event(pod, "AllocIPSucceed", "Alloc IP 10.0.0.1 took 1s", age="now-20s")],
        ),
        "nobody scheduled it": ("suspected", [make.pod(node="", status=WAITING), event]),
        "the host's network": ("suspected", [make.pod(spec={"hostNetwork": True}), event]),
        "an old event": ("suspected", [pod, make.event(pod, SANDBOX, IPN, age="now-40m")]),
        "an earlier pod of that name": ("suspected", [pod, make.event(make.pod(uid="old"), SANDBOX, IPN, uid=None)]),
        "another namespace": ("suspected", [pod, make.event(make.pod(namespace="other"), SANDBOX, IPN)]),
        "a pod that only just starts": ("suspected", [newborn, make.event(node, "AllocIPFailed", IPN, age="now-18m")]),
        "a condition from before": ("suspected", [pod, make.terway_crd(), make.terway_node(enis=stale)]),
        "a daemon that reaches nobody": (
            "suspected",
            [
                pod,
                make.event(pod, "AllocIPFailed", "rpc error: code = DeadlineExceeded desc = context deadline exceeded"),
            ],
        ),
        "the wrong zone": (
            "suspected",
            [pod, make.event(pod, "AllocIPFailed", "no available vSwitch for zone cn-beijing-z, vswList []")],
        ),
        "a wait that nothing explains": ("suspected", [pod]),
        "another node's trouble": (
            "suspected",
            [pod, make.node("other"), make.event(make.node("other"), "AllocIPFailed", IPN)],
        ),
    }
    for what, (expected, objects) in cases.items():
        got = await verdicts(terway(make, *objects), OUT)
        assert got[OUT].startswith(expected), f"{what}: {got[OUT]}"


async def test_what_may_not_be_read_rules_nothing_out(make: Any, verdicts: Any) -> None:
    pod = make.pod(status=WAITING)
    objects = terway(make, pod, make.event(pod, SANDBOX, IPN))
    for forbid in (["events"], ["pods"], ["pods/log", "events"], ["*"]):
        got = await verdicts(objects, OUT, SLOTS, NO_MAC, forbid=forbid)
        assert {verdict.split(":")[0] for verdict in got.values()} == {"suspected"}, forbid


async def test_slots_that_block_a_new_vswitch(make: Any, verdicts: Any) -> None:
    conf = {"vswitches": {"cn-beijing-h": ["vsw-2zeaaa", "vsw-2zenew"]}}
    short = {
        "vSwitchID": "vsw-2zeaaa",
        "conditions": {"InsufficientIP": {"observedTime": "now-2m", "message": "vsw-2zeaaa ip is not enough"}},
    }
    pod = make.pod(status=WAITING)

    async def got(enis: Any, **spec: Any) -> set[str]:
        crs = [make.terway_crd(), make.terway_node(enis=enis, nodeMetadata={"zoneID": "cn-beijing-h"}, **spec)]
        return confirmed(await verdicts(terway(make, pod, *crs, conf=conf), OUT, SLOTS))

    assert await got({"eni-1": short}, flavor=[{"count": 1}]) == {SLOTS}
    assert await got({"eni-1": short}, flavor=[{"count": 3}]) == {OUT}, "a slot is free"
    assert await got({"eni-1": short, "eni-2": {"vSwitchID": "vsw-2zenew"}}, flavor=[{"count": 2}]) == {OUT}, (
        "the new one is in use"
    )
    assert await got({"eni-1": short}) == set(), "nobody tells how many slots there are"
    assert await got({"eni-1": {**short, "unschedulable": True}}, flavor=[{"count": 1}]) == set()
    quiet = [
        make.terway_crd(),
        make.terway_node(
            enis={"eni-1": {"vSwitchID": "vsw-2zeaaa"}},
            nodeMetadata={"zoneID": "cn-beijing-h"},
            flavor=[{"count": 1}],
        ),
    ]
    told = terway(make, pod, make.event(pod, SANDBOX, IPN), *quiet, conf=conf)
    assert confirmed(await verdicts(told)) == {SLOTS}, "the pod's own event tells of the shortage as well"


@pytest.mark.parametrize("said", ["errCode: EniPerInstanceLimitExceeded, msg: x", "create eni async: max ENI exceeded"])
@pytest.mark.parametrize(("reason", "about"), [("AllocIPFailed", "pod"), ("AllocResourceFailed", "node")])
async def test_the_instance_limit_says_so_itself(make: Any, verdicts: Any, said: str, reason: str, about: str) -> None:
    pod, node = make.pod(status=WAITING), make.node()
    refused = make.event(pod if about == "pod" else node, reason, said, style="series")
    two = {"vswitches": {"cn-beijing-h": ["vsw-2zeaaa", "vsw-2zenew"]}}
    assert confirmed(await verdicts(terway(make, pod, refused, conf=two))) == {SLOTS}
    assert confirmed(await verdicts(terway(make, pod, refused))) == set(), "no vSwitch was added: the node is full"
    assert confirmed(await verdicts(terway(make, pod, refused, conf={**two, "max_eni": 2}))) == set(), "set by hand"


@pytest.mark.parametrize(
    ("count", "first", "expected"),
    [
        (1, "now-1m", set()),
        (2, "now-20m", set()),
        (3, "now-80s", set()),
        (12, "now-2m", set()),
        (4, "now-7m", {NO_MAC}),
    ],
)
@pytest.mark.parametrize(
    "message", [MAC, "error get eni config by mac: cannot found mac address: 00:16:3e:0a:00:0b"], ids=["v1.1", "v1.0"]
)
async def test_a_missing_device_must_persist(
    make: Any, verdicts: Any, count: int, first: str, expected: set[str], message: str
) -> None:
    pod = make.pod()
    event = {**make.event(pod, SANDBOX, message, count=count), "firstTimestamp": first}
    assert confirmed(await verdicts(terway(make, pod, event))) == expected


async def test_vswitches_outside_the_configuration(make: Any, verdicts: Any) -> None:
    entry = "terway-pod-ip-outside-vswitch"
    zone = {"nodeMetadata": {"zoneID": "cn-beijing-h"}}
    old = {"eni-1": {"vSwitchID": "vsw-old", "ipv4": {"10.0.0.2": {"podID": "prod/web-1"}}}}

    async def verdict(*objects: Any) -> str:
        return str((await verdicts(terway(make, *objects), entry))[entry].split(":")[0])

    assert await verdict(make.terway_crd(), make.terway_node(enis=old, **zone)) == "confirmed"
    assert (
        await verdict(make.terway_crd(), make.terway_node(enis=old, nodeMetadata={"zoneID": "cn-beijing-z"}))
        == "suspected"
    ), "zone fallback"
    assert await verdict(make.terway_crd()) == "suspected"
    assert await verdict() == "suspected", "the custom kind is not installed"
    assert (
        await verdict(make.terway_crd(), make.terway_node(enis=old, eni={"vSwitchOptions": ["vsw-old"]}, **zone))
        == "ruled_out"
    )


def eip_pool(make: Any, version: str) -> list[Any]:
    _, config = make.terway(conf={"enable_eip_pool": "true"})
    return [[make.daemon_set("terway-eniip", image=f"acs/terway:{version}"), config], "terway-upgrade-eip-pool"]


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("v1.0.10.425-g97be0b1-aliyun", "confirmed"),
        ("v1.5.6", "confirmed"),
        ("v1.6.9", "confirmed"),
        ("v1.7.0", "suspected"),
        ("v1.9.17", "suspected"),
        ("v1.10.0", "suspected"),
        ("v1.17.5", "suspected"),
        ("latest", "suspected"),
    ],
)
async def test_an_eip_pool_blocks_only_where_terway_has_one(
    make: Any, verdicts: Any, version: str, expected: str
) -> None:
    objects, entry = eip_pool(make, version)
    assert (await verdicts(objects, entry))[entry].startswith(expected)


async def test_settings_alone_are_confirmed_by_words_and_are_never_a_sign(make: Any, verdicts: Any) -> None:
    port = {"containers": [{"name": "m", "image": "x", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}
    hairpin = [make.flannel(conf={"plugins": [{"type": "flannel", "delegate": {}}]}), "flannel-hairpin-off"]
    ports = [[*make.terway(), make.running("hp", "10.0.0.3", spec=port)], "terway-hostport-unmapped"]
    cni = {"10-terway.conf": '{"eniip_virtual_type": "IPVlan"}'}
    ipvlan = [[*make.terway(data=cni), *make.proxy()], "terway-ipvlan-in-cluster-lb"]
    for objects, entry in (hairpin, ports, ipvlan, eip_pool(make, "v1.6.2")):
        assert confirmed(await verdicts(objects, clear=True)) == {entry}
        assert confirmed(await verdicts(objects, clear=False)) == set()


async def test_policies_in_ebpf_leave_the_data_path_open(make: Any, verdicts: Any) -> None:
    """Nodes that fit run DataPath V2 in place of veth, so that pods may miss a load balancer of their own there."""
    cni = {"10-terway.conf": '{"type": "terway", "network_policy_provider": "ebpf"}'}
    entry = "terway-ipvlan-in-cluster-lb"
    got = await verdicts([*make.terway(data=cni), *make.proxy(), make.node()], entry)
    assert got[entry].startswith("suspected")


async def test_terway_maps_host_ports_in_ebpf_only_where_its_release_does(make: Any, verdicts: Any) -> None:
    port = {"containers": [{"name": "m", "image": "x", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}
    replaced = make.node(labels={"k8s.aliyun.com/no-kube-proxy": "true"})
    entry = "terway-hostport-unmapped"
    for release, expected in (("v1.14.0", "confirmed"), ("v1.14.1", "suspected"), ("v1.14.5", "ruled out")):
        runs = make.daemon_set("terway-eniip", image=f"acs/terway:{release}")
        objects = [runs, make.terway()[1], replaced, make.running("hp", "10.0.0.3", spec=port)]
        assert (await verdicts(objects, entry))[entry].replace("_", " ").startswith(expected), release


async def test_address_families_of_nodes_do_not_make_a_cluster_dual(make: Any, verdicts: Any) -> None:
    six = make.node(status={"addresses": [{"type": "InternalIP", "address": "fd00::1"}]})
    single = [*make.terway(), six, make.running("web-1", "10.0.0.2"), make.service("web", ["172.16.0.5"])]
    assert confirmed(await verdicts(single)) == set()
    dual = [*make.terway(conf={"ip_stack": "dual"}), make.node(), make.running("web-1", "10.0.0.2")]
    assert confirmed(await verdicts(dual)) == {"ipv6-pod-shows-ipv4"}


async def test_a_plugin_that_is_left_over_brings_no_faults_of_its_own(make: Any, verdicts: Any) -> None:
    broken = make.flannel(conf={"plugins": [{"type": "flannel", "delegate": {}}]})
    runs = {"desiredNumberScheduled": 1, "numberReady": 1}
    assert confirmed(await verdicts([*make.terway(status=runs), *broken, make.node()])) == set()
    assert confirmed(await verdicts([*make.terway(), *broken, make.node()])) == set()


@pytest.mark.parametrize("objects", ["nothing", "terway", "flannel", "nodes"])
async def test_quiet_and_empty_clusters_confirm_nothing(make: Any, verdicts: Any, objects: str) -> None:
    pods = [make.running(f"web-{n}", f"10.0.0.{n}", status={"startTime": "now-1m"}) for n in range(1, 4)]
    clusters = {
        "nothing": [],
        "terway": terway(make, *pods),
        "flannel": flannel(make, *pods),
        "nodes": [make.node(), *pods],
    }
    got = await verdicts(clusters[objects])
    assert confirmed(got) == set()
    assert all(verdict.partition(": ")[2] for verdict in got.values()), "each verdict has its reason"


async def test_odd_custom_resources_cost_nobody_the_answer(make: Any, verdicts: Any) -> None:
    pod = make.pod(status=WAITING)
    odd = [
        {**make.terway_node(), "status": {"networkInterfaces": shape}}
        for shape in (["x"], "x", {"eni-1": "x"}, {"eni-1": {"ipv4": ["x"]}})
    ]
    for node in odd:
        got = await verdicts(
            terway(make, pod, make.event(pod, SANDBOX, IPN), make.terway_crd(), {**node, "spec": {"flavor": "x"}})
        )
        assert set(got) >= {OUT, SLOTS, NO_MAC}
        assert got[OUT].split(":")[0] in ("confirmed", "suspected")
