"""Leads: the pool, and the keys their companies are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("company", sa.String(), nullable=False),
        sa.Column("stem", sa.String(), nullable=False),
        sa.Column("industry", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("budget_fen", sa.BigInteger(), nullable=True),
        sa.Column("need", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("tags", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("owner_since", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("contacted_at", sa.BigInteger(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("protected_until", sa.BigInteger(), nullable=True),
        sa.Column("next_step", sa.String(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lead"),
        sa.UniqueConstraint("number", name="uq_lead_number"),
        sa.UniqueConstraint("origin", name="uq_lead_origin"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_lead_contact_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_lead_owner_id"),
        sa.ForeignKeyConstraint(["merged_into"], ["lead.id"], name="fk_lead_merged_into"),
    )
    known = sa.text("contact_id IS NOT NULL")
    op.create_index("ix_lead_state", "lead", ["state", "created_at"])
    op.create_index("ix_lead_owner", "lead", ["owner_id", "state"])
    op.create_index("ix_lead_contact", "lead", ["contact_id"], sqlite_where=known,
                    postgresql_where=known)  # fmt: skip
    op.create_table(
        "lead_key",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("key", "lead_id", name="pk_lead_key"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("lead_key")
    op.drop_table("lead")
