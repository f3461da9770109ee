"""Pace: jobs by urgency, jobs that go together, token buckets, the ledger of the month."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WAITS = sa.text("state = 0")
ALIKE = sa.text("state = 0 AND alike <> ''")


def upgrade() -> None:
    number = sa.Column("urgency", sa.Integer(), nullable=False, server_default="0")
    op.add_column("job", number)
    op.add_column("job", sa.Column("alike", sa.String(), nullable=False, server_default=""))
    _by_due("lane", "urgency", "due", "id")
    op.create_index("ix_job_alike", "job", ["lane", "alike", "due"], sqlite_where=ALIKE,
                    postgresql_where=ALIKE)  # fmt: skip
    op.create_table(
        "bucket",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("full_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_bucket"),
    )
    op.create_table(
        "usage",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", "month", name="pk_usage"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "allowance",
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "kind", name="pk_allowance"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("allowance", "usage", "bucket"):
        op.drop_table(table)
    op.drop_index("ix_job_alike", "job")
    _by_due("lane", "due", "id")
    for column in ("alike", "urgency"):
        op.drop_column("job", column)


def _by_due(*columns: str) -> None:
    op.drop_index("ix_job_due", "job")
    op.create_index("ix_job_due", "job", list(columns), sqlite_where=WAITS,
                    postgresql_where=WAITS)  # fmt: skip
