"""Somebody does a colleague's selling for a while (domain.md §2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "delegation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("from_id", sa.String(), nullable=False),
        sa.Column("to_id", sa.String(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name="fk_delegation_from_id"),
        sa.ForeignKeyConstraint(["to_id"], ["person.id"], name="fk_delegation_to_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delegation"),
    )
    for end in ("from", "to"):
        op.create_index(f"ix_delegation_{end}", "delegation", [f"{end}_id"],
                        sqlite_where=OPEN, postgresql_where=OPEN)  # fmt: skip


def downgrade() -> None:
    op.drop_table("delegation")
