"""A process that does work and may die of it, run by the tests: ``python -m tests.bot.slack.queue.worker_process``.

Each line that a step writes to the journal is an effect on the world: what counts is how often it is there.
"""

import argparse
import asyncio
import logging
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.slack.queue.dbos_engine import PendingJob
from bot.slack.queue.job import Job
from bot.slack.queue.queue import JobQueue
from bot.store import open_store
from tests.timing import QUICK

STEPS = ("first", "look", "last")


async def run(told: argparse.Namespace) -> None:
    store = open_store(told.database, told.data_dir)
    ended = asyncio.Event()
    timing = replace(QUICK, heartbeat=0.2, lease=told.lease, takeover=told.silence, draining=told.draining)
    work = JobQueue(store, told.data_dir, lost=ended.set, timing=timing)

    def note(text: str) -> None:
        with told.journal.open("a") as journal:
            journal.write(text + "\n")

    def die_at(place: str, key: str) -> None:
        if told.die == place and key in told.accept:
            os.kill(os.getpid(), signal.SIGKILL)

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)  # before anything is told that a test waits for

    async def do(job: Job) -> None:
        assert asyncio.get_running_loop() is loop  # resumed work too: sessions and locks belong to this one
        if told.die == "accepted":
            await ended.wait()
        die_at("start", job.key)
        for name in STEPS:

            async def act(step: str = name) -> Any:
                die_at(f"before {step}", job.key)
                await asyncio.sleep(told.slow)
                note(f"{job.key} {step} {job.payload['words']}")
                die_at(f"after {step}", job.key)
                return {"step": step}

            assert await job.step(name, act) == {"step": name}
        die_at("end", job.key)
        note(f"{job.key} done by {told.name}")

    async def note_set_aside(job: PendingJob) -> None:
        note(f"{job.key} set aside as {job.name}")

    work.register("do", do)
    work.on_set_aside(note_set_aside)
    await work.launch()
    note(f"launched {told.name} {work.worker.id}")
    for key in filter(None, told.accept.split(",")):
        note(f"{key} accepted {await work.accept('do', key, {'words': 'ärger & <!channel>'})}")
        die_at("accepted", key)
    await ended.wait()
    note(f"ends {told.name}")
    await work.drain(asyncio.Event())
    await work.close()
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", default="")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--name", default="one")
    parser.add_argument("--accept", default="")
    parser.add_argument("--die", default="")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--lease", type=float, default=20.0)
    parser.add_argument("--draining", type=float, default=0.0)
    parser.add_argument("--silence", type=float, default=30.0)
    logging.basicConfig(level=logging.WARNING)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
