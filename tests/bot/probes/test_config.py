"""Probes of configuration: values, versions, workloads, and whether an edit has reached the pods."""

from typing import Any

import pytest

FLANNEL = '{"cniVersion":"0.3.1","plugins":[{"type":"flannel","delegate":{"hairpinMode":true,"mtu":1450}},"odd"]}'
HAIRPIN = 'config_value(configmap="c", key="k", path="plugins[type=flannel].delegate.hairpinMode", equals="true")'


def value(rest: str, path: str = "") -> str:
    return f'config_value(configmap="c", key="k", path="{path}", {rest})'


@pytest.mark.parametrize(
    ("text", "asked", "outcome"),
    [
        (FLANNEL, HAIRPIN, "present"),
        (FLANNEL.replace("true", "false"), HAIRPIN, "absent"),
        (FLANNEL.replace("flannel", "bridge"), HAIRPIN, "absent"),
        (FLANNEL, value('equals="1450"', "plugins[0].delegate.mtu"), "present"),
        (FLANNEL, value("exists=true", "plugins[7]"), "absent"),
        (FLANNEL, value("exists=false", "plugins[type=portmap]"), "present"),
        (FLANNEL, value('one_of=["0.3.1", "0.4.0"]', "cniVersion"), "present"),
        ("mode: ipvs\nipvs: {scheduler: rr}", value('equals="rr"', "ipvs.scheduler"), "present"),
        ("mode: ipvs", value('equals="rr", default="rr"', "ipvs.scheduler"), "present"),
        ("mode: ipvs", value('equals="rr"', "ipvs.scheduler"), "absent"),
        ("mode: ''", value('equals=""', "mode"), "present"),
        ("a: [1", value("exists=true", "a"), "unknown"),
        ("a: [1", value("exists=false", "a"), "unknown"),
        ("a: [b]", value("exists=false", "a.b"), "unknown"),
        ("a: {b: c}", value("exists=false", "a[0]"), "unknown"),
        ("a: null", value("exists=false", "a.b"), "present"),
        ("just text with IPVS", value('contains="ipvs"'), "present"),
        ("", value("exists=true"), "present"),
    ],
)
async def test_values(make: Any, find: Any, text: str, asked: str, outcome: str) -> None:
    assert (await find(asked, [make.config("c", {"k": text})])).outcome == outcome


async def test_a_missing_key_is_absent_and_a_missing_configmap_unknown(make: Any, find: Any) -> None:
    assert (await find(HAIRPIN, [make.config("c", {})])).outcome == "absent"
    assert (await find(HAIRPIN, [])).outcome == "unknown"
    assert (await find(HAIRPIN, [make.config("c", {"k": FLANNEL})], forbid=["configmaps"])).outcome == "unknown"


def edited(make: Any, at: str, fields: dict[str, Any], created: str = "now-40d") -> Any:
    first = {"manager": "addon", "operation": "Update", "time": created, "fieldsV1": {"f:data": {}}}
    return make.config(
        "c",
        {"k": "v"},
        creationTimestamp=created,
        managedFields=[first, {"manager": "kubectl-edit", "time": at, "fieldsV1": fields}],
    )


def started(make: Any, at: str | None, label: str = "k8s-app") -> Any:
    return make.running(
        "p", "10.0.0.1", namespace="kube-system", labels={label: "proxy"}, status={"startTime": at} if at else {}
    )


PENDING = 'config_applied(configmap="c", app="proxy", state="pending")'
APPLIED = PENDING.replace("pending", "applied")
CONTENT = {"f:data": {"f:k": {}}}


@pytest.mark.parametrize(
    ("edit", "fields", "start", "pending"),
    [
        ("now-1h", CONTENT, "now-1d", "present"),
        ("now-1h", CONTENT, "now-10m", "absent"),
        ("now-1h", {"f:metadata": {"f:labels": {}}}, "now-1d", "absent"),
        ("now-1h", {}, "now-1d", "present"),
        ("now-1h", CONTENT, None, "unknown"),
    ],
)
async def test_an_edit_is_pending_while_pods_are_older(
    make: Any, find: Any, edit: str, fields: Any, start: str | None, pending: str
) -> None:
    objects = [edited(make, edit, fields), started(make, start)]
    assert (await find(PENDING, objects)).outcome == pending
    opposite = {"present": "absent", "absent": "present", "unknown": "unknown"}[pending]
    assert (await find(APPLIED, objects)).outcome == opposite


