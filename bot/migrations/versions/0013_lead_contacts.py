"""Contacts of leads have no customer yet; a lead is known by its credit code as well."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_KNOWN = sa.text("credit_code IS NOT NULL")


BOUND, FREE = "customer_id VARCHAR NOT NULL", "customer_id VARCHAR"


def upgrade() -> None:
    _customer(BOUND, FREE, nullable=True)
    op.add_column("contact", sa.Column("company", sa.String(), nullable=False, server_default=""))
    op.add_column("lead", sa.Column("credit_code", sa.String(), nullable=True))
    op.create_index("ix_lead_code", "lead", ["credit_code"], sqlite_where=_KNOWN,
                    postgresql_where=_KNOWN)  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_lead_code", "lead")
    op.drop_column("lead", "credit_code")
    contact = sa.table("contact", sa.column("id"), sa.column("customer_id"))
    lead = sa.table("lead", sa.column("contact_id"))
    consent = sa.table("consent", sa.column("contact_id"))
    nobodys = sa.select(contact.c.id).where(contact.c.customer_id.is_(None))
    op.execute(sa.update(lead).where(lead.c.contact_id.in_(nobodys)).values(contact_id=None))
    op.execute(sa.delete(consent).where(consent.c.contact_id.in_(nobodys)))
    op.execute(sa.delete(contact).where(contact.c.customer_id.is_(None)))
    op.drop_column("contact", "company")
    _customer(FREE, BOUND, nullable=False)


def _customer(was: str, is_now: str, *, nullable: bool) -> None:
    """Whether a contact must have a customer.

    SQLite cannot say that of a column that is there, and a table others refer to cannot be built
    anew with their rows in them. What the rows look like is the same, so its word for the table
    is changed (https://www.sqlite.org/lang_altertable.html, section 7).
    """
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("contact", "customer_id", existing_type=sa.String(), nullable=nullable)
        return
    op.execute("PRAGMA writable_schema=ON")
    schema = sa.table("sqlite_master", sa.column("sql"), sa.column("type"), sa.column("name"))
    it = (schema.c.type == "table", schema.c.name == "contact")
    op.execute(sa.update(schema).where(*it).values(sql=sa.func.replace(schema.c.sql, was, is_now)))
    op.execute("PRAGMA writable_schema=RESET")
