"""Probes of pods: who really waits for the network, and who only looks like it."""

from typing import Any

import pytest

ASK = 'pod_waiting(reason="ContainerCreating")'
NODE = "cn-beijing.192.168.0.31"


def creating(**state: Any) -> dict[str, Any]:
    return {
        "containerStatuses": [
            {
                "name": "main",
                "ready": False,
                "restartCount": 0,
                "state": state or {"waiting": {"reason": "ContainerCreating"}},
            }
        ]
    }


@pytest.mark.parametrize(
    "status",
    [
        {},
        creating(),
        creating(waiting={"reason": "PodInitializing"}),
        {"conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": "now-1h"}]},
        {"initContainerStatuses": creating(waiting={"reason": "PodInitializing"})["containerStatuses"]},
    ],
)
async def test_a_bound_pod_that_has_nothing_yet_waits(make: Any, find: Any, status: Any) -> None:
    found = await find(ASK, [make.pod(status={"startTime": "now-5m", **status})])
    assert found.outcome == "present"
    assert found.objects == {"pod": ("prod/web-0",), "node": (NODE,)} | found.objects
    assert "prod/web-0" in found.summary


async def test_look_alikes_do_not_wait_for_the_network(make: Any, find: Any) -> None:
    old = {"startTime": "now-5m"}
    pod = make.pod(status=old)
    pause = 'Failed to create pod sandbox: failed to get sandbox image "registry/pause:3.9": i/o timeout'
    disk = "Failed to create pod sandbox: write /var/lib/x: no space left on device"
    for what, objects in {
        "nothing": [],
        "running": [make.running("web-0", "10.0.0.1")],
        "not scheduled": [make.pod(node="", status=old)],
        "done": [make.pod(phase="Succeeded", status=old)],
        "on the host's network": [make.pod(spec={"hostNetwork": True}, status=old)],
        "has an address": [make.pod(status={**old, "podIP": "10.0.0.1"})],
        "an init container runs": [
            make.pod(status={**old, "initContainerStatuses": [{"name": "i", "state": {"running": {}}}]})
        ],
        "cannot pull its image": [make.pod(status={**old, **creating(waiting={"reason": "ImagePullBackOff"})})],
        "a wrong configuration": [
            make.pod(status={**old, **creating(waiting={"reason": "CreateContainerConfigError"})})
        ],
        "being deleted": [make.pod(deletionTimestamp="now", status=old)],
        "a volume does not mount": [pod, make.event(pod, "FailedMount", "MountVolume.SetUp failed")],
        "a disk does not attach": [
            pod,
            make.event(pod, "FailedAttachVolume", "AttachVolume.Attach failed", style="eventTime"),
        ],
        "pulls a large image": [pod, make.event(pod, "Pulling", "Pulling image web:1", age="now-4m")],
        "the pause image is missing": [pod, make.event(pod, "FailedCreatePodSandBox", pause)],
        "the disk is full": [pod, make.event(pod, "FailedCreatePodSandBox", disk)],
    }.items():
        assert (await find(ASK, objects)).outcome == "absent", what


async def test_the_newest_event_explains_the_wait(make: Any, find: Any) -> None:
    pod = make.pod(status={"startTime": "now-30m"})
    network = 'Failed to create pod sandbox: failed to setup network for sandbox "a": plugin type="terway" failed'
    mount, sandbox = ("FailedMount", "MountVolume.SetUp failed"), ("FailedCreatePodSandBox", network)
    first_mount = [make.event(pod, *mount, age="now-20m"), make.event(pod, *sandbox, age="now-1m")]
    assert (await find(ASK, [pod, *first_mount])).outcome == "present"
    first_network = [make.event(pod, *mount, age="now-1m"), make.event(pod, *sandbox, age="now-20m")]
    assert (await find(ASK, [pod, *first_network])).outcome == "absent"
    pulled = [make.event(pod, "Pulling", "x", age="now-20m"), make.event(pod, *sandbox, age="now-1m")]
    assert (await find(ASK, [pod, *pulled])).outcome == "present", "the sandbox was lost again"
    earlier_pod = make.event(make.pod(uid="old"), *mount, uid=None)
    assert (await find(ASK, [make.pod(uid="new", status={"startTime": "now-5m"}), earlier_pod])).outcome == "present"


async def test_a_pod_that_only_just_starts_is_no_sign(make: Any, find: Any) -> None:
    newborn = make.pod(status={"startTime": "now-3s"})
    found = await find(ASK, [newborn])
    assert found.outcome == "unknown"
    failed = make.event(newborn, "FailedCreatePodSandBox", "failed to setup network for sandbox", age="now")
    assert (await find(ASK, [newborn, failed])).outcome == "present"
    assert (await find(ASK, [newborn, make.pod("late", status={"startTime": "now-5m"})])).outcome == "present"


