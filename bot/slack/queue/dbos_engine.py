"""DBOS as it is used here: one process-wide engine with a database of its own, quiet, and talking to nobody else.

Payloads and results are stored as JSON, so that no release has to understand another one's pickled classes. What nobody
needs any more is deleted: finished jobs, shared reads, keys of what could happen once only long ago.
"""

import asyncio
import contextlib
import itertools
import json
import logging
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, Serializer
from dbos._dbos import _get_dbos_instance

from bot.private_files import make_private_folder
from bot.store import DatabaseError, Store, idempotency_keys, job_deaths, replicas, shared_reads, words
from bot.store.error_advice import advice_for
from bot.store.queue_tables import FILE
from bot.store.queue_words import QueueWords
from bot.store.write_ahead import use_write_ahead_log

_ERROR = "$error"
NAME = "netclinic"
# Any release of the same shape resumes work: to be raised when handlers cannot finish what older ones began.
SHAPE = "1"
FINISHED = ["SUCCESS", "ERROR", "CANCELLED"]
BATCH = 500
CONNECTIONS = 6  # that store what steps came to: more would only fight for the database
# They are those of asyncio.to_thread, too: a database that is gone may hold all of them up. Nothing that is needed
# to tell people so uses them. Many more make a burst of questions slower than Slack waits.
THREADS = 16
EVERY = 3600.0  # seconds
WORDS_EVERY = timedelta(minutes=1)
FULL_EVERY = 60  # such minutes: then all that is stored, not only what ended lately
KEEP_JOBS = timedelta(days=7)  # Slack sends an event again for an hour
KEEP_SHARED_READS = timedelta(days=1)
KEEP_IDEMPOTENCY_KEYS = timedelta(days=400)  # longer than any button lives
KEEP_REPLICAS = timedelta(days=7)
_log = logging.getLogger("netclinic.housekeeping")


class PlainJson(Serializer):
    """JSON; an exception is kept as its name and message, and comes back as a ``RuntimeError``."""

    def name(self) -> str:
        """How the rows are marked."""
        return "netclinic_json"

    def serialize(self, data: Any) -> str:
        """Raises ``TypeError`` for what is no JSON."""
        if isinstance(data, BaseException):
            data = {_ERROR: {"type": type(data).__name__, "message": str(data)}}
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))

    def deserialize(self, serialized_data: str) -> Any:
        """The value."""
        value = json.loads(serialized_data)
        if isinstance(value, dict) and set(value) == {_ERROR}:
            return RuntimeError(f"{value[_ERROR]['type']}: {value[_ERROR]['message']}")
        return value


def launch_engine(url: str, data_dir: Path, replica: str, poll: float) -> None:
    """Launch the engine for this replica; workflows must be registered by then.

    It looks for notifications every ``poll`` seconds, and its end waits for the last look.

    Raises:
        DatabaseError: its database cannot be used.
    """
    config: DBOSConfig = {
        "name": NAME,
        "system_database_url": url or prepare_sqlite(data_dir / FILE),
        "application_version": SHAPE,
        "executor_id": replica,
        "serializer": PlainJson(),
        "enable_otlp": False,
        "log_level": "WARNING",
        "sys_db_pool_size": CONNECTIONS,
        "max_executor_threads": THREADS,
        "use_listen_notify": False,  # nobody waits for notifications here, and poolers in between break them
        "scheduler_polling_interval_sec": 3600.0,
        "notification_listener_polling_interval_sec": poll,
    }
    DBOS(config=config)
    _route_logs()
    try:
        DBOS.launch()
    except Exception as error:
        with contextlib.suppress(Exception):
            stop_engine()
        told = " ".join(str(getattr(error, "orig", None) or error).split())[:200].rstrip(".")
        raise DatabaseError(
            f"The database of pending work cannot be used ({told}): {advice_for(url or 'sqlite', error)}."
        ) from error


def stop_engine() -> None:
    """End the engine; what was under way stays stored and is resumed later.

    Threads that wait for a database which is gone try once more and end: for ever, they would keep the process alive.
    What breaks off between two steps would tell of itself with a traceback, though nothing is wrong.
    """
    logging.getLogger("dbos").setLevel(logging.CRITICAL)  # until the next start
    with contextlib.suppress(Exception):
        _get_dbos_instance()._sys_db._retry_connection_errors = False
    DBOS.destroy(destroy_registry=True)


