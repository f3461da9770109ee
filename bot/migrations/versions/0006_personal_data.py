"""Personal data: the vault, contacts in place of two columns, consents, numbers shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

COLUMNS = ("contact", "phone")


def upgrade() -> None:
    _vault()
    _contacts()
    for column in COLUMNS:
        op.drop_column("customer", column)


def downgrade() -> None:
    for column in COLUMNS:
        unknown = sa.Column(column, sa.String(), nullable=False, server_default="unknown")
        op.add_column("customer", unknown)
    for table in ("reveal", "consent", "contact", "vault_entry", "vault_key"):
        op.drop_table(table)


def _vault() -> None:
    op.create_table(
        "vault_key",
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("wrapped", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("destroyed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", name="pk_vault_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "vault_entry",
        sa.Column("subject_type", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("sought", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject_type", "subject_id", "field", name="pk_vault_entry"),
        sqlite_with_rowid=False,
    )
    found = sa.text("sought <> ''")
    op.create_index("ix_vault_entry_sought", "vault_entry", ["sought"], sqlite_where=found,
                    postgresql_where=found)  # fmt: skip


def _contacts() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_contact_customer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_customer", "contact", ["customer_id"])
    op.create_table(
        "consent",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("to_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_consent_contact_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    given = sa.text("to_at IS NULL")
    op.create_index("uq_consent_given", "consent", ["contact_id", "scope"], unique=True,
                    sqlite_where=given, postgresql_where=given)  # fmt: skip
    op.create_table(
        "reveal",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_reveal"),
        sqlite_with_rowid=False,
    )
