"""When the contact with a lead's customer happened, where it was written down later (B3)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("lead", sa.Column("contact_happened_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("lead", "contact_happened_at")