async def test_a_configmap_loaded_just_now_was_never_edited(make: Any, find: Any) -> None:
    assert (await find(PENDING, [make.config("c", {"k": "v"}), started(make, "now-1d")])).outcome == "absent"
    assert (
        await find(PENDING, [make.config("c", {"k": "v"}, managedFields=None), started(make, "now-1d")])
    ).outcome == "absent"
    assert (await find(PENDING, [started(make, "now-1d")])).outcome == "unknown"
    assert (await find(PENDING, [edited(make, "now-1h", CONTENT), started(make, "now-1d", "app")])).outcome == "present"


@pytest.mark.parametrize(
    ("image", "outcome"),
    [
        ("registry:5000/acs/flannel:v0.15.1.4-e02c8f12-aliyun", "absent"),
        ("registry/acs/flannel:v0.15.1.3-aaaaaaaa-aliyun", "present"),
        ("flannel:v0.9.9", "present"),
        ("flannel:v0.15.1.22-20a397e6-aliyun@sha256:abc", "absent"),
        ("flannel:latest", "unknown"),
        ("flannel", "unknown"),
        ("flannel@sha256:abcdef", "unknown"),
    ],
)
async def test_image_versions(make: Any, find: Any, image: str, outcome: str) -> None:
    which = 'workload="DaemonSet kube-system/kube-flannel-ds", container="kube-flannel"'
    asked = f'image_version({which}, below="v0.15.1.4-e02c8f12-aliyun")'
    found = await find(asked, [make.daemon_set("kube-flannel-ds", image=image, container="kube-flannel")])
    assert found.outcome == outcome


async def test_an_image_of_nothing_is_unknown(make: Any, find: Any) -> None:
    asked = 'image_version(workload="DaemonSet kube-system/x", container="c", at_least="v1")'
    assert (await find(asked, [])).outcome == "unknown"
    assert (await find(asked, [make.daemon_set("x", container="other")])).outcome == "unknown"
    assert (await find(asked, [make.daemon_set("x")], forbid=["daemonsets"])).outcome == "unknown"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"desiredNumberScheduled": 3, "numberReady": 2}, "unavailable"),
        ({"desiredNumberScheduled": 3, "numberReady": 3}, "available"),
        ({"desiredNumberScheduled": 3}, "unavailable"),
        ({}, "available"),
        (None, "missing"),
    ],
)
async def test_the_state_of_a_workload(make: Any, find: Any, status: Any, state: str) -> None:
    objects = [] if status is None else [make.daemon_set("x", status=status)]
    for asked in ("unavailable", "available", "missing"):
        found = await find(f'workload_state(workload="DaemonSet kube-system/x", state="{asked}")', objects)
        assert found.outcome == ("present" if asked == state else "absent")


BEFORE = 'pods_before_edit(configmap="c")'


def app_pod(make: Any, start: str, **more: Any) -> Any:
    pod = make.running("web-1", "10.0.0.9", **more)
    pod["status"] = {**pod["status"], "startTime": start}
    return pod


@pytest.mark.parametrize(
    ("start", "outcome"),
    [("now-1d", "present"), ("now-10m", "absent")],
)
async def test_pods_are_compared_with_the_last_edit(make: Any, find: Any, start: str, outcome: str) -> None:
    assert (await find(BEFORE, [edited(make, "now-1h", CONTENT), app_pod(make, start)])).outcome == outcome


async def test_pods_on_the_host_network_have_no_port_on_the_bridge(make: Any, find: Any) -> None:
    pod = app_pod(make, "now-1d")
    pod["spec"] = {**pod["spec"], "hostNetwork": True}
    assert (await find(BEFORE, [edited(make, "now-1h", CONTENT), pod])).outcome == "absent"


async def test_without_an_edit_no_pod_is_too_old(make: Any, find: Any) -> None:
    unedited = edited(make, "now-1h", {"f:metadata": {"f:labels": {}}})
    assert (await find(BEFORE, [unedited, app_pod(make, "now-1d")])).outcome == "absent"


async def test_an_edit_of_a_configmap_that_is_not_there_is_unknown(make: Any, find: Any) -> None:
    assert (await find(BEFORE, [app_pod(make, "now-1d")])).outcome == "unknown"


async def test_pods_of_the_system_are_no_applications(make: Any, find: Any) -> None:
    system = app_pod(make, "now-1d", namespace="kube-system")
    assert (await find(BEFORE, [edited(make, "now-1h", CONTENT), system])).outcome == "absent"


async def test_steps_are_about_a_pod_only_where_the_question_names_it(make: Any, find: Any) -> None:
    found = await find(BEFORE, [edited(make, "now-1h", CONTENT), app_pod(make, "now-1d")])
    assert found.outcome == "present"
    assert not found.objects
