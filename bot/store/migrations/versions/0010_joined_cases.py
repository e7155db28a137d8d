"""The case in another thread with which a question stands that was asked again."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("cases", sa.Column("same_as", sa.Text(), nullable=False, server_default=""))
    op.create_index(op.f("ix_cases_same_as"), "cases", ["same_as"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_same_as"), "cases")
    op.drop_column("cases", "same_as")
