"""What is refused at the door: nothing may be acknowledged that nobody would do."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.slack.api.errors import JobNotAccepted, SlackRefused, SlackUnavailable, slack_refused
from bot.slack.queue.job import Job
from bot.slack.queue.queue import JobQueue
from bot.store import Store, replicas
from tests.timing import QUICK

SECONDS = 60.0


async def nothing(_: Job) -> None:
    return


async def test_while_closing_nothing_is_accepted(store: Store, tmp_path: Path) -> None:
    work = JobQueue(store, tmp_path, timing=QUICK)
    work.register("do", nothing)
    await work.launch()
    await work.worker.finish_steps(0.0)
    with pytest.raises(JobNotAccepted):
        await work.accept("do", "k1", {})
    await work.close()


async def test_after_a_take_over_nothing_is_accepted_and_the_process_is_told(store: Store, tmp_path: Path) -> None:
    lost = asyncio.Event()
    work = JobQueue(store, tmp_path, lost=lost.set, timing=QUICK)
    work.register("do", nothing)
    await work.launch()
    replicas.join(store, "heir", "host", "1")
    replicas.claim(store, work.worker.id, "heir", 0.0)
    await asyncio.wait_for(lost.wait(), SECONDS)
    with pytest.raises(JobNotAccepted):
        await work.accept("do", "k1", {})
    await work.close()


async def test_work_that_nobody_does_is_a_mistake_and_names_are_taken_once(store: Store, tmp_path: Path) -> None:
    work = JobQueue(store, tmp_path, timing=QUICK)
    work.register("do", nothing)
    with pytest.raises(ValueError, match="two handlers"):
        work.register("do", nothing)
    await work.launch()
    with pytest.raises(ValueError, match="nobody does"):
        await work.accept("other", "k1", {})
    await work.close()


async def test_a_refusal_is_a_result_and_being_away_is_tried_again(store: Store, tmp_path: Path) -> None:
    work, ended = JobQueue(store, tmp_path, timing=QUICK), asyncio.Event()
    tried: list[str] = []
    told: list[str] = []

    async def away_twice() -> Any:
        tried.append("away")
        if len(tried) < 3:
            raise SlackUnavailable("Slack gave no answer.", retry_after=0.1)
        return {"ts": "1.1"}

    async def refused() -> Any:
        tried.append("refused")
        raise slack_refused("chat.postMessage", "is_archived")

    async def do(job: Job) -> None:
        told.append((await job.step("post", away_twice))["ts"])
        try:
            await job.step("update", refused)
        except SlackRefused as no:
            told.append(no.code)
        ended.set()

    work.register("do", do)
    await work.launch()
    assert await work.accept("do", "k1", {})
    await asyncio.wait_for(ended.wait(), SECONDS)
    assert told == ["1.1", "is_archived"]
    assert tried == ["away", "away", "away", "refused"]
    await work.close()


async def test_a_handler_may_accept_more_work_in_a_step(store: Store, tmp_path: Path) -> None:
    work, ended = JobQueue(store, tmp_path, timing=QUICK), asyncio.Event()

    async def more(_: Job) -> None:
        ended.set()

    async def do(job: Job) -> None:
        async def hand_on() -> Any:
            return [
                await work.accept("more", f"{job.key}:more", {}),
                await work.accept("more", f"{job.key}:more", {}),
            ]

        assert await job.step("hand on", hand_on) == [True, False]

    work.register("do", do)
    work.register("more", more)
    await work.launch()
    await work.accept("do", "k1", {})
    await asyncio.wait_for(ended.wait(), SECONDS)
    await work.close()


async def test_stopped_right_after_its_start_it_ends_without_a_traceback(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def do(job: Job) -> None:
        for name in ("first", "second"):
            await job.step(name, lambda: asyncio.sleep(0))

    for start in range(15):
        work = JobQueue(store, tmp_path, timing=QUICK)
        work.register("do", do)
        await work.launch()
        accepting = asyncio.create_task(work.accept("do", f"{start}", {}))
        await asyncio.sleep(start / 1000)  # somewhere on its way
        await work.close()
        await asyncio.wait({accepting}, timeout=1.0)
        accepting.cancel()
    assert [record.getMessage() for record in caplog.records if record.exc_info or "shutdown" in record.message] == []
