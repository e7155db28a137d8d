"""Where the bot is not in the channel, or Slack refuses the channel's name: nobody is left without a word."""

import asyncio

from tests.scenes import OpenScene

OUT = {"prod": "terway-out-of-ips"}
NOT_IN = "netclinic is not in the channel: invite it with /invite"


async def test_a_shared_list_that_cannot_be_posted_is_answered_to_its_asker(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        for words in ("facts --share", "cases --share", "nonsense --share"):
            before = len(scene.slack.ephemerals("lin"))
            await scene.slack.people.command("lin", "lobby", f"/netclinic {words}")
            seen = scene.slack.ephemerals
            await scene.slack.until(lambda before=before, seen=seen: len(seen("lin")) > before)
            assert NOT_IN in scene.slack.ephemerals("lin")[-1].plain, words


async def test_a_handoff_that_cannot_be_posted_is_answered_to_its_asker(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        await scene.slack.people.command("lin", "lobby", "/netclinic handoff")
        await scene.alone("lin", NOT_IN)


async def test_where_the_channels_name_is_not_told_the_default_cluster_is_not_guessed(open_scene: OpenScene) -> None:
    both = {**OUT, "staging": "terway-healthy"}
    settings = {"NETCLINIC_CHANNEL_CLUSTERS": "lob*=prod", "NETCLINIC_DEFAULT_CLUSTER": "staging"}
    async with open_scene(both, settings=settings) as scene:
        scene.slack.team.channel("lobby").is_private = True  # which only its members may look at
        await scene.slack.people.command("lin", "lobby", "/netclinic facts")
        await scene.alone("lin", "Which cluster? Add cluster=NAME, one of prod, staging.")
        assert not scene.clusters.servers["staging"].requests


async def test_a_list_that_is_shared_mentions_nobody(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        await scene.answer(
            "inc-shop", await scene.slack.people.say("ada", "inc-shop", "@netclinic pods stuck creating")
        )
        await scene.slack.people.command("lin", "ops", "/netclinic cases --share")
        listed = await scene.slack.until(lambda: [m for m in scene.slack.messages("ops") if "asked by" in m.plain])
        assert "asked by Ada" in listed[0].plain
        assert "<@" not in listed[0].plain


async def test_in_direct_messages_every_reply_in_a_thread_is_answered(open_scene: OpenScene) -> None:
    async with open_scene({**OUT, "staging": "terway-healthy"}) as scene:
        people, dm = scene.slack.people, scene.slack.team.direct("lin").id
        ts = await people.say("lin", dm, "pods stuck in ContainerCreating cluster=prod")
        await scene.answer(dm, ts)
        await people.say("lin", dm, "and on staging? cluster=staging", ts)
        await scene.slack.until(lambda: len(scene.slack.replies(dm, ts)) == 2, 60)
        await scene.slack.until(lambda: "Nothing was changed" in scene.slack.replies(dm, ts)[1].plain, 60)
        assert " on staging" in scene.slack.replies(dm, ts)[1].plain


async def test_a_group_that_slack_cannot_tell_just_now_is_waited_for(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_MAY_ASK": "@oncall"}) as scene:
        scene.slack.fail("usergroups.users.list", "status", times=None)
        ts = await scene.slack.people.say("lin", "inc-shop", "@netclinic pods stuck in ContainerCreating")
        await asyncio.sleep(3)
        assert not scene.slack.replies("inc-shop", ts)
        scene.slack.heal()
        await scene.answer("inc-shop", ts)


async def test_words_of_direct_messages_are_not_on_other_peoples_home(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        people, dm = scene.slack.people, scene.slack.team.direct("lin").id
        ts = await people.say("lin", dm, "pods stuck in ContainerCreating, says my manager")
        await scene.answer(dm, ts)
        await people.open_home("ada")
        await scene.slack.until(lambda: scene.slack.home("ada"), 60)
        await people.open_home("lin")
        await scene.slack.until(
            lambda: scene.slack.home("lin") and "run out of IP addresses" in scene.slack.home("lin").plain, 60
        )  # type: ignore[union-attr]
        for user in ("ada", "lin"):
            assert "manager" not in scene.slack.home(user).plain  # type: ignore[union-attr]
        assert "run out of IP addresses" not in scene.slack.home("ada").plain  # type: ignore[union-attr]


async def test_a_message_whose_diagnosing_was_refused_can_be_diagnosed_later(open_scene: OpenScene) -> None:
    async with open_scene(OUT, settings={"NETCLINIC_CHANNELS": "inc-*"}) as scene:
        people = scene.slack.people
        ts = await people.say("ada", "ops", "pods stuck in ContainerCreating")
        for _ in range(2):
            before = len(scene.slack.replies("ops", ts))
            await people.message_shortcut("lin", "ops", ts, "diagnose_message")
            await scene.slack.until(lambda before=before: len(scene.slack.replies("ops", ts)) > before, 60)
            await scene.idle()
        assert all("I answer only in" in reply.plain for reply in scene.slack.replies("ops", ts))
