"""Label and field selectors mean what they mean to a real API server, refusals included."""

import pytest

from bot.recordings.failures import ApiFailure
from bot.recordings.resources import BUILT_IN, Resource, plural_of
from bot.recordings.selectors import field_test, label_test

LABELS = {"app": "web", "tier": "front", "rank": "7", "alibabacloud.com/pool": "np-1", "empty": ""}
POD = {
    "metadata": {"name": "web", "namespace": "shop"},
    "spec": {"nodeName": "cn-hangzhou.10.0.0.11"},
    "status": {"phase": "Pending"},
}


def resource(plural: str, group: str = "") -> Resource:
    return next(each for each in BUILT_IN if (each.group, each.plural) == (group, plural))


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("app=web", True),
        ("app==web", True),
        ("app = web , tier = front", True),
        ("app=web,tier=back", False),
        ("app!=web", False),
        ("missing!=web", True),
        ("app in (api, web)", True),
        ("app in (api)", False),
        ("app notin (api, cart)", True),
        ("missing notin (a)", True),
        ("app notin (web)", False),
        ("app in (web),tier notin (back),alibabacloud.com/pool", True),
        ("tier", True),
        ("!tier", False),
        ("!missing", True),
        ("missing", False),
        ("empty=", True),
        ("missing=", False),
        ("rank>6", True),
        ("rank<7", False),
        ("app>6", False),
    ],
)
def test_labels(selector: str, holds: bool) -> None:
    assert label_test(selector)(LABELS) is holds


@pytest.mark.parametrize("selector", ["app in web", "a b", "app in (web", "rank>high", "=web", "a,,!"])
def test_a_label_selector_that_is_none_is_refused(selector: str) -> None:
    with pytest.raises(ApiFailure) as caught:
        label_test(selector)
    assert (caught.value.code, caught.value.reason) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("selector", "holds"),
    [
        ("metadata.name=web,metadata.namespace=shop", True),
        ("spec.nodeName=cn-hangzhou.10.0.0.11", True),
        ("status.phase!=Running", True),
        ("status.phase==Running", False),
        ("spec.hostNetwork=false", True),
        ("spec.nodeName!=", True),
        ("status.podIP=", True),
    ],
)
def test_fields_of_pods(selector: str, holds: bool) -> None:
    assert field_test(selector, resource("pods"))(POD) is holds


def test_an_unset_flag_of_a_node_counts_as_false() -> None:
    schedulable = field_test("spec.unschedulable=false", resource("nodes"))
    assert schedulable({"metadata": {"name": "a"}, "spec": {}})
    assert not schedulable({"metadata": {"name": "a"}, "spec": {"unschedulable": True}})


@pytest.mark.parametrize(
    ("selector", "plural", "group"),
    [
        ("spec.containers=x", "pods", ""),
        ("spec.nodeName=x", "configmaps", ""),
        ("status.phase=Running", "deployments", "apps"),
        ("metadata.namespace=shop", "nodes", ""),
        ("involvedObject.name=x", "events", "events.k8s.io"),
        ("no operator", "pods", ""),
    ],
)
def test_a_field_without_index_is_refused(selector: str, plural: str, group: str) -> None:
    with pytest.raises(ApiFailure) as caught:
        field_test(selector, resource(plural, group))
    assert caught.value.code == 400


@pytest.mark.parametrize(
    ("kind", "plural"),
    [("Node", "nodes"), ("NetworkPolicy", "networkpolicies"), ("Ingress", "ingresses"), ("Gateway", "gateways")],
)
def test_plurals_of_undefined_kinds(kind: str, plural: str) -> None:
    assert plural_of(kind) == plural
