"""A database that is locked or gone for a while: nothing is read then, people hear so, and it goes on by itself."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from bot.slack.timing import PRODUCTION, Timing
from tests.processes import health
from tests.scenes import SECONDS, OpenScene, Scene
from tests.timing import QUICK
from tests.wires import wire_to

pytestmark = pytest.mark.waits

CLUSTER = {"prod": "terway-out-of-ips"}
STUCK = "@netclinic pods stuck in ContainerCreating"
WAITS = "Nothing is read or done for this just now"
NOT_STORED = "could not be recorded: netclinic's database cannot be used just now"
SHORT = replace(QUICK, heartbeat=1.0, lease=5.0, takeover=8.0, doubt=3.0)
IN_TIME = replace(QUICK, acknowledge=PRODUCTION.acknowledge)
slow = pytest.mark.slow


@contextlib.contextmanager
def locked(folder: Path, name: str = "netclinic.sqlite") -> Iterator[None]:
    """Another process has a database's file to itself."""
    with contextlib.closing(sqlite3.connect(folder / "data" / name, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


def told(scene: Scene, user: str) -> list[str]:
    """What this person alone heard of the database."""
    return [m.plain for m in scene.slack.ephemerals(user) if WAITS in m.plain]


@pytest.mark.parametrize("timing", [SHORT, pytest.param(PRODUCTION, marks=slow)], ids=["short", "production"])
async def test_while_the_database_is_locked_people_hear_so_once_and_are_answered_once_it_is_free(
    open_scene: OpenScene, tmp_path: Path, timing: Timing
) -> None:
    async with open_scene(CLUSTER, timing=timing) as scene:
        with locked(tmp_path):
            ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
            await scene.slack.people.command("lin", "ops", "/netclinic audit verify")
            await scene.slack.until(lambda: told(scene, "ada") and told(scene, "lin"), SECONDS)
            await asyncio.sleep(timing.lease)
            assert scene.clusters.servers["prod"].requests == []
            assert not scene.slack.replies("inc-shop", ts)
        await scene.answer("inc-shop", ts)
        await scene.alone("lin", "The chain holds")
        assert (len(told(scene, "ada")), len(told(scene, "lin"))) == (1, 1)
        (answer,) = scene.slack.replies("inc-shop", ts)
        assert "CONFIRMED" in answer.plain
        assert not any("could not" in version for version in answer.versions)


async def test_a_question_that_is_under_way_waits_and_its_asker_hears_so(open_scene: OpenScene, tmp_path: Path) -> None:
    async with open_scene(CLUSTER, timing=SHORT) as scene:
        scene.slack.fail("assistant.threads.setStatus", "refused", error="missing_scope", times=None)
        scene.slack.fail("chat.postMessage", "status", times=None)
        ts = await scene.slack.people.say("ada", "inc-shop", STUCK)
        await scene.slack.until(lambda: [call for call in scene.slack.calls if call.method == "chat.postMessage"])
        with locked(tmp_path):
            await scene.slack.until(lambda: told(scene, "ada"), SECONDS)
            scene.slack.heal()
            await asyncio.sleep(SHORT.lease)
            assert scene.clusters.servers["prod"].requests == []
        await scene.answer("inc-shop", ts)
        assert len(told(scene, "ada")) == 1
        assert len(scene.slack.replies("inc-shop", ts)) == 1


async def test_what_is_pressed_or_submitted_while_nothing_can_be_stored_is_acknowledged_and_said(
    open_scene: OpenScene, tmp_path: Path
) -> None:
    """All in time for Slack, which would else show its own warning; what was typed stays in its form."""
    async with open_scene(CLUSTER, timing=IN_TIME) as scene:
        people, slack = scene.slack.people, scene.slack
        answer = await scene.answer("inc-shop", await people.say("ada", "inc-shop", STUCK))
        await people.press("ada", answer, "It helped")
        await slack.until(lambda: slack.modals("ada"))
        await people.global_shortcut("lin", "ask")
        await slack.until(lambda: slack.modals("lin"))
        with locked(tmp_path), locked(tmp_path, "dbos.sqlite"):
            for user, button in (("sam", "Re-check"), ("sam", "evidence"), ("sam", "It did not help")):
                before = len(unstored(scene, user))
                await people.press(user, answer, button)
                await slack.until(lambda before=before, user=user: len(unstored(scene, user)) > before)
            assert not slack.modals("sam")
            assert NOT_STORED in (await people.submit("ada", {"note": "a second vSwitch"}))["note"]
            form = {"symptom": "pods stuck", "channel": "C0INCSHOP1"}
            assert NOT_STORED in (await people.submit("lin", form))["symptom"]
        assert await people.submit("ada") == {}
        assert await people.submit("lin") == {}
        bot = slack.team.bot.id
        await slack.until(lambda: [m for m in slack.messages("inc-shop") if m.user == bot and "pods stuck" in m.plain])


async def test_a_press_on_home_that_cannot_be_stored_is_answered_in_a_modal(
    open_scene: OpenScene, tmp_path: Path
) -> None:
    async with open_scene(CLUSTER, timing=IN_TIME) as scene:
        people, slack = scene.slack.people, scene.slack
        await people.open_home("ada")
        home = await slack.until(lambda: slack.home("ada"))
        with locked(tmp_path), locked(tmp_path, "dbos.sqlite"):
            for button in ("Ask a question", "Look at the clusters again"):
                await people.press("ada", home, button)
                (modal,) = await slack.until(lambda: slack.modals("ada"))
                assert NOT_STORED in modal.plain
                await people.close("ada")


def unstored(scene: Scene, user: str) -> list[str]:
    """What this person alone heard of presses that were not stored."""
    return [m.plain for m in scene.slack.ephemerals(user) if NOT_STORED in m.plain]


@slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", ["cut", "held"])
async def test_while_the_database_server_is_gone_people_hear_so_and_are_answered_later(
    open_scene: OpenScene, database_url: str, how: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        wire, url = stack.enter_context(wire_to(database_url))
        scene = await stack.enter_async_context(
            open_scene(CLUSTER, settings={"NETCLINIC_DATABASE_URL": url}, timing=PRODUCTION)
        )
        stack.callback(wire.mend)
        web = await stack.enter_async_context(aiohttp.ClientSession())
        people, port = scene.slack.people, int(scene.services.settings.health_address.rpartition(":")[2])
        await scene.answer("ops", await people.say("sam", "ops", STUCK))
        await scene.idle()
        read = len(scene.clusters.servers["prod"].requests)
        wire.break_(how)
        asked = [await people.say("ada", "inc-shop", f"{STUCK} since {n + 5} min") for n in range(8)]
        await people.command("lin", "ops", "/netclinic audit verify")
        await scene.slack.until(lambda: warned(scene, "ada") >= len(asked) and warned(scene, "lin"), 60)
        for _ in range(5):
            began = time.monotonic()
            status, told_health = await health(web, port)
            assert (status, time.monotonic() - began < 5) == (503, True), told_health
            await asyncio.sleep(1)
        await asyncio.sleep(PRODUCTION.lease)
        served = scene.clusters.servers["prod"].requests[read:]  # whether it may read is asked by the clock
        assert [each for each in served if not each.path.endswith("/selfsubjectaccessreviews")] == []
        wire.mend()
        for ts in asked:
            await scene.answer("inc-shop", ts)
            assert len(scene.slack.replies("inc-shop", ts)) == 1


def warned(scene: Scene, user: str) -> int:
    """How many words of the database this person alone heard."""
    return sum("netclinic's database" in message.plain for message in scene.slack.ephemerals(user))
