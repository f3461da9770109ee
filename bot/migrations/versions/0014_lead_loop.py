"""Decisions about leads and their traces, who had a lead when, what rules ask of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_OPEN = sa.text("to_at IS NULL")
_CLOSED = sa.text("closed_at IS NOT NULL")
ASKED = ("rank", "series", "product_line")


def upgrade() -> None:
    for name in ASKED:
        op.add_column("person", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("opportunity", sa.Column("closed_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_opportunity_closed", "opportunity", ["owner_id", "closed_at"],
                    sqlite_where=_CLOSED, postgresql_where=_CLOSED)  # fmt: skip
    op.add_column("lead", sa.Column("pooled_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assignment"),
        sa.UniqueConstraint("lead_id", "attempt", name="uq_assignment_lead_id_attempt"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_assignment_lead_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_assignment_owner_id"),
    )
    op.create_index("ix_assignment_owner", "assignment", ["owner_id", "at"])
    op.create_index("ix_assignment_at", "assignment", ["at"])
    op.create_table(
        "lead_ownership",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("owner_id", sa.String(), nullable=False),
        sa.Column("how", sa.String(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_lead_ownership"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_lead_ownership_lead_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["person.id"], name="fk_lead_ownership_owner_id"),
    )
    op.create_index("uq_lead_ownership_open", "lead_ownership", ["lead_id"], unique=True,
                    sqlite_where=_OPEN, postgresql_where=_OPEN)  # fmt: skip
    op.create_index("ix_lead_ownership_owner", "lead_ownership", ["owner_id", "from_at"])
    op.create_index("ix_lead_ownership_lead", "lead_ownership", ["lead_id", "owner_id"])


def downgrade() -> None:
    op.drop_table("lead_ownership")
    op.drop_table("assignment")
    op.drop_column("lead", "pooled_at")
    op.drop_index("ix_opportunity_closed", "opportunity")
    op.drop_column("opportunity", "closed_at")
    for name in ASKED:
        op.drop_column("person", name)
