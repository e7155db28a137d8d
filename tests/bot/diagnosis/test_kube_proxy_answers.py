"""What is advised about kube-proxy fits the cluster: where it is set, what its log names, what it runs with."""

from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.recordings import load, serve


@pytest.fixture
def advice(entries: Any) -> Any:
    async def texts(entry: str, recording: str) -> str:
        async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as connection:
            cluster = Cluster(Transport(connection.client), recording)
            answer = await Clinic(entries).check([entry], cluster, words_are_clear=True)
        item = answer.diagnoses[0]
        steps = [*item.settle, *item.steps, *item.prevent, *item.verify]
        return "\n".join([item.cause, *(f"{step.text}\n{step.command or ''}" for step in steps)])

    return texts


MISSING = "ipvs-scheduler-module-missing"


@pytest.mark.parametrize(
    ("recording", "named", "not_named"),
    [
        ("kube-proxy-modules-listed", "ip_vs ip_vs_rr ip_vs_wrr ip_vs_sh nf_conntrack_ipv4", "ip_vs_lc"),
        ("kube-proxy-options-fallback", "for module in ip_vs_wrr ip_vs_sh;", "edit configmap"),
        ("kube-proxy-module-fatal", "for module in ip_vs_lc;", "roll back"),
        ("kube-proxy-ipset-refused", "ipset version: 5.1 is less than min required version: 6.0", "modprobe"),
    ],
)
async def test_what_the_log_names_is_mended(advice: Any, recording: str, named: str, not_named: str) -> None:
    text = await advice(MISSING, recording)
    assert named in text
    assert not_named not in text


async def test_a_node_that_fell_back_is_drained_and_put_back(advice: Any) -> None:
    text = await advice(MISSING, "kube-proxy-module-fallback")
    assert text.index("kubectl drain ") < text.index("kubectl uncordon cn-hangzhou.172.16.0.13")
    for recording in ("kube-proxy-module-fatal", "kube-proxy-ipset-refused"):
        text = await advice(MISSING, recording)
        assert "drain" not in text
        assert "fell back" not in text


async def test_a_cluster_that_uses_lc_is_not_told_to_set_it(advice: Any) -> None:
    assert "--ipvs-scheduler=lc" in await advice("ipvs-scheduler", "kube-proxy-options")
    text = await advice("ipvs-scheduler", "kube-proxy-upstream")
    assert "already uses lc" in text
    assert "scheduler: lc" not in text
    assert "modprobe ip_vs_lc" not in text


@pytest.mark.parametrize("entry", ["ipvs-scheduler", "kube-proxy-configuration", "conntrack-table-full"])
async def test_settings_are_changed_where_they_stand(advice: Any, entry: str) -> None:
    options = await advice(entry, "conntrack-options")
    assert "edit daemonset kube-proxy-worker" in options
    assert "edit configmap kube-proxy" not in options
    upstream = await advice(entry, "kube-proxy-upstream")
    assert "edit configmap kube-proxy\n" in upstream
    assert "kube-proxy-worker" not in upstream.split("\n\n", 2)[-1]


async def test_the_timeouts_that_kube_proxy_sets_are_its_settings(advice: Any) -> None:
    text = await advice("conntrack-table-full", "conntrack-table-full")
    for setting in ("tcpEstablishedTimeout: 6h0m0s", "tcpCloseWaitTimeout: 2m0s", "'fin_wait = 30'"):
        assert setting in text
    assert "close_wait = 120" not in text, "a sysctl alone is undone by the next start of kube-proxy"
    assert "cilium" not in text


async def test_with_datapath_v2_the_ebpf_map_is_enlarged(advice: Any) -> None:
    text = await advice("conntrack-table-full", "conntrack-dedicated")
    assert '"cilium_args": "--bpf-map-dynamic-size-ratio=' in text
    assert "-c policy -- cilium status --verbose" in text
    assert "rollout restart daemonset/terway-eniip" in text


async def test_the_udp_timeout_is_set_in_the_configmap_that_exists(advice: Any) -> None:
    text = await advice("ipvs-udp-timeout", "kube-proxy-upstream")
    assert "edit configmap kube-proxy\n" in text
    assert "kube-proxy-worker" not in text


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("cluster-domain", "CoreDNS answers with the Service's internal address"),
        ("hostport-support", "from Terway v1.5.6 on"),
        ("plan-cluster-network", "more than 6 ENIs"),
    ],
)
async def test_guides_tell_what_the_documentation_tells(advice: Any, entry: str, said: str) -> None:
    assert said in await advice(entry, "terway-healthy")


def test_no_step_edits_a_configmap_where_options_set_kube_proxy(entries: Any) -> None:
    of_kube_proxy = [entry for entry in entries.values() if entry.section == "kube-proxy"]
    steps = [step for entry in of_kube_proxy for step in (*entry.settle, *entry.steps, *entry.prevent, *entry.verify)]
    edits = [command for step in steps if "edit" in (command := step.command or "") and "eni-config" not in command]
    assert len(edits) >= 8
    assert [command for command in edits if 'configured_by == "options"' not in command] == []


async def test_control_plane_pods_are_recreated_with_the_same_caution(advice: Any, entries: Any) -> None:
    restarts = [
        step
        for entry in entries.values()
        for step in (*entry.settle, *entry.steps, *entry.prevent, *entry.verify)
        if "delete" in (step.command or "") and "kube-proxy-master" in (step.command or "")
    ]
    assert len(restarts) >= 5
    assert all("reach a node later while its kube-proxy restarts" in step.caution for step in restarts)
