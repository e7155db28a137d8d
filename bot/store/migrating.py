"""Bringing a database to this version's tables. Alembic does it, imported only where there is something to do."""

from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from bot.store.engine import Store
from bot.store.errors import PATIENCE, SILENCE, DatabaseError, to_database_error

LOCK = 7_220_011  # PostgreSQL advisory lock: any number that is ours
OTHERS = 60  # seconds to wait for another process that migrates
SCRIPTS = Path(__file__).parent / "migrations"
_NUMBER = "[0-9][0-9][0-9][0-9]"


def migrate(store: Store, data_dir: Path) -> None:
    """Make or upgrade the tables; several processes may start at once.

    Raises:
        DatabaseError: the database cannot be used, or a newer netclinic made it.
    """
    try:
        if _version(store) == newest_version():
            return
        if not store.is_sqlite:
            _upgrade(store)
            return
        data_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(data_dir / "migration.lock", timeout=OTHERS):
            _upgrade(store)
    except (DBAPIError, OSError, Timeout) as error:
        raise to_database_error(store.shown, error) from error


def newest_version() -> str:
    """The newest migration of this version, by the names of the scripts."""
    return max(path.name[:4] for path in (SCRIPTS / "versions").glob(f"{_NUMBER}_*.py"))


def is_up_to_date(store: Store) -> bool:
    """Whether its tables are those of this version.

    Raises:
        DatabaseError: it cannot be read.
    """
    try:
        return _version(store) == newest_version()
    except DBAPIError as error:
        raise to_database_error(store.shown, error) from error


def _version(store: Store) -> str | None:
    with store.engine.connect().execution_options(**{SILENCE: PATIENCE}) as connection, connection.begin():
        return stored_version(connection)


def stored_version(connection: Connection) -> str | None:
    """The newest migration that this database has seen."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(store: Store) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    with store.writing(long=True) as connection:
        if not store.is_sqlite:
            connection.execute(text(f"SET LOCAL lock_timeout = '{OTHERS}s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _made_by_newer(store, stored_version(connection)) from error


def refuse_newer(store: Store) -> None:
    """Look at the version of its tables, if it has any.

    Raises:
        DatabaseError: a newer netclinic made them.
    """
    version = _version(store)
    if version is not None and version > newest_version():
        raise _made_by_newer(store, version)


def _made_by_newer(store: Store, version: str | None) -> DatabaseError:
    return DatabaseError(
        f"The database {store.shown} was made by a newer netclinic (its tables are at {version}): "
        "run that version, or name another database."
    )
