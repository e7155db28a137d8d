"""What was read and saved gives the same verdicts again, hides nothing that was read, and adds nothing."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster, Reader
from bot.cluster.requests import Budget
from bot.cluster.resources import CONFIG_MAPS, NODES, PODS, TERWAY_NODES
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError, Transport
from bot.cluster.unready_nodes import unready_nodes
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.probes import reads_of, vocabulary
from bot.prometheus.config import Endpoint
from bot.prometheus.reader import beside
from bot.recordings import LogKey, Recording, RecordingError, load, load_folder, serve, shipped_names
from bot.recordings.access import Ask, is_allowed, parse_denial
from bot.recordings.capture import Capture
from bot.recordings.resources import BUILT_IN
from knowledge.loading import BUILTIN_FOLDER, load_entries

ENTRIES = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}
SECRET = "Zq8vT2mLw0"
MIXED = (
    "terway-out-of-ips",
    "terway-mac-missing",
    "terway-eni-slots-full",
    "terway-dual-stack",
    "flannel-ip-leak",
    "kube-proxy-edit-pending",
    "conntrack-table-full",
    "conntrack-metrics-rising",
    "conntrack-metrics-refused",
)
HIDDEN = ("terway-out-of-ips-hidden", "terway-mac-hidden", "flannel-hairpin-forbidden", "ipv6-services-hidden")


async def judged(
    store: Recording, capture: Capture | None = None, namespace: str | None = None, label: str = ""
) -> Answer:
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as connection:
        prometheus = Endpoint(server.prometheus_url, label=label) if server.prometheus_url else None
        others = beside(prometheus, store.name)
        cluster = Cluster(Transport(connection.client), store.name, recorder=capture, others=others)
        return await Clinic(ENTRIES).check(ENTRIES, cluster, namespace, words_are_clear=True)


def verdicts(answer: Answer) -> dict[str, tuple[str, list[tuple[str, str]]]]:
    return {
        each.entry.id: (str(each.verdict), [(found.probe, str(found.outcome)) for found in each.judgement.findings])
        for each in answer.diagnoses
    }


async def captured(store: Recording, reads: Iterable[str], path: Path) -> Recording:
    """The recording of a few single reads, each written as a person would say it."""
    capture = Capture()
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as connection:
        reader = Reader(Transport(connection.client), recorder=capture)
        for read in reads:
            await READS[read](reader)
    return load_folder(capture.save(path))


READS = {
    "node names": lambda reader: reader.select(NODES, metadata_only=True),
    "nodes": lambda reader: reader.select(NODES),
    "two nodes": lambda reader: reader.select(NODES, most=2),
    "web pods": lambda reader: reader.select(PODS, "shop", labels="app=web"),
    "eni-config": lambda reader: reader.get(CONFIG_MAPS, "eni-config", "kube-system"),
    "terway log": lambda reader: reader.log("kube-system", "terway-eniip-7k2vb", "terway", since=timedelta(days=30)),
    "end of terway log": lambda reader: reader.log("kube-system", "terway-eniip-7k2vb", "terway", tail=1),
    "terway pods": lambda reader: reader.select(PODS, "kube-system", labels="app=terway-eniip"),
}


@pytest.mark.parametrize(
    "name",
    [
        *(*MIXED, *HIDDEN),
        *(pytest.param(name, marks=pytest.mark.slow) for name in shipped_names() if name not in MIXED + HIDDEN),
    ],
)
async def test_a_saved_question_gives_the_same_verdicts(tmp_path: Path, name: str) -> None:
    capture = Capture(reads_of(ENTRIES.values()))
    before = await judged(load(name), capture)
    saved = load_folder(capture.save(tmp_path / f"{name}.tar.gz"))
    after = await judged(saved)
    assert verdicts(after) == verdicts(before)
    assert after.cluster is not None
    assert before.cluster is not None
    assert after.cluster.to_json() | {"context": name} == before.cluster.to_json()


@pytest.mark.parametrize("name", HIDDEN)
async def test_what_was_forbidden_stays_so_and_nothing_else_does(tmp_path: Path, name: str) -> None:
    before, capture = load(name), Capture()
    await judged(before, capture)
    after = load_folder(capture.save(tmp_path / name)).forbidden
    assert after
    for denial in after:
        own = next((each.group for each in BUILT_IN if each.plural == denial.resource), "")
        group = own if denial.group is None else denial.group
        place = group, denial.resource, denial.subresource, denial.namespace, denial.name
        assert not is_allowed(before.forbidden, Ask("get", *place)), denial


async def test_one_question_saves_no_more_than_it_read(tmp_path: Path) -> None:
    before = load("terway-healthy")
    after = await captured(before, ["web pods", "eni-config"], tmp_path / "few")
    assert {(item["kind"], item["metadata"]["name"]) for item in after.objects()} == {
        ("ConfigMap", "eni-config"),
        *(("Pod", f"web-7d9c6b8f54-{end}") for end in ("4hpxk", "b8wzn", "tq2rv")),
    }
    pod, whole = (each.find("Pod", "web-7d9c6b8f54-4hpxk", "shop") or {} for each in (after, before))
    assert pod["metadata"]["labels"] == {"app": "web"}
    assert pod["spec"]["nodeName"] == whole["spec"]["nodeName"]
    assert pod["status"]["podIPs"] == whole["status"]["podIPs"]
    assert pod["status"]["conditions"] == whole["status"]["conditions"]


@pytest.mark.parametrize("order", [["node names", "nodes"], ["nodes", "node names"]])
async def test_metadata_never_replaces_a_whole_object(tmp_path: Path, order: list[str]) -> None:
    after = await captured(load("terway-healthy"), order, tmp_path / "nodes")
    nodes = [item for item in after.objects() if item["kind"] == "Node"]
    assert len(nodes) == 3
    assert all(item["status"]["nodeInfo"] for item in nodes)


async def test_logs_of_several_reads_are_one_log(tmp_path: Path) -> None:
    before = load("terway-healthy")
    key = LogKey("kube-system", "terway-eniip-7k2vb", "terway")
    for number, order in enumerate((["end of terway log", "terway log"], ["terway log", "end of terway log"])):
        after = await captured(before, ["terway pods", *order], tmp_path / str(number))
        assert after.logs == {key: before.logs[key]}


async def test_the_clock_and_version_are_the_servers(tmp_path: Path) -> None:
    capture = Capture()
    before = load("flannel-healthy")
    await judged(before, capture)
    after = load_folder(capture.save(tmp_path / "saved", context="prod"))
    assert after.version == before.version
    assert timedelta(0) <= after.recorded - before.recorded < timedelta(minutes=1)
    assert "prod" in after.description


async def test_secrets_and_kubectls_copies_are_not_saved(tmp_path: Path) -> None:
    owned: dict[str, Any] = {"f:data": {"f:eni_conf": {}}}
    metadata: dict[str, Any] = {
        "name": "eni-config",
        "namespace": "kube-system",
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{}}', "team": "net"},
        "managedFields": [
            {"manager": "kubectl", "operation": "Update", "time": "2026-11-20T19:00:00Z", "fieldsV1": owned}
        ],
    }
    data = {"eni_conf": f'{{"access_key": "LTAI0123456789abcdef", "access_secret": "{SECRET}"}}'}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    after = await captured(Recording.of([config], name="one"), ["eni-config"], tmp_path / "saved")
    text = "".join(path.read_text() for path in (tmp_path / "saved").rglob("*") if path.is_file())
    assert SECRET not in text
    assert "LTAI" not in text
    assert "last-applied" not in text
    saved = after.find("ConfigMap", "eni-config", "kube-system")
    assert saved is not None
    assert saved["metadata"]["annotations"] == {}
    kept = {"manager": "kubectl", "time": "2026-11-20T19:00:00Z", "fieldsV1": {"f:data": {}}}
    assert saved["metadata"]["managedFields"] == [kept]


async def test_a_secret_in_the_question_is_not_saved(tmp_path: Path) -> None:
    capture = Capture()
    await judged(load("terway-healthy"), capture)
    after = load_folder(capture.save(tmp_path / "saved", description=f"pods fail with --token {SECRET}"))
    assert after.description == "pods fail with --token <redacted>"


async def test_a_list_that_was_not_read_to_its_end_is_never_taken_for_all(tmp_path: Path) -> None:
    after = await captured(load("terway-healthy"), ["two nodes"], tmp_path / "cut")
    async with serve(after) as server, connect_to(server.kubeconfig, "cut") as connection:
        reader = Reader(Transport(connection.client))
        listing = await reader.select(NODES)
        assert (len(listing.items), listing.complete) == (2, False)
        assert (await reader.select(NODES, labels="app=other")).complete


def _nodes(*unready: int, of: int = 300) -> Recording:
    """As many nodes of which the first page holds 250; each carries a label that nothing reads."""
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": f"node-{at:03}", "labels": {"pool": "a", "owner": SECRET}},
            "status": {"conditions": [{"type": "Ready", "status": str(at not in unready), "message": "PLEG"}]},
        }
        for at in range(of)
    ]
    return Recording.of(nodes, name="many")


async def _looked_at(store: Recording, capture: Capture | None = None) -> tuple[list[str], bool]:
    """Which nodes are not ready, with their words, and whether all were looked at."""
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as connection:
        budget = Budget(bytes_before_lists_end=1)
        async with Reader(Transport(connection.client), budget, recorder=capture) as reader:
            await reader.select(NODES, labels="pool", metadata_only=True)
            async with ClusterSession(reader) as session:
                found = await unready_nodes(session)
                complete = (await session.nodes()).complete
    told = [f"{node['metadata']['name']} {node['status']['conditions']}" for node in (*found.whole, *found.printed)]
    assert not complete
    return told, found.complete


async def test_nodes_that_were_only_printed_are_not_ready_in_the_replay_too(tmp_path: Path) -> None:
    capture = Capture()
    before = await _looked_at(_nodes(7, *range(280, 290)), capture)
    after = load_folder(capture.save(tmp_path / "many"))
    assert [line.split()[0] for line in before[0]] == ["node-007", *(f"node-{at}" for at in range(280, 290))]
    assert (await _looked_at(after)) == before
    assert SECRET not in "".join(path.read_text() for path in (tmp_path / "many").rglob("*") if path.is_file())


async def test_nodes_that_were_never_printed_are_not_all_known_in_the_replay(tmp_path: Path) -> None:
    after = await captured(_nodes(), ["two nodes"], tmp_path / "two")
    assert await _looked_at(after) == ([], False)


async def test_a_read_that_the_budget_refused_fails_in_the_replay_too(tmp_path: Path) -> None:
    capture = Capture()
    async with serve(load("terway-healthy")) as server, connect_to(server.kubeconfig, "healthy") as connection:
        reader = Reader(Transport(connection.client), Budget(requests=1), recorder=capture)
        await reader.version()
        with pytest.raises(ReadError):
            await reader.select(TERWAY_NODES)
        with pytest.raises(ReadError):
            await reader.get(CONFIG_MAPS, "eni-config", "kube-system")
    assert capture.contents == "0 objects, 0 logs, 1 not permitted or not readable"
    with pytest.raises(RecordingError, match="Nothing was read"):
        capture.save(tmp_path / "nothing")
    after = await _with_nodes_too(capture, tmp_path / "little")
    async with serve(after) as server, connect_to(server.kubeconfig, "little") as connection:
        reader = Reader(Transport(connection.client))
        with pytest.raises(ReadError):
            await reader.select(TERWAY_NODES)
        with pytest.raises(ReadError):
            await reader.get(CONFIG_MAPS, "eni-config", "kube-system")
        assert (await reader.select(NODES)).complete


async def _with_nodes_too(capture: Capture, path: Path) -> Recording:
    async with serve(load("terway-healthy")) as server, connect_to(server.kubeconfig, "healthy") as connection:
        await Reader(Transport(connection.client), recorder=capture).select(NODES)
    return load_folder(capture.save(path))


@pytest.mark.parametrize("refused", ["pods", "pods:shop"])
async def test_a_refused_list_does_not_hide_the_namespace_that_was_read(tmp_path: Path, refused: str) -> None:
    """A role in one namespace: the cluster-wide list is refused, the namespace's own is not."""
    store = load("terway-healthy")
    kept = Recording.of(store.objects(), name="narrow", forbidden=[parse_denial("pods:shop")])
    capture = Capture()
    async with serve(kept) as server, connect_to(server.kubeconfig, "narrow") as connection:
        reader = Reader(Transport(connection.client), recorder=capture)
        with pytest.raises(ReadError):
            await reader.select(PODS, "shop" if refused == "pods:shop" else None)
        seen = await reader.select(PODS, "kube-system")
    after = load_folder(capture.save(tmp_path / "narrow"))
    async with serve(after) as server, connect_to(server.kubeconfig, "narrow") as connection:
        reader = Reader(Transport(connection.client))
        with pytest.raises(ReadError, match="may not read"):
            await reader.select(PODS, "shop" if refused == "pods:shop" else None)
        assert len((await reader.select(PODS, "kube-system")).items) == len(seen.items) > 0


async def test_metrics_that_a_label_chose_are_saved_without_it(tmp_path: Path) -> None:
    """A replay holds the series of this cluster alone, under the queries that it makes itself."""
    label = 'cluster="hz"'
    rising = load("conntrack-metrics-rising")
    labelled = {
        (query.replace("{", f"{{{label},") if "{" in query else query.replace(name, f"{name}{{{label}}}"), is_range): (
            replace(reply, body=reply.body.replace(b'"metric":{', b'"metric":{"cluster":"hz",'))
        )
        for (query, is_range), reply in (rising.metrics or {}).items()
        for name in [re.findall(r"node_\w+", query)[0]]
    }
    capture = Capture(reads_of(ENTRIES.values()))
    before = await judged(replace(rising, metrics=labelled), capture, label=label)
    after = await judged(load_folder(capture.save(tmp_path / "labelled")))
    assert verdicts(after) == verdicts(before)
    assert verdicts(after)["conntrack-table-full"][0] == "confirmed"
    assert "hz" not in (tmp_path / "labelled" / "recording.yaml").read_text().replace("cn-hangzhou", "")
