"""Two ways past the triggers of the audit log are closed.

PostgreSQL's functions look for tables in the schema that they were made in, and last among temporary ones: a role that
may call them could put a temporary table in their way. SQLite's INSERT OR REPLACE deletes without any DELETE trigger,
so that a number which is taken must be refused before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

FUNCTIONS = ("never()", "may_prune()", "may_erase()", "prune(bigint)", "erase(bigint, text)")
TABLES = ("audit_records", "audit_words")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            op.execute(sa.text(_ONCE.format(table=table)))
        return
    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    for function in FUNCTIONS:
        op.execute(sa.text(f"ALTER FUNCTION netclinic_audit_{function} SET search_path = {schema}, pg_temp"))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            op.execute(sa.text(f"DROP TRIGGER {table}_once"))
        return
    for function in FUNCTIONS:
        op.execute(sa.text(f"ALTER FUNCTION netclinic_audit_{function} SET search_path FROM CURRENT"))


_ONCE = """
    CREATE TRIGGER {table}_once BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE seq = NEW.seq)
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
