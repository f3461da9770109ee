"""Figures about colleagues that another system counts, for rules that ask for them (B24)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "figure",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_figure_person_id_person"),
        sa.PrimaryKeyConstraint("title", "person_id", name="pk_figure"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("figure")
