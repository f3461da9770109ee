"""Rules become versioned documents; work and processes say which version they go by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

WRITTEN_ONCE = ("kind", "key", "version", "base", "body", "sha256", "author", "created_at")
TRIGGER = "document_written_once"
REFUSAL = "a version of a document is never changed"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("effective_from", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("published_by", sa.String(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.Column("publication", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", "version", name="pk_document"),
    )
    op.create_index("ix_document_publication", "document", ["publication"])
    _written_once()
    op.add_column("worker", _number("publication"))
    op.add_column("deadline", _number("rule_version"))


def downgrade() -> None:
    op.drop_column("deadline", "rule_version")
    op.drop_column("worker", "publication")
    op.drop_table("document")
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {TRIGGER}()")


def _number(name: str) -> sa.Column[int]:
    """A column with a default: processes of the version before go on writing these rows."""
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _written_once() -> None:
    """Whatever the code does, the database keeps a version as it was written."""
    columns = ", ".join(WRITTEN_ONCE)
    on = f"CREATE TRIGGER {TRIGGER} BEFORE UPDATE OF {columns} ON document"
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"{on} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
        return
    op.execute(
        f"CREATE FUNCTION {TRIGGER}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(f"{on} FOR EACH ROW EXECUTE FUNCTION {TRIGGER}()")
