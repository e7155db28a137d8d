"""Opening the database that the settings name: SQLite in the data directory, or PostgreSQL."""

import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.private_files import make_private_folder
from bot.settings import SettingsError
from bot.store.engine import BEGIN_OPTION, PATIENCE_OPTION, Store
from bot.store.errors import PATIENCE, DatabaseError, to_database_error
from bot.store.migrating import migrate, refuse_newer
from bot.store.write_ahead import use_write_ahead_log

FILE = "netclinic.sqlite"


def open_store(url: str, data_dir: Path) -> Store:
    """The database at ``url`` (SQLite in ``data_dir`` when empty), brought to this version's tables.

    Raises:
        SettingsError: the URL is no database's.
        DatabaseError: the database cannot be used.
    """
    store = connect_store(url, data_dir)
    migrate(store, data_dir)
    return store


def check_store(url: str, data_dir: Path) -> str:
    """Whether :func:`open_store` and serving could use it; no table is made. The URL without its password.

    Raises:
        SettingsError, DatabaseError: as :func:`open_store`, and where PostgreSQL does not let this user serve.
    """
    from bot.store.rights import check_serving_rights

    store = connect_store(url, data_dir)
    try:
        if not store.is_sqlite:
            check_serving_rights(store)
        elif _may_be_made(store.engine.url.database):
            return store.shown
        refuse_newer(store)
    except DBAPIError as error:
        raise to_database_error(store.shown, error) from error
    finally:
        store.close()
    return store.shown


def _may_be_made(file: str | None) -> bool:
    """Whether there is no such SQLite file yet, and one could be made: connecting would make it."""
    path = Path(file or "")
    if not file or path.exists():
        return False
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            return True
    except OSError:
        return False


def parse_url(url: str) -> URL:
    """The URL of a database that netclinic knows.

    Raises:
        SettingsError: it is none.
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError):
        raise SettingsError(
            "NETCLINIC_DATABASE_URL is no database URL: write postgresql://user@host:5432/name, or leave it empty."
        ) from None
    if backend not in ("postgresql", "postgres", "sqlite"):
        raise SettingsError(
            f"NETCLINIC_DATABASE_URL names {parsed.drivername}, which netclinic does not know: "
            "write postgresql://… or sqlite:///FILE."
        )
    return parsed


def connect_store(url: str, data_dir: Path) -> Store:
    """The database at ``url`` as it is, whatever its tables; SQLite makes the file when it is first used.

    Raises:
        SettingsError: the URL is no database's.
        DatabaseError: the data directory cannot be made.
    """
    if not url:
        try:
            make_private_folder(data_dir)
        except OSError as error:
            raise DatabaseError(
                f"The data directory {data_dir} cannot be made ({error.strerror}): set NETCLINIC_DATA_DIR to another."
            ) from error
        url = f"sqlite:///{data_dir / FILE}"
    parsed = parse_url(url)
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        from bot.store.postgresql import apply_read_timeout

        found = parsed.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 15000}
        engine = create_engine(found, pool_pre_ping=True, pool_size=8, connect_args=arguments)
        apply_read_timeout(engine, PATIENCE)
    else:
        engine = create_engine(parsed.set(drivername="sqlite"), connect_args={"timeout": PATIENCE})
        _allow_one_writer(engine)
    hidden = {name: "***" for name in parsed.query if "password" in name.lower()}
    return Store(engine, parsed.update_query_dict(hidden).render_as_string(hide_password=True))


def _allow_one_writer(engine: Engine) -> None:
    """SQLite so that readers never wait, and a writer takes its lock at once rather than failing half-way."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        use_write_ahead_log(connection)
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(options.get(PATIENCE_OPTION, PATIENCE) * 1000)}")
        connection.exec_driver_sql(f"BEGIN {options.get(BEGIN_OPTION, 'DEFERRED')}")
