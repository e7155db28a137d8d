"""Buttons: who presses, how late, twice, after a restart, and with values that nobody gave out."""

import asyncio
import copy
import json
import re
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.slack.blocks.action_ids import parse_menu_value
from bot.store.cases import Cases
from bot.store.feedback import FeedbackBook
from bot.store.schema import audit_records
from tests.scenes import OpenScene, Scene

OUT = {"prod": "terway-out-of-ips"}


async def answered(scene: Scene, channel: str = "inc-shop") -> Any:
    """A question's answer."""
    ts = await scene.slack.people.say("ada", channel, "@netclinic pods stuck in ContainerCreating")
    return await scene.answer(channel, ts)


def revalued(message: Any, **changes: Any) -> None:
    """Give all buttons of a message another value."""
    for block in message.blocks:
        for element in block.get("elements", []) if block["type"] == "actions" else []:
            for option in element.get("options", []):
                action, value = parse_menu_value(option["value"])
                wanted = {**json.loads(value or "{}"), **changes}
                option["value"] = f"{action} {wanted.get('case')} {wanted.get('at')} {wanted.get('diagnosis')}"
            if "value" in element:
                element["value"] = json.dumps({**json.loads(element["value"]), **changes})


def replies(scene: Scene, answer: Any) -> int:
    """How many messages the bot has in the thread."""
    return len(scene.slack.replies(answer.channel, answer.thread_ts))


