"""A question whose cluster's cloud is read: beside a Kubernetes API, over the wire, recorded and replayed."""

import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.cloud.credentials import Credentials
from bot.cloud.transport import Endpoint, LiveCloud
from bot.cluster.cloud_access import trials
from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.session import ClusterSession
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer
from bot.diagnosis.clinic import Clinic
from bot.probes import reads_of, required_calls
from bot.recordings import Recording, RecordingError, load, load_folder, serve
from bot.recordings.capture import Capture
from knowledge.model import Entry
from tests.openapi import KEY_ID, SECRET, OpenApi, vswitch

ENTRY = "terway-vswitch-out-of-ips"


@pytest.fixture
def openapi(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApi]:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY_ID)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
    with OpenApi().running() as served:
        yield served


@contextlib.asynccontextmanager
async def cluster_of(
    store: Recording, openapi: OpenApi | None, recorder: Capture | None = None
) -> AsyncIterator[Cluster]:
    cloud = LiveCloud(Credentials(), Endpoint.of(openapi.url)) if openapi else None
    async with serve(store) as server, connect_to(server.kubeconfig, store.name) as link:
        yield Cluster(Transport(link.client), store.name, recorder=recorder, cloud=cloud)


async def judged(
    entries: Mapping[str, Entry],
    store: Recording,
    openapi: OpenApi | None,
    recorder: Capture | None = None,
    entry: str = ENTRY,
) -> Answer:
    async with cluster_of(store, openapi, recorder) as cluster:
        return await Clinic(entries, budget=Budget(seconds=30, cloud_seconds=15)).check([entry], cluster)


def without_cloud(name: str) -> Recording:
    return replace(load(name), cloud=None)


def told(answer: Answer) -> tuple[str, str]:
    (found,) = answer.diagnoses
    return str(found.verdict), found.judgement.reason


async def test_the_cloud_confirms_with_evidence_that_a_person_can_see(
    entries: Mapping[str, Entry], openapi: OpenApi
) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch(free=0), vswitch("vsw-bp1bbb", 900, "cn-hangzhou-i")]
    answer = await judged(entries, without_cloud("terway-cloud-vswitch-empty"), openapi)
    assert told(answer)[0] == "confirmed"
    shown = answer.to_json()
    assert shown["reads"]["cloud_calls"] == 2
    pieces = [piece for found in shown["diagnoses"][0]["findings"] for piece in found["evidence"]]
    (piece,) = [piece for piece in pieces if piece["object"] == "VSwitch vsw-bp1aaa"]
    assert piece["excerpt"] == "AvailableIpAddressCount: 0 (cn-hangzhou-h, 10.1.96.0/24)"
    assert piece["check"] == "aliyun vpc DescribeVSwitches --RegionId cn-hangzhou --VSwitchId vsw-bp1aaa"
    steps = " ".join(step["text"] for step in shown["diagnoses"][0]["steps"])
    assert "in zone cn-hangzhou-h of region cn-hangzhou" in steps
    assert not {KEY_ID, SECRET} & set(json.dumps(shown).split('"'))


@pytest.mark.parametrize(
    ("free", "verdict", "says"),
    [
        (0, "confirmed", "no address left"),
        (3, "suspected", "vsw-bp1aaa has 3 left"),
        (250, "ruled_out", "has 250 left"),
    ],
)
async def test_the_count_of_this_moment_decides(
    entries: Mapping[str, Entry], openapi: OpenApi, free: int, verdict: str, says: str
) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch(free=free)]
    answer = await judged(entries, without_cloud("terway-cloud-vswitch-empty"), openapi)
    assert told(answer)[0] == verdict
    assert says in told(answer)[1]


@pytest.mark.parametrize(
    "code", ["Forbidden.RAM", "InvalidVSwitchId.NotFound", "Throttling.User", "SignatureDoesNotMatch"]
)
@pytest.mark.parametrize(
    ("recording", "verdict"), [("terway-out-of-ips", "confirmed"), ("terway-out-of-ips-hidden", "suspected")]
)
async def test_what_kubernetes_has_decided_stays_where_the_cloud_cannot_be_read(
    entries: Mapping[str, Entry], openapi: OpenApi, code: str, recording: str, verdict: str
) -> None:
    openapi.fails["*"] = 403, code
    answer = await judged(entries, load(recording), openapi)
    assert told(answer)[0] == verdict
    assert any(line.startswith("cloud: ") for line in answer.unread)


async def test_a_refusal_a_minute_ago_is_not_believed_against_the_count(
    entries: Mapping[str, Entry], openapi: OpenApi
) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch(free=250)]
    verdict, reason = told(await judged(entries, load("terway-out-of-ips"), openapi))
    assert verdict == "suspected"
    assert "refused at 19:01 UTC, but vsw-bp1aaa has 250 left" in reason