async def test_unreadable_events_explain_nothing_and_unreadable_pods_are_unknown(make: Any, find: Any) -> None:
    pod = make.pod(status={"startTime": "now-5m"})
    assert (await find(ASK, [pod, make.event(pod, "FailedMount", "x")], forbid=["events"])).outcome == "present"
    assert (await find(ASK, [pod], forbid=["pods"])).outcome == "unknown"
    assert (await find(ASK, [pod], forbid=["pods:prod"])).outcome == "unknown"


async def test_other_reasons_namespaces_messages_and_ages(make: Any, find: Any) -> None:
    pull = {
        "containerStatuses": [
            {
                "name": "m",
                "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling flannel:v1"}},
            }
        ]
    }
    pod = make.pod("kube-flannel-ds-x", namespace="kube-system", status={**pull, "startTime": "now-2m"})
    asked = 'pod_waiting(reason="ImagePullBackOff", namespace="kube-system", contains="flannel")'
    assert (await find(asked, [pod])).outcome == "present"
    assert (await find(asked.replace("flannel", "terway"), [pod])).outcome == "absent"
    assert (await find(asked.replace("kube-system", "prod"), [pod])).outcome == "absent"
    assert (await find(asked[:-1] + ', min_age="5m")', [pod])).outcome == "absent"
    assert (await find(asked[:-1] + ', min_age="1m")', [pod])).outcome == "present"


async def test_a_crash_loop_is_seen_though_its_phase_is_running(make: Any, find: Any) -> None:
    state = {
        "containerStatuses": [
            {
                "name": "kube-flannel",
                "ready": False,
                "restartCount": 9,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            }
        ]
    }
    labels = {"app": "flannel"}
    pod = make.pod(
        "kube-flannel-ds-x",
        namespace="kube-system",
        phase="Running",
        labels=labels,
        spec={"hostNetwork": True},
        status=state,
    )
    asked = 'pod_waiting(reason=["ErrImagePull", "CrashLoopBackOff"], app="flannel")'
    assert (await find(asked, [pod])).outcome == "present"
    assert (
        await find(asked, [make.running("kube-flannel-ds-x", "1.2.3.4", namespace="kube-system", labels=labels)])
    ).outcome == "absent"


def dns(start: str, **status: Any) -> dict[str, Any]:
    return {"labels": {"k8s-app": "kube-dns"}, "namespace": "kube-system", "status": {"startTime": start, **status}}


async def test_pods_restarted_goes_by_the_start_of_the_pod(make: Any, find: Any) -> None:
    asked = 'pods_restarted(app=["kube-dns"], within="10m")'
    again = {"containerStatuses": [{"name": "c", "state": {"running": {"startedAt": "now-1m"}}}]}
    assert (await find(asked, [make.running("d", "10.0.0.1", **dns("now-2m"))])).outcome == "present"
    in_place = await find(asked, [make.running("d", "10.0.0.1", **dns("now-2d", **again))])
    assert in_place.outcome == "unknown", "the pod kept its address"
    assert (await find(asked, [make.running("d", "10.0.0.1", **dns("now-2d"))])).outcome == "absent"
    assert (
        await find(asked, [make.running("d", "10.0.0.1", namespace="kube-system", labels={"k8s-app": "kube-dns"})])
    ).outcome == "absent"
    assert (await find(asked, [make.running("d", "10.0.0.1")])).outcome == "unknown"


async def test_addresses_of_a_family(make: Any, find: Any) -> None:
    asked = 'pod_addresses(missing="IPv6")'
    both = {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}
    assert (await find(asked, [make.running("a", "10.0.0.1")])).outcome == "present"
    assert (await find(asked, [make.running("a", "10.0.0.1", status=both)])).outcome == "absent"
    mixed = [make.running("cart-1", "10.0.0.1", status=both), make.running("web-1", "10.0.0.2")]
    assert (await find(asked, mixed)).objects["pod"] == ("prod/web-1",)
    assert (await find(asked, mixed, question="why has cart-1 no ipv6?")).outcome == "absent"
    closed = await find(asked, mixed, question="why has cart-1 no ipv6?", forbid=["services", "deployments"])
    assert closed.outcome == "absent"
    assert (await find(asked, [make.running("a", "10.0.0.1", spec={"hostNetwork": True})])).outcome == "unknown"
    assert (await find(asked, [make.running("a", "10.0.0.1", deletionTimestamp="now")])).outcome == "unknown"


