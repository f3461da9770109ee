"""What came of a lead: the opportunity it became, or why it is invalid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_KNOWN = sa.text("opportunity_id IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "lead", sa.Column("invalid_reason", sa.String(), nullable=False, server_default="")
    )
    op.execute(  # alembic would build the table anew on SQLite, away from under its references
        "ALTER TABLE lead ADD COLUMN opportunity_id VARCHAR"
        " CONSTRAINT fk_lead_opportunity_id REFERENCES opportunity (id)"
    )
    op.create_index("ix_lead_opportunity", "lead", ["opportunity_id"], sqlite_where=_KNOWN,
                    postgresql_where=_KNOWN)  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_lead_opportunity", "lead")
    op.drop_column("lead", "opportunity_id")
    op.drop_column("lead", "invalid_reason")
