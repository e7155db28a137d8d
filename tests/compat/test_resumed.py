"""The present version, started on what version 0.1 left behind: it finishes the work, and all buttons still lead on.

One process serves all of these tests, so they stand in order: first what was under way, then what people do.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.audit.filters import ACTIONS
from tests.compat.conftest import Resumed, slack_then, text

pytestmark = pytest.mark.asyncio(loop_scope="module")
THEN = slack_then()
NAMES = json.loads(text("names.json"))
LATER_KINDS = frozenset({"askers"})  # of versions after it
LATER_ACTIONS = frozenset({"case.joined"})
JOBS = (
    "SELECT s.workflow_uuid AS key, s.status, s.name, coalesce(s.inputs, i.inputs) AS inputs FROM workflow_status s"
    " LEFT JOIN workflow_input i ON i.workflow_uuid = s.workflow_uuid ORDER BY s.created_at"
)


def job_steps(resumed: Resumed) -> list[tuple[str, list[str]]]:
    """The kind of each finished job, with its steps in the order in which they were done."""
    done = resumed.data.rows("SELECT workflow_uuid, function_name FROM operation_outputs ORDER BY function_id")
    steps: dict[str, list[str]] = {}
    for row in done:
        steps.setdefault(row["workflow_uuid"], []).append(row["function_name"])
    jobs = [row for row in resumed.data.rows(JOBS) if row["status"] == "SUCCESS"]
    return [(json.loads(row["inputs"])["args"][0], steps.get(row["key"], [])) for row in jobs]


async def test_what_was_under_way_is_done_once(resumed: Resumed) -> None:
    """Not begun, begun, posted without an answer from Slack, read and not shown: one answer each."""
    before = {row["id"] for row in resumed.data.rows("SELECT id FROM diagnoses")}
    await resumed.over()
    await resumed.shows("pending_begun", "CONFIRMED", 1)
    await resumed.shows("pending_posted", "CONFIRMED", 1)
    await resumed.shows("pending_read", "CONFIRMED", 1)
    await resumed.shows("pending_recheck", "Still there", 2)
    await resumed.shows("pending_hand_over", "hands this case to you", 2)
    assert "NC-" in (await resumed.alone("ada", "NC-")).plain, "/netclinic cases"
    home = await resumed.slack.until(lambda: resumed.slack.home("sam"), 60)
    assert "prod" in home.plain
    posted = [m for m in resumed.slack.messages("ops") if m.plain.startswith("Handoff") and not m.thread_ts]
    assert len(posted) == 2, "the frozen one, and the one that was made and not posted"
    _, *below = resumed.slack.thread("ops", posted[-1].ts)
    assert [file.name.rpartition(".")[2] for message in below for file in message.files] == ["png", "md"]
    after = {row["id"] for row in resumed.data.rows("SELECT id FROM diagnoses")}
    assert len(after - before) <= 3
    assert {row["status"] for row in resumed.data.rows("SELECT status FROM workflow_status")} == {"SUCCESS"}


@pytest.mark.parametrize(
    ("place", "button"),
    [
        *(("confirmed", "evidence"), ("rechecked", "evidence"), ("suspected", "evidence"), ("ruled_out", "evidence")),
        *(("confirmed", "steps"), ("rechecked", "steps"), ("suspected", "steps"), ("ruled_out", "steps")),
    ],
)
async def test_what_a_stored_answer_shows(resumed: Resumed, place: str, button: str) -> None:
    message = resumed.answer(place)
    await resumed.slack.people.press("ada", message, button)
    (modal,) = await resumed.slack.until(lambda: resumed.slack.modals("ada"), 60)
    await resumed.slack.people.close("ada")
    value = next(element["value"] for _, element in message.elements if element["action_id"] == button)
    assert modal.body["callback_id"] == f"{button}_view"
    assert json.loads(modal.body["private_metadata"]) == json.loads(value)
    title = resumed.data.rows("SELECT title FROM diagnoses WHERE message_ts = ?", message.ts)[0]["title"]
    assert title in modal.plain or (place, button) == ("ruled_out", "steps"), "what is not so needs no steps"
    if place == "confirmed":
        gone = set(_words(THEN["views"][button])) - set(_words(modal.body))
        assert [words for words in gone if words not in modal.plain] == [], "it reads as it did, in pieces or whole"


def _words(part: Any) -> list[str]:
    """All that is written in it, one by one; ages apart, which grow."""
    if isinstance(part, list):
        return [word for item in part for word in _words(item)]
    if isinstance(part, dict):
        own = [part["text"]] if isinstance(part.get("text"), str) else []
        return own + [word for value in part.values() for word in _words(value)]
    return []


async def test_a_word_on_an_answer_and_a_note_in_a_form_that_was_open(resumed: Resumed) -> None:
    for place, button in (("guide", "helped"), ("ruled_out", "not_helped")):
        await resumed.slack.people.press("sam", resumed.answer(place), button)
        await resumed.slack.until(lambda: resumed.slack.modals("sam"), 60)
        await resumed.slack.people.close("sam")
    resumed.slack.surfaces.open("U0LIN00002", THEN["views"]["not_helped"])
    assert await resumed.slack.people.submit("lin", {"note": "It was the quota."}) == {}
    await resumed.over()
    rows = resumed.data.rows('SELECT "user", helped, note FROM feedback')
    found = {(row["user"], bool(row["helped"]), row["note"]) for row in rows}
    assert found == {
        ("U0ADA00001", True, "It named the vSwitch at once."),
        ("U0SAM00003", True, ""),
        ("U0SAM00003", False, ""),
        ("U0LIN00002", False, "It was the quota."),
    }


@pytest.mark.parametrize(
    ("place", "shown"), [("ruled_out", "RULED OUT"), ("suspected", "SUSPECTED"), ("guide", "ANSWER")]
)
async def test_a_stored_answer_is_checked_again(resumed: Resumed, place: str, shown: str) -> None:
    before = resumed.answer(place)
    then, said = [dict(block) for block in before.blocks], len(resumed.slack.replies(*resumed.places[place]))
    await resumed.slack.people.press("ada", before, "recheck")
    await resumed.slack.until(lambda: len(resumed.slack.replies(*resumed.places[place])) == said + 1, 60)
    await resumed.slack.until(lambda: shown in before.plain and "Nothing was changed · " in before.plain, 60)
    before.blocks = then  # as another client may still show it
    await resumed.slack.people.press("ada", before, "recheck")
    await resumed.alone("ada", "is being checked again, or was already")


async def test_an_answer_that_only_one_person_saw_is_checked_again(resumed: Resumed) -> None:
    private = next(m for m in resumed.slack.ephemerals("sam") if "CONFIRMED" in m.plain)
    await resumed.slack.people.press("sam", private, "evidence")
    await resumed.slack.until(lambda: resumed.slack.modals("sam"), 60)
    await resumed.slack.people.close("sam")
    await resumed.slack.people.press("sam", private, "recheck")
    await resumed.slack.until(lambda: "Still there" in private.plain, 60)


async def test_a_case_is_handed_over_and_another_resolved(resumed: Resumed) -> None:
    await resumed.slack.people.press("ada", resumed.answer("suspected"), "hand_over")
    await resumed.shows("suspected", "hands this case to you")
    await resumed.slack.people.press("ada", resumed.answer("confirmed"), "resolve")
    await resumed.shows("confirmed", "Resolved by")
    (row,) = resumed.data.rows(
        "SELECT state, resolved_by FROM cases WHERE thread_ts = ?", resumed.places["confirmed"][1]
    )
    assert (row["state"], row["resolved_by"]) == ("resolved", "U0ADA00001")


@pytest.mark.parametrize("place", ["menu", "menu_of_message"])
async def test_a_question_that_waits_for_its_cluster(resumed: Resumed, place: str) -> None:
    menu = resumed.answer(place)
    await resumed.slack.people.choose("ada", menu, "choose_cluster", "calm")
    await resumed.slack.until(lambda: "Which cluster" not in menu.plain and "Nothing was changed" in menu.plain, 60)


async def test_a_posted_handoff_is_taken(resumed: Resumed) -> None:
    channel, ts = resumed.places["handoff"]
    message = resumed.slack.team.find(channel, ts)
    assert message is not None
    await resumed.slack.people.press("lin", message, "handoff_taken")
    await resumed.slack.until(lambda: "has it since" in message.plain, 60)


async def test_home_and_the_form_as_they_stood(resumed: Resumed) -> None:
    home = resumed.slack.surfaces.publish("U0ADA00001", THEN["views"]["home"])
    await resumed.slack.people.press("ada", home, "home_recheck")
    await resumed.over()
    home = resumed.slack.surfaces.publish("U0ADA00001", THEN["views"]["home"])
    await resumed.slack.people.press("ada", home, "open_form")
    (opened,) = await resumed.slack.until(lambda: resumed.slack.modals("ada"), 60)
    assert opened.body["callback_id"] == THEN["views"]["form"]["callback_id"]
    await resumed.slack.people.close("ada")
    resumed.slack.surfaces.open("U0SAM00003", THEN["views"]["form"])
    filled = {"symptom": "pods stuck in ContainerCreating", "cluster": "prod", "channel": "C0RANDOM03"}
    assert await resumed.slack.people.submit("sam", filled) == {}

    def answered() -> Any:
        return [m for m in resumed.slack.messages("random") if "CONFIRMED" in m.plain and not m.thread_ts]

    await resumed.slack.until(answered, 60)


async def test_every_button_that_was_posted_is_pressed_above() -> None:
    pressed = {
        *("evidence", "steps", "helped", "not_helped", "recheck", "hand_over", "resolve"),
        *("choose_cluster", "handoff_taken", "home_recheck", "open_form"),
    }
    assert (
        set(_action_ids([m.get("blocks") for m in THEN["messages"]])) | set(_action_ids(THEN["views"]["home"]))
        == pressed
    )


def _action_ids(part: Any) -> list[str]:
    if isinstance(part, list):
        return [found for item in part for found in _action_ids(item)]
    if isinstance(part, dict):
        own = [part["action_id"]] if "action_id" in part else []
        return own + [found for value in part.values() for found in _action_ids(value)]
    return []


async def test_commands_tell_of_what_is_stored(resumed: Resumed) -> None:
    async def typed(words: str, shown: str) -> str:
        before = len(resumed.slack.ephemerals("sam"))
        await resumed.slack.people.command("sam", "ops", f"/netclinic {words}")

        def there() -> str:
            return next((m.plain for m in resumed.slack.ephemerals("sam")[before:] if shown in m.plain), "")

        return await resumed.slack.until(there, 60)

    case = resumed.data.rows("SELECT id FROM cases WHERE thread_ts = ?", resumed.places["ruled_out"][1])[0]["id"]
    assert "The vSwitch behind Terway" in await typed("cases", case)
    await typed(f"audit show {case}", "question.received")
    assert "chain holds" in await typed("audit verify", "chain")
    (handoff,) = resumed.data.rows("SELECT id FROM handoffs WHERE message_ts = ?", resumed.places["taken"][1])
    await typed(f"handoff {handoff['id']}", handoff["id"])


async def test_jobs_and_their_steps_are_called_as_they_were(resumed: Resumed) -> None:
    """A job that an older version began is resumed by the names of its steps, in their order."""
    await resumed.over()
    known = NAMES["steps"]
    done = [(kind, steps) for kind, steps in job_steps(resumed) if kind not in LATER_KINDS]
    unknown = {(kind, *steps) for kind, steps in done if not _goes_on(steps, known.get(kind, []))}
    assert not unknown, sorted(unknown)
    assert {kind for kind, _ in done} <= set(known)
    assert {row["name"] for row in resumed.data.rows(JOBS)} == {NAMES["workflow"]}


def _goes_on(steps: Sequence[str], known: Sequence[Sequence[str]]) -> bool:
    """Whether they begin as they did: steps that follow the last one break no job that was begun before, nor do steps
    that are not made, such as an anchor's post where no channel is named (at midnight, one is due)."""
    return any(list(steps[: len(each)]) == list(each[: len(steps)]) for each in known)


async def test_what_is_recorded_is_called_as_it_was(resumed: Resumed) -> None:
    rows = resumed.data.rows("SELECT DISTINCT action FROM audit_records")
    assert {row["action"] for row in rows} <= set(NAMES["actions"]) | LATER_ACTIONS
    fresh = resumed.data.rows("SELECT DISTINCT action FROM audit_records WHERE seq > ?", resumed.frozen_records)
    # Which of them depends on the tests that ran in this process before: what was left undone at least goes on.
    assert {row["action"] for row in fresh} >= {
        "question.received",
        "cluster.read",
        "verdict.reached",
        "message.posted",
    }
    assert set(NAMES["recorded"]) <= set(ACTIONS)
