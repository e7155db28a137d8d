"""Alerts that were answered, and the threads that they share."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import Time

revision = "0009"
down_revision = "0008"
TEXTS = ("key", "job", "team", "channel", "cause", "kin", "cluster", "name", "owner", "thread_ts", "case_id", "state")


def upgrade() -> None:
    op.create_table(
        "alerts",
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", Time(), nullable=False),
        sa.Column("last_at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alerts")),
    )
    op.create_index(op.f("ix_alerts_cause_alerts_last_at"), "alerts", ["cause", "last_at"])
    op.create_index(op.f("ix_alerts_kin_alerts_last_at"), "alerts", ["kin", "last_at"])
    op.create_index(op.f("ix_alerts_owner"), "alerts", ["owner"])


def downgrade() -> None:
    op.drop_table("alerts")
