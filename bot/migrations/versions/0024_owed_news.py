"""What a sheet has brought and nobody has heard of yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "owed_news",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_owed_news"),
    )
    op.create_index("ix_owed_news_batch", "owed_news", ["batch"])


def downgrade() -> None:
    op.drop_table("owed_news")
