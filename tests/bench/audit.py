"""``make bench-audit``: an audit log of 100,000 records: filters, verifying, and what recording a question costs.

``--database URL`` measures on PostgreSQL; the database must be empty, and is left filled.
"""

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.audit import Actor, AuditContext, AuditLog, Draft
from bot.audit.filters import parse_filters
from bot.audit.prune import prune
from bot.audit.reading import find_records, list_records
from bot.audit.verify import verify
from bot.cluster.connection import connect_to
from bot.cluster.reader import Cluster
from bot.cluster.transport import Transport
from bot.diagnosis.clinic import Clinic
from bot.probes import vocabulary
from bot.recordings import load, serve
from bot.store import open_store
from knowledge.loading import BUILTIN_FOLDER, load_entries

T = TypeVar("T")
A_QUESTION = 77  # records: 1 question, 1 of entries, 33 reads twice, verdicts and the like
FILTERS = (
    "",
    "since 12h",
    "actor user7",
    "channel C3",
    "case NC-1234",
    "cluster prod-2",
    "action verdict",
    "entry entry-11",
    "actor user7 since 90d action cluster.read",
)
RECORDING = "terway-out-of-ips"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.audit", description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--database", default="", help="URL of an empty database; a new SQLite file otherwise")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = AuditLog(open_store(chosen.database, Path(folder)))
        _measure(log, chosen.records, Path(folder))
        log.close()
        log.store.close()


def _measure(log: AuditLog, count: int, folder: Path) -> None:
    _, seconds = _timed(lambda: _fill(log, count))
    print(f"writing {count:,} records, {A_QUESTION} a transaction: {count / seconds:,.0f} records/s")
    verified, _ = _timed(lambda: verify(log.store))
    assert verified.holds
    print(f"verify: {verified.count:,} records in {verified.seconds:.1f} s, {verified.rate:,.0f} records/s")
    for words in FILTERS:
        found, seconds = _timed(partial(list_records, log.store, parse_filters(words)))
        print(f"list {words or '(newest)':<42} {1000 * seconds:7.1f} ms  {len(found)} records")
    found, seconds = _timed(lambda: find_records(log.store, "request-500"))
    print(f"show a request {'':<32} {1000 * seconds:7.1f} ms  {len(found)} records")
    asyncio.run(_questions(log))
    done, seconds = _timed(lambda: prune(log, datetime.now(UTC) - timedelta(days=30), folder / "a", actor=_user(0)))
    assert done is not None
    print(f"prune: {done.count:,} records archived and removed in {seconds:.1f} s")


def _timed(what: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return what(), time.perf_counter() - started


def _fill(log: AuditLog, count: int) -> None:
    drafts = _drafts(count)
    while batch := list(itertools.islice(drafts, A_QUESTION)):
        log.append(batch)


def _drafts(count: int) -> Iterator[Draft]:
    """A year of it."""
    start = datetime.now(UTC) - timedelta(days=365)
    for number in range(count):
        question, step = divmod(number, A_QUESTION)
        read = {"verb": "list", "resource": "pods", "path": f"/api/v1/namespaces/ns{number % 50}/pods", "read": step}
        action, detail = ("cluster.read" if step % 2 else "cluster.read.done"), {**read, "bytes": 1000, "ms": 12}
        if step in (0, A_QUESTION - 1):
            action = "verdict.reached" if step else "question.received"
            detail = {"score": 0.5} if step else {"question": f"pods of shop {question} wait for an address"}
        yield Draft(
            action=action,
            actor=_user(question % 40),
            request_id=f"request-{question}",
            case=f"NC-{question}",
            cluster=f"prod-{question % 5}",
            entry=f"entry-{question % 70}" if action == "verdict.reached" else "",
            outcome="ok" if step % 2 == 0 else "",
            detail=detail,
            time=start + timedelta(days=365) * (number / count),
        )


def _user(number: int) -> Actor:
    return Actor("slack", f"U{number}", f"user{number}", f"C{number % 8}", "T1")


async def _questions(log: AuditLog) -> None:
    """The same question with and without a log, in turn, on a served recording."""
    entries = {entry.id: entry for entry in load_entries([BUILTIN_FOLDER], vocabulary())}
    clinic, taken = Clinic(entries), dict[bool, list[float]]({True: [], False: []})
    async with serve(load(RECORDING)) as server, connect_to(server.kubeconfig, RECORDING) as link:
        cluster = Cluster(Transport(link.client), RECORDING)
        for number in range(41):
            recorded = bool(number % 2)
            trail = AuditContext(log, _user(1), f"bench-{number}")
            started = time.perf_counter()
            answer = await clinic.check(["terway-vswitch-out-of-ips"], trail.cluster(cluster) if recorded else cluster)
            if recorded:
                await trail.record_verdicts(answer)
            if number:
                taken[recorded].append(time.perf_counter() - started)
    without, recorded_ms = (1000 * statistics.median(taken[key]) for key in (False, True))
    print(
        f"one question of {answer.requests} reads: {without:.0f} ms without the log, {recorded_ms:.0f} ms with it "
        f"({recorded_ms - without:+.0f} ms)"
    )


if __name__ == "__main__":
    main()
