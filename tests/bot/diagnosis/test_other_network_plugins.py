"""On clusters of other network plugins and other clouds nobody is told to do something to Terway or Flannel."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.recordings import Recording, serve
from bot.recordings.times import resolve_all
from knowledge.model import Entry, Kind

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
RUNS = {"desiredNumberScheduled": 1, "numberReady": 1}
ELSEWHERE = ("terway", "eni-config", "flannel", "datapath v2")


def dual_stack(make: Any) -> list[Any]:
    """The cluster's DNS has two families; a pod and a Service of somebody have IPv4 alone."""
    families = {"ipFamilies": ["IPv4", "IPv6"], "selector": {"k8s-app": "kube-dns"}}
    return [
        make.service("kube-dns", ["10.96.0.10", "fd00:10:96::a"], namespace="kube-system", **families),
        make.service("web", ["10.96.0.11"], ipFamilies=["IPv4"], selector={"app": "web"}),
        make.running("web-7d9c6b8f54-4hpxk", "10.244.0.9", labels={"app": "web"}),
    ]


def cluster(make: Any, plugin: str, version: str, provider: str, more: Iterable[Any] = ()) -> Recording:
    """One node, the DaemonSet of another plugin, and kube-proxy as upstream's manifests run it."""
    labels = {"k8s-app": "kube-proxy"}
    proxy = make.daemon_set(
        "kube-proxy", image=f"registry/kube-proxy:{version}", container="kube-proxy", labels=labels, status=RUNS
    )
    objects = [
        make.node(spec={"providerID": provider, "taints": []}, status={"nodeInfo": {"kubeletVersion": version}}),
        make.daemon_set(plugin, image="x:v1", container=plugin, status=RUNS),
        proxy,
        make.config("kube-proxy", {"config.conf": "mode: ipvs\n"}),
        *more,
    ]
    whole = [resolve_all(item, NOW) for item in objects]
    return Recording.of(whole, name=plugin, recorded=NOW, version=version)


@pytest.mark.parametrize(
    ("plugin", "version", "provider"),
    [
        ("calico-node", "v1.28.9", ""),
        ("cilium", "v1.31.2", "kind://docker/kind/kind-worker"),
        ("aws-node", "v1.29.4-eks-036c24b", "aws:///eu-west-1a/i-0abc"),
        ("netd", "v1.30.5-gke.1443001", "gce://project/europe-west1-b/gke-1"),
    ],
)
@pytest.mark.parametrize("is_dual", [False, True], ids=["ipv4", "dual-stack"])
async def test_no_step_of_a_fault_is_about_terway_or_flannel(
    make: Any, entries: Mapping[str, Entry], plugin: str, version: str, provider: str, is_dual: bool
) -> None:
    store = cluster(make, plugin, version, provider, dual_stack(make) if is_dual else ())
    async with serve(store) as server, connect_to(server.kubeconfig, plugin) as link:
        answer = await Clinic(entries).check(list(entries), Cluster(Transport(link.client), plugin))
    facts = {fact.name: fact.value for fact in answer.cluster.facts} if answer.cluster else {}
    assert facts["network_plugin"] == "other"
    told = [item for item in answer.diagnoses if item.entry.kind is Kind.FAULT and item.verdict != "ruled_out"]
    assert {item.entry.id for item in told} >= {"conntrack-table-full"}
    confirmed = {item.entry.id for item in told if item.verdict == "confirmed"}
    assert ("ipv6-pod-shows-ipv4" in confirmed) is is_dual
    for item in told:
        assert item.entry.section not in ("terway", "flannel"), item.entry.id
        for step in (*item.settle, *item.steps, *item.prevent, *item.verify):
            text = f"{step.text} {step.command or ''} {step.caution}".lower()
            assert not [word for word in ELSEWHERE if word in text], (item.entry.id, text)
        if item.verdict == "confirmed":
            assert not [word for word in ELSEWHERE if word in (item.cause or "").lower()], item.entry.id
