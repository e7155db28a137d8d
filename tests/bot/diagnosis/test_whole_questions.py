"""Whole questions on whole clusters: the questions of the question file, which nothing here was tuned on."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.probes import vocabulary
from bot.recordings import load, serve
from index.search import Index, open_index
from knowledge.loading import BUILTIN_FOLDER, load_entries

QUESTIONS = Path(__file__).parents[2] / "eval" / "questions.jsonl"
ENTRIES = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}


@pytest.fixture(scope="module")
def index(data_dir: Path) -> Index:
    return open_index(list(ENTRIES.values()), cache_dir=data_dir / "index")


def questions(kind: str) -> list[dict[str, Any]]:
    read = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [question for question in read if question["kind"] == kind]


async def ask_all(index: Index, recording: str, texts: list[str]) -> list[Any]:
    """The answers to all questions on one recording."""
    clinic = Clinic(ENTRIES, index)
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as connection:
        cluster = Cluster(Transport(connection.client), recording)
        return [await clinic.ask(text, cluster) for text in texts]


HEALTHY = ("terway-healthy", "terway-dual-stack", "flannel-healthy")
# Every fourth question on one of them; all on all in the slow tier.
SHARES = [
    *((recording, slice(number, None, 4 * len(HEALTHY))) for number, recording in enumerate(HEALTHY)),
    *(pytest.param(recording, slice(None), marks=pytest.mark.slow) for recording in HEALTHY),
]


@pytest.mark.parametrize(("recording", "share"), SHARES)
async def test_a_healthy_cluster_confirms_nothing_whatever_is_asked(index: Index, recording: str, share: slice) -> None:
    texts = [question["text"] for kind in ("in", "ambiguous") for question in questions(kind)][share]
    answers = await ask_all(index, recording, texts)
    wrong = [(a.question, d.entry.id) for a in answers for d in a.diagnoses if d.verdict == "confirmed"]
    assert wrong == []
    assert len({answer.outcome for answer in answers}) >= 3  # the questions did reach the cluster


@pytest.mark.parametrize(
    ("recording", "entry"),
    [
        ("terway-out-of-ips", "terway-vswitch-out-of-ips"),
        ("terway-eni-slots-full", "terway-eni-quota-blocks-new-vswitch"),
        ("terway-mac-missing", "terway-mac-not-found"),
        ("flannel-hairpin-off", "flannel-hairpin-off"),
        ("flannel-route-failed", "flannel-node-network-unavailable"),
        ("kube-proxy-udp-timeout", "ipvs-udp-timeout"),
    ],
)
async def test_questions_about_a_fault_find_it_where_it_holds(index: Index, recording: str, entry: str) -> None:
    heading = ENTRIES[entry].headings[0]
    texts = [question["text"] for question in questions("in") if question["accept"][0] == heading]
    answers = await ask_all(index, recording, texts)
    assert texts
    found = [(a.diagnoses[0].entry.id if a.diagnoses else "", a.outcome) for a in answers]
    assert found == [(entry, "suspected" if is_of_other_udp(text) else "confirmed") for text in texts]


def is_of_other_udp(text: str) -> bool:
    """Of UDP alone, or of the setting: that CoreDNS was replaced proves nothing for these."""
    return "udp" in text.lower() and "dns" not in text.lower()


async def test_vague_words_are_settled_by_the_cluster(index: Index) -> None:
    vague = "pods stuck in ContainerCreating since 10 min"
    expected = {
        "terway-out-of-ips": "terway-vswitch-out-of-ips",
        "terway-mac-missing": "terway-mac-not-found",
        "flannel-ip-leak": "flannel-ip-leak",
        "flannel-range-full": "flannel-pod-cidr-exhausted",
    }
    found = {recording: (await ask_all(index, recording, [vague]))[0].diagnoses[0].entry.id for recording in expected}
    assert found == expected


async def test_what_the_cluster_alone_brings_up_has_no_score_and_comes_after(index: Index) -> None:
    answer = (await ask_all(index, "terway-out-of-ips", ["which network type and vSwitches does this cluster use?"]))[0]
    first, *others = answer.diagnoses
    assert (first.entry.id, first.score, first.verdict) == ("terway-vswitch-out-of-ips", None, "confirmed")
    assert others[0].entry.id == "view-network-type-and-vswitches"
    assert "vsw-bp1aaa" in others[0].cause


async def test_what_is_out_of_scope_reads_nothing(index: Index) -> None:
    answer = (await ask_all(index, "terway-out-of-ips", ["who is on call this weekend?"]))[0]
    assert (answer.outcome, answer.requests, answer.diagnoses) == ("unmatched", 0, ())


async def test_unclear_words_are_answered_only_by_what_fails_now(index: Index) -> None:
    unclear = "something hangs on cn-hangzhou.10.0.0.11 for 10 minutes"
    failing = (await ask_all(index, "terway-out-of-ips", [unclear]))[0]
    assert [(d.entry.id, d.verdict) for d in failing.diagnoses] == [("terway-vswitch-out-of-ips", "confirmed")]
    healthy = (await ask_all(index, "terway-healthy", [unclear]))[0]
    assert (healthy.outcome, healthy.diagnoses) == ("unmatched", ())
