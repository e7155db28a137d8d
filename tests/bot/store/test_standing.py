"""Which case a question stands with, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportCluster, ReportDiagnosis, ReportEvidence
from bot.store import Store, open_store
from bot.store.alerts import Alerts, KnownAlert
from bot.store.cases import JOINED, OPEN, RESOLVED, TALK, Case, Cases, StoredAnswer
from bot.store.standing import STANDS_FOR, StandingCases
from knowledge.model import Kind

NOW = datetime(2026, 11, 29, 1, 0, tzinfo=UTC)
EVERYWHERE = {"C1": True, "C2": True, "C3": True, "D1": True}


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Store:
    return open_store(database_url, tmp_path)


def report(entry: str = "out-of-ips", verdict: Verdict = Verdict.CONFIRMED, cluster: str = "prod") -> Report:
    seen = ReportEvidence(object="Pod shop/web-0", excerpt="IpNotEnough", seen=NOW, check="kubectl get pods")
    item = ReportDiagnosis(
        **{"entry": entry, "title": f"Title of {entry}", "kind": Kind.FAULT, "verdict": verdict, "score": 0.9},
        **{"rests_on_sign": True, "elsewhere": False, "reason": "because", "evidence": (seen,)},
    )
    read = ReportCluster(name=cluster, reachable=True)
    return Report(question="pods stuck", in_scope=True, cluster=read, asked_at=NOW, told_at=NOW, diagnoses=(item,))


def answer(store: Store, ts: str, told: Report | None = None, *, at: datetime = NOW, **other: Any) -> StoredAnswer:
    """An answer in a thread of its own, whose case is opened."""
    told, channel, by = told or report(), other.pop("channel", "C1"), other.pop("by", f"U{ts[0]}")
    case = Case(
        **{"id": "", "team": "T", "channel": channel, "thread_ts": ts, "opened_at": at, "opened_by": by},
        **{"question": told.question, "updated_at": at},
    )
    opened = Cases(store).open(case)
    of_answer: dict[str, Any] = {
        **{"id": f"{channel}:{ts}", "case_id": opened.id, "kind": "ask", "asked_at": at, "asked_by": by},
        **{"question": told.question, "report": told, "finished_at": at, "channel": channel},
        "cluster": told.cluster.name if told.cluster else "",
    }
    return StoredAnswer(**{**of_answer, **other})


def keep(store: Store, kept: StoredAnswer) -> str:
    found = StandingCases(store).keep("T", kept, EVERYWHERE)
    assert not found.unsure
    return found.same_as


def test_the_second_thread_joins_the_first_and_stands_in_no_list(store: Store) -> None:
    first, second = answer(store, "1.1"), answer(store, "2.1", channel="C2")
    assert keep(store, first) == ""
    assert keep(store, second) == first.case_id
    assert keep(store, second) == first.case_id, "done again, it is where it was"
    assert keep(store, first) == ""
    cases = Cases(store)
    joined = cases.get(second.case_id)
    assert joined is not None
    assert (joined.state, joined.same_as, joined.entry) == (JOINED, first.case_id, "out-of-ips")
    assert [case.id for case in cases.list_open("T", "U9")] == [first.case_id]
    assert cases.count_open("T") == 1
    assert [case.id for case, _ in cases.recent_answers("T", "U9")] == [first.case_id]
    assert StandingCases(store).askers([first.case_id]) == {first.case_id: {"U1", "U2"}}
    assert StandingCases(store).joined(first.case_id) == [second.case_id]


@pytest.mark.parametrize(
    "other",
    [
        {"told": report("another-cause")},
        {"told": report(verdict=Verdict.SUSPECTED)},
        {"told": report(cluster="staging")},
        {"at": NOW + STANDS_FOR + timedelta(minutes=1)},
        {"namespace": "pay"},
        {"told": replace(report(), cluster=None)},
        {"told": replace(report(), cluster=ReportCluster(name="prod", reachable=False))},
    ],
)
def test_what_is_something_else_does_not_join(store: Store, other: dict[str, Any]) -> None:
    keep(store, answer(store, "1.1"))
    assert keep(store, answer(store, "2.1", **other)) == ""


def test_neither_does_what_was_resolved_checked_or_asked_in_a_direct_message(store: Store) -> None:
    keep(store, answer(store, "1.1", channel="D1"))
    keep(store, answer(store, "2.1", kind="check"))
    resolved = answer(store, "3.1")
    keep(store, resolved)
    Cases(store).resolve(resolved.case_id, "U3", NOW)
    assert keep(store, answer(store, "4.1")) == ""


def test_a_follow_up_in_a_thread_of_its_own_is_no_new_question(store: Store) -> None:
    first, second = answer(store, "1.1"), answer(store, "2.1", report("another-cause"))
    keep(store, first)
    keep(store, second)
    later = replace(second, id="later", report=report(), finished_at=NOW + timedelta(minutes=1))
    assert keep(store, later) == ""


def test_nothing_is_kept_before_it_is_known_what_may_be_told(store: Store) -> None:
    first, second = answer(store, "1.1", channel="C3"), answer(store, "2.1")
    keep(store, first)
    standing = StandingCases(store)
    assert standing.keep("T", second, {"C1": True}).unsure == {"C3"}
    assert Cases(store).answer(second.id) is None
    assert standing.keep("T", second, {"C1": True, "C3": False}).same_as == ""
    assert Cases(store).get(second.case_id).state == OPEN  # type: ignore[union-attr]


def test_another_question_in_a_joined_thread_makes_it_a_case_of_its_own(store: Store) -> None:
    first, second = answer(store, "1.1"), answer(store, "2.1")
    keep(store, first)
    keep(store, second)
    cases = Cases(store)

    def state() -> tuple[str, str]:
        found = cases.get(second.case_id)
        assert found is not None
        return found.state, found.same_as

    cases.save_answer(replace(second, id="same again"))
    assert state() == (JOINED, first.case_id)
    cases.save_answer(replace(second, id="other", report=report("another-cause")))
    assert state() == (OPEN, "")


def test_an_alert_is_nobody_who_asks(store: Store) -> None:
    first, second = answer(store, "1.1", by="Alertmanager"), answer(store, "2.1")
    named = dict.fromkeys(("job", "team", "cause", "kin", "cluster", "name"), "x")
    Alerts(store).place(KnownAlert(key="a", channel="C1", first_at=NOW, last_at=NOW, **named))
    Alerts(store).set_thread("a", "1.1", first.case_id)
    keep(store, first)
    assert keep(store, second) == first.case_id
    assert StandingCases(store).askers([first.case_id]) == {first.case_id: {"U2"}}


def test_who_asks_about_a_further_cluster_below_an_alert_is_somebody(store: Store) -> None:
    first = answer(store, "1.1", by="Alertmanager")
    named = dict.fromkeys(("job", "team", "cause", "kin", "cluster", "name"), "x")
    Alerts(store).place(KnownAlert(key="a", channel="C1", first_at=NOW, last_at=NOW, **named))
    Alerts(store).set_thread("a", "1.1", first.case_id)
    keep(store, first)
    about = {"id": "", "team": "T", "channel": "C1", "thread_ts": "1.1", "opened_by": "U5", "question": "and there?"}
    at = NOW + timedelta(minutes=1)
    further = Cases(store).open(Case(**about, opened_at=at, updated_at=at, cluster="staging"))
    assert further.id != first.case_id
    told = report(cluster="staging")
    keep(store, replace(first, id="b", case_id=further.id, asked_by="U5", report=told, cluster="staging"))
    assert StandingCases(store).askers([further.id]) == {further.id: {"U5"}}
    assert StandingCases(store).askers([first.case_id]) == {}


@pytest.mark.parametrize(
    ("standing", "alerts", "joins"), [("", "shop", True), ("shop", "shop", True), ("pay", "shop", False)]
)
def test_an_alert_names_a_namespace_and_a_pod_of_its_own(store: Store, standing: str, alerts: str, joins: bool) -> None:
    first = answer(store, "1.1", namespace=standing)
    keep(store, first)
    told = replace(report(), question="KubePodNotReady pod shop/web-9 is not ready")
    second = answer(store, "2.1", told, namespace=alerts)
    found = StandingCases(store).keep("T", second, EVERYWHERE, is_alert=True)
    assert found.same_as == (first.case_id if joins else "")


def test_who_asks_about_a_pod_of_their_own_wants_to_hear_of_it(store: Store) -> None:
    keep(store, answer(store, "1.1"))
    told = replace(report(), question="pod shop/web-9 is not ready")
    assert keep(store, answer(store, "2.1", told)) == ""


def test_alerts_that_stand_elsewhere_are_counted_with_their_storm(store: Store) -> None:
    first, second, standing = answer(store, "1.1"), answer(store, "2.1", by="Alertmanager"), StandingCases(store)
    keep(store, first)
    named = dict.fromkeys(("job", "team", "cause", "kin", "cluster", "name"), "x")
    for key in ("a", "b"):
        Alerts(store).place(KnownAlert(key=key, channel="C1", first_at=NOW, last_at=NOW, **named))
    Alerts(store).set_thread("a", "2.1")
    assert standing.count_alerts(first.case_id) == 0
    standing.keep("T", second, EVERYWHERE, is_alert=True)
    assert standing.count_alerts(first.case_id) == 2
    assert standing.askers([first.case_id]) == {first.case_id: {"U1"}}
    assert standing.count_alerts("NC-OTHER") == 0


def test_where_nothing_fits_and_nothing_was_read_there_is_no_case_until_something_does(store: Store) -> None:
    nothing = Report(question="the weather", in_scope=False, cluster=None, asked_at=None, told_at=NOW)
    asked, cases = answer(store, "1.1", nothing), Cases(store)
    keep(store, asked)
    assert cases.get(asked.case_id).state == TALK  # type: ignore[union-attr]
    assert cases.recent_answers("T", "U1") == []
    assert cases.answer(asked.id) is not None
    cases.save_answer(replace(asked, id="still talk"))
    assert cases.get(asked.case_id).state == TALK  # type: ignore[union-attr]
    cases.save_answer(replace(asked, id="a fault", report=report()))
    assert cases.get(asked.case_id).state == OPEN  # type: ignore[union-attr]
    cases.save_answer(replace(asked, id="talk again"))
    assert cases.get(asked.case_id).state == OPEN  # type: ignore[union-attr]
    cases.resolve(asked.case_id, "U1", NOW)
    cases.save_answer(replace(asked, id="talk after it"))
    assert cases.get(asked.case_id).state == RESOLVED  # type: ignore[union-attr]


@pytest.mark.parametrize(("reachable", "state"), [(True, OPEN), (False, TALK)])
def test_a_cluster_that_was_read_is_a_case_though_nothing_fits(store: Store, reachable: bool, state: str) -> None:
    nothing = Report(question="odd", in_scope=False, cluster=None, asked_at=None, told_at=NOW)
    told = replace(nothing, cluster=ReportCluster(name="prod", reachable=reachable))
    asked = answer(store, "1.1", told)
    keep(store, asked)
    assert Cases(store).get(asked.case_id).state == state  # type: ignore[union-attr]


def test_a_case_stays_one_though_its_cluster_cannot_be_read_any_more(store: Store) -> None:
    first, cases = answer(store, "1.1"), Cases(store)
    keep(store, first)
    gone = Report(
        question="odd",
        in_scope=False,
        cluster=ReportCluster(name="prod", reachable=False),
        asked_at=None,
        told_at=NOW,
    )
    cases.save_answer(replace(first, id="again", kind="recheck", report=gone))
    found = cases.get(first.case_id)
    assert found is not None
    assert (found.state, found.entry, found.outcome) == (OPEN, "out-of-ips", "unmatched")
