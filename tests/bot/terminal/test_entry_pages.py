"""The answer of each entry as it is read at 3 a.m., on clusters that it is about, compared with ``pages/entries``.

After a wanted change write them anew and read the difference:

    REWRITE=1 python -m pytest tests/bot/terminal/test_entry_pages.py && git diff tests/bot/terminal/pages
"""

import io
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.report import Report, make_report
from bot.recordings import load, serve
from bot.terminal.pages import show_report
from knowledge.model import Entry, Kind

PAGES = Path(__file__).parent / "pages" / "entries"
SECTIONS = ("flannel", "kube-proxy", "ipv6", "other")
ITSELF = "pod shop/web-5f7d9c6b8-k2x9q cannot reach itself through its own Service"
LOOKUPS = "DNS lookups time out since CoreDNS was upgraded some minutes ago"
PODS, SERVICES = "our pods show an IPv4 address only", "our Services show an IPv4 address only"
CASES: tuple[tuple[str, str, str], ...] = (
    ("flannel-cannot-ping-ecs", "flannel-healthy", "pods cannot ping one of our ECS instances"),
    ("flannel-cni-version-missing", "flannel-cni-version-missing", "all nodes are NotReady since the upgrade"),
    ("flannel-cni-version-missing", "flannel-cni-version-containerd", "all nodes are NotReady since the upgrade"),
    ("flannel-hairpin-off", "flannel-hairpin-off", ITSELF),
    ("flannel-hairpin-off", "flannel-hairpin-old-pods", ITSELF.replace("web-5f7d9c6b8-k2x9q", "web-7d9c6b8f54-4hpxk")),
    ("flannel-ip-leak", "flannel-ip-leak", "no IP addresses available"),
    ("flannel-ip-leak", "flannel-ip-leak-docker", "no IP addresses available"),
    ("flannel-multiple-route-tables", "flannel-multi-route-tables", "multiple route tables found"),
    ("flannel-multiple-route-tables", "flannel-multi-route-ccm-1.9", "nodes have no route"),
    ("flannel-node-network-unavailable", "flannel-route-failed", "the new node takes no pods"),
    ("flannel-node-network-unavailable", "flannel-route-waiting", "the new node takes no pods"),
    ("flannel-pod-cidr-exhausted", "flannel-range-full", "no IP addresses available"),
    ("conntrack-table-full", "conntrack-table-full", "table full, dropping packet"),
    ("conntrack-table-full", "conntrack-dedicated", "table full, dropping packet"),
    ("ipvs-scheduler-module-missing", "kube-proxy-module-fallback", "kube-proxy does not use IPVS"),
    ("ipvs-scheduler-module-missing", "kube-proxy-ipset-refused", "kube-proxy crashes"),
    ("ipvs-scheduler", "terway-healthy", "long connections load our pods unevenly"),
    ("ipvs-udp-timeout", "kube-proxy-udp-timeout", LOOKUPS),
    ("ipvs-udp-timeout", "kube-proxy-udp-accelerated", LOOKUPS),
    ("kube-proxy-configuration", "kube-proxy-options", "where is kube-proxy configured"),
    ("ipv6-cluster-ip-shows-ipv4", "ipv6-services-single-stack", SERVICES),
    ("ipv6-cluster-ip-shows-ipv4", "terway-dual-stack", SERVICES),
    ("ipv6-cluster-ip-unreachable", "ipv6-endpoints-only-ipv4", "the IPv6 cluster IP does not answer"),
    ("ipv6-no-egress", "terway-dual-stack", "pods do not reach the internet over IPv6"),
    ("ipv6-not-reachable-from-internet", "terway-dual-stack", "a pod is not reached over IPv6"),
    ("ipv6-pod-not-listening", "terway-dual-stack", "a pod does not answer on IPv6"),
    ("ipv6-pod-shows-ipv4", "ipv6-pods-without-ipv6", PODS),
    ("ipv6-pod-shows-ipv4", "terway-dual-stack", PODS),
    ("choose-network-plugin", "flannel-healthy", "Terway or Flannel"),
    ("cluster-domain", "guide-custom-cluster-domain", "what is our cluster domain"),
    ("hostport-support", "terway-healthy", "does hostPort work here"),
    ("immutable-network-settings", "flannel-healthy", "can we change the Pod CIDR"),
    ("plan-cluster-network", "terway-healthy", "how do we plan the network"),
    ("switch-network-plugin", "flannel-healthy", "can we switch to Terway"),
    ("third-party-network-plugins", "guide-foreign-cni", "may we install Calico"),
    ("view-cloud-resources", "terway-healthy", "which cloud resources do we use"),
    ("view-network-type-and-vswitches", "guide-fixed-cidr-nodes", "which vSwitches do we use"),
)


async def report_of(entry: Entry, recording: str, question: str, meaning: Any) -> Report:
    """The report of this entry alone; what differs from run to run is made even."""
    clinic, store = Clinic({entry.id: entry}, meaning({entry.id: 0.9}), Budget(seconds=30)), load(recording)
    async with serve(store) as server, connect_to(server.kubeconfig, recording) as link:
        answer = await clinic.ask(question, Cluster(Transport(link.client), recording))
    return make_report(replace(answer, asked_at=store.recorded, requests=20, bytes=40_000, elapsed_ms=100))


@pytest.mark.parametrize(("entry", "recording", "question"), CASES)
async def test_the_answer_reads_as_agreed(
    entries: Mapping[str, Entry], meaning: Any, entry: str, recording: str, question: str
) -> None:
    report = await report_of(entries[entry], recording, question, meaning)
    assert recording not in entries[entry].proved_on.confirmed or report.outcome == "confirmed"
    stream = io.StringIO()
    show_report(Console(file=stream, width=100), report)
    kept = PAGES / f"{entry}.{recording}.txt"
    if os.environ.get("REWRITE"):
        PAGES.mkdir(exist_ok=True)
        kept.write_text(stream.getvalue(), encoding="utf-8")
    assert stream.getvalue() == kept.read_text(encoding="utf-8")


def test_each_entry_has_its_page_and_each_page_its_entry(entries: Mapping[str, Entry]) -> None:
    assert {entry for entry, _, _ in CASES} == {one.id for one in entries.values() if one.section in SECTIONS}
    assert {path.stem for path in PAGES.glob("*.txt")} == {f"{entry}.{recording}" for entry, recording, _ in CASES}


def test_each_fault_says_why_in_a_sentence_of_its_own(entries: Mapping[str, Entry]) -> None:
    for entry in entries.values():
        if entry.kind is Kind.FAULT and entry.section in SECTIONS:
            assert entry.says.suspected, entry.id
            assert entry.says.confirmed or entry.confirmed_by is None, entry.id
