"""Rows of sheets that say something else of a lead than we know (A6)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_OPEN = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "import_conflict",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lead_id", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("file", sa.String(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_import_conflict_lead_id_lead"),
        sa.PrimaryKeyConstraint("id", name="pk_import_conflict"),
    )
    op.create_index(
        "ux_import_conflict", "import_conflict", ["lead_id", "said", "since"], unique=True
    )
    op.create_index("ix_import_conflict_open", "import_conflict", ["at"], sqlite_where=_OPEN,
                    postgresql_where=_OPEN)  # fmt: skip


def downgrade() -> None:
    op.drop_table("import_conflict")
