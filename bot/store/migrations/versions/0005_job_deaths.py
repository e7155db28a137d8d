"""Jobs whose process died while they were under way."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import Time

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "job_deaths",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("began", sa.Boolean(), nullable=False),
        sa.Column("at", Time(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_job_deaths")),
    )
    op.create_index(op.f("ix_job_deaths_at"), "job_deaths", ["at"])


def downgrade() -> None:
    op.drop_table("job_deaths")
