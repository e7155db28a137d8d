"""SIGTERM: what is under way is answered where there is time for it; of the rest its thread hears that it goes on.

Real processes; the cluster keeps its replies for as long as a test wants.
"""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import yaml

from tests.bot.slack.test_crashes import ANSWERED, STATUS, Stage
from tests.clusters import Clusters
from tests.processes import SECONDS, Served, tokens
from tests.scenes import OpenScene
from tests.timing import QUICK
from tests.wires import Wire
from tests.workspace import Message, Workspace

CLUSTER = "terway-out-of-ips"
RESTARTING = "netclinic is restarting, and goes on with this by itself in a moment."


@dataclass
class SlowStage(Stage):
    """A stage whose cluster lies behind a wire."""

    wire: Wire

    async def asks_and_waits(self) -> str:
        """A question of which the cluster has heard, and which waits for it."""
        self.wire.break_("held")
        ts = await self.asks()
        await self.slack.until(
            lambda: f"at {CLUSTER}: " in self.slack.status("inc-shop", ts) or "Reading the cluster" in self.text(ts),
            SECONDS,
        )
        return ts

    def text(self, ts: str) -> str:
        """What stands in the question's thread now."""
        found = self.slack.reply("inc-shop", ts)
        return found.plain if found is not None else ""

    async def stops(self, number: signal.Signals = signal.SIGTERM) -> None:
        """It was told to stop, and has heard it."""
        self.bot.processes[-1].send_signal(number)
        await self.logs("Stopping: ")

    async def logs(self, words: str) -> None:
        await self.slack.until(lambda: any(words in line["message"] for line in self.bot.logged()), SECONDS)

    async def ends(self) -> None:
        assert await asyncio.to_thread(self.bot.processes[-1].wait, SECONDS) == 0


@pytest.fixture
async def stage(tmp_path: Path, data_dir: Path) -> AsyncIterator[SlowStage]:
    async with contextlib.AsyncExitStack() as stack:
        clusters = Clusters(tmp_path / "kubeconfig", stack)
        server = await clusters.serve(CLUSTER)
        wire = Wire("127.0.0.1", server.port)
        port = stack.enter_context(wire.laid())
        config = yaml.safe_load(clusters.path.read_text(encoding="utf-8"))
        config["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{port}"
        clusters.path.write_text(yaml.safe_dump(config), encoding="utf-8")
        slack = await stack.enter_async_context(Workspace(retry_after=(1.0, 2.0, 5.0)))
        told = {
            **tokens(slack),
            "KUBECONFIG": str(clusters.path),
            "NETCLINIC_INDEX_DIR": str(data_dir / "index"),
            "NETCLINIC_DEADLINE": "120",  # the cluster keeps its replies longer than a question usually waits
        }
        bot = Served(tmp_path, told)
        stack.callback(bot.end)
        yield SlowStage(slack, clusters, bot, wire)
        wire.mend()


async def test_a_question_under_way_is_answered_before_the_process_ends(stage: SlowStage) -> None:
    await stage.starts()
    ts = await stage.asks_and_waits()
    await stage.stops()
    stage.wire.mend()
    await stage.ends()
    assert ANSWERED in stage.text(ts)
    await stage.answered_once(ts)


@pytest.mark.slow
async def test_of_what_takes_longer_the_thread_hears_and_the_next_start_answers_once(stage: SlowStage) -> None:
    await stage.starts(quick=True)
    ts = await stage.asks_and_waits()
    await stage.stops()
    await stage.ends()
    assert "is restarting" in stage.slack.status("inc-shop", ts)
    assert stage.slack.replies("inc-shop", ts) == []
    stage.wire.mend()
    await stage.starts(quick=True)
    answer = await stage.answered_once(ts)
    assert answer.edited is None
    await stage.shows_what_was_found(ts)


@pytest.mark.slow
async def test_where_slack_takes_no_status_a_message_says_so_and_becomes_the_answer(stage: SlowStage) -> None:
    stage.takes_no_status()
    await stage.starts(quick=True)
    ts = await stage.asks_and_waits()
    await stage.stops()
    await stage.ends()
    assert RESTARTING in stage.text(ts)
    assert len(stage.slack.replies("inc-shop", ts)) == 1
    stage.wire.mend()
    await stage.starts(quick=True)
    answer = await stage.answered_once(ts)
    assert RESTARTING not in answer.plain


@pytest.mark.slow
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_waiting(stage: SlowStage, second: signal.Signals) -> None:
    await stage.starts()
    ts = await stage.asks_and_waits()
    await stage.stops()
    stage.bot.processes[-1].send_signal(second)
    await stage.ends()
    await stage.logs("Asked again to stop")
    assert "is restarting" in stage.slack.status("inc-shop", ts)
    stage.wire.mend()
    await stage.starts()
    await stage.answered_once(ts)


@pytest.mark.slow
async def test_as_in_production_it_ends_within_what_kubernetes_gives(stage: SlowStage) -> None:
    """30 s is ``terminationGracePeriodSeconds``: then it is killed, so this one bound is about time."""
    await stage.starts()
    ts = await stage.asks_and_waits()
    stage.slack.fail("*", "hang", times=None)  # nothing can be said, either
    await stage.stops()
    stage.wire.mend()
    assert await asyncio.to_thread(stage.bot.processes[-1].wait, 30) == 0
    stage.slack.heal()
    await stage.starts()
    await stage.answered_once(ts)


async def test_an_answer_that_one_person_sees_says_so_too(open_scene: OpenScene) -> None:
    at_once, patient = replace(QUICK, private_patience=0.0), {"NETCLINIC_DEADLINE": "120"}
    async with open_scene({}, hanging=["prod"], settings=patient, timing=at_once) as scene:
        await scene.slack.people.command("ada", "inc-shop", "/netclinic ask pods stuck in ContainerCreating")
        await scene.alone("ada", "Looking at")
        await scene.bot.stop()
        await scene.alone("ada", RESTARTING)
        await scene.clusters.serve(CLUSTER, "prod")
        await scene.bot.start()
        answer: Message = await scene.alone("ada", ANSWERED)
        assert RESTARTING not in answer.plain


@pytest.mark.parametrize("by_status", [True, False])
async def test_in_a_crowded_channel_each_thread_hears_it_and_has_one_message(
    open_scene: OpenScene, by_status: bool
) -> None:
    async with open_scene({}, hanging=["prod"], settings={"NETCLINIC_DEADLINE": "120"}) as scene:
        if not by_status:
            scene.slack.fail(STATUS, "refused", times=None)
        words = "@netclinic pods stuck in ContainerCreating since {} min"
        asked = await asyncio.gather(
            *(scene.slack.people.say("ada", "inc-shop", words.format(n + 5)) for n in range(4))
        )
        running = scene.services.queue._running
        await scene.slack.until(lambda: len(running) == 4 and all(job.interruption.tell for job in running.values()))
        await scene.bot.stop()
        for ts in asked:
            said = [RESTARTING in reply.plain for reply in scene.slack.replies("inc-shop", ts)]
            assert said == ([] if by_status else [True])
            assert ("is restarting" in scene.slack.status("inc-shop", ts)) is by_status
        await scene.clusters.serve(CLUSTER, "prod")
        await scene.bot.start()
        for ts in asked:
            answer = await scene.answer("inc-shop", ts, ANSWERED)
            assert [reply.ts for reply in scene.slack.replies("inc-shop", ts)] == [answer.ts]
            assert RESTARTING not in answer.plain
