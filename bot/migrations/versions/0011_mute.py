"""What a person wants no more of today: pushes are asked about here before they are said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "mute",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "topic", name="pk_mute"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("mute")
