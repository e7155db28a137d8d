"""Cases, answers and feedback, alike on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.diagnosis.judge import Verdict
from bot.diagnosis.report import Report, ReportDiagnosis
from bot.store import Store
from bot.store.cases import BESIDE, PRIVATE, TALK, Case, Cases, StoredAnswer, case_id
from bot.store.feedback import Feedback, FeedbackBook
from bot.store.handovers import Handover, Handovers
from bot.store.settling import SettlingAnswer, SettlingAnswers
from knowledge.model import Kind

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)


def told(entry: str = "terway-mac-not-found", verdict: Verdict = Verdict.CONFIRMED) -> Report:
    diagnosis = ReportDiagnosis(
        entry=entry,
        title=f"Title of {entry}",
        kind=Kind.FAULT,
        verdict=verdict,
        score=0.9,
        rests_on_sign=True,
        elsewhere=False,
        reason="it waits",
    )
    return Report(
        question="pods stuck",
        in_scope=True,
        cluster=None,
        asked_at=None,
        told_at=NOON,
        diagnoses=(diagnosis,) if entry else (),
        elapsed_ms=120,
    )


def new(thread: str = "1.1", **more: object) -> Case:
    fixed = {"id": "", "team": "T1", "channel": "C1", "opened_by": "U1", "question": "pods stuck"}
    return Case(**{**fixed, "thread_ts": thread, "opened_at": NOON, "updated_at": NOON, **more})  # type: ignore[arg-type]


def answer(case: Case, id_: str = "T1:C1:1.1", **more: object) -> StoredAnswer:
    kept = StoredAnswer(
        id=id_,
        case_id=case.id,
        kind="ask",
        asked_at=NOON,
        asked_by="U1",
        question="pods stuck",
        report=told(),
        finished_at=LATER,
        cluster="prod",
        namespace="shop",
        channel="C1",
        message_ts="1.2",
    )
    return replace(kept, **more)  # type: ignore[arg-type]


def test_a_thread_has_one_case_whoever_opens_it(store: Store) -> None:
    cases = Cases(store)
    first = cases.open(new())
    assert first.id == case_id("T1", "C1", "1.1")
    assert first.id.startswith("NC-")
    assert len(first.id) == 9
    again = cases.open(replace(new(), question="something else", opened_at=LATER))
    assert again == first
    assert cases.get(first.id.lower()) == first
    assert cases.for_thread("T1", "C1", "1.1") == first
    assert cases.for_thread("T1", "C2", "1.1") is None
    assert cases.get("NC-NOSUCH") is None


def test_two_threads_whose_short_ids_are_equal_get_cases_of_their_own(store: Store) -> None:
    cases = Cases(store)
    wanted = case_id("T1", "C1", "1.1")
    with store.writing() as connection:
        from bot.store.schema import cases as table

        store.insert_if_absent(connection, table, **vars(new("9.9", id=wanted)))
    opened = cases.open(new("1.1"))
    assert opened.id != wanted
    assert opened.id.startswith(wanted)
    assert cases.open(new("1.1")).id == opened.id


def test_an_answer_brings_its_case_up_to_date_and_is_read_back_as_it_was(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    kept = answer(case)
    cases.save_answer(kept)
    assert cases.answer(kept.id) == kept
    assert cases.answer("nothing") is None
    now = cases.get(case.id)
    assert now is not None
    assert (now.entry, now.title, now.outcome) == ("terway-mac-not-found", "Title of terway-mac-not-found", "confirmed")
    assert (now.cluster, now.namespace, now.diagnosed_at, now.updated_at) == ("prod", "shop", LATER, LATER)
    cases.save_answer(replace(kept, report=told("another-entry")))
    assert cases.get(case.id) == now, "an answer that is kept already is not kept again"


def test_the_first_diagnosis_keeps_its_time_and_the_newest_gives_the_verdict(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    cases.save_answer(answer(case))
    later = LATER + timedelta(hours=1)
    cases.save_answer(answer(case, "recheck:1", kind="recheck", finished_at=later, report=told("b", Verdict.RULED_OUT)))
    now = cases.get(case.id)
    assert now is not None
    assert (now.diagnosed_at, now.outcome, now.entry, now.updated_at) == (LATER, "ruled_out", "b", later)
    assert [kept.id for kept in cases.answers(case.id)] == ["T1:C1:1.1", "recheck:1"]


def test_talk_that_fits_nothing_does_not_make_a_case_forgotten(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    cases.save_answer(answer(case, "first", report=told("")))
    assert cases.get(case.id).outcome == "unmatched"  # type: ignore[union-attr]
    cases.save_answer(answer(case, "second"))
    cases.save_answer(answer(case, "third", report=told(""), cluster="staging"))
    now = cases.get(case.id)
    assert now is not None
    assert (now.entry, now.outcome, now.cluster) == ("terway-mac-not-found", "confirmed", "prod")
    cases.save_answer(answer(case, "fourth", kind="recheck", report=told("")))
    again = cases.get(case.id)
    assert again is not None
    assert (again.entry, again.outcome) == ("terway-mac-not-found", "unmatched"), "a re-check that finds nothing counts"
    assert [found.id for found in cases.list_open("T1", "U9")] == [case.id]


def test_a_thread_has_one_case_a_cluster(store: Store) -> None:
    cases = Cases(store)
    prod, staging = cases.open(new(cluster="prod")), cases.open(new(cluster="staging", opened_at=LATER))
    assert prod.id == case_id("T1", "C1", "1.1")
    assert staging.id == case_id("T1", "C1", "1.1", cluster="staging")
    assert cases.open(new(cluster="staging", question="and on staging?")) == staging
    assert cases.open(new()) == prod, "where no cluster is read, it is the thread's"
    cases.save_answer(answer(prod, "a"))
    cases.save_answer(answer(staging, "b", cluster="staging", report=told("other")))
    assert cases.resolve(staging.id, "U1", LATER)
    of_thread = {case.cluster: (case.state, case.entry) for case in cases.of_thread("T1", "C1", "1.1")}
    assert of_thread == {"prod": ("open", "terway-mac-not-found"), "staging": ("resolved", "other")}
    assert [case.id for case in cases.list_open("T1", "U9")] == [prod.id]


def test_a_case_of_no_cluster_yet_becomes_that_of_the_first(store: Store) -> None:
    cases = Cases(store)
    first = cases.open(new())
    assert cases.open(new(cluster="prod")) == replace(first, cluster="prod")
    assert cases.open(new(cluster="staging")).id != first.id


def test_talk_becomes_the_case_of_what_is_asked_then(store: Store) -> None:
    cases = Cases(store)
    talk = cases.open(new(cluster="prod", question="good morning"))
    cases.save_answer(answer(talk, "a", report=told("")))
    assert cases.get(talk.id).state == TALK  # type: ignore[union-attr]
    asked = cases.open(new(cluster="staging"))
    assert asked.id == talk.id
    cases.save_answer(answer(asked, "b", cluster="staging"))
    now = cases.get(talk.id)
    assert now is not None
    assert (now.state, now.cluster, now.question) == ("open", "staging", "pods stuck")


def test_a_look_at_a_further_cluster_is_no_case_until_something_is_wrong_there(store: Store) -> None:
    cases = Cases(store)
    prod, staging = (cases.open(new(cluster=name)) for name in ("prod", "staging"))
    cases.save_answer(answer(prod, "a"))
    well = answer(staging, "b", cluster="staging", report=told("b", Verdict.RULED_OUT))
    cases.save_answer(well)
    assert cases.get(staging.id).state == BESIDE  # type: ignore[union-attr]
    assert [case.id for case in cases.list_open("T1", "U9")] == [prod.id]
    assert not cases.resolve(staging.id, "U1", LATER)
    cases.save_answer(replace(well, id="c", kind="recheck"))
    assert cases.get(staging.id).state == BESIDE  # type: ignore[union-attr]
    cases.save_answer(replace(well, id="d", kind="recheck", report=told("b", Verdict.SUSPECTED)))
    assert {case.id for case in cases.list_open("T1", "U9")} == {prod.id, staging.id}
    cases.save_answer(replace(well, id="e", kind="recheck"))
    assert cases.get(staging.id).state == "open", "what was wrong there stays until somebody resolves it"  # type: ignore[union-attr]


def test_what_is_ruled_out_first_in_a_thread_is_a_case(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new(cluster="prod"))
    cases.save_answer(answer(case, "a", report=told("b", Verdict.RULED_OUT)))
    assert [found.id for found in cases.list_open("T1", "U9")] == [case.id]


def test_what_is_said_next_is_about_what_is_open_and_confirmed(store: Store) -> None:
    cases = Cases(store)
    prod, staging, lab = (cases.open(new(cluster=name)) for name in ("prod", "staging", "lab"))

    def about() -> str:
        return cases.for_thread("T1", "C1", "1.1").cluster  # type: ignore[union-attr]

    def answered(case: Case, number: int, verdict: Verdict) -> None:
        at = LATER + timedelta(minutes=number)
        cases.save_answer(answer(case, str(number), report=told("a", verdict), cluster=case.cluster, finished_at=at))

    answered(prod, 1, Verdict.CONFIRMED)
    answered(staging, 2, Verdict.RULED_OUT)
    assert about() == "prod"
    answered(lab, 3, Verdict.CONFIRMED)
    assert about() == "lab"
    cases.resolve(lab.id, "U1", LATER + timedelta(minutes=4))
    assert about() == "prod"
    cases.resolve(prod.id, "U1", LATER + timedelta(minutes=5))
    assert about() == "prod", "the last one that was"


def test_an_answer_of_another_cluster_leaves_its_case_as_it_is(store: Store) -> None:
    """Earlier versions kept all answers of a thread in one case; those are looked at again."""
    cases = Cases(store)
    case = cases.open(new(cluster="prod"))
    cases.save_answer(answer(case, "a"))
    later = LATER + timedelta(minutes=1)
    cases.save_answer(answer(case, "b", kind="recheck", cluster="staging", report=told("other"), finished_at=later))
    now = cases.get(case.id)
    assert now is not None
    assert (now.entry, now.cluster, now.updated_at) == ("terway-mac-not-found", "prod", later)


def test_a_case_is_resolved_once_and_a_new_question_opens_it_again(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    cases.save_answer(answer(case))
    assert cases.resolve(case.id, "U2", LATER)
    assert not cases.resolve(case.id, "U3", LATER + timedelta(minutes=1))
    closed = cases.get(case.id)
    assert closed is not None
    assert (closed.state, closed.resolved_by, closed.resolved_at) == ("resolved", "U2", LATER)
    assert not cases.assign(case.id, "S1", LATER), "nobody is put on a resolved case"
    cases.save_answer(answer(case, "recheck:1", kind="recheck"))
    assert cases.get(case.id).state == "resolved", "a re-check does not open it"  # type: ignore[union-attr]
    cases.save_answer(answer(case, "T1:C1:1.9"))
    reopened = cases.get(case.id)
    assert reopened is not None
    assert (reopened.state, reopened.resolved_by, reopened.resolved_at) == ("open", "", None)


def test_lists_hold_what_everybody_may_see(store: Store) -> None:
    cases = Cases(store)
    found, unmatched, private, resolved = (
        cases.open(new("1.1")),
        cases.open(new("2.1")),
        cases.open(new("private:3", state=PRIVATE)),
        cases.open(new("4.1")),
    )
    waiting = cases.open(new("5.1"))  # nothing is known of it yet: somebody waits for an answer
    cases.save_answer(answer(found, "a"))
    cases.save_answer(answer(unmatched, "b", report=told("")))
    cases.save_answer(answer(private, "c", finished_at=LATER + timedelta(minutes=1)))
    cases.save_answer(answer(resolved, "d", finished_at=LATER + timedelta(minutes=2)))
    assert cases.resolve(resolved.id, "U2", LATER + timedelta(minutes=3))
    assert not cases.resolve(private.id, "U2", LATER)
    assert {case.id for case in cases.list_open("T1", "U9")} == {found.id, waiting.id}
    assert cases.count_open("T1") == 2
    assert (cases.list_open("T2", "U9"), cases.count_open("T2")) == ([], 0)
    assert [kept.id for _, kept in cases.recent_answers("T1", "U9")] == ["d", "a"], "no case is one of talk"
    assert len(cases.recent_answers("T1", "U9", most=1)) == 1


def test_a_case_is_taken_by_one_person(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    assert cases.take(case.id, "U1", LATER)
    assert not cases.take(case.id, "U2", LATER), "it has somebody"
    assert cases.get(case.id).assignee == "U1"  # type: ignore[union-attr]
    assert cases.assign(case.id, "S1", LATER)
    assert cases.take(case.id, "U2", LATER), "one of a group takes it from the group"
    assert not cases.take(case.id, "U2", LATER), "a second time changes nothing"
    cases.resolve(case.id, "U2", LATER)
    cases.assign(case.id, "", LATER)
    assert not cases.take(case.id, "U3", LATER), "nobody is put on a resolved case"
    assert cases.get(case.id).assignee == "U2"  # type: ignore[union-attr]


def test_of_many_who_take_a_case_at_once_one_has_it(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    with ThreadPoolExecutor(8) as pool:
        took = list(pool.map(lambda who: cases.take(case.id, f"U{who}", LATER), range(8)))
    assert took.count(True) == 1
    assert cases.get(case.id).assignee == f"U{took.index(True)}"  # type: ignore[union-attr]


def test_a_handing_over_is_kept_and_the_last_one_counts(store: Store) -> None:
    cases, handovers = Cases(store), Handovers(store)
    case = cases.open(new())
    kept = answer(case)
    cases.save_answer(kept)
    first = Handover(
        case_id=case.id,
        diagnosis_id=kept.id,
        handed_by="U1",
        handed_to=("U2", "U3"),
        at=LATER,
        channel="C1",
        message_ts="1.9",
    )
    assert handovers.of_case(case.id) is None
    handovers.save(first)
    handovers.save(first)
    assert handovers.of_case(case.id) == first
    handovers.save(replace(first, handed_to=("S1",), message_ts="2.9"))
    assert handovers.of_case(case.id) == replace(first, handed_to=("S1",), message_ts="2.9")


def test_who_is_on_it_and_where_it_stands(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new())
    cases.save_answer(answer(case, message_ts=""))
    assert cases.assign(case.id, "S1", LATER)
    cases.set_link(case.id, "https://slack.example/p1")
    cases.set_message("T1:C1:1.1", "C1", "1.7")
    now, kept = cases.get(case.id), cases.answer("T1:C1:1.1")
    assert now is not None
    assert kept is not None
    assert (now.assignee, now.link, kept.message_ts) == ("S1", "https://slack.example/p1", "1.7")


@pytest.mark.parametrize("helped", [True, False])
def test_the_last_word_counts_and_can_be_noted(store: Store, helped: bool) -> None:
    cases, book = Cases(store), FeedbackBook(store)
    case = cases.open(new())
    cases.save_answer(answer(case))
    word = Feedback(
        diagnosis_id="T1:C1:1.1", user="U1", case_id=case.id, entry="terway-mac-not-found", helped=not helped, at=NOON
    )
    assert not book.add_note("T1:C1:1.1", "U1", "nothing was said yet")
    book.save(word)
    book.save(replace(word, helped=helped, at=LATER))
    book.save(replace(word, user="U2"))
    assert book.add_note("T1:C1:1.1", "U1", "the node was rebooted")
    said = book.for_case(case.id)
    assert [(item.user, item.helped, item.note) for item in said] == [
        ("U2", not helped, ""),
        ("U1", helped, "the node was rebooted"),
    ]


def test_direct_messages_are_listed_for_their_asker_alone(store: Store) -> None:
    cases = Cases(store)
    case = cases.open(new(channel="D1", opened_by="U1"))
    cases.save_answer(answer(case, "a"))
    assert [found.id for found in cases.list_open("T1", "U1")] == [case.id]
    assert [kept.id for _, kept in cases.recent_answers("T1", "U1")] == ["a"]
    assert cases.list_open("T1", "U2") == []
    assert cases.recent_answers("T1", "U2") == []


def test_two_who_open_a_threads_case_at_the_same_moment_have_the_same_one(store: Store) -> None:
    cases = Cases(store)
    with ThreadPoolExecutor(2) as both:
        for number in range(60):
            start = threading.Barrier(2)

            def opened(thread: str = f"{number}.1", start: threading.Barrier = start) -> str:
                start.wait()
                return cases.open(new(thread)).id

            first, second = (both.submit(opened) for _ in range(2))
            assert first.result() == second.result() != ""


def test_two_presses_of_one_person_at_the_same_moment_are_one_word(store: Store) -> None:
    cases, book = Cases(store), FeedbackBook(store)
    case = cases.open(new())
    word = Feedback(diagnosis_id="", user="U1", case_id=case.id, entry="x", helped=True, at=LATER)
    with ThreadPoolExecutor(2) as both:
        for number in range(60):
            cases.save_answer(answer(case, f"a{number}"))
            given = replace(word, diagnosis_id=f"a{number}")
            for done in [both.submit(book.save, given) for _ in range(2)]:
                done.result()
    assert len(book.for_case(case.id)) == 60


def test_the_same_word_again_keeps_its_note_and_another_one_does_not(store: Store) -> None:
    cases, book = Cases(store), FeedbackBook(store)
    case = cases.open(new())
    cases.save_answer(answer(case, "a"))
    word = Feedback(diagnosis_id="a", user="U1", case_id=case.id, entry="x", helped=True, at=NOON)
    book.save(word)
    assert book.add_note("a", "U1", "a second vSwitch")
    book.save(replace(word, at=LATER))
    assert [(said.note, said.at) for said in book.for_case(case.id)] == [("a second vSwitch", LATER)]
    book.save(replace(word, helped=False))
    assert [(said.helped, said.note) for said in book.for_case(case.id)] == [(False, "")]


def test_the_first_answer_to_a_question_counts_and_holds_for_the_same_words(store: Store) -> None:
    cases, settling = Cases(store), SettlingAnswers(store)
    case = cases.open(new())
    cases.save_answer(answer(case))
    cases.save_answer(answer(case, "T1:C1:1.2", kind="recheck"))
    cases.save_answer(answer(case, "T1:C1:1.3", question="other words"))
    yes = SettlingAnswer(diagnosis_id="T1:C1:1.1", entry="a-thing", case_id=case.id, yes=True, user="U1", at=NOON)
    settling.save(yes)
    settling.save(replace(yes, yes=False, user="U2"))
    assert settling.given_below("T1:C1:1.1") == {"a-thing": yes}
    assert settling.given_below("T1:C1:1.2") == {}
    assert settling.known(case.id, "pods stuck") == {"a-thing": yes}
    assert settling.known(case.id, "other words") == {}
    assert settling.known_to(["T1:C1:1.2", "T1:C1:1.3", "not there"]) == {"T1:C1:1.2": {"a-thing": yes}}
    later = replace(yes, diagnosis_id="T1:C1:1.2", yes=False, user="U2", at=LATER)
    settling.save(later)
    assert settling.known(case.id, "pods stuck") == {"a-thing": later}
    assert settling.known_to(["T1:C1:1.1"]) == {"T1:C1:1.1": {"a-thing": later}}
