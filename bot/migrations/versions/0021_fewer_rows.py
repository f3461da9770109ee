"""An opportunity is one row: who introduced it and the tags it took over are its columns.

A callback writes a few rows and two indexes less. The version before cannot run on this.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op
from pydantic_core import from_json, to_json

revision = "0021"
down_revision = "0020"

AT_ONCE = 10_000
_OPPORTUNITY = sa.table("opportunity", sa.column("id"), sa.column("tags"))
_TAG = sa.table("opportunity_tag", sa.column("opportunity_id"), sa.column("tag"))


def upgrade() -> None:
    op.execute(  # alembic would build the table anew on SQLite, away from under its references
        "ALTER TABLE opportunity ADD COLUMN introducer_id VARCHAR"
        " CONSTRAINT fk_opportunity_introducer_id REFERENCES customer (id)"
    )
    op.add_column("opportunity", sa.Column("tags", sa.Text(), nullable=False, server_default="[]"))
    op.execute(
        "UPDATE opportunity SET introducer_id = (SELECT referral.introducer_id FROM referral"
        " WHERE referral.opportunity_id = opportunity.id)"
    )
    columns = _TAG.c
    tags = op.get_bind().execute(
        sa.select(columns.opportunity_id, columns.tag).order_by(columns.opportunity_id, columns.tag)
    )
    change = sa.update(_OPPORTUNITY).where(_OPPORTUNITY.c.id == sa.bindparam("of"))
    _write(change.values(tags=sa.bindparam("its")), [
        {"of": of, "its": to_json([row.tag for row in its]).decode()}
        for of, its in groupby(tags, key=lambda row: row.opportunity_id)
    ])  # fmt: skip
    op.drop_index("ix_referral_introducer", "referral")
    op.drop_table("referral")
    op.drop_table("opportunity_tag")


def downgrade() -> None:
    _create_tables()
    op.execute(
        "INSERT INTO referral (opportunity_id, introducer_id, customer_id)"
        " SELECT id, introducer_id, customer_id FROM opportunity WHERE introducer_id IS NOT NULL"
    )
    columns = _OPPORTUNITY.c
    opportunities = op.get_bind().execute(sa.select(columns.id, columns.tags))
    _write(sa.insert(_TAG), [
        {"opportunity_id": row.id, "tag": tag}
        for row in opportunities
        for tag in from_json(row.tags)
    ])  # fmt: skip
    op.drop_column("opportunity", "tags")
    op.drop_column("opportunity", "introducer_id")


def _write(statement: sa.Executable, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), AT_ONCE):
        op.get_bind().execute(statement, rows[start : start + AT_ONCE])


def _create_tables() -> None:
    op.create_table(
        "opportunity_tag",
        sa.Column("opportunity_id", sa.String(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("opportunity_id", "tag", name="pk_opportunity_tag"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "referral",
        sa.Column("opportunity_id", sa.String(), nullable=False),
        sa.Column("introducer_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_referral_customer_id"),
        sa.ForeignKeyConstraint(
            ["introducer_id"], ["customer.id"], name="fk_referral_introducer_id"
        ),
        sa.ForeignKeyConstraint(
            ["opportunity_id"], ["opportunity.id"], name="fk_referral_opportunity_id"
        ),
        sa.PrimaryKeyConstraint("opportunity_id", name="pk_referral"),
    )
    op.create_index("ix_referral_introducer", "referral", ["introducer_id"])
