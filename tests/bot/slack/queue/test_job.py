"""What is refused at the door: nothing may be acknowledged that nobody would do."""

import asyncio
from dataclasses import replace
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


async def test_while_draining_what_is_under_way_is_done_and_nothing_new_is_begun(store: Store, tmp_path: Path) -> None:
    work = JobQueue(store, tmp_path, timing=replace(QUICK, draining=SECONDS))
    begun, may_go_on, done = asyncio.Event(), asyncio.Event(), list[str]()

    async def do(job: Job) -> None:
        async def wait() -> str:
            begun.set()
            await may_go_on.wait()
            return ""

        await job.step("wait", wait)
        await job.step("last", lambda: asyncio.sleep(0, "x"))
        done.append(job.key)

    work.register("do", do)
    await work.launch()
    await work.accept("do", "k1", {})
    await asyncio.wait_for(begun.wait(), SECONDS)
    draining = asyncio.create_task(work.drain(asyncio.Event()))
    await asyncio.sleep(0)
    with pytest.raises(JobNotAccepted):
        await work.accept("do", "k2", {})
    may_go_on.set()
    await asyncio.wait_for(draining, SECONDS)
    assert done == ["k1"]
    await work.close()


@pytest.mark.parametrize("is_hurried", [False, True])
async def test_who_waits_for_what_takes_longer_is_told_once_and_no_more_steps_are_begun(
    store: Store, tmp_path: Path, is_hurried: bool
) -> None:
    work = JobQueue(store, tmp_path, timing=replace(QUICK, draining=SECONDS if is_hurried else 0.0, closing=0.0))
    begun, may_go_on, noted = asyncio.Event(), asyncio.Event(), list[str]()

    async def do(job: Job) -> None:
        async def wait() -> str:
            begun.set()
            await may_go_on.wait()
            return ""

        async def tell() -> None:
            noted.append(f"told {job.key}")
            may_go_on.set()

        job.interruption.tell = tell
        await job.step("wait", wait)
        await job.step("last", lambda: asyncio.sleep(0, noted.append("last")))

    work.register("do", do)
    work.register("unheard", nothing)
    await work.launch()
    await work.accept("do", "k1", {})
    await asyncio.wait_for(begun.wait(), SECONDS)
    hurry = asyncio.Event()
    if is_hurried:
        hurry.set()
    await work.drain(hurry)
    await work.close()
    assert noted == ["told k1"]


async def test_a_word_that_cannot_be_said_holds_nothing_up(store: Store, tmp_path: Path) -> None:
    work = JobQueue(store, tmp_path, timing=replace(QUICK, draining=0.0, closing=0.0, farewell=0.1))
    begun = asyncio.Event()

    async def do(job: Job) -> None:
        async def hang() -> None:
            await asyncio.Event().wait()

        async def fail() -> None:
            raise SlackUnavailable("Slack is away.")

        async def wait() -> str:
            begun.set()
            await asyncio.Event().wait()
            return ""

        job.interruption.tell = hang if job.key == "k1" else fail
        await job.step("wait", wait)

    work.register("do", do)
    await work.launch()
    await work.accept("do", "k1", {})
    await work.accept("do", "k2", {})
    await asyncio.wait_for(begun.wait(), SECONDS)
    await asyncio.wait_for(work.drain(asyncio.Event()), SECONDS)
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
