"""What is told of an answer, what of it is kept, and what changed between two looks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.cluster.connection import connect_to
from bot.cluster.facts import Fact
from bot.cluster.reader import Cluster
from bot.cluster.requests import Budget
from bot.cluster.transport import Transport
from bot.diagnosis.answer import Answer, ClusterState
from bot.diagnosis.clinic import Clinic
from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import (
    Report,
    ReportCluster,
    ReportDiagnosis,
    ReportEvidence,
    ReportReading,
    ReportStep,
    compare,
    make_report,
)
from bot.diagnosis.wording import WORDS
from bot.recordings import load, serve
from bot.text import clock, cost, counted, span
from knowledge.model import Entry, Kind

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
Meaning = Callable[[Mapping[str, float]], Any]


async def answered(
    entries: Mapping[str, Entry], meaning: Meaning, recording: str, scores: Mapping[str, float]
) -> Answer:
    async with serve(load(recording)) as server, connect_to(server.kubeconfig, recording) as link:
        clinic = Clinic(entries, meaning(scores), Budget(seconds=30))
        return await clinic.ask("pods do not start", Cluster(Transport(link.client), recording))


async def test_a_fault_is_told_with_what_speaks_for_it(entries: Mapping[str, Entry], meaning: Meaning) -> None:
    answer = await answered(entries, meaning, "terway-out-of-ips", {"terway-vswitch-out-of-ips": 0.8})
    told = make_report(answer, NOW)
    first = told.diagnoses[0]
    assert (told.outcome, first.entry, first.verdict) == ("confirmed", "terway-vswitch-out-of-ips", Verdict.CONFIRMED)
    assert first.evidence[0].object == "Pod shop/web-5f7d9c6b8-k2x9q"
    assert all(piece.check.startswith("kubectl") for piece in first.evidence)
    assert len({(piece.object, piece.excerpt) for piece in first.evidence}) == len(first.evidence)
    assert first.readings == ()
    assert first.rests_on_sign
    assert [step.command for step in first.steps] == [step.command for step in answer.diagnoses[0].steps]
    assert told.cluster is not None
    assert told.cluster.traits.startswith("Kubernetes 1.32.1-aliyun.1 · managed · terway · mode shared")
    assert told.cluster.facts["network_plugin"] == "terway"
    assert (told.told_at, told.now) == (NOW, answer.asked_at)


async def test_that_an_entry_fits_the_cluster_is_no_evidence_where_it_does(
    entries: Mapping[str, Entry], meaning: Meaning
) -> None:
    scores = {"flannel-ip-leak": 0.9, "terway-vswitch-out-of-ips": 0.2}
    told = make_report(await answered(entries, meaning, "terway-volume-mount-fails", scores))
    here, elsewhere = told.diagnoses
    assert (here.entry, here.elsewhere) == ("terway-vswitch-out-of-ips", False)
    assert "DaemonSet kube-system/terway-eniip" not in [piece.object for piece in here.evidence]
    assert (elsewhere.verdict, elsewhere.elsewhere) == (Verdict.RULED_OUT, True)
    assert [piece.object for piece in elsewhere.evidence] == ["DaemonSet kube-system/terway-eniip"]


async def test_a_guide_is_told_with_what_was_read(entries: Mapping[str, Entry], meaning: Meaning) -> None:
    told = make_report(await answered(entries, meaning, "terway-healthy", {"terway-acceleration-mode": 0.9}))
    first = told.diagnoses[0]
    assert first.evidence == ()
    assert any(reading.summary.startswith("Data path: datapathv2") for reading in first.readings)
    assert all(reading.checks for reading in first.readings)


def test_what_could_move_hide_or_break_text_is_gone() -> None:
    hostile = "a\x00b\x1b[31mc\N{RIGHT-TO-LEFT OVERRIDE}d\N{ZERO WIDTH SPACE}e"
    state = ClusterState(context=hostile, reachable=True, facts=(Fact(name="network_plugin", value=hostile),))
    told = make_report(Answer(question=hostile, in_scope=False, confidence=0.1, cluster=state, unread=(hostile,)), NOW)
    assert told.question == "ab[31mcde"
    assert told.cluster is not None
    assert (told.cluster.name, told.cluster.facts) == ("ab[31mcde", {"network_plugin": "ab[31mcde"})
    assert told.unread == ("ab[31mcde",)
    assert "\\u0000" not in json.dumps(told.to_json()), "PostgreSQL refuses it in JSON"


def test_an_unreachable_cluster_is_told_with_its_trouble() -> None:
    state = ClusterState(context="prod", reachable=False, problem="connection refused")
    told = make_report(Answer(question="q", in_scope=True, confidence=0.9, cluster=state), NOW)
    assert told.cluster == ReportCluster(
        name="prod", reachable=False, trouble="The cluster could not be read: connection refused."
    )
    assert not told.was_read
    assert told.now == NOW


ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])
MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=ZONES)
TEXTS = st.text(alphabet=st.characters(codec="utf-8"), max_size=30)
STEPS = st.lists(st.builds(ReportStep, text=TEXTS, command=st.none() | TEXTS), max_size=2).map(tuple)
EVIDENCE = st.builds(ReportEvidence, object=TEXTS, excerpt=TEXTS, seen=MOMENTS, check=TEXTS)
READINGS = st.builds(ReportReading, summary=TEXTS, checks=st.lists(TEXTS, max_size=2).map(tuple))
DIAGNOSES = st.builds(
    ReportDiagnosis,
    entry=TEXTS,
    title=TEXTS,
    kind=st.sampled_from(Kind),
    verdict=st.sampled_from(Verdict),
    score=st.none() | st.floats(0, 1),
    rests_on_sign=st.booleans(),
    elsewhere=st.booleans(),
    reason=TEXTS,
    evidence=st.lists(EVIDENCE, max_size=2).map(tuple),
    readings=st.lists(READINGS, max_size=2).map(tuple),
    cause=TEXTS,
    settle=STEPS,
    steps=STEPS,
    caution=st.lists(TEXTS, max_size=2).map(tuple),
    verify=STEPS,
)
CLUSTERS = st.builds(
    ReportCluster,
    name=TEXTS,
    reachable=st.booleans(),
    traits=TEXTS,
    trouble=TEXTS,
    facts=st.dictionaries(TEXTS, TEXTS, max_size=2),
)
TOLD = st.builds(
    Report,
    question=TEXTS,
    in_scope=st.booleans(),
    cluster=st.none() | CLUSTERS,
    asked_at=st.none() | MOMENTS,
    told_at=MOMENTS,
    diagnoses=st.lists(DIAGNOSES, max_size=3).map(tuple),
    unread=st.lists(TEXTS, max_size=2).map(tuple),
    requests=st.integers(0, 10**6),
    bytes=st.integers(0, 10**12),
    elapsed_ms=st.integers(0, 10**6),
)


@given(TOLD)
def test_what_is_kept_is_what_was_told(told: Report) -> None:
    kept = orjson.loads(orjson.dumps(told.to_json()))
    again = Report.from_json(kept)
    assert again == told
    assert again.to_json() == told.to_json()
    assert [type(item.verdict) for item in again.diagnoses] == [Verdict] * len(told.diagnoses)


def test_records_of_another_shape_are_refused_loudly() -> None:
    with pytest.raises(ValidationError):
        Report.from_json({"question": "q"})


def told_of(*verdicts: tuple[str, Verdict], at: datetime = NOW, **more: Any) -> Report:
    diagnoses = tuple(
        ReportDiagnosis(
            entry=entry,
            title=entry.upper(),
            kind=Kind.GUIDE if verdict is Verdict.ANSWERED else Kind.FAULT,
            verdict=verdict,
            score=0.5,
            rests_on_sign=True,
            elsewhere=False,
            reason="",
        )
        for entry, verdict in verdicts
    )
    cluster = ReportCluster(name="prod", reachable=True)
    whole: dict[str, Any] = {"cluster": cluster, "asked_at": at, "told_at": at, "diagnoses": diagnoses, **more}
    return Report(question="q", in_scope=True, **whole)


C, S, R, A = Verdict.CONFIRMED, Verdict.SUSPECTED, Verdict.RULED_OUT, Verdict.ANSWERED


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        (C, C, "still"),
        (S, S, "still"),
        (C, R, "cleared"),
        (S, R, "cleared"),
        (C, None, "cleared"),
        (S, C, "worse"),
        (C, S, "unclear"),
        (None, C, "new"),
        (None, S, "new"),
        (R, C, "new"),
        (R, S, "new"),
        (R, R, ""),
        (R, None, ""),
        (None, R, ""),
        (A, A, ""),
        (None, A, ""),
    ],
)
def test_what_changed_since(before: Verdict | None, now: Verdict | None, kind: str) -> None:
    earlier = told_of(*([("leak", before)] if before else []), at=NOW - timedelta(hours=1))
    changes = compare(earlier, told_of(*([("leak", now)] if now else [])))
    assert changes.since == NOW - timedelta(hours=1)
    kinds = ("cleared", "still", "new", "worse", "unclear")
    assert {name: [item.entry for item in getattr(changes, name)] for name in kinds if getattr(changes, name)} == (
        {kind: ["leak"]} if kind else {}
    )
    for item in (item for name in kinds for item in getattr(changes, name)):
        assert (item.before, item.now, item.title) == (before, now, "LEAK")


def test_what_could_not_be_read_again_is_not_called_cleared() -> None:
    earlier = told_of(("leak", C), ("slow", S))
    hidden = compare(earlier, told_of(unread=("events: not permitted",)))
    assert [item.entry for item in hidden.unclear] == ["leak", "slow"]
    gone = told_of(("leak", S), ("new", S), cluster=ReportCluster(name="prod", reachable=False, trouble="It is away."))
    away = compare(earlier, gone)
    assert [item.entry for item in away.unclear] == ["leak", "slow"]
    assert away.new == ()


def test_a_ruled_out_entry_is_cleared_even_where_something_else_could_not_be_read() -> None:
    changes = compare(told_of(("leak", C)), told_of(("leak", R), unread=("events: not permitted",)))
    assert [item.entry for item in changes.cleared] == ["leak"]


def test_every_verdict_has_a_word_and_a_mark_of_its_own() -> None:
    assert set(WORDS) == set(Verdict)
    assert len({word.word for word in WORDS.values()}) == len({word.mark for word in WORDS.values()}) == len(Verdict)
    assert all(word.about and word.word.isupper() for word in WORDS.values())


@pytest.mark.parametrize(
    ("requests", "size", "shown"),
    [
        (1, 999, "1 read, 1 kB, 0.7 s"),
        (33, 999_999, "33 reads, 1,000 kB, 0.7 s"),
        (2, 2_900_000, "2 reads, 2.9 MB, 0.7 s"),
    ],
)
def test_the_cost_of_an_answer(requests: int, size: int, shown: str) -> None:
    assert cost(requests, size, 700) == f"{shown}. Nothing was changed."


def test_small_words() -> None:
    assert [counted(1, "step"), counted(2, "step"), counted(0, "step")] == ["1 step", "2 steps", "0 steps"]
    assert clock(datetime(2026, 11, 22, 11, 5, tzinfo=timezone(timedelta(hours=8)))) == "2026-11-22 03:05 UTC"
    assert span(NOW, NOW - timedelta(minutes=1)) == "0 s"
    assert replace(told_of(("a", C)), diagnoses=()).outcome == "unmatched"
