"""Where a case was handed to on-call, so that its message can say later who took it, and that it is over."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import Json, Time

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "handovers",
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("diagnosis_id", sa.Text(), nullable=False),
        sa.Column("handed_by", sa.Text(), nullable=False),
        sa.Column("handed_to", Json, nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("message_ts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_handovers_case_id_cases")),
        sa.ForeignKeyConstraint(["diagnosis_id"], ["diagnoses.id"], name=op.f("fk_handovers_diagnosis_id_diagnoses")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_handovers")),
    )


def downgrade() -> None:
    op.drop_table("handovers")