@dataclass(frozen=True)
class PendingJob:
    """An accepted job that is not done: the process it belongs to, and how many steps it has behind it."""

    key: str
    name: str
    payload: Mapping[str, Any]
    worker: str
    steps: int


def pending_jobs(workers: Sequence[str]) -> list[PendingJob]:
    """What these processes left undone."""
    return [
        PendingJob(
            key=item.workflow_id,
            name=str(item.input["args"][0]) if item.input else "",
            payload=dict(item.input["args"][1]) if item.input else {},
            worker=str(item.executor_id),
            steps=len(DBOS.list_workflow_steps(item.workflow_id, load_output=False)),
        )
        for item in DBOS.list_workflows(status="PENDING", executor_id=list(workers), load_output=False)
    ]


def cancel_job(key: str) -> None:
    """Never resume it."""
    DBOS.cancel_workflow(key)


def recover_jobs(replicas: Sequence[str]) -> int:
    """Take over the work of replicas that are gone; how many pieces."""
    return len(DBOS._recover_pending_workflows(list(replicas)))


async def delete_finished_jobs(before: datetime) -> int:
    """Remove work that was finished before that time; how many pieces."""
    removed = 0
    while True:
        old = await DBOS.list_workflows_async(
            status=FINISHED, completed_before=before.isoformat(), limit=BATCH, load_input=False, load_output=False
        )
        if not old:
            return removed
        await DBOS.delete_workflows_async([item.workflow_id for item in old])
        removed += len(old)


def prepare_sqlite(path: Path) -> str:
    """The URL of the SQLite file, in the mode in which readers do not wait for writers; the file remembers it."""
    try:
        make_private_folder(path.parent)
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            use_write_ahead_log(connection)
    except (sqlite3.Error, OSError) as error:
        raise DatabaseError(
            f"The database {path} cannot be used ({error}): check that the disk has room and the file may be written."
        ) from error
    return f"sqlite:///{path}"


def _route_logs() -> None:
    """DBOS brings a handler of its own, which knows nothing of masking secrets."""
    logger = logging.getLogger("dbos")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True


async def run_housekeeping(store: Store) -> None:
    """Tidy up, now and every hour."""
    while True:
        try:
            await delete_expired(store, datetime.now(UTC))
        except DatabaseError as error:
            _log.error("%s", error)
        except Exception:
            _log.exception("Housekeeping failed; it is tried again in an hour.")
        await asyncio.sleep(EVERY)


async def forget_words(store: Store, data_dir: Path, keep: timedelta) -> None:
    """Where people's words are not to be kept: blank them in work that is over, and after ``keep``, as long as buttons
    go on with them, wherever they are. Every minute, until it is cancelled."""
    last: datetime | None = None
    for number in itertools.count():
        now = datetime.now(UTC)
        try:
            await store.run(forget_words_now, store, data_dir, now - keep, None if number % FULL_EVERY == 0 else last)
            last = now - WORDS_EVERY
        except DatabaseError as error:
            _log.error("%s", error)
        except Exception:
            _log.exception("Forgetting people's words failed; it is tried again.")
        await asyncio.sleep(WORDS_EVERY.total_seconds())


def forget_words_now(store: Store, data_dir: Path, before: datetime, ended_after: datetime | None = None) -> int:
    """Once: of all work that is over, and of everything else from before then; how many rows held words."""
    queue = QueueWords(store, data_dir)
    found = queue.erase(datetime.now(UTC), menus_before=before, ended_after=ended_after)
    with store.writing() as connection:
        return found + words.erase(connection, before)


async def delete_expired(store: Store, now: datetime) -> int:
    """Forget what is old enough; how many rows."""
    removed = await delete_finished_jobs(now - KEEP_JOBS)
    removed += await store.run(shared_reads.delete_before, store, now - KEEP_SHARED_READS)
    removed += await store.run(idempotency_keys.delete_before, store, now - KEEP_IDEMPOTENCY_KEYS)
    removed += await store.run(replicas.delete_started_before, store, now - KEEP_REPLICAS)
    removed += await store.run(job_deaths.forget, store, now - KEEP_JOBS)
    if removed:
        _log.info("Forgot %d rows that nobody needs any more.", removed)
    return removed
