"""Who may not ask sees nothing of what was read, whatever they press, type, submit, open or say."""

import dataclasses
from typing import Any

import pytest

from bot.slack.permissions import Permissions
from tests.bot.slack.listeners import answered, records, refused, walked
from tests.scenes import OpenScene

OUT = {"prod": "terway-out-of-ips"}
OUTSIDER = "U0ADA00001"
ONLY = {"NETCLINIC_MAY_ASK": "@oncall", "NETCLINIC_ONCALL_GROUP": "@oncall"}
SENTENCE = "Only @oncall may do this"


async def test_whatever_an_outsider_does_is_refused_on_record_and_reads_nothing(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings=ONLY) as scene:
        answer = await answered(scene)
        for what in walked(scene):
            await refused(scene, what, answer, "ada", SENTENCE)
        assert scene.slack.replies("inc-shop", answer.thread_ts)[0].plain == answer.plain, "the answer is as it was"


async def test_a_modal_that_is_open_turns_no_page_for_an_outsider(open_scene: OpenScene) -> None:
    """Somebody who was taken out of the group meanwhile."""
    async with open_scene(OUT, settings=ONLY) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "evidence")
        (modal,) = scene.slack.modals("lin")
        button = {"action_id": "evidence_page:1", "type": "button", "value": modal.body["private_metadata"]}
        person = scene.slack.team.person("ada")
        trigger = scene.slack.triggers.issue(person.id)
        payload = scene.slack.payloads.view_action(person, modal, button, "b", {}, trigger)
        await scene.slack.delivery.ask("interactive", payload, accepts_reply=True)
        assert SENTENCE in modal.plain
        assert "vSwitch" not in modal.plain


async def test_slack_that_does_not_tell_who_is_in_a_group_opens_nothing(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_MAY_ASK": "U0LIN00002,@oncall"}) as scene:
        answer = await answered(scene)
        scene.slack.fail("usergroups.list", "status", times=None)
        await scene.slack.people.press("sam", answer, "evidence")
        await scene.alone("sam", "I cannot tell whether you may just now")
        assert scene.slack.modals("sam") == []
        scene.slack.heal()
        await scene.slack.people.press("sam", answer, "evidence")
        assert "vSwitch" in scene.slack.modals("sam")[-1].plain


async def test_who_may_ask_may_do_all_of_it(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings=ONLY) as scene:
        answer = await answered(scene)
        for button in ("evidence", "It helped", "Resolve"):
            await scene.slack.people.press("sam", answer, button)
        await scene.answer("inc-shop", answer.thread_ts, "Resolved by <@U0SAM00003>")
        await scene.slack.people.command("sam", "ops", "/netclinic audit")
        await scene.alone("sam", "Audit log")
        assert records(scene, action="refused") == []


@dataclasses.dataclass(frozen=True)
class NoGroups:
    async def members(self, group: str) -> frozenset[str]:
        return frozenset()


@pytest.mark.parametrize("right", ["recheck", "resolve", "audit"])
async def test_a_right_that_nobody_is_named_for_is_that_of_asking(right: Any) -> None:
    some = Permissions(NoGroups(), {"ask": ("U0LIN00002",), right: ()})
    assert await some.refusal(right, "U0LIN00002") is None
    no = await some.refusal(right, OUTSIDER)
    assert no is not None
    assert no.rule == "NETCLINIC_MAY_ASK"
    wider = Permissions(NoGroups(), {"ask": ("U0LIN00002",), right: ("everyone",)})
    assert await wider.refusal(right, OUTSIDER) is None, "who is named, may"