async def test_a_vswitch_that_the_cloud_does_not_know_is_not_an_empty_one(
    entries: Mapping[str, Entry], openapi: OpenApi
) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch("vsw-elsewhere", 0)]
    assert told(await judged(entries, without_cloud("terway-cloud-vswitch-empty"), openapi))[0] == "suspected"


async def test_a_cluster_that_is_not_of_ack_is_not_asked_about(
    make: Any, entries: Mapping[str, Entry], openapi: OpenApi
) -> None:
    labels = {"topology.kubernetes.io/region": "us-east-1"}
    node = make.node("worker", labels=labels, spec={"providerID": "aws:///us-east-1a/i-0abc"})
    store = Recording.of([node, make.daemon_set("terway-eniip"), make.pod(node="worker")], name="elsewhere")
    await judged(entries, store, openapi)
    assert openapi.asked == []


async def test_without_the_cloud_nothing_is_told_of_it(entries: Mapping[str, Entry]) -> None:
    """Entries, probes and facts that ask the cloud leave no trace where it is off."""
    answer = await judged(entries, load("terway-out-of-ips"), None)
    shown = json.dumps(answer.to_json())
    assert "vswitches_used_up" not in shown
    assert "cloud.vswitches" not in shown
    assert answer.to_json()["reads"]["cloud_calls"] == 0
    assert answer.unread == ()


async def test_what_was_recorded_of_the_cloud_replays(
    entries: Mapping[str, Entry], openapi: OpenApi, tmp_path: Path
) -> None:
    openapi.items["DescribeVSwitches"] = [vswitch(free=0, VSwitchName="password=hunter2hunter2")]
    capture = Capture(reads_of(entries.values()))
    answer = await judged(entries, without_cloud("terway-cloud-vswitch-empty"), openapi, capture)
    saved = load_folder(capture.save(tmp_path / "incident"))
    made = len(openapi.asked)
    async with serve(saved) as server, connect_to(server.kubeconfig, "incident") as link:
        cluster = Cluster(Transport(link.client), "incident", cloud=saved.cloud)
        again = await Clinic(entries).check([ENTRY], cluster)
    assert told(again) == told(answer)
    assert len(openapi.asked) == made
    text = (tmp_path / "incident" / "cloud.json").read_text()
    assert "hunter2" not in text
    assert KEY_ID not in text


async def test_what_was_not_asked_when_it_was_recorded_stays_unknown(
    entries: Mapping[str, Entry], tmp_path: Path
) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "recording.yaml").write_text("base: terway-cloud-vswitch-empty\n")
    asked = "{items: [], asked: [{VSwitchId: vsw-another}]}"
    (tmp_path / "r" / "cloud.yaml").write_text(f"DescribeVSwitches: {asked}\n")
    store = load_folder(tmp_path / "r")
    async with serve(store) as server, connect_to(server.kubeconfig, "r") as link:
        answer = await Clinic(entries).check([ENTRY], Cluster(Transport(link.client), "r", cloud=store.cloud))
    assert told(answer)[0] == "suspected"
    assert "not asked so" in "".join(answer.unread)


@pytest.mark.parametrize(
    ("cloud", "says"),
    [
        ("[1]", "mapping"),
        ("DescribeVSwitch: []", "did you mean"),
        ("DescribeVSwitches: 3", "not in its form"),
        ("DescribeVSwitches: [3]", "not in its form"),
        ("DescribeVSwitches: {item: []}", "not in its form"),
        ("DeleteVSwitch: []", "never calls"),
    ],
)
def test_a_damaged_recording_of_the_cloud_is_one_sentence(tmp_path: Path, cloud: str, says: str) -> None:
    (tmp_path / "recording.yaml").write_text("base: terway-healthy\n")
    (tmp_path / "cloud.yaml").write_text(cloud)
    with pytest.raises(RecordingError, match=says):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [(None, "granted"), ("InvalidVSwitchId.NotFound", "granted"), ("Forbidden.RAM", "missing"), ("Odd", "unknown")],
)
async def test_what_ram_grants_is_tried(openapi: OpenApi, failure: str | None, outcome: str) -> None:
    if failure:
        openapi.fails["*"] = 403, failure
    async with (
        cluster_of(load("terway-healthy"), openapi) as cluster,
        cluster.reader(Budget().for_everything()) as reader,
        ClusterSession(reader) as session,
    ):
        found = await trials(session, required_calls())
    assert {trial.outcome for trial in found} == {outcome}
