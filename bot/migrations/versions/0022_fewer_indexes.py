"""Typed letters need no index: the names have been walked by then, and every customer paid."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.drop_index("ix_customer_letters", "customer")
    op.drop_index("ix_customer_initials", "customer")


def downgrade() -> None:
    op.create_index("ix_customer_letters", "customer", ["letters"])
    op.create_index("ix_customer_initials", "customer", ["initials"])
