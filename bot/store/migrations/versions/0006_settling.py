"""What people answered to the questions that settle an open verdict."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import Time

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "settling_answers",
        sa.Column("diagnosis_id", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("yes", sa.Boolean(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.ForeignKeyConstraint(
            ["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_settling_answers_diagnosis_id_diagnoses")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_settling_answers_case_id_cases")),
        sa.PrimaryKeyConstraint("diagnosis_id", "entry", name=op.f("pk_settling_answers")),
    )
    op.create_index(op.f("ix_settling_answers_case_id"), "settling_answers", ["case_id"])


def downgrade() -> None:
    op.drop_table("settling_answers")