async def test_the_addresses_of_what_the_words_name_decide(make: Any, find: Any) -> None:
    asked, both = 'pod_addresses(missing="IPv6")', {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]}
    web, cart = (
        make.running("web-7d9c6b8f54-4hpxk", "10.0.0.1", status=both, labels={"app": "web"}),
        make.running("cart-7d9c6b8f54-4hpxk", "10.0.0.2", namespace="pay", labels={"app": "cart"}),
    )
    services = [
        make.service("front", ["172.16.0.9"], selector={"app": "web"}),
        make.service("till", ["172.16.0.8"], namespace="pay", selector={"app": "cart"}),
    ]
    objects = [web, cart, *services]
    for question in (
        "pods of deployment web show only IPv4",
        "the web pods show only IPv4",
        "pods of service front show only IPv4",
        "deployment web 的 pod 只有 IPv4",
        "pods in namespace prod show only IPv4",
    ):
        assert (await find(asked, objects, question=question)).outcome == "absent", question
    for question in (
        "pods show only IPv4",
        "pods of deployment cart show only IPv4",
        "pods of service till show only IPv4",
        "pods in namespace pay show only IPv4",
    ):
        found = await find(asked, objects, question=question)
        assert found.objects["pod"] == ("pay/cart-7d9c6b8f54-4hpxk",), question
    idle = make.service("idle", ["172.16.0.7"], selector={"app": "idle"})
    nobody = await find(asked, [*objects, idle], question="pods of service idle show only IPv4")
    assert nobody.outcome == "unknown", "the pods of others do not answer for it"


async def test_host_ports_that_the_api_server_filled_in_do_not_count(make: Any, find: Any) -> None:
    asked = 'host_ports(state="requested")'
    port = {"containers": [{"name": "m", "image": "x", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}
    assert (await find(asked, [make.running("a", "10.0.0.1", spec=port)])).objects["pod"] == ("prod/a",)
    assert (await find(asked, [make.running("a", "10.0.0.1", spec={**port, "hostNetwork": True})])).outcome == "absent"
    assert (await find(asked, [make.running("a", "10.0.0.1")])).outcome == "absent"
    assert (await find(asked, [make.running("a", "10.0.0.1", spec=port)], forbid=["pods"])).outcome == "unknown"


async def test_a_host_port_of_a_pod_that_is_not_ready_itself_proves_nothing(make: Any, find: Any) -> None:
    port = {"containers": [{"name": "m", "image": "x", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}
    unready = {"conditions": [{"type": "Ready", "status": "False"}]}
    crashing = make.running("a", "10.0.0.1", spec=port, status=unready)
    found = await find('host_ports(state="requested")', [crashing])
    assert (found.outcome, found.objects["pod"]) == ("unknown", ("prod/a",))
    both = await find('host_ports(state="requested")', [crashing, make.running("b", "10.0.0.2", spec=port)])
    assert (both.outcome, both.objects["pod"]) == ("present", ("prod/b",))


async def test_annotations(make: Any, find: Any) -> None:
    asked = 'pod_annotation(key=["k8s.aliyun.com/pod-with-eip"])'
    assert (
        await find(asked, [make.running("a", "10.0.0.1", annotations={"k8s.aliyun.com/pod-with-eip": "true"})])
    ).outcome == "present"
    assert (await find(asked, [make.running("a", "10.0.0.1", annotations={"other": "true"})])).outcome == "absent"
    assert (await find(asked, [], forbid=["pods"])).outcome == "unknown"


def policy(selector: Any, namespace: str = "prod", name: str = "p") -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"podSelector": selector},
    }


@pytest.mark.parametrize(
    ("selector", "outcome"),
    [
        ({}, "present"),
        ({"matchLabels": {"app": "web"}}, "present"),
        ({"matchLabels": {"app": "db"}}, "absent"),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "x"]}]}, "present"),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}, "absent"),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, "present"),
        ({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}, "absent"),
    ],
)
async def test_which_pods_a_policy_selects(make: Any, find: Any, selector: Any, outcome: str) -> None:
    pod = make.running("web-1", "10.0.0.1", status={"startTime": "now-1m"})
    assert (await find('network_policies(state="selecting")', [pod, policy(selector)])).outcome == outcome


async def test_policies_that_matter_to_nobody(make: Any, find: Any) -> None:
    asked = 'network_policies(state="selecting", started_within="15m")'
    pod = make.running("web-1", "10.0.0.1", status={"startTime": "now-1m"})
    old = make.running("web-1", "10.0.0.1", status={"startTime": "now-1d"})
    host = make.running("web-1", "10.0.0.1", status={"startTime": "now-1m"}, spec={"hostNetwork": True})
    assert (await find(asked, [pod, policy({})])).outcome == "present"
    for objects in ([old, policy({})], [pod, policy({}, "other")], [pod], [host, policy({})]):
        assert (await find(asked, objects)).outcome == "absent"
    many = [policy({"matchLabels": {"app": "db"}}, name=f"p{n}") for n in range(9)]
    assert (await find(asked, [pod, *many])).outcome == "unknown", "only the first few were looked at"
    assert (await find(asked, [pod], forbid=["networkpolicies"])).outcome == "unknown"
