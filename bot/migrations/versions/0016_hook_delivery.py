"""Deliveries of web hooks that were taken: each of them once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "hook_delivery",
        sa.Column("connector", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("connector", "delivery", name="pk_hook_delivery"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("hook_delivery")
