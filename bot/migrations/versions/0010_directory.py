"""The directories' last words, departments, binding codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "directory_entry",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("departments", sa.Text(), nullable=False),
        sa.Column("manager", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", "account", name="pk_directory_entry"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "department",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("leaders", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", "id", name="pk_department"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "binding_code",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name="pk_binding_code"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "binding_try",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", "account", name="pk_binding_try"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("binding_try")
    op.drop_table("binding_code")
    op.drop_table("department")
    op.drop_table("directory_entry")
