"""A question that stands in another thread: what is told of it where, who is counted, and what is never swallowed."""

import asyncio
from typing import Any

import pytest

from bot.store.cases import JOINED, OPEN, Cases
from tests.scenes import SECONDS, OpenScene, Scene

STUCK = "@netclinic pods stuck in ContainerCreating"
SAME = "Same as NC-"
PROD = {"prod": "terway-out-of-ips"}


async def asks(scene: Scene, who: str, channel: str, words: str = STUCK, thread: str | None = None) -> tuple[str, Any]:
    """The message's ts, and what came back in its thread."""
    before = len(scene.slack.replies(channel, thread)) if thread else 0
    ts = await scene.slack.people.say(who, channel, words, thread)
    await scene.slack.until(lambda: len(scene.slack.replies(channel, thread or ts)) > before, SECONDS)
    await scene.idle()
    return ts, scene.slack.reply(channel, thread or ts)


async def test_of_several_who_ask_at_once_one_has_the_case_and_all_are_counted(open_scene: OpenScene) -> None:
    async with open_scene(PROD) as scene:
        people = scene.slack.people
        places = [("ada", "inc-shop"), ("lin", "ops"), ("sam", "inc-shop"), ("ada", "ops")]
        said = await asyncio.gather(*(people.say(who, where, STUCK) for who, where in places))
        answers = [await scene.answer(where, ts, "CONFIRMED") for (_, where), ts in zip(places, said, strict=True)]
        whole = [answer for answer in answers if SAME not in answer.plain]
        assert len(whole) == 1
        await scene.slack.until(lambda: "3 people ask" in whole[0].plain, SECONDS)
        await scene.idle()
        cases = Cases(scene.services.store)
        assert len(cases.list_open(scene.slack.team.id, "U0ADA00001")) == 1
        found = [
            cases.for_thread(scene.slack.team.id, answer.channel, ts) for answer, ts in zip(answers, said, strict=True)
        ]
        assert sorted(case.state for case in found if case) == [JOINED] * 3 + [OPEN]


async def test_a_private_channel_is_told_of_nowhere_else(open_scene: OpenScene) -> None:
    async with open_scene(PROD) as scene:
        scene.slack.team.channel("ops").is_private = True
        _, first = await asks(scene, "ada", "ops")
        _, other = await asks(scene, "ada", "inc-shop")
        _, same_place = await asks(scene, "lin", "ops")
        assert SAME not in first.plain
        assert SAME not in other.plain
        assert SAME in same_place.plain


async def test_what_is_resolved_or_asked_on_in_a_thread_is_answered_in_full(open_scene: OpenScene) -> None:
    async with open_scene(PROD) as scene:
        ts, first = await asks(scene, "ada", "inc-shop")
        _, again = await asks(scene, "lin", "inc-shop", "@netclinic InvalidVSwitchId.IpNotEnough, pods stuck", ts)
        assert SAME not in again.plain
        _, named = await asks(scene, "sam", "ops", f"{STUCK}, pod pay/checkout-0 too")
        assert SAME not in named.plain
        for answer in (first, named):
            await scene.slack.people.press("ada", answer, "Resolve")
            await scene.slack.until(lambda answer=answer: "Resolved" in answer.plain, SECONDS)
        _, after = await asks(scene, "sam", "ops")
        assert SAME not in after.plain


async def test_once_it_is_resolved_there_a_new_question_here_opens_its_own(open_scene: OpenScene) -> None:
    async with open_scene(PROD) as scene:
        _, first = await asks(scene, "ada", "inc-shop")
        ts, joined = await asks(scene, "lin", "ops")
        assert SAME in joined.plain
        await scene.slack.people.press("ada", first, "Resolve")
        await scene.slack.until(lambda: "Resolved" in first.plain, SECONDS)
        await scene.idle()
        asked = next(each for each in scene.slack.messages("ops") if each.ts == ts)
        await scene.slack.until(lambda: "white_check_mark" in asked.reactions, SECONDS)
        await asks(scene, "lin", "ops", STUCK, ts)
        case = Cases(scene.services.store).for_thread(scene.slack.team.id, joined.channel, ts)
        assert case is not None
        assert (case.state, case.same_as) == (OPEN, "")


