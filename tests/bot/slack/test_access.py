"""Who may not ask sees nothing of what was read, whatever they press, type, submit, open or say."""

import dataclasses
from typing import Any

import pytest

from bot.audit.filters import Filters
from bot.audit.reading import list_records
from bot.audit.records import Record
from bot.slack.permissions import Permissions
from tests.bot.slack.listeners import QUESTION, Listened, do, listened_to
from tests.scenes import OpenScene, Scene

OUT = {"prod": "terway-out-of-ips"}
OUTSIDER = "U0ADA00001"
ONLY = {"NETCLINIC_MAY_ASK": "@oncall", "NETCLINIC_ONCALL_GROUP": "@oncall"}
SENTENCE = "Only @oncall may do this"


def records(scene: Scene, **filters: Any) -> list[Record]:
    return list(list_records(scene.services.store, dataclasses.replace(Filters(limit=1000), **filters)))


async def answered(scene: Scene) -> Any:
    """An answer to somebody who may ask."""
    ts = await scene.slack.people.say("lin", "inc-shop", f"@netclinic {QUESTION}")
    answer = await scene.answer("inc-shop", ts)
    await scene.idle()
    return answer


def seen_by(scene: Scene, user: str) -> list[str]:
    """All that this person has been shown alone, or below a message of their own."""
    home = scene.slack.home(user)
    surfaces = [*scene.slack.ephemerals(user), *scene.slack.modals(user), *([home] if home else [])]
    threads = [
        m for said in scene.slack.team.messages.values() for m in said if m.bot_id == scene.slack.team.bot.bot_id
    ]
    return [item.plain for item in [*surfaces, *threads]]


async def refused(scene: Scene, what: Listened, answer: Any, changes: Any = None, sentence: str = SENTENCE) -> None:
    """It is said in one sentence, is on record, and nothing is read, opened or stored."""
    before, reads = len(records(scene, action="refused")), len(scene.clusters.servers["prod"].requests)
    acknowledged = len(scene.slack.delivery.sent)
    await do(scene, what, OUTSIDER, answer, changes)
    await scene.slack.until(lambda: len(records(scene, action="refused")) > before, 60)
    await scene.idle()
    newest = records(scene, action="refused")[0]
    assert newest.actor.id == OUTSIDER, what.name
    assert sentence in str(newest.details), f"{what.name}: {newest.details}"
    reply = str(scene.slack.delivery.sent[acknowledged].reply or "")
    assert any(sentence in shown for shown in [*seen_by(scene, "ada"), reply]), what.name
    assert not any("vSwitch" in modal.plain for modal in scene.slack.modals("ada")), what.name
    assert len(scene.clusters.servers["prod"].requests) == reads, what.name
    assert records(scene, action="cluster.read", actor=OUTSIDER) == [], what.name


async def test_whatever_an_outsider_does_is_refused_on_record_and_reads_nothing(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings=ONLY) as scene:
        answer = await answered(scene)
        walked = [
            what for what in listened_to(scene.bot.bolt) if what != Listened("event", "button_of_another_version")
        ]
        assert len(walked) > 25, "it is read from bolt itself"
        for what in walked:
            await refused(scene, what, answer)
        assert scene.slack.replies("inc-shop", answer.thread_ts)[0].plain == answer.plain, "the answer is as it was"


async def test_a_modal_that_is_open_turns_no_page_for_an_outsider(open_scene: OpenScene) -> None:
    """Somebody who was taken out of the group meanwhile."""
    async with open_scene(OUT, settings=ONLY) as scene:
        answer = await answered(scene)
        await scene.slack.people.press("lin", answer, "Show evidence")
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
        await scene.slack.people.press("sam", answer, "Show evidence")
        await scene.alone("sam", "I cannot tell whether you may just now")
        assert scene.slack.modals("sam") == []
        scene.slack.heal()
        await scene.slack.people.press("sam", answer, "Show evidence")
        assert "vSwitch" in scene.slack.modals("sam")[-1].plain


async def test_who_may_ask_may_do_all_of_it(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings=ONLY) as scene:
        answer = await answered(scene)
        for button in ("Show evidence", "It helped", "Resolve"):
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
