"""What the entries on Flannel and IPv6 tell people to do on the clusters where they apply."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.recordings import load, serve
from knowledge.model import Entry
from knowledge.rendering import render_text

Entries = Mapping[str, Entry]


@pytest.fixture
def told(entries: Entries, meaning: Any) -> Any:
    """The first diagnosis of words that mean this entry, on a recording."""

    async def first(entry: str, recording: str) -> Any:
        clinic = Clinic(entries, meaning({entry: 0.9}), Budget(seconds=30))
        async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
            answer = await clinic.ask("it fails", Cluster(Transport(link.client), recording))
        assert answer.diagnoses[0].entry.id == entry
        return answer.diagnoses[0]

    return first


def commands(diagnosis: Any) -> str:
    steps = (*diagnosis.settle, *diagnosis.steps, *diagnosis.prevent, *diagnosis.verify)
    return "\n".join(step.command or "" for step in steps)


def texts(steps: Any) -> str:
    return " ".join(step.text for step in steps)


async def test_a_rule_for_pods_of_flannel_names_their_nodes_for_they_are_masqueraded(told: Any) -> None:
    diagnosis = await told("flannel-cannot-ping-ecs", "flannel-healthy")
    assert "the nodes' security group" in texts(diagnosis.steps)
    assert "pod CIDR" not in texts(diagnosis.steps)
    assert "172.30.0.0/16" not in texts(diagnosis.steps), "the Pod CIDR block is no source that an instance sees"


@pytest.mark.parametrize(
    ("entry", "recording", "upgrade"),
    [
        ("flannel-hairpin-off", "flannel-hairpin-old-version", True),
        ("flannel-hairpin-off", "flannel-hairpin-off", False),
        ("flannel-ip-leak", "flannel-ip-leak", True),
    ],
)
async def test_the_upgrade_of_flannel_is_a_step_only_where_acks_release_is_too_old(
    told: Any, entry: str, recording: str, upgrade: bool
) -> None:
    diagnosis = await told(entry, recording)
    steps = texts((*diagnosis.steps, *diagnosis.prevent))
    assert ("Upgrade Flannel" in steps) is upgrade
    assert "If Flannel older" not in steps, "both facts of the condition were read"


@pytest.mark.parametrize(
    ("entry", "field"),
    [("ipv6-pod-shows-ipv4", "status.podIPs"), ("ipv6-cluster-ip-shows-ipv4", "spec.clusterIPs")],
)
async def test_where_all_have_both_families_the_answer_is_that_kubectl_shows_one(
    told: Any, entry: str, field: str
) -> None:
    diagnosis = await told(entry, "terway-dual-stack")
    assert diagnosis.judgement.verdict == "suspected", "what people see is so: it is not ruled out"
    assert "kubectl shows one" in diagnosis.judgement.reason
    assert field in diagnosis.judgement.reason
    first = next(each for each in (*diagnosis.settle, *diagnosis.steps) if "kubectl shows one family" in each.text)
    for command in (first.command, *_checks(diagnosis)):
        assert field.partition(".")[2] in command, "both families are shown"
        assert "-o wide" not in command
        assert "POD" not in command
        assert "SERVICE" not in command


def _checks(diagnosis: Any) -> list[str]:
    found = [evidence.check for finding in diagnosis.judgement.findings for evidence in finding.evidence]
    asked = [check for check in found if "get pod " in check or "get service " in check]
    assert asked
    return asked


@pytest.mark.parametrize("entry", ["ipv6-no-egress", "ipv6-not-reachable-from-internet"])
async def test_bandwidth_is_looked_up_for_the_one_address_and_the_controllers_rights_are_named(
    told: Any, entry: str
) -> None:
    diagnosis = await told(entry, "terway-dual-stack")
    assert "--Ipv6Address POD_IPV6" in commands(diagnosis), "the list of all comes in pages of 50"
    assert "--PageSize" not in commands(diagnosis)
    for right in ("vpc:AllocateIpv6InternetBandwidth", "vpc:CreateIpv6EgressOnlyRule"):
        assert right in texts(diagnosis.steps)


async def test_the_way_out_to_the_internet_opens_no_way_in(told: Any) -> None:
    diagnosis = await told("ipv6-no-egress", "terway-dual-stack")
    manifests = [step.command for step in diagnosis.steps if step.command and "ipv6-bandwidth" in step.command]
    assert manifests
    assert all('k8s.aliyun.com/ipv6-egress-only: ""' in manifest for manifest in manifests)


@pytest.mark.parametrize(
    ("recording", "docker"), [("flannel-ip-nodes-forbidden", False), ("flannel-ip-leak-docker-hidden", True)]
)
async def test_leases_are_compared_by_the_runtime_that_nodes_of_the_release_can_have(
    told: Any, recording: str, docker: bool
) -> None:
    diagnosis = await told("flannel-ip-leak", recording)
    assert ("crictl" in commands(diagnosis)) is not docker, "Kubernetes 1.11 has Docker alone"
    assert ("docker ps -q --no-trunc" in commands(diagnosis)) is docker


def test_no_command_of_these_entries_asks_for_endpoints_which_are_deprecated(entries: Entries) -> None:
    for entry in entries.values():
        for step in (*entry.settle, *entry.steps, *entry.prevent, *entry.verify):
            assert "get endpoints " not in (step.command or ""), entry.id


def test_no_command_of_these_entries_leaves_the_region_to_people(entries: Entries) -> None:
    for entry in entries.values():
        for step in (*entry.settle, *entry.steps, *entry.prevent, *entry.verify):
            if entry.section != "terway":
                assert "RegionId REGION" not in (step.command or ""), entry.id


@pytest.mark.parametrize(
    ("entry", "recording", "shown", "left_out"),
    [
        ("ipv6-cluster-ip-shows-ipv4", "ipv6-services-single-stack", ["Set the policy"], []),
        ("ipv6-cluster-ip-shows-ipv4", "terway-dual-stack", ["stop here"], ["Set the policy", "Helm chart"]),
        ("ipv6-cluster-ip-shows-ipv4", "ipv6-services-hidden", ["stop here", "set the policy"], []),
        ("ipv6-pod-shows-ipv4", "ipv6-pods-without-ipv6", ["vSwitches of the pods", "Recreate it"], ["stop here"]),
        ("ipv6-pod-shows-ipv4", "terway-dual-stack", ["stop here"], ["vSwitches of the pods", "Recreate it"]),
        ("ipv6-pod-shows-ipv4", "ipv6-pods-hidden", ["stop here", "If a pod has no IPv6 address: "], []),
        (
            "ipv6-cluster-ip-unreachable",
            "ipv6-endpoints-only-ipv4",
            ["backend pods have"],
            ["PreferDualStack", "bind to"],
        ),
        ("ipv6-cluster-ip-unreachable", "terway-dual-stack", ["bind to"], ["PreferDualStack", "backend pods have"]),
        ("ipv6-cluster-ip-unreachable", "ipv6-services-hidden", ["If the policy is SingleStack: ", "bind to"], []),
    ],
)
async def test_only_steps_that_fit_what_was_found_are_shown(
    told: Any, entry: str, recording: str, shown: list[str], left_out: list[str]
) -> None:
    diagnosis = await told(entry, recording)
    steps = texts((*diagnosis.settle, *diagnosis.steps))
    assert [words for words in shown if words not in steps] == []
    assert [words for words in left_out if words in steps] == []


def test_a_check_of_a_services_addresses_shows_both_families(entries: Entries) -> None:
    settle = entries["ipv6-cluster-ip-unreachable"].settle
    (shown,) = [step.command for step in settle if "has an IPv6 clu" in step.text]
    assert "{.spec.clusterIPs[*]}" in (shown or "")
    assert "-o wide" not in (shown or ""), "it shows one family only"


@pytest.mark.parametrize("entry", ["hostport-support", "view-network-type-and-vswitches"])
def test_a_plugin_that_could_not_be_read_is_not_called_another_one(entries: Entries, entry: str) -> None:
    cause = entries[entry].cause
    assert "could not be read" in render_text(cause, {"network_plugin": None}, {})
    assert "Neither Terway nor Flannel" not in render_text(cause, {"network_plugin": None}, {})
    assert "Neither Terway nor Flannel" in render_text(cause, {"network_plugin": "other"}, {})


async def test_the_flags_of_flanneld_are_looked_for_on_command_and_arguments(told: Any, entries: Entries) -> None:
    commands_ = [step.command or "" for step in entries["flannel-cannot-ping-ecs"].settle]
    (flags,) = [command for command in commands_ if "get daemonset" in command]
    assert "containers[*].command" in flags
    assert "containers[*].args" in flags


@pytest.mark.parametrize("entry", ["plan-cluster-network", "immutable-network-settings"])
@pytest.mark.parametrize(
    ("recording", "source"),
    [("flannel-healthy", "kube-system/kube-flannel-cfg"), ("flannel-upstream", "kube-flannel/kube-flannel-cfg")],
)
async def test_a_guide_names_the_configmap_where_it_is(told: Any, entry: str, recording: str, source: str) -> None:
    found = await told(entry, recording)
    assert f"Read from ConfigMap {source} and ConfigMap kube-system/ack-cluster-profile." in found.cause
