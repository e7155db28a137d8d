"""``python -m tests.many_questions``: asks one question after the other in one process, each as the bot asks it: a
connection, an audit trail, the clinic, an answer as JSON. Prints what the process holds at some points, one JSON object
a line.
"""

import asyncio
import ctypes
import gc
import json
import os
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.app import App
from bot.audit import AuditContext
from bot.terminal.audited_command import operating_system_user

QUESTIONS = Path(__file__).parent / "eval" / "questions.jsonl"
DIFFERENT, THREADS = 30, 4


async def ask_all(context: str, measured_after: list[int]) -> None:
    app = App.from_environment()
    index = app.index()
    await start_all_threads()
    texts = [json.loads(line)["text"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()[:DIFFERENT]]
    for number in range(max(measured_after)):
        trail = AuditContext(app.audit, operating_system_user(), uuid.uuid4().hex)
        async with app.open_named_cluster(context, trail) as cluster:
            answer = await app.clinic(index).ask(texts[number % DIFFERENT], cluster)
        await trail.record_verdicts(answer)
        json.dumps(answer.to_json())
        if number + 1 in measured_after:
            await asyncio.sleep(0.5)  # closed connections leave the loop in its next rounds
            print(json.dumps({"questions": number + 1, **held()}), flush=True)


async def start_all_threads() -> None:
    """The loop's threads begin as they are needed: here they all are before anything is counted."""
    loop, meeting = asyncio.get_running_loop(), threading.Barrier(THREADS)
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    await asyncio.gather(*(asyncio.to_thread(meeting.wait) for _ in range(THREADS)))


def held() -> dict[str, int]:
    """``bytes`` of memory in use, ``descriptors`` and ``threads`` of this process."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "bytes": pages * os.sysconf("SC_PAGE_SIZE"),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": len(list(Path("/proc/self/task").iterdir())),
    }


if __name__ == "__main__":
    asyncio.run(ask_all(sys.argv[1], [int(text) for text in sys.argv[2:]]))
