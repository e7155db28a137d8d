"""Several processes add to one chain at the same time."""

import asyncio
import multiprocessing
from collections.abc import Callable
from pathlib import Path

from bot.audit import Actor, AuditLog
from bot.audit.filters import Filters
from bot.audit.reading import list_records
from bot.audit.verify import verify
from bot.store import Store, open_store

EACH, ROUND = 40, 10


def write(url: str, folder: str, name: str, together: Callable[[], object]) -> None:
    """Half of the records in a row, half at once. ``together`` returns when all have come so far."""
    log = AuditLog(open_store(url, Path(folder)))
    actor = Actor("system", name)

    async def at_once() -> None:
        await asyncio.gather(*(log.arecord("cluster.read", actor=actor, detail={"question": "q"}) for _ in range(EACH)))

    for number in range(EACH):
        if number % ROUND == 0:
            together()
        log.record("cluster.read", actor=actor)
    together()
    asyncio.run(at_once())
    log.close()
    log.store.close()


def test_processes_that_write_at_once_leave_one_chain(store: Store, database_url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    names = ["one", "two", "three"]
    together = context.Barrier(len(names)).wait
    writers = [context.Process(target=write, args=(database_url, str(tmp_path), name, together)) for name in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    verified = verify(store)
    assert (verified.holds, verified.count, verified.last) == (True, 6 * EACH, 6 * EACH)
    assert verified.words_kept == 3 * EACH
    order = [record.actor_id for record in list_records(store, Filters(limit=10_000))]
    assert {name: order.count(name) for name in names} == dict.fromkeys(names, 2 * EACH)


def test_verifying_while_others_write_sees_one_state(store: Store, database_url: str, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    alone = context.Barrier(1).wait
    writer = context.Process(target=write, args=(database_url, str(tmp_path), "one", alone))
    writer.start()
    seen = []
    while writer.is_alive():
        verified = verify(store)
        assert verified.holds, verified.fault
        seen.append(verified.last)
    writer.join()
    assert seen == sorted(seen)
