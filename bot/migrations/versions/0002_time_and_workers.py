"""Time and workers: deadlines, slots of regular jobs, leases, who is running."""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

PENDING = sa.text("state = 'pending'")
FAILED = sa.text("state IN (3, 5)")


def upgrade() -> None:
    _deadlines()
    _calendar()
    _slots()
    _workers()
    _narrower_indexes("order_key <> ''", "credit_code <> 'unknown'")
    _key_tables(with_rowid=False)
    op.create_index("ix_job_failed", "job", ["lane", "done_at"], sqlite_where=FAILED,
                    postgresql_where=FAILED)  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_job_failed", "job")
    _key_tables(with_rowid=True)
    _narrower_indexes("", "")
    for table in ("worker", "shared", "lease", "slot", "absence", "calendar_day", "deadline"):
        op.drop_table(table)


def _narrower_indexes(jobs: str, codes: str) -> None:
    """Most jobs and customers have no order and no credit code: they need no index entry."""
    _index("job", "ix_job_order", ["lane", "order_key", "id"], "state < 2", jobs)
    _index("job", "ix_job_done", ["lane", "order_key", "done_at"], "state = 2", jobs)
    _index("customer", "ix_customer_code", ["credit_code"], codes)


def _index(table: str, name: str, columns: list[str], *conditions: str) -> None:
    where = sa.text(" AND ".join(c for c in conditions if c)) if any(conditions) else None
    op.drop_index(name, table)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _key_tables(*, with_rowid: bool) -> None:
    """Tables that are nothing but their key are stored once instead of twice (SQLite).

    Two of them lose the reference to their owner, in whose unit they are written: checking it
    for every key was a tenth of what an opportunity costs.
    """
    recreate: Literal["always", "never"] = "never"
    if op.get_context().dialect.name == "sqlite":
        recreate = "always"
    options = {"sqlite_with_rowid": with_rowid}
    for table, owner in (("customer_key", "customer"), ("opportunity_tag", "opportunity")):
        column, name = f"{owner}_id", f"fk_{table}_{owner}_id"
        with op.batch_alter_table(table, recreate=recreate, table_kwargs=options) as batch:
            if with_rowid:
                batch.create_foreign_key(name, owner, [column], ["id"])
            else:
                batch.drop_constraint(name, type_="foreignkey")
    with op.batch_alter_table("customer_tag", recreate=recreate, table_kwargs=options):
        pass


def _deadlines() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("clock", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("allowance_s", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("fired", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deadline"),
    )
    _pending("uq_deadline_open", ["subject_type", "subject_id", "kind"], unique=True)
    _pending("ix_deadline_next", ["next_at", "kind", "owner"], unique=False)
    _pending("ix_deadline_owner", ["owner", "next_at"], unique=False)
    op.create_index("ix_deadline_subject", "deadline", ["subject_type", "subject_id"])


def _pending(name: str, columns: list[str], *, unique: bool) -> None:
    op.create_index(name, "deadline", columns, unique=unique, sqlite_where=PENDING,
                    postgresql_where=PENDING)  # fmt: skip


def _calendar() -> None:
    op.create_table(
        "calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("quality", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_calendar_day"),
    )
    op.create_table(
        "absence",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "from_at", name="pk_absence"),
    )


def _slots() -> None:
    op.create_table(
        "slot",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot_at", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("job", "slot_at", name="pk_slot"),
    )


def _workers() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "shared",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shared"),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )
