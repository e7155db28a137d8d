"""One case a thread and cluster, where there was one a thread.

Back again it goes only where no thread has several: of those one alone could stay, and no case's record is given up.
"""

import sqlalchemy as sa
from alembic import op

from bot.store.errors import DatabaseError

revision = "0011"
down_revision = "0010"
BEFORE = ("team", "channel", "thread_ts")
NOW = (*BEFORE, "cluster")


def upgrade() -> None:
    _change_unique(BEFORE, NOW)


def downgrade() -> None:
    _refuse_several_in_a_thread()
    _change_unique(NOW, BEFORE)


def _refuse_several_in_a_thread() -> None:
    cases = sa.table("cases", *map(sa.column, ("id", *BEFORE)))
    place = [cases.c[name] for name in BEFORE]
    query = sa.select(sa.func.max(cases.c.id)).group_by(*place).having(sa.func.count() > 1)
    if found := sorted(op.get_bind().execute(query).scalars()):
        number = "1 thread has" if len(found) == 1 else f"{len(found)} threads have"
        raise DatabaseError(
            f"These tables cannot go back to those of an earlier netclinic without losing cases, because {number} a "
            f"case on each of several clusters ({found[0]} is one): stay with this version, or put back the backup "
            "from before the upgrade. Nothing was changed."
        )


def _change_unique(before: tuple[str, ...], now: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_anew(now)
        return
    op.drop_constraint(_name(before), "cases", type_="unique")
    op.create_unique_constraint(_name(now), "cases", now)


def _name(columns: tuple[str, ...]) -> str:
    return op.f("_".join(("uq_cases", *columns)))


def _make_anew(columns: tuple[str, ...]) -> None:
    """SQLite changes no constraint of a table: its rows move to a new one. Other tables refer to them meanwhile, which
    is looked at when the transaction ends.
    """
    bind = op.get_bind()
    bind.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    old = sa.Table("cases", sa.MetaData(), autoload_with=bind)
    bind.exec_driver_sql("CREATE TEMP TABLE cases_before AS SELECT * FROM cases")
    op.drop_table("cases")
    unique = sa.UniqueConstraint(*columns, name=_name(columns))
    key = sa.PrimaryKeyConstraint("id", name=op.f("pk_cases"))
    copied = [
        sa.Column(each.name, each.type, nullable=each.nullable, server_default=each.server_default)
        for each in old.columns
    ]
    op.create_table("cases", *copied, key, unique)
    for index in sorted(old.indexes, key=lambda index: str(index.name)):
        op.create_index(str(index.name), "cases", [column.name for column in index.columns], unique=bool(index.unique))
    bind.exec_driver_sql("INSERT INTO cases SELECT * FROM cases_before")
    bind.exec_driver_sql("DROP TABLE cases_before")
