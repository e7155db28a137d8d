"""PostgreSQL's own tools for a backup: ``pg_dump`` and ``pg_restore``, where they are installed."""

import os
import shutil
import subprocess
from pathlib import Path

from bot.store.engine import Store
from bot.store.errors import DatabaseError
from bot.store.queue_tables import SCHEMA

LONGEST = 300  # characters of what a tool says
OLDER = "server version mismatch"  # what pg_dump says of a server that is newer than it


def dump_postgresql(store: Store, path: Path) -> Path:
    """Everything that netclinic keeps there, as one transaction sees it, in ``pg_dump``'s own form.

    Raises:
        DatabaseError: the tool is missing or fails.
    """
    schemas = [f"--schema={name}" for name in (_own_schema(store), SCHEMA)]
    _run(store, "pg_dump", "--format=custom", "--no-owner", *schemas, f"--file={path}")
    return path


def restore_postgresql(store: Store, path: Path) -> None:
    """Put it in place of what is there, wholly or not at all.

    Raises:
        DatabaseError: the tool is missing or fails; nothing was changed.
    """
    whole = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _run(store, "pg_restore", *whole, str(path))


def _own_schema(store: Store) -> str:
    from sqlalchemy import text

    with store.reading() as connection:
        return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def _run(store: Store, tool: str, *arguments: str) -> None:
    """The password goes by the environment: arguments are seen by every user of the machine."""
    program = shutil.which(tool)
    if program is None:
        raise DatabaseError(
            f"{tool} is not installed, and PostgreSQL's backups are made with it: run this where its client programs "
            "are (Debian's postgresql-client; an image has them with --build-arg PACKAGES=postgresql-client), or let "
            "the server's own backups do it."
        )
    url = store.engine.url
    named = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    done = subprocess.run(  # noqa: S603 - the program is PostgreSQL's, the arguments are ours
        [program, f"--dbname={named}", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr.split())[:LONGEST].rstrip(".")
        if OLDER in said:
            raise DatabaseError(
                f"{tool} is older than the server {store.shown}: install client programs of its version."
            )
        raise DatabaseError(f"{tool} failed on {store.shown} ({said}): mend that and try again.")
