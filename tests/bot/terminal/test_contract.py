"""The contract of ``ask`` and ``match``, to the letter, through a real process."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

Run = Callable[..., Any]
VERDICTS = {"confirmed", "suspected", "ruled_out", "answered"}
CASES = {
    "confirmed": ("pods stuck in ContainerCreating, IpNotEnough", "terway-out-of-ips"),
    "suspected": ("InvalidVSwitchId.IpNotEnough on new pods", "terway-out-of-ips-hidden"),
    "ruled_out": ("the vSwitch has no free ip left", "terway-volume-mount-fails"),
    "answered": ("which network acceleration mode do we run?", "terway-healthy"),
}


@pytest.fixture(scope="module")
def answers(indexed: Run) -> dict[str, Any]:
    def asked(case: tuple[str, str]) -> Any:
        return indexed("ask", case[0], "--recording", case[1], "-o", "json")

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(CASES, pool.map(asked, CASES.values()), strict=True))


@pytest.mark.parametrize("outcome", CASES)
def test_an_answer_is_one_json_object_of_the_agreed_shape(answers: dict[str, Any], outcome: str) -> None:
    ran = answers[outcome]
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("\n") == 1
    answer = ran.json
    assert list(answer) == ["question", "outcome", "cluster", "diagnoses", "failing", "reads", "elapsed_ms"]
    assert answer["question"] == CASES[outcome][0]
    assert answer["outcome"] == answer["diagnoses"][0]["verdict"] == outcome
    assert set(answer["cluster"]) == {"context", "reachable", "facts"}
    assert answer["cluster"]["context"] == CASES[outcome][1]
    assert answer["cluster"]["facts"]["network_plugin"] == "terway"
    assert set(answer["reads"]) == {"requests", "bytes", "cloud_calls"}
    assert answer["reads"]["requests"] > 0
    assert isinstance(answer["elapsed_ms"], int)


@pytest.mark.parametrize("outcome", CASES)
def test_every_diagnosis_has_the_agreed_shape(answers: dict[str, Any], outcome: str) -> None:
    for item in answers[outcome].json["diagnoses"]:
        assert list(item) == [
            "entry",
            "headings",
            "title",
            "kind",
            "score",
            "verdict",
            "applies",
            "reason",
            "findings",
            "facts",
            "cause",
            "steps",
            "verify",
        ]
        assert item["kind"] in {"fault", "guide"}
        assert item["verdict"] in VERDICTS
        assert item["score"] is None or 0 <= item["score"] <= 1
        assert item["headings"]
        assert item["reason"].endswith(".")
        assert all(isinstance(value, str) for value in item["facts"].values())
        for step in (*item["steps"], *item["verify"]):
            assert set(step) == {"text", "command"}
            assert step["text"]
            assert step["command"] is None or step["command"].strip()


@pytest.mark.parametrize("outcome", CASES)
def test_every_finding_has_the_agreed_shape(answers: dict[str, Any], outcome: str) -> None:
    findings = [finding for item in answers[outcome].json["diagnoses"] for finding in item["findings"]]
    assert findings
    for finding in findings:
        assert set(finding) == {"probe", "outcome", "summary", "evidence"}
        assert finding["outcome"] in {"present", "absent", "unknown"}
        for piece in finding["evidence"]:
            assert set(piece) == {"object", "excerpt", "seen", "check"}
            assert datetime.fromisoformat(piece["seen"]).utcoffset() is not None


def test_a_confirmed_fault_brings_evidence_commands_and_cautions_at_its_steps(answers: dict[str, Any]) -> None:
    item = answers["confirmed"].json["diagnoses"][0]
    assert item["entry"] == "terway-vswitch-out-of-ips"
    signs = [piece for finding in item["findings"] if finding["outcome"] == "present" for piece in finding["evidence"]]
    assert any("InvalidVSwitchId.IpNotEnough" in piece["excerpt"] for piece in signs)
    assert all(piece["check"].startswith("kubectl ") for piece in signs)
    texts = [step["text"] for step in item["steps"]]
    restart = next(step for step in item["steps"] if "restart daemonset/terway-eniip" in (step["command"] or ""))
    assert " Caution: " in restart["text"], "it stands at the step that it guards"
    assert not [text for text in texts if text.startswith("Caution: ")]


def test_what_is_ruled_out_stays_first_and_has_no_steps(answers: dict[str, Any]) -> None:
    item = answers["ruled_out"].json["diagnoses"][0]
    assert item["entry"] == "terway-vswitch-out-of-ips"
    assert (item["steps"], item["verify"]) == ([], [])


def test_a_guide_answers_with_this_cluster_s_facts(answers: dict[str, Any]) -> None:
    item = answers["answered"].json["diagnoses"][0]
    assert item["entry"] == "terway-acceleration-mode"
    assert item["facts"]["terway.datapath"] == "datapathv2"
    assert "DataPath V2" in item["cause"]


def test_confirmed_first_by_words_then_the_rest_by_words(answers: dict[str, Any]) -> None:
    for ran in answers.values():
        items = ran.json["diagnoses"]
        ranks = [(item["verdict"] != "confirmed", item["score"] is None, -(item["score"] or 0)) for item in items]
        assert ranks == sorted(ranks)


def test_what_only_the_cluster_shows_has_no_score(indexed: Run) -> None:
    answer = indexed(
        "ask", "how do I plan the address ranges of a new cluster?", "--recording", "terway-out-of-ips", "-o", "json"
    ).json
    brought_up = [item for item in answer["diagnoses"] if item["entry"] == "terway-vswitch-out-of-ips"]
    assert [(item["verdict"], item["score"]) for item in brought_up] == [("confirmed", None)]


def test_words_about_something_else_match_nothing_and_read_nothing(indexed: Run) -> None:
    ran = indexed("ask", "what is a good recipe for pancakes?", "--recording", "terway-out-of-ips", "-o", "json")
    assert ran.code == 0
    assert ran.json["outcome"] == "unmatched"
    assert ran.json["diagnoses"] == []
    assert ran.json["reads"] == {"requests": 0, "bytes": 0, "cloud_calls": 0}


def test_without_any_cluster_the_knowledge_is_still_given(indexed: Run) -> None:
    ran = indexed("ask", "pods stuck in ContainerCreating, IpNotEnough", "-o", "json")
    assert ran.code == 0
    assert ran.json["cluster"] is None
    assert ran.json["outcome"] == "suspected"
    assert {item["verdict"] for item in ran.json["diagnoses"]} <= {"suspected", "answered"}
    assert "--recording" in ran.err


def test_match_prints_one_object_a_line_for_each_line_of_stdin(indexed: Run) -> None:
    texts = ["DNS times out after coredns restarts", "新 pod 没有 ip", "best pizza in Hangzhou", "\N{GRINNING FACE}"]
    ran = indexed("match", "-", "-o", "json", stdin="\n\n".join(texts).encode() + b"\n\xff\xfe\n")
    assert (ran.code, ran.err) == (0, "")
    assert [line["text"] for line in ran.lines] == [*texts, "\N{REPLACEMENT CHARACTER}" * 2]
    for line in ran.lines:
        assert list(line) == ["text", "in_scope", "confidence", "matches"]
        assert isinstance(line["in_scope"], bool)
        assert 0 <= line["confidence"] <= 1
        assert len(line["matches"]) >= 8
        scores = [match["score"] for match in line["matches"]]
        assert scores == sorted(scores, reverse=True)
        assert all(list(match) == ["entry", "headings", "score"] for match in line["matches"])
    assert [line["in_scope"] for line in ran.lines] == [True, True, False, False, False]
    assert ran.lines[0]["matches"][0]["entry"] == "ipvs-udp-timeout"
    assert ran.lines[0]["matches"][0]["headings"] == ["Modify the IPVS UDP session timeout"]


def test_words_need_no_quotes(indexed: Run) -> None:
    words = "no IP addresses available in range set"
    quoted, bare = (indexed("match", *given, "-o", "json") for given in ([words], words.split()))
    assert (bare.code, bare.out) == (0, quoted.out)
    asked = indexed("ask", *words.split(), "--recording", "flannel-ip-leak", "-o", "json").json
    assert (asked["question"], asked["outcome"]) == (words, "confirmed")


def test_match_says_where_its_input_holds_nothing(indexed: Run) -> None:
    ran = indexed("match", "-", "-o", "json", stdin=b"\n \n")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("Standard input held no symptom: write one a line")


def test_match_takes_one_text_as_an_argument(indexed: Run) -> None:
    ran = indexed("match", "no IP addresses available in range set", "-o", "json")
    assert len(ran.lines) == 1
    assert ran.lines[0]["in_scope"] is True
