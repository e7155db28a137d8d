"""Handoffs as they were made, and who has them; and the indexes by which a span's cases and causes are found."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import Json, Time

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("since", Time(), nullable=False),
        sa.Column("until", Time(), nullable=False),
        sa.Column("made_at", Time(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("handed_from", Json, nullable=False),
        sa.Column("handed_to", Json, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told", Json, nullable=False),
        sa.Column("picture", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_ts", sa.Text(), nullable=False),
        sa.Column("posted", Json, nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", Time(), nullable=True),
        sa.Column("reminded_at", Time(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_handoffs_made_at"), ["made_at"], unique=False)
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cases_resolved_at"), ["resolved_at"], unique=False)
    with op.batch_alter_table("diagnoses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_diagnoses_outcome_diagnoses_entry_diagnoses_asked_at"),
            ["outcome", "entry", "asked_at"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("diagnoses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_diagnoses_outcome_diagnoses_entry_diagnoses_asked_at"))
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cases_resolved_at"))
    with op.batch_alter_table("handoffs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_handoffs_made_at"))

    op.drop_table("handoffs")
