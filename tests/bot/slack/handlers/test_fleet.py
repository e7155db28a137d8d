"""All clusters in Slack: the digest by schedule, once; and the button that looks at one of them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.fleet.schedule import fleet_schedule
from bot.slack.blocks.elements import Message
from bot.slack.blocks.fleet import check_cluster_value, parse_check_cluster_value
from bot.slack.handlers.context import HandlerContext
from bot.slack.handlers.errors import UserError
from bot.slack.handlers.fleet import accept_cluster_check
from bot.slack.jobs import ButtonPress
from bot.slack.scheduler import Scheduler
from tests.scenes import OpenScene, Scene

DIGEST = {"NETCLINIC_FLEET_SCHEDULE": "30 4 29 2 *", "NETCLINIC_FLEET_CHANNEL": "ops", "NETCLINIC_TIME_ZONE": "UTC"}


async def due_digests(scene: Scene) -> list[Any]:
    """What is posted when two replicas and a third after a restart look at the clock, more than once."""
    schedule = fleet_schedule(scene.services.settings)
    assert schedule is not None
    due = schedule.next(datetime.now(UTC))
    await Scheduler(scene.services, None, schedule).tick(due - timedelta(seconds=1))
    assert scene.slack.messages("ops") == []
    replicas = [Scheduler(scene.services, None, schedule) for _ in range(2)]
    for seconds in (0, 1, 20):
        for clock in replicas:
            await clock.tick(due + timedelta(seconds=seconds))
    await scene.slack.until(lambda: scene.slack.messages("ops"), 60)
    await Scheduler(scene.services, None, schedule).tick(due + timedelta(minutes=10))
    await scene.idle()
    return [message for message in scene.slack.messages("ops") if not message.thread_ts]


async def test_a_digest_is_posted_once_and_leads_to_a_check_in_its_thread(open_scene: OpenScene) -> None:
    served = {"well": "terway-healthy", "sick": "terway-out-of-ips"}
    async with open_scene(served, settings=DIGEST, dead=["gone"]) as scene:
        (digest,) = await due_digests(scene)
        assert "2 of 3 clusters are not well." in digest.plain
        people = scene.slack.people
        await asyncio.gather(*(people.press("ada", digest, "Check everything on sick") for _ in range(2)))
        await scene.alone("ada", "sick is being checked, or was already, by this button")
        await scene.answer("ops", digest.ts, "CONFIRMED")
        await scene.idle()
        answers = [reply for reply in scene.slack.replies("ops", digest.ts) if "CONFIRMED" in reply.plain]
        assert len(answers) == 1


async def test_a_digest_is_one_line_where_all_is_well(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-healthy", "next": "flannel-healthy"}, settings=DIGEST) as scene:
        (digest,) = await due_digests(scene)
        assert digest.plain.strip() == "✓ All 2 clusters are well: nothing is seen failing."


async def test_no_cluster_and_no_channel_are_said(open_scene: OpenScene, capsys: pytest.CaptureFixture[str]) -> None:
    async with open_scene({}, settings=DIGEST) as scene:
        (told,) = await due_digests(scene)
        assert "No cluster is configured here" in told.plain
        elsewhere = scene.services.settings.model_copy(update={"fleet_channel": "nowhere"})
        schedule = fleet_schedule(elsewhere)
        assert schedule is not None
        clock = Scheduler(replace(scene.services, settings=elsewhere), None, schedule)
        await clock.tick(schedule.next(datetime.now(UTC) + timedelta(days=2000)))
        assert (
            "There is no channel nowhere that netclinic is in: no digest of the clusters is posted."
            in capsys.readouterr().err
        )


async def test_a_private_list_stays_beside_the_answer_of_its_button(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-out-of-ips"}) as scene:
        await scene.slack.people.command("ada", "ops", "/netclinic fleet")
        listed = await scene.alone("ada", "1 of 1 cluster is not well.")
        await scene.slack.people.press("ada", listed, "Check everything on prod")
        await scene.alone("ada", "1 fault confirmed on cluster prod")
        await scene.alone("ada", "1 of 1 cluster is not well.")
        assert scene.slack.messages("ops") == []


async def test_buttons_that_are_old_or_foreign_lead_nowhere(open_scene: OpenScene) -> None:
    async with open_scene({"prod": "terway-healthy"}) as scene:
        context = HandlerContext.from_services(scene.services, Message(""))
        old = check_cluster_value("prod", datetime.now(UTC) - timedelta(hours=73))
        for value, said in ((old, "older than 72 hours"), ("prod", "leads nowhere"), ("", "leads nowhere")):
            press = ButtonPress(user="U1", channel="C1", action="check_cluster", value=value, message_ts="1.1")
            with pytest.raises(UserError, match=said):
                await accept_cluster_check(context, press)


def test_a_buttons_value_gives_back_cluster_and_time() -> None:
    at = datetime(2026, 11, 20, 19, 2, tzinfo=UTC)
    assert parse_check_cluster_value(check_cluster_value("a b:c", at)) == ("a b:c", at)


@pytest.mark.parametrize("value", ["", "prod", "1 ", "x prod", f"{10**30} prod"])
def test_what_is_no_such_value_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="no button of netclinic"):
        parse_check_cluster_value(value)
