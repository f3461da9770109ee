"""Contacts of leads have no customer yet; a lead is known by its credit code as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_KNOWN = sa.text("credit_code IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:  # SQLite builds it anew
        contact.alter_column("customer_id", existing_type=sa.String(), nullable=True)
        contact.add_column(sa.Column("company", sa.String(), nullable=False, server_default=""))
    op.add_column("lead", sa.Column("credit_code", sa.String(), nullable=True))
    op.create_index("ix_lead_code", "lead", ["credit_code"], sqlite_where=_KNOWN,
                    postgresql_where=_KNOWN)  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_lead_code", "lead")
    op.drop_column("lead", "credit_code")
    op.execute("DELETE FROM contact WHERE customer_id IS NULL")
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("company")
        contact.alter_column("customer_id", existing_type=sa.String(), nullable=False)
