"""The trail is a chain, says where an action came from, and cannot be changed (B15, B58)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.audit import START, link
from engine.audit_guard import guard, unguard

revision = "0003"
down_revision = "0002"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXTS = ("actor", "channel", "origin", "cause", "action", "subject_type", "subject_id", "detail")


def upgrade() -> None:
    _rebuild(sa.BigInteger(), ("seq", "at", *TEXTS, "hash"), counted=False, rows=_chained(_rows()))
    _run(guard(op.get_bind().dialect.name))


def downgrade() -> None:
    _run(unguard(op.get_bind().dialect.name))
    columns = ("seq", "at", *(name for name in TEXTS if name != "origin"))
    rows = [{name: row[name] for name in columns} for row in _rows()]
    _rebuild(SERIAL, columns, counted=True, rows=rows)


def _rows() -> list[dict[str, Any]]:
    found = op.get_bind().execute(sa.text("SELECT * FROM audit ORDER BY seq"))
    return [dict(row) for row in found.mappings()]


def _chained(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows numbered without gaps and linked, as `engine.audit` does from now on."""
    end, chained = START.hash, []
    for seq, row in enumerate(rows, 1):
        columns = [seq, row["at"], *({"origin": "", **row}[name] for name in TEXTS)]
        end = link(end, columns)
        chained.append(dict(zip(("seq", "at", *TEXTS, "hash"), [*columns, end], strict=True)))
    return chained


def _rebuild(
    serial: sa.types.TypeEngine[Any], names: tuple[str, ...], *,
    counted: bool, rows: list[dict[str, Any]],
) -> None:  # fmt: skip
    """The table anew: a key that counts itself cannot become one that does not."""
    op.drop_table("audit")
    types = {"seq": serial, "at": sa.BigInteger(), "detail": sa.Text()}
    made = op.create_table(
        "audit",
        *(
            sa.Column(name, types.get(name, sa.String()), nullable=False,
                      autoincrement=counted and name == "seq")
            for name in names
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sqlite_autoincrement=counted,
    )  # fmt: skip
    op.create_index("ix_audit_actor", "audit", ["actor", "at" if counted else "seq"])
    op.create_index("ix_audit_subject", "audit", ["subject_type", "subject_id", "seq"])
    if rows:
        op.bulk_insert(made, rows)
    if counted and rows and op.get_bind().dialect.name == "postgresql":
        _run(("SELECT setval(pg_get_serial_sequence('audit', 'seq'), max(seq)) FROM audit",))


def _run(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.get_bind().exec_driver_sql(statement)
