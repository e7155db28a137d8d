"""Until when netclinic looks at a case again by itself."""

import sqlalchemy as sa
from alembic import op

from bot.store.types import Time

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("cases", sa.Column("watched_until", Time(), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "watched_until")
