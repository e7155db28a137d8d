"""The commands with a Prometheus beside the cluster: check, facts, record, rbac, and what the audit log holds of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.recordings import load, serve
from bot.recordings.access import parse_denial
from tests.clusters import Clusters
from tests.command_line import Netclinic, Ran
from tests.ports import free_address

ENTRY = "conntrack-table-full"


class Place:
    """A cluster whose own objects say nothing of conntrack, and the Prometheus that watches it."""

    def __init__(self, netclinic: Netclinic, clusters: Clusters, prometheus: str) -> None:
        self.netclinic, self.clusters, self.prometheus = netclinic, clusters, prometheus

    async def run(self, *arguments: str, **environment: str) -> Ran:
        told = {
            "KUBECONFIG": str(self.clusters.path),
            "NETCLINIC_PROMETHEUS_URL": f"prod={self.prometheus}",
            **environment,
        }
        return await asyncio.to_thread(lambda: self.netclinic(*arguments, **told))

    async def verdict(self, *arguments: str, **environment: str) -> dict[str, Any]:
        ran = await self.run("check", ENTRY, *arguments, "-o", "json", **environment)
        return next(item for item in ran.json["diagnoses"] if item["entry"] == ENTRY)


@pytest.fixture
async def place(tmp_path: Path, netclinic: Netclinic) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        await clusters.serve("flannel-healthy", "prod")
        recorded = await stack.enter_async_context(serve(load("conntrack-metrics-rising")))
        yield Place(netclinic, clusters, recorded.prometheus_url)


async def test_the_prometheus_of_the_cluster_settles_the_entry_and_is_audited(place: Place, tmp_path: Path) -> None:
    assert (await place.verdict(NETCLINIC_PROMETHEUS_URL=""))["verdict"] == "suspected"
    assert (await place.verdict(NETCLINIC_PROMETHEUS_URL="other=http://127.0.0.1:9"))["verdict"] == "suspected"
    found = await place.verdict()
    assert (found["verdict"], found["facts"]["conntrack.use"][:34]) == (
        "confirmed",
        "cn-hangzhou.172.16.0.12 244,806 of",
    )
    [read] = [item for item in found["findings"] if item["probe"].startswith("metric(")]
    assert read["evidence"][0]["check"].startswith(f"curl -sG {place.prometheus}/api/v1/query --data-urlencode ")
    records = (await place.run("audit", "list", "--action", "metrics", "-o", "json")).json
    told = [(record["action"], record["cluster"], record["outcome"]) for record in records]
    assert told.count(("metrics.read", "prod", "")) == told.count(("metrics.read.done", "prod", "ok")) == 6


async def test_facts_show_it_with_its_source_where_there_is_one(place: Place) -> None:
    fact = (await place.run("facts", "-o", "json")).json["facts"]["conntrack.use"]
    assert fact["value"].startswith("cn-hangzhou.172.16.0.12 244,806 of 262,144 (93%)")
    assert fact["source"] == f"Prometheus {place.prometheus}"
    without = (await place.run("facts", "-o", "json", NETCLINIC_PROMETHEUS_URL="")).json["facts"]
    assert "conntrack.use" not in without


async def test_one_that_cannot_be_read_is_told_and_nothing_else_is_lost(place: Place) -> None:
    found = await place.verdict(NETCLINIC_PROMETHEUS_URL=f"http://{free_address()}")
    assert found["verdict"] == "suspected"
    assert "Prometheus could not be read: 127.0.0.1:" in found["reason"]
    assert found["facts"]["kube_proxy.mode"] == "ipvs"


async def test_what_was_recorded_replays_the_metrics_and_asks_no_living_prometheus(
    place: Place, tmp_path: Path
) -> None:
    saved = tmp_path / "incident.tar.gz"
    ran = await place.run("record", "--out", str(saved))
    assert ran.code == 0, ran.err
    nobody = f"http://{free_address()}"
    found = await place.verdict("--recording", str(saved), KUBECONFIG="", NETCLINIC_PROMETHEUS_URL=nobody)
    assert (found["verdict"], found["reason"]) == ("confirmed", (await place.verdict())["reason"])


async def test_the_role_lets_it_ask_through_the_api_server_only_where_that_is_configured(place: Place) -> None:
    asked = "staging=service://monitoring/prometheus:9090"
    rules = (await place.run("rbac", "-o", "json", NETCLINIC_PROMETHEUS_URL=asked)).json["rules"]
    proxy = {"apiGroups": [""], "resources": ["services/proxy"], "resourceNames": ["prometheus:9090"], "verbs": ["get"]}
    assert rules[-1] == proxy
    assert not any(
        "services/proxy" in rule["resources"] for rule in (await place.run("rbac", "-o", "json")).json["rules"]
    )


@pytest.mark.parametrize(
    ("forbid", "url", "missing"),
    [
        ([], "prod=service://monitoring/prometheus:9090", []),
        (["services/proxy"], "prod=service://monitoring/prometheus:9090", ["monitoring/prometheus:9090"]),
        (["services/proxy:monitoring/other:9090"], "service://monitoring/prometheus:9090", []),
        (["services/proxy"], "other=service://monitoring/prometheus:9090", []),
        (["services/proxy"], "https://prometheus.example", []),
        (["services/proxy"], "", []),
    ],
)
async def test_the_check_asks_for_the_proxy_only_where_that_is_configured(
    place: Place, forbid: list[str], url: str, missing: list[str]
) -> None:
    store = load("flannel-healthy")
    place.clusters.servers["prod"] = await place.clusters.stack.enter_async_context(
        serve(replace(store, forbidden=(*store.forbidden, *map(parse_denial, forbid))))
    )
    place.clusters.rewrite()
    ran = await place.run("rbac", "--check", "-o", "json", NETCLINIC_PROMETHEUS_URL=url)
    told = [gap for gap in ran.json["missing"] if gap["resource"] == "services/proxy"]
    assert [gap["of"] for gap in told] == missing
    assert all(ENTRY in gap["entries"] for gap in told)
    assert ran.json["allowed"] is not bool(missing)
    shown = await place.run("rbac", "--check", NETCLINIC_PROMETHEUS_URL=url)
    assert all(f"services/proxy of {name}" in " ".join(shown.out.split()) for name in missing)