async def test_buttons_work_after_a_restart(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        await scene.bot.stop()
        await scene.bot.start()
        await scene.slack.until_connected()
        await scene.slack.people.press("lin", answer, "evidence")
        assert "InvalidVSwitchId.IpNotEnough" in scene.slack.modals("lin")[-1].plain
        await scene.slack.people.press("lin", answer, "Re-check")
        await scene.slack.until(
            lambda: "Still there" in scene.slack.replies("inc-shop", answer.thread_ts)[-1].plain, 60
        )
        assert replies(scene, answer) == 2


async def test_old_buttons_say_that_they_are_old(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_BUTTONS_EXPIRE_HOURS": "0.00001"}) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "Resolve")
        await scene.alone("lin", "These buttons are older than 1e-05 hours and no longer work: ask again")
        await scene.slack.people.press("ada", answer, "evidence")
        await scene.alone("ada", "no longer work")
        assert scene.slack.modals("ada") == []
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        assert case.state == "open"


async def test_a_value_that_nobody_gave_out_does_nothing(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        other = await answered(scene, "ops")
        case, diagnosis = (json.loads(other.elements[0][1]["value"])[name] for name in ("case", "diagnosis"))
        for changes, words in (
            ({"case": "NC-XXXXXX"}, "not stored here any more"),
            ({"diagnosis": "no'; DROP TABLE cases; --"}, "not stored here any more"),
            ({"case": case}, "not stored here any more"),
            ({"case": case, "diagnosis": diagnosis}, "belongs to another channel"),
            ({"at": "x"}, "This button leads nowhere"),
        ):
            revalued(answer, **changes)
            await scene.slack.people.press("sam", answer, "Resolve")
            await scene.alone("sam", words)
            revalued(answer, case=case, at=0)
        assert len(Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")) == 1, "one stands for both"


async def test_two_people_resolve_one_case(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        people = scene.slack.people
        await asyncio.gather(people.press("lin", answer, "Resolve"), people.press("sam", answer, "Resolve"))
        await scene.slack.until(
            lambda: "Resolved by" in scene.slack.replies("inc-shop", answer.thread_ts)[-1].plain, 60
        )
        seen = await scene.slack.until(lambda: scene.slack.ephemerals("lin") + scene.slack.ephemerals("sam"), 60)
        assert len(seen) == 1
        assert "was resolved already by" in seen[0].plain


async def test_a_double_click_on_recheck_checks_once(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        people = scene.slack.people
        await asyncio.gather(*(people.press("lin", answer, "Re-check") for _ in range(3)))
        await scene.slack.until(
            lambda: "Still there" in scene.slack.replies("inc-shop", answer.thread_ts)[-1].plain, 60
        )
        await scene.slack.until(lambda: len(scene.slack.ephemerals("lin")) == 2, 60)
        assert replies(scene, answer) == 2
        assert len(scene.slack.ephemerals("lin")) == 2


SETTING = {"prod": "flannel-hairpin-off"}
QUESTION = "@netclinic our service times out now and then when it is called, flannel"


async def asked_to_settle(scene: Scene) -> Any:
    """An answer that asks the question of hairpin mode."""
    ts = await scene.slack.people.say("ada", "inc-shop", QUESTION)
    return await scene.answer("inc-shop", ts, "To settle it: Does it fail only from the pods behind the Service")


async def test_the_first_press_settles_it_whoever_presses_after(open_scene: OpenScene) -> None:
    async with open_scene(SETTING) as scene:
        answer = await asked_to_settle(scene)
        shown = [dict(block) for block in answer.blocks]
        people = scene.slack.people
        await asyncio.gather(*(people.press("lin", answer, "Yes") for _ in range(2)))
        await scene.answer("inc-shop", answer.thread_ts, "CONFIRMED on prod: Hairpin mode is off")
        first = scene.slack.replies("inc-shop", answer.thread_ts)[0]
        await scene.slack.until(lambda: "Lin Wei answered" in first.plain, 60)
        assert "Yes" not in [element["text"]["text"] for _, element in first.elements if element["type"] == "button"]
        await scene.alone("lin", "already: the newest answer in this thread goes by it")  # who it was may not be stored
        first.blocks = shown  # as another client may still show it
        await people.press("sam", first, "No")
        await scene.alone("sam", "Lin Wei answered yes already")
        assert replies(scene, answer) == 2
        with scene.services.audit_log.store.reading() as connection:
            found = connection.execute(text("SELECT outcome, entry FROM audit_records WHERE action='question.settled'"))
            assert [tuple(row) for row in found] == [("yes", "flannel-hairpin-off")]


async def test_an_answer_that_cannot_be_given_any_more_says_so(open_scene: OpenScene) -> None:
    async with open_scene(SETTING, settings={"NETCLINIC_BUTTONS_EXPIRE_HOURS": "0.00001"}) as scene:
        answer = await asked_to_settle(scene)
        await scene.slack.people.press("lin", answer, "No")
        await scene.alone("lin", "These buttons are older than 1e-05 hours and no longer work: ask again")
        assert replies(scene, answer) == 1


async def test_a_question_that_no_entry_asks_leads_nowhere(open_scene: OpenScene) -> None:
    async with open_scene(SETTING) as scene:
        answer = await asked_to_settle(scene)
        revalued(answer, entry="terway-healthy")
        await scene.slack.people.press("lin", answer, "No")
        await scene.alone("lin", "This question cannot be answered here any more: ask again")
        assert replies(scene, answer) == 1


async def test_a_resolved_case_is_not_checked_again_until_somebody_asks_in_it(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        buttons = [dict(block) for block in answer.blocks]
        await scene.slack.people.press("lin", answer, "Resolve")
        shown = await scene.answer("inc-shop", answer.thread_ts, "Resolved by")
        answer.blocks = buttons  # as another client may still show it
        await scene.slack.people.press("sam", answer, "Re-check")
        await scene.alone("sam", "was resolved already by Lin Wei. A new question in its thread opens it again.")
        await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating", shown.thread_ts)
        await scene.slack.until(lambda: Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001"), 60)


async def test_feedback_is_kept_with_its_note_and_shown(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "It helped")
        await scene.slack.until(lambda: scene.slack.modals("lin"))
        await scene.answer("inc-shop", answer.thread_ts, "helped, says <@U0LIN00002>")
        assert await scene.slack.people.submit("lin", {"note": "a second vSwitch"}) == {}
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        (word,) = FeedbackBook(scene.services.store).for_case(case.id)
        assert (word.helped, word.note, word.entry) == (True, "a second vSwitch", "terway-vswitch-out-of-ips")


async def test_handing_over_is_not_offered_without_a_group_and_an_older_button_says_what_to_set(
    open_scene: OpenScene,
) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        assert "Hand to on-call" not in answer.plain
        row = next(block["elements"] for block in answer.blocks if block["type"] == "actions")
        row.append({**row[0], "action_id": "hand_over", "text": {"type": "plain_text", "text": "Hand to on-call"}})
        await scene.slack.people.press("lin", answer, "Hand to on-call")
        await scene.alone("lin", "set NETCLINIC_ONCALL_GROUP to a user group, or NETCLINIC_ONCALL to people")


async def test_a_case_is_handed_over_once_and_in_the_channel_of_the_settings(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_ONCALL_GROUP": "oncall", "NETCLINIC_ONCALL_CHANNEL": "#ops"}
    async with open_scene(OUT, settings=settings) as scene:
        answer = await answered(scene)
        await asyncio.gather(*(scene.slack.people.press(who, answer, "Hand to on-call") for who in ("ada", "sam")))
        await scene.answer("inc-shop", answer.thread_ts, "handed to on-call")
        seen = await scene.slack.until(lambda: scene.slack.ephemerals("ada") + scene.slack.ephemerals("sam"), 60)
        assert "was handed to on-call already" in seen[0].plain
        (told,) = scene.slack.messages("ops")
        assert "<!subteam^S0ONCALL01>" in told.text
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        assert case.assignee == "S0ONCALL01"
        assert case.id in told.plain


def handed_over(scene: Scene, channel: str, words: str = "hands this case to you") -> Any:
    """The hand-over message in a channel or thread, once it holds the words."""
    found = [m for m in scene.slack.messages(channel) if "hands this case to you" in m.plain and words in m.plain]
    return found[-1] if found else None


def offers(message: Any, label: str) -> bool:
    """Whether a button or an option of a menu says so."""
    parts = [part for block in message.blocks if block["type"] == "actions" for part in block["elements"]]
    parts += [option for part in parts for option in part.get("options", [])]
    return any(part.get("text", {}).get("text") == label for part in parts)


async def test_the_first_who_takes_a_handed_over_case_has_it(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_ONCALL_GROUP": "oncall", "NETCLINIC_ONCALL_CHANNEL": "#ops"}
    async with open_scene(OUT, settings=settings) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("ada", answer, "Hand to on-call")
        told = await scene.slack.until(lambda: handed_over(scene, "ops"), 60)
        await scene.idle()
        assert offers(told, "I take it")
        stale = copy.deepcopy(told)
        await scene.bot.stop()
        await scene.bot.start()
        await scene.slack.until_connected()
        await scene.slack.people.press("lin", told, "I take it")
        taken = await scene.slack.until(lambda: handed_over(scene, "ops", "has it."), 60)
        assert not offers(taken, "I take it")
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        assert case.assignee == "U0LIN00002"
        await scene.answer("inc-shop", answer.thread_ts, "on it: <@U0LIN00002>")
        await scene.slack.people.press("sam", stale, "I take it")
        await scene.alone("sam", f"Lin Wei has case {case.id} already.")
        await scene.idle()
        await scene.slack.people.press("lin", stale, "I take it")
        await scene.slack.until(
            lambda: len([r for r in recorded(scene, "button.pressed") if r.outcome == "take_case"]) == 3
        )
        await scene.idle()
        assert scene.slack.ephemerals("lin") == [], "who has it already hears no refusal"
        assert [row.outcome for row in recorded(scene, "case.taken")] == [""]
        assert [row.actor_id for row in recorded(scene, "case.taken")] == ["U0LIN00002"]
        presses = [row for row in recorded(scene, "button.pressed") if row.outcome == "take_case"]
        assert [row.actor_id for row in presses] == ["U0LIN00002", "U0SAM00003", "U0LIN00002"]

        await scene.slack.people.press("sam", answer, "Resolve")
        over = await scene.slack.until(lambda: handed_over(scene, "ops", "✓ Resolved by"), 60)
        assert not offers(over, "I take it")
        await scene.idle()
        await scene.slack.people.press("ada", stale, "I take it")
        await scene.alone("ada", f"Case {case.id} was resolved already by Sam Moreau")


async def test_who_takes_it_before_the_hand_over_is_stored_has_it(open_scene: OpenScene) -> None:
    """Slack has carried the post out, and keeps from us that it has."""
    async with open_scene(OUT, settings={"NETCLINIC_ONCALL_GROUP": "oncall"}) as scene:
        answer = await answered(scene)
        await scene.idle()
        scene.slack.fail("chat.postMessage", "drop", accepted=True)
        scene.slack.fail("conversations.replies", "status", times=None)  # where it would look for the post
        await scene.slack.people.press("ada", answer, "Hand to on-call")
        told = await scene.answer("inc-shop", answer.thread_ts, "hands this case to you")
        await scene.slack.people.press("lin", told, "I take it")
        await scene.slack.until(lambda: "take_case" in [row.outcome for row in recorded(scene, "button.pressed")], 60)
        scene.slack.heal()
        await scene.slack.until(lambda: "<@U0LIN00002> has it." in told.plain, 60)
        await scene.idle()
        assert scene.slack.ephemerals("lin") == []
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        assert case.assignee == "U0LIN00002"


async def test_after_resolve_nobody_can_take_what_nobody_had_taken(open_scene: OpenScene) -> None:
    async with open_scene(
        OUT, settings={"NETCLINIC_ONCALL_GROUP": "oncall", "NETCLINIC_ONCALL_CHANNEL": "ops"}
    ) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("ada", answer, "Hand to on-call")
        await scene.slack.until(lambda: handed_over(scene, "ops"), 60)
        await scene.idle()
        await scene.slack.people.press("lin", answer, "Resolve")
        over = await scene.slack.until(lambda: handed_over(scene, "ops", "✓ Resolved by"), 60)
        assert not offers(over, "I take it")
        assert "has it" not in over.plain


@pytest.mark.parametrize(
    ("setting", "called"),
    [
        ("U0SAM00003", {"U0SAM00003"}),
        ("U0SAM00003, U0LIN00002", {"U0SAM00003", "U0LIN00002"}),
        ("U0SAM00003, U0LIN00002 every 12w from 2020-01-06 09:00", None),  # one of them, by the clock
    ],
)
async def test_people_are_called_where_no_group_is_named(
    open_scene: OpenScene, setting: str, called: set[str] | None
) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_ONCALL": setting, "NETCLINIC_TIME_ZONE": "UTC"}) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("ada", answer, "Hand to on-call")
        told = await scene.answer("inc-shop", answer.thread_ts, "hands this case to you")
        await scene.idle()
        mentioned = set(re.findall(r"<@(\w+)>", told.text)) - {"U0ADA00001"}
        assert mentioned == called if called else len(mentioned) == 1
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        assert case.assignee == "", "who is called has not taken it"
        first = scene.slack.replies("inc-shop", answer.thread_ts)[0]
        assert "handed to on-call" in first.plain
        assert not offers(first, "Hand to on-call")
        await scene.slack.people.press("sam", told, "I take it")
        await scene.answer("inc-shop", answer.thread_ts, "has it.")
        assert Cases(scene.services.store).get(case.id).assignee == "U0SAM00003"  # type: ignore[union-attr]


def recorded(scene: Scene, action: str) -> list[Any]:
    with scene.services.store.reading() as connection:
        found = select(audit_records).where(audit_records.c.action == action).order_by(audit_records.c.seq)
        return list(connection.execute(found))


async def test_a_group_that_is_none_is_said(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_ONCALL_GROUP": "@nobody"}) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "Hand to on-call")
        await scene.alone("lin", "Slack knows no user group @nobody: correct NETCLINIC_ONCALL_GROUP.")
        (case,) = Cases(scene.services.store).list_open(scene.slack.team.id, "U0ADA00001")
        assert case.assignee == ""


async def test_a_handing_over_that_failed_can_be_tried_again(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_ONCALL_GROUP": "oncall", "NETCLINIC_ONCALL_CHANNEL": "C0LOBBY004"}
    async with open_scene(OUT, settings=settings) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "Hand to on-call")
        await scene.alone("lin", "netclinic is not in the channel: invite it")
        await scene.idle()
        await scene.slack.people.join("netclinic", "lobby")
        await scene.slack.people.press("lin", answer, "Hand to on-call")
        await scene.answer("inc-shop", answer.thread_ts, "handed to on-call")
        assert len([m for m in scene.slack.messages("lobby") if "hands this case to you" in m.plain]) == 1
        assert "already" not in "".join(message.plain for message in scene.slack.ephemerals("lin"))


async def test_the_button_of_an_older_answer_does_not_call_on_call_again(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_ONCALL_GROUP": "oncall"}) as scene:
        older = await answered(scene)
        await scene.slack.people.press("lin", older, "Re-check")
        await scene.answer("inc-shop", older.thread_ts, "Still there")
        await scene.idle()
        row = [dict(block) for block in older.blocks]
        await scene.slack.people.press("lin", older, "Hand to on-call")
        await scene.answer("inc-shop", older.thread_ts, "hands this case to you")
        await scene.idle()
        older.blocks = row  # as another client may still show it
        await scene.slack.people.press("sam", older, "Hand to on-call")
        await scene.alone("sam", "was handed to on-call already")
        assert len([m for m in scene.slack.replies("inc-shop", older.thread_ts) if "<!subteam^" in m.text]) == 1


async def test_a_cluster_is_chosen_once(open_scene: OpenScene) -> None:
    async with open_scene({**OUT, "staging": "flannel-healthy"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        menu = await scene.answer("inc-shop", ts, "Which cluster")
        people = scene.slack.people
        await asyncio.gather(
            people.choose("ada", menu, "choose_cluster", "prod"),
            people.choose("lin", menu, "choose_cluster", "staging"),
        )
        await scene.answer("inc-shop", ts)
        seen = await scene.slack.until(lambda: scene.slack.ephemerals("ada") + scene.slack.ephemerals("lin"), 60)
        assert "A cluster was chosen for this question already" in seen[0].plain
        assert len(scene.slack.replies("inc-shop", ts)) == 1


async def test_a_menu_whose_cluster_is_gone_says_so(open_scene: OpenScene) -> None:
    async with open_scene({**OUT, "staging": "flannel-healthy"}) as scene:
        ts = await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        menu = await scene.answer("inc-shop", ts, "Which cluster")
        del scene.clusters.servers["staging"]
        await scene.clusters.serve("flannel-healthy", "other")
        await scene.slack.people.choose("ada", menu, "choose_cluster", "staging")
        await scene.alone("ada", "that cluster is gone")
