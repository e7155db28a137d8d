"""Slack Connect: people of other companies, and channels shared with them, see nothing of what is read."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.slack.jobs import HANDOFF, HandoffOrder
from bot.slack.slack_connect import SharedWith, SlackConnect, foreign_team, is_externally_shared
from tests.bot.slack.listeners import QUESTION, Listened, answered, do, records, refused, walked
from tests.scenes import OpenScene, Scene

OUT = {"prod": "terway-out-of-ips"}
OURS, OTHER, THIRD = "T0CLINIC00", "T0OTHER001", "T0THIRD002"
ORGANIZATION = "E0CLINIC00"
PERSON = "I answer only people of the company that runs me"
PLACE = "This channel is shared with another company (Slack Connect)"
MENTION = Listened("event", "app_mention")


@pytest.mark.parametrize(
    ("body", "team"),
    [
        ({"team_id": OURS, "event": {"team": OURS, "user_team": OURS}}, ""),
        ({"team_id": OURS, "event": {"team": OURS, "user_team": OTHER}}, OTHER),
        ({"team_id": OURS, "event": {"team": OTHER}}, OTHER),
        ({"team_id": OURS, "event": {"source_team": OTHER}}, OTHER),
        ({"team_id": OURS, "event": {"user_profile": {"team": OTHER}}}, OTHER),
        ({"team_id": OTHER, "event": {"team": OURS}}, OTHER),
        ({"event": {"user": "U1"}}, ""),
        ({"team_id": None, "event": {"team": None, "user_team": ""}}, ""),
        ({"user": {"id": "U1", "team_id": OTHER}, "team": {"id": OURS}}, OTHER),
        ({"user": {"id": "U1"}, "team": {"id": OTHER}}, OTHER),
        ({"user": {"id": "U1", "team_id": ORGANIZATION}, "team": None}, ""),
        ({"user": "U1", "team": "odd", "event": "odd"}, ""),
        ({"command": "/netclinic", "team_id": OTHER, "user_id": "U1"}, OTHER),
        ({"command": "/netclinic", "team_id": OURS, "user_id": "U1"}, ""),
    ],
)
def test_the_team_that_a_payload_names_beside_ours(body: Mapping[str, Any], team: str) -> None:
    assert foreign_team(body, frozenset({OURS, ORGANIZATION})) == team


def test_an_event_says_of_itself_that_its_channel_is_shared() -> None:
    assert is_externally_shared({"is_ext_shared_channel": True})
    assert is_externally_shared({"event": {"is_ext_shared_channel": True}})
    assert not is_externally_shared({"is_ext_shared_channel": False, "event": {}})
    assert not is_externally_shared({"event": None})


@pytest.mark.parametrize(
    ("allowed", "teams", "asker", "may"),
    [
        ((), {OURS, OTHER}, "", False),
        (("inc-*",), {OURS, OTHER}, "", True),
        (("C0INCSHOP1",), {OURS, OTHER}, OTHER, True),
        (("ops", "#random"), {OURS, OTHER}, "", False),
        ((OTHER,), {OURS, OTHER}, "", True),
        ((OTHER,), {OURS, OTHER, THIRD}, OTHER, False),
        ((OTHER, THIRD), {OURS, OTHER, THIRD}, "", True),
        ((), set(), "", False),
        ((OTHER,), set(), OTHER, True),
        ((OTHER,), set(), THIRD, False),
    ],
)
def test_where_what_was_read_may_be_said(allowed: tuple[str, ...], teams: set[str], asker: str, may: bool) -> None:
    connect = SlackConnect(frozenset({OURS}), allowed)
    assert connect.may_post("C0INCSHOP1", SharedWith("inc-shop", True, frozenset(teams)), asker) is may
    assert connect.may_post("C0INCSHOP1", SharedWith("inc-shop", False, frozenset(teams)), asker)


def said(scene: Scene, channel: str = "inc-shop") -> list[str]:
    """All that the bot has said there to everybody."""
    return [m.plain for m in scene.slack.messages(channel) if m.bot_id == scene.slack.team.bot.bot_id]


async def test_whatever_somebody_of_another_company_does_is_refused_and_reads_nothing(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        scene.slack.team.add_stranger("eve", OTHER)
        for what in walked(scene):
            await refused(scene, what, answer, "eve", PERSON)
        for command in ("help", "nonsense", ""):
            await refused(scene, Listened("command", command), answer, "eve", PERSON)
        assert len([plain for plain in said(scene) if PERSON in plain]) == 1, "once in a thread"
        assert not any("under request" in plain for plain in said(scene) if PERSON in plain)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"event": {"user_team": OTHER}}, PERSON),
        ({"event": {"team": OTHER}}, PERSON),
        ({"team_id": OTHER}, PERSON),
        ({"is_ext_shared_channel": True}, PLACE),
        ({"event": {"is_ext_shared_channel": True}}, PLACE),
    ],
)
async def test_a_mention_that_names_another_company(
    open_scene: OpenScene, changes: Mapping[str, Any], sentence: str
) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        await refused(scene, MENTION, answer, "ada", sentence, changes)


async def test_a_mention_that_names_no_team_is_ours(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        changes = {"team_id": None, "authorizations": None, "event": {"team": None}}
        await do(scene, MENTION, "ada", answer, changes)
        await scene.slack.until(lambda: len(scene.slack.replies("inc-shop", answer.thread_ts)) == 2, 60)
        await scene.idle()
        assert "Still there on prod" in scene.slack.replies("inc-shop", answer.thread_ts)[-1].plain


async def test_in_a_shared_channel_our_own_people_are_told_once_and_answered_in_direct_messages(
    open_scene: OpenScene,
) -> None:
    async with open_scene(OUT) as scene:
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        people = scene.slack.people
        ts = await people.say("ada", "inc-shop", f"@netclinic {QUESTION}")
        await scene.answer("inc-shop", ts, PLACE)
        await people.say("ada", "inc-shop", f"@netclinic {QUESTION}", ts)
        await people.say("eve", "inc-shop", f"@netclinic {QUESTION}", ts)
        await scene.slack.until(lambda: len(records(scene, action="refused")) == 3, 60)
        await scene.idle()
        assert len(scene.slack.replies("inc-shop", ts)) == 1
        await people.command("ada", "inc-shop", f"/netclinic ask {QUESTION} --share")
        await scene.alone("ada", PLACE)
        direct = await people.say("ada", "@netclinic", QUESTION)
        await scene.answer(scene.slack.team.direct("ada").id, direct, "CONFIRMED")
        assert not any("vSwitch" in plain for plain in said(scene))


async def test_a_direct_message_of_somebody_of_another_company(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        scene.slack.team.add_stranger("eve", OTHER)
        ts = await scene.slack.people.say("eve", "@netclinic", QUESTION)
        await scene.answer(scene.slack.team.direct("eve").id, ts, PERSON)
        await scene.slack.people.open_home("eve")
        home = await scene.slack.until(lambda: scene.slack.home("eve"), 60)
        assert PERSON in home.plain
        assert "prod" not in home.plain
        assert scene.clusters.servers["prod"].requests == []


async def test_nothing_is_said_to_what_was_said_to_nobody(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_INCIDENT_CHANNELS": "inc-*"}) as scene:
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        await scene.slack.people.say("eve", "inc-shop", "pods stuck in ContainerCreating, can't found dev by mac")
        await scene.slack.until(lambda: records(scene, action="refused"), 60)
        await scene.idle()
        assert said(scene) == []
        assert scene.clusters.servers["prod"].requests == []


@pytest.mark.parametrize("allowed", ["inc-*", "C0INCSHOP1", OTHER])
async def test_the_setting_opens_a_channel_or_another_company(open_scene: OpenScene, allowed: str) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_SLACK_CONNECT": allowed}) as scene:
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        ts = await scene.slack.people.say("eve", "inc-shop", f"@netclinic {QUESTION}")
        answer = await scene.answer("inc-shop", ts, "CONFIRMED")
        await scene.slack.people.press("eve", answer, "evidence")
        assert "vSwitch" in scene.slack.modals("eve")[-1].plain
        await scene.idle()
        scene.slack.team.add_stranger("mallory", THIRD)
        await scene.slack.people.say("mallory", "ops", f"@netclinic {QUESTION}")
        await scene.slack.until(lambda: any(PERSON in plain for plain in said(scene, "ops")), 60)


async def test_where_another_company_reads_nothing_is_told_of_threads_in_our_own_channels(
    open_scene: OpenScene,
) -> None:
    """It could not open them: the question is answered in full there; our own people are led to the thread."""
    async with open_scene(OUT, settings={"NETCLINIC_SLACK_CONNECT": "inc-*"}) as scene:
        first = await scene.slack.people.say("ada", "ops", f"@netclinic {QUESTION}")
        await scene.answer("ops", first, "CONFIRMED")
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        ts = await scene.slack.people.say("eve", "inc-shop", f"@netclinic {QUESTION}")
        answer = await scene.answer("inc-shop", ts)
        assert "CONFIRMED" in answer.plain
        assert "Same as" not in answer.plain
        assert "people ask" not in answer.plain
        ours = await scene.slack.people.say("lin", "random", f"@netclinic {QUESTION}")
        assert "Same as NC-" in (await scene.answer("random", ours)).plain


async def test_cases_of_our_own_channels_are_counted_for_another_company_and_not_named(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_SLACK_CONNECT": "inc-*"}) as scene:
        ts = await scene.slack.people.say("ada", "ops", f"@netclinic {QUESTION}")
        await scene.answer("ops", ts, "CONFIRMED")
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        await scene.slack.people.command("eve", "inc-shop", "/netclinic cases")
        told = await scene.alone("eve", "1 more case in channels or direct messages that are not yours")
        assert "vSwitch" not in told.plain
        assert "NC-" not in told.plain
        await scene.slack.people.command("ada", "inc-shop", "/netclinic cases --share")
        await scene.slack.until(lambda: any("1 more case in channels" in plain for plain in said(scene)), 60)
        assert not any("vSwitch" in plain for plain in said(scene))
        await scene.slack.people.command("lin", "random", "/netclinic cases")
        await scene.alone("lin", "vSwitch")


async def test_the_named_company_is_not_answered_where_a_third_one_reads(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_SLACK_CONNECT": OTHER}) as scene:
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        scene.slack.team.add_stranger("mallory", THIRD, "inc-shop")
        ts = await scene.slack.people.say("eve", "inc-shop", f"@netclinic {QUESTION}")
        await scene.answer("inc-shop", ts, PLACE)


async def test_a_channel_that_is_shared_after_an_answer_shows_no_more_of_it(open_scene: OpenScene) -> None:
    """Whoever presses there, in whatever of its messages."""
    async with open_scene(OUT) as scene:
        answer = await answered(scene)
        scene.slack.team.add_stranger("eve", OTHER, "inc-shop")
        scene.services.directory._cache.clear()  # a minute later
        for what in walked(scene):
            if what.kind == "action" and not what.id.startswith(("home_", "open_form")):
                await refused(scene, what, answer, "ada", PLACE)


async def test_handoffs_and_cases_are_not_posted_into_a_shared_channel(open_scene: OpenScene) -> None:
    settings = {"NETCLINIC_ONCALL_GROUP": "@oncall", "NETCLINIC_ONCALL_CHANNEL": "ops"}
    async with open_scene(OUT, settings={**settings, "NETCLINIC_AUDIT_ANCHOR_CHANNEL": "random"}) as scene:
        await scene.slack.until(lambda: any("anchor" in plain for plain in said(scene, "random")), 60)
        answer = await answered(scene)
        scene.slack.team.add_stranger("eve", OTHER, "ops")
        await scene.slack.people.command("lin", "inc-shop", "/netclinic handoff 12h")
        await scene.alone("lin", PLACE)
        await scene.slack.people.press("sam", answer, "Hand to on-call")
        await scene.alone("sam", PLACE)
        await scene.idle()
        assert said(scene, "ops") == []
        (first, second) = records(scene, action="refused")
        assert first.outcome == second.outcome == "NETCLINIC_SLACK_CONNECT"


async def test_a_scheduled_handoff_for_a_shared_channel_is_not_made(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        scene.slack.team.add_stranger("eve", OTHER, "ops")
        order = HandoffOrder(words="12h", channel=scene.slack.team.channel("ops").id, user="")
        await scene.services.queue.accept(HANDOFF.name, "due", HANDOFF.dump(order))
        await scene.slack.until(lambda: said(scene, "ops"), 60)
        await scene.idle()
        (plain,) = said(scene, "ops")
        assert PLACE in plain
        assert records(scene, action="handoff.made") == []


async def test_other_workspaces_of_the_own_organization_are_ours(open_scene: OpenScene) -> None:
    async with open_scene(OUT, enterprise=ORGANIZATION) as scene:
        scene.slack.team.add_stranger("kim", "T0SISTER03", "inc-shop", enterprise=ORGANIZATION)
        ts = await scene.slack.people.say("kim", "inc-shop", f"@netclinic {QUESTION}")
        answer = await scene.answer("inc-shop", ts, "CONFIRMED")
        await scene.slack.people.press("kim", answer, "evidence")
        assert "vSwitch" in scene.slack.modals("kim")[-1].plain
        scene.slack.team.add_stranger("eve", OTHER, enterprise="E0OTHER001")
        await scene.idle()
        for what in walked(scene)[:6]:
            await refused(scene, what, answer, "eve", PERSON)
