"""Who could get leads, once for all decisions that speak of the same people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roster"),
    )
    op.add_column("assignment", sa.Column("roster_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("assignment", "roster_id")
    op.drop_table("roster")
