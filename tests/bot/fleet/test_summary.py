"""What is told of one cluster among many, and in which order."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.diagnosis.answer import Answer
from bot.diagnosis.report import ReportFailing
from bot.fleet.summary import (
    ClusterSummary,
    Health,
    JudgedFault,
    dump,
    headline,
    load,
    summarize,
    unread,
    worst_first,
)

AT = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)
FAULT = JudgedFault(entry="terway-mac-not-found", title="A MAC is missing", reason="An ENI is gone.")
SUSPECTS = tuple(replace(FAULT, entry=name) for name in "abcde")
FAILING = ReportFailing(object="Pod shop/web-0", since=AT - timedelta(minutes=3), message="It waits.", check="kubectl")
WELL = ClusterSummary(name="well", at=AT, traits="Kubernetes 1.32")
SICK = replace(WELL, name="sick", confirmed=(FAULT,), failing=(FAILING,), more_failing=2)
HALF = replace(WELL, name="half", missed=("pods: timed out", "events: timed out"))
GONE = unread("gone", "The cluster could not be read: no route.")


@pytest.mark.parametrize(
    ("summary", "health", "sentence"),
    [
        (WELL, Health.WELL, "Nothing is seen failing."),
        (SICK, Health.FAILING, "1 fault confirmed and 3 more things failing."),
        (replace(WELL, failing=(FAILING,)), Health.FAILING, "1 thing failing."),
        (
            replace(SICK, failing=(), more_failing=0, missed=("pods: timed out",)),
            Health.FAILING,
            "1 fault confirmed. Not all of it could be looked at.",
        ),
        (
            HALF,
            Health.UNCLEAR,
            "Nothing is seen failing in what could be read. Not looked at: pods: timed out (and 1 more gap).",
        ),
        (replace(WELL, suspected=(FAULT,)), Health.WELL, "Nothing is seen failing. 1 suspected: terway-mac-not-found."),
        (
            replace(SICK, failing=(), more_failing=0, suspected=SUSPECTS, missed=("pods: timed out",)),
            Health.FAILING,
            "1 fault confirmed. 5 suspected: a, b, c and 2 more. Not all of it could be looked at.",
        ),
        (
            replace(HALF, suspected=SUSPECTS[:2]),
            Health.UNCLEAR,
            "Nothing is seen failing in what could be read. 2 suspected: a, b. "
            "Not looked at: pods: timed out (and 1 more gap).",
        ),
        (GONE, Health.UNREACHABLE, "The cluster could not be read: no route."),
        (replace(SICK, trouble="It went away."), Health.UNREACHABLE, "It went away."),
    ],
)
def test_how_a_cluster_is(summary: ClusterSummary, health: Health, sentence: str) -> None:
    assert (summary.health, summary.sentence) == (health, sentence)


def test_the_confirmed_faults_are_told_before_what_else_fails() -> None:
    assert list(SICK.told()) == [
        ("A MAC is missing (terway-mac-not-found)", "An ENI is gone."),
        ("Pod shop/web-0, for 3 min", "It waits."),
    ]
    assert SICK.number_told == 4


def test_the_worst_cluster_is_first_and_alike_ones_keep_their_order() -> None:
    worse = replace(SICK, name="worse", confirmed=(FAULT, FAULT))
    second = replace(WELL, name="second")
    ordered = worst_first([WELL, HALF, GONE, second, SICK, worse])
    assert [each.name for each in ordered] == ["worse", "sick", "gone", "half", "well", "second"]


@pytest.mark.parametrize(
    ("summaries", "sentence"),
    [
        ([WELL], "Cluster well is well: nothing is seen failing."),
        ([WELL, WELL], "All 2 clusters are well: nothing is seen failing."),
        ([WELL, HALF], "1 of 2 clusters is not well."),
        ([SICK, GONE, WELL], "2 of 3 clusters are not well."),
    ],
)
def test_one_sentence_for_all(summaries: list[ClusterSummary], sentence: str) -> None:
    assert headline(summaries) == sentence


def test_what_a_job_stores_is_loaded_as_it_was() -> None:
    doubtful = replace(WELL, suspected=(FAULT,))
    assert load(dump([SICK, HALF, GONE, doubtful])) == [SICK, HALF, GONE, doubtful]


def test_what_an_earlier_version_stored_is_loaded() -> None:
    stored = dump([SICK])
    del stored[0]["suspected"]
    assert load(stored) == [SICK]


def test_programs_read_the_contracts_shapes() -> None:
    found = SICK.to_json()
    assert found["cluster"] == {"context": "sick", "reachable": True, "facts": {}}
    assert found["failing"][0]["since"] == "2026-11-20T18:59:00Z"
    assert (found["health"], found["more_failing"]) == ("failing", 2)
    doubted = replace(SICK, suspected=(FAULT,)).to_json()["suspected"]
    assert doubted == [{"entry": FAULT.entry, "title": FAULT.title, "reason": FAULT.reason}]
    assert found["reads"] == {"requests": 0, "bytes": 0, "cloud_calls": 0}
    told = Answer(question="", in_scope=True, confidence=1.0, cluster=None, requests=3, cloud_calls=7)
    assert summarize(told, "sick").to_json()["reads"] == {"requests": 3, "bytes": 0, "cloud_calls": 7}
    assert GONE.to_json()["cluster"]["reachable"] is False
