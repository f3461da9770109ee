"""Which channels are in use: WeCom's app and its bot reach the same accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("home", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", name="pk_channel"),
    )


def downgrade() -> None:
    op.drop_table("channel")