async def alert(scene: Scene, cluster: str = "prod", pod: str = "web-9") -> tuple[str, Any]:
    """A listed bot's alert, and what came back in its thread."""
    fields = [{"title": "cluster", "value": cluster}, {"title": "pod", "value": pod}]
    attachment = {"title": f"[FIRING:1] KubePodNotReady shop/{pod}", "text": STUCK.removeprefix("@netclinic ")}
    said = scene.slack.people.say
    ts = await said("alerts", "inc-shop", "", attachments=[{**attachment, "fields": fields}], blocks=[])
    await scene.slack.until(lambda: scene.slack.replies("inc-shop", ts), SECONDS)
    await scene.idle()
    return ts, scene.slack.reply("inc-shop", ts)


async def test_an_alert_of_what_stands_says_so_is_counted_and_is_closed_with_it(open_scene: OpenScene) -> None:
    async with open_scene(PROD, settings={"NETCLINIC_ALERT_BOTS": "Alerts"}) as scene:
        asked, first = await asks(scene, "ada", "ops")
        ts, joined = await alert(scene)
        assert SAME in joined.plain
        assert "people ask" not in joined.plain, "an alert is nobody"
        await scene.slack.people.say(
            "alerts",
            "inc-shop",
            "",
            attachments=[
                {"title": "KubePodNotReady shop/web-8", "text": "pods stuck in ContainerCreating, IpNotEnough"}
            ],
            blocks=[],
        )
        await scene.slack.until(lambda: "2 alerts like this one" in scene.slack.reply("inc-shop", ts).plain, SECONDS)
        _, person = await asks(scene, "lin", "inc-shop")
        await scene.slack.until(lambda: "2 people ask, 2 alerts say so" in first.plain, SECONDS)
        await scene.slack.people.press("ada", first, "Resolve")
        for each in (joined, person):
            await scene.slack.until(lambda each=each: "Resolved by" in each.plain, SECONDS)
            assert SAME in each.plain
        await scene.idle()
        await scene.slack.people.press("lin", person, "Show the whole answer")
        await scene.slack.until(lambda: "Do now" in person.plain, SECONDS)
        assert "Resolved by" in person.plain
        assert len(scene.slack.replies("ops", asked)) == 2, "the answer, and that it is resolved"
        _, after = await alert(scene, pod="web-7")
        assert SAME not in after.plain


async def test_an_alert_is_told_of_no_other_cause_and_of_no_private_channel(open_scene: OpenScene) -> None:
    clusters = {"prod": "terway-out-of-ips", "staging": "flannel-ip-leak"}
    async with open_scene(clusters, settings={"NETCLINIC_ALERT_BOTS": "Alerts"}) as scene:
        scene.slack.team.channel("ops").is_private = True
        for cluster in clusters:
            await asks(scene, "ada", "ops", f"{STUCK} cluster={cluster}")
        for cluster in clusters:
            _, answer = await alert(scene, cluster)
            assert SAME not in answer.plain


@pytest.mark.parametrize("words", ["@netclinic show the whole answer", "@netclinic 完整答案"])
async def test_typed_it_shows_the_whole_answer(open_scene: OpenScene, words: str) -> None:
    async with open_scene(PROD) as scene:
        await asks(scene, "ada", "inc-shop")
        ts, joined = await asks(scene, "lin", "ops")
        await scene.slack.people.say("lin", "ops", words, ts)
        await scene.slack.until(lambda: "Do now" in joined.plain, SECONDS)
        assert len(scene.slack.replies("ops", ts)) == 1
