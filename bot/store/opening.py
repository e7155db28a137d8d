"""Opening the database that the settings name: SQLite in the data directory, or PostgreSQL."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.private_files import make_private_folder
from bot.store.engine import BEGIN_OPTION, PATIENCE_OPTION, Store
from bot.store.errors import PATIENCE, DatabaseError
from bot.store.migrating import migrate

FILE = "netclinic.sqlite"


def open_store(url: str, data_dir: Path) -> Store:
    """The database at ``url`` (SQLite in ``data_dir`` when empty), brought to this version's tables.

    Raises:
        DatabaseError: the URL is no database's, or the database cannot be used.
    """
    store = _connect(url, data_dir)
    migrate(store, data_dir)
    return store


def _connect(url: str, data_dir: Path) -> Store:
    if not url:
        try:
            make_private_folder(data_dir)
        except OSError as error:
            raise DatabaseError(
                f"The data directory {data_dir} cannot be made ({error.strerror}): set NETCLINIC_DATA_DIR to another."
            ) from error
        url = f"sqlite:///{data_dir / FILE}"
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise DatabaseError(
            "NETCLINIC_DATABASE_URL is no database URL: write postgresql://user@host:5432/name, or leave it empty."
        ) from None
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        from bot.store.postgresql import apply_read_timeout

        found = parsed.set(drivername="postgresql+psycopg")
        arguments = {"connect_timeout": 5, "keepalives_idle": 10, "tcp_user_timeout": 15000}
        engine = create_engine(found, pool_pre_ping=True, pool_size=8, connect_args=arguments)
        apply_read_timeout(engine, PATIENCE)
    elif parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed.set(drivername="sqlite"), connect_args={"timeout": PATIENCE})
        _allow_one_writer(engine)
    else:
        raise DatabaseError(
            f"NETCLINIC_DATABASE_URL names {parsed.drivername}, which netclinic does not know: "
            "write postgresql://… or sqlite:///FILE."
        )
    hidden = {name: "***" for name in parsed.query if "password" in name.lower()}
    return Store(engine, parsed.update_query_dict(hidden).render_as_string(hide_password=True))


def _allow_one_writer(engine: Engine) -> None:
    """SQLite so that readers never wait, and a writer takes its lock at once rather than failing half-way."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(options.get(PATIENCE_OPTION, PATIENCE) * 1000)}")
        connection.exec_driver_sql(f"BEGIN {options.get(BEGIN_OPTION, 'DEFERRED')}")
