"""Talk tracks: who opened which version, and how often its text was taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "talk_use",
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("track", "version", "person_id", name="pk_talk_use"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_talk_use_person_id"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("talk_use")
