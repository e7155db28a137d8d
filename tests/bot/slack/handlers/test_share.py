"""A private answer goes to its channel once, by permission and on record; and private answers do not pile up."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from bot.app import App
from bot.store.cases import PRIVATE, Case
from bot.store.schema import audit_records, cases
from tests.scenes import OpenScene, Scene
from tests.timing import QUICK

OUT = {"prod": "terway-out-of-ips"}


async def answered_alone(scene: Scene, channel: str = "ops") -> Any:
    """A private answer."""
    await scene.slack.people.command("ada", channel, "/netclinic ask pods stuck in ContainerCreating")
    return await scene.alone("ada", "CONFIRMED")


def said(scene: Scene, channel: str = "ops") -> list[str]:
    """What everybody in the channel sees."""
    return [message.plain for message in scene.slack.messages(channel)]


def stored_cases(scene: Scene) -> list[Case]:
    with scene.services.store.reading() as connection:
        return [Case(**row) for row in connection.execute(select(cases)).mappings()]


async def test_pressed_twice_it_is_shared_once_and_is_on_record(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        private = await answered_alone(scene)
        people = scene.slack.people
        await asyncio.gather(*(people.press("ada", private, "Share to channel") for _ in range(2)))
        await scene.alone("ada", "Shared to the channel as case")
        await scene.alone("ada", "This answer was shared to the channel already, or is about to be.")
        await scene.idle()
        assert len(said(scene)) == 1
        (alone, shared) = sorted(stored_cases(scene), key=lambda case: case.state != PRIVATE)
        assert (alone.state, shared.state, shared.opened_by) == (PRIVATE, "open", "U0ADA00001")
        assert shared.link
        with scene.services.store.reading() as connection:
            query = select(audit_records).where(audit_records.c.action == "answer.shared")
            (row,) = connection.execute(query)
        assert (row.actor_id, row.case, row.cluster, row.outcome) == ("U0ADA00001", alone.id, "prod", "confirmed")


async def test_what_cannot_be_posted_says_why_and_can_be_shared_later(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        private = await answered_alone(scene, "lobby")
        await scene.slack.people.press("ada", private, "Share to channel")
        await scene.alone("ada", "netclinic is not in the channel: invite it with /invite")
        await scene.idle()
        scene.slack.team.channel("lobby").members.add(scene.slack.team.bot.id)
        await scene.slack.people.press("ada", private, "Share to channel")
        await scene.alone("ada", "Shared to the channel as case")
        assert len(said(scene, "lobby")) == 1


async def test_where_questions_are_not_answered_any_more_none_is_shared(
    open_scene: OpenScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_scene(OUT) as scene:
        private = await answered_alone(scene)
        await scene.bot.stop()
        monkeypatch.setenv("NETCLINIC_CHANNELS", "inc-*")
        scene.bot.app = App.from_environment()
        await scene.bot.start()
        await scene.slack.until_connected()
        await scene.slack.people.press("ada", private, "Share to channel")
        await scene.alone("ada", "I answer only in #inc-* and in direct messages.")
        assert said(scene) == []


async def test_in_direct_messages_there_is_nobody_to_share_with(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        private = await answered_alone(scene, scene.slack.team.direct("ada").id)
        assert "Re-check" in private.plain
        assert "Share" not in private.plain


async def test_a_check_is_shared_with_its_buttons(open_scene: OpenScene) -> None:
    async with open_scene(OUT) as scene:
        await scene.slack.people.command("ada", "ops", "/netclinic check")
        private = await scene.alone("ada", "1 fault confirmed on cluster prod")
        await scene.slack.people.press("ada", private, "All steps")
        assert "Create another vSwitch" in scene.slack.modals("ada")[-1].plain
        await scene.slack.people.press("ada", private, "Share to channel")
        shown = await scene.slack.until(lambda: next((m for m in scene.slack.messages("ops") if m.elements), None), 60)
        assert "1 fault confirmed on cluster prod" in shown.plain
        await scene.slack.people.press("lin", shown, "Re-check")
        await scene.answer("ops", shown.ts, "Still there")


async def test_only_where_it_takes_long_one_is_told_that_it_is_looked_at(open_scene: OpenScene) -> None:
    """Slack takes back nothing that was said at a command's address: it would stand beside the answer."""
    at_once = replace(QUICK, private_patience=0.0)
    async with open_scene(OUT, timing=at_once) as scene:
        await answered_alone(scene)
        assert [m.plain.partition(" ")[0] for m in scene.slack.ephemerals("ada")] == ["Looking", "●"]
