"""DBOS as it is used here: one process-wide engine with a database of its own, quiet, and talking to nobody else."""

import contextlib
import logging
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from dbos import DBOS, DBOSConfig
from dbos._dbos import _get_dbos_instance

from bot.slack.queue.plain_json import PlainJson
from bot.store import DatabaseError

NAME = "netclinic"
FILE = "dbos.sqlite"
# Any release of the same shape resumes work: to be raised when handlers cannot finish what older ones began.
SHAPE = "1"
FINISHED = ["SUCCESS", "ERROR", "CANCELLED"]
BATCH = 500
CONNECTIONS = 6  # that store what steps came to: more would only fight for the database
# They are those of asyncio.to_thread, too: a database that is gone may hold all of them up. Nothing that is needed
# to tell people so uses them. Many more make a burst of questions slower than Slack waits.
THREADS = 16


def start(url: str, data_dir: Path, replica: str) -> None:
    """Launch the engine for this replica; workflows must be registered by then.

    Raises:
        DatabaseError: its database cannot be used.
    """
    config: DBOSConfig = {
        "name": NAME,
        "system_database_url": url or _prepared(data_dir / FILE),
        "application_version": SHAPE,
        "executor_id": replica,
        "serializer": PlainJson(),
        "enable_otlp": False,
        "log_level": "WARNING",
        "sys_db_pool_size": CONNECTIONS,
        "max_executor_threads": THREADS,
        "use_listen_notify": False,  # nobody waits for notifications here, and poolers in between break them
        "scheduler_polling_interval_sec": 3600.0,
    }
    DBOS(config=config)
    _through_our_logs()
    try:
        DBOS.launch()
    except Exception as error:
        with contextlib.suppress(Exception):
            stop()
        told = " ".join(str(getattr(error, "orig", None) or error).split())[:200].rstrip(".")
        raise DatabaseError(
            f"The database of pending work cannot be used ({told}): check NETCLINIC_DATABASE_URL and that the data "
            "directory may be written."
        ) from error


def stop() -> None:
    """End the engine; what was under way stays stored and is resumed later.

    Threads that wait for a database which is gone try once more and end: for ever, they would keep the process alive.
    What breaks off between two steps would tell of itself with a traceback, though nothing is wrong.
    """
    logging.getLogger("dbos").setLevel(logging.CRITICAL)  # until the next start
    with contextlib.suppress(Exception):
        _get_dbos_instance()._sys_db._retry_connection_errors = False
    DBOS.destroy(destroy_registry=True)


def recover(replicas: Sequence[str]) -> int:
    """Take over the work of replicas that are gone; how many pieces."""
    return len(DBOS._recover_pending_workflows(list(replicas)))


async def forget(before: datetime) -> int:
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


def _prepared(path: Path) -> str:
    """The URL of the SQLite file, in the mode in which readers do not wait for writers; the file remembers it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except (sqlite3.Error, OSError) as error:
        raise DatabaseError(
            f"The database {path} cannot be used ({error}): check that the disk has room and the file may be written."
        ) from error
    return f"sqlite:///{path}"


def _through_our_logs() -> None:
    """DBOS brings a handler of its own, which knows nothing of masking secrets."""
    logger = logging.getLogger("dbos")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
