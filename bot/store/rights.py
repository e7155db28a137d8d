"""Whether PostgreSQL lets this user do what serving does: asked of its catalogue, and nothing is tried.

The tables of pending work lie in a schema of their own; who makes and upgrades them is their owner.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from bot.store.engine import Store
from bot.store.errors import DatabaseError
from bot.store.migrating import newest_version, stored_version
from bot.store.queue_tables import SCHEMA as QUEUE_SCHEMA
from bot.store.schema import metadata

ROLES_FILE = Path(__file__).with_name("roles.sql")
_APPEND_ONLY = frozenset({"audit_records", "audit_words"})
_ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
ROLES = (
    "run `netclinic database upgrade --roles` as the tables' owner, and log in as a user who has the role netclinic_bot"
)
OWNER = "run `netclinic database upgrade --roles` as a user who may"


def check_serving_rights(store: Store) -> None:
    """Whether `netclinic serve` can do its work as this user.

    Raises:
        DatabaseError: it could not, or the database cannot be reached.
    """
    if store.is_sqlite:
        return
    with store.reading() as connection:
        missing = next(_missing(connection), None)
        user = connection.execute(text("SELECT current_user")).scalar_one()
    if missing is not None:
        what, way_out = missing
        raise DatabaseError(f"The database {store.shown} does not let {user} {what}: {way_out}.")


def _missing(connection: Connection) -> Iterator[tuple[str, str]]:
    """What is not allowed, and the way out."""
    version = stored_version(connection)
    if version is None and not _allows(connection, "has_schema_privilege(current_schema(), 'CREATE')"):
        yield "make netclinic's tables, which are not there yet", OWNER
    if version is not None:
        yield from _missing_on_tables(connection, version)
    if not _allows(connection, f"to_regnamespace('{QUEUE_SCHEMA}') IS NOT NULL"):
        if not _allows(connection, "has_database_privilege(current_database(), 'CREATE')"):
            yield f"make the schema {QUEUE_SCHEMA} of pending work, which is not there yet", ROLES
        return
    yield from _missing_on_queue(connection)


def _missing_on_tables(connection: Connection, version: str) -> Iterator[tuple[str, str]]:
    is_owner = _allows(
        connection, "(SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('alembic_version'))"
    )
    if version < newest_version() and not is_owner:
        yield "upgrade netclinic's tables, which an older version made", OWNER
    for table in sorted(metadata.tables):
        if not _allows(connection, f"to_regclass('{table}') IS NOT NULL"):
            continue  # an upgrade makes it
        for right in _ALL[:2] if table in _APPEND_ONLY else _ALL:
            if not _allows(connection, f"has_table_privilege('{table}', '{right}')"):
                yield f"{right} in table {table}", ROLES


def _missing_on_queue(connection: Connection) -> Iterator[tuple[str, str]]:
    if not _allows(connection, f"has_schema_privilege('{QUEUE_SCHEMA}', 'USAGE')"):
        yield f"use the schema {QUEUE_SCHEMA} of pending work", ROLES
        return
    of_schema = "SELECT oid, relname FROM pg_class WHERE relnamespace = to_regnamespace(:schema) AND relkind = 'r'"
    tables = connection.execute(text(of_schema), {"schema": QUEUE_SCHEMA}).all()
    if not tables and not _allows(connection, f"has_schema_privilege('{QUEUE_SCHEMA}', 'CREATE')"):
        yield f"make tables in the schema {QUEUE_SCHEMA} of pending work", ROLES
    for oid, name in sorted(tables, key=lambda row: str(row.relname)):
        for right in _ALL:
            if not _allows(connection, f"has_table_privilege({int(oid)}::oid, '{right}')"):
                yield f"{right} in table {QUEUE_SCHEMA}.{name}", ROLES


def grant_roles(store: Store) -> None:
    """Make the roles of the bot and of auditors, or bring their rights up to these tables: ``roles.sql``.

    Raises:
        DatabaseError: this user may not.
    """
    with store.writing(long=True) as connection:
        connection.exec_driver_sql(ROLES_FILE.read_text(encoding="utf-8"))


def _allows(connection: Connection, condition: str) -> bool:
    """The condition is ours: no word of anybody else's is in it."""
    return bool(connection.execute(text(f"SELECT {condition}")).scalar())
