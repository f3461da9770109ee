"""What keeps the trail append-only in the database itself, whoever is connected (B15, D31)."""

from __future__ import annotations

REFUSED = "audit is append-only"

_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{event.lower()} BEFORE {event} ON audit "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
    for event in ("UPDATE", "DELETE")
)
_POSTGRES = (
    f"""CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$""",
    """CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    "REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER, PUBLIC",
)
_SQLITE_OFF = tuple(f"DROP TRIGGER IF EXISTS audit_no_{event}" for event in ("update", "delete"))
_POSTGRES_OFF = (
    "LOCK TABLE audit IN ACCESS EXCLUSIVE MODE",  # first: a vacuum at it wants what GRANT holds
    "GRANT UPDATE, DELETE, TRUNCATE ON audit TO CURRENT_USER",
    "DROP TRIGGER IF EXISTS audit_no_change ON audit",
    "DROP TRIGGER IF EXISTS audit_no_truncate ON audit",
)


def guard(dialect: str) -> tuple[str, ...]:
    """Statements after which no row of the trail can be changed or deleted."""
    return _SQLITE if dialect == "sqlite" else _POSTGRES


def unguard(dialect: str) -> tuple[str, ...]:
    """Statements that take the guard away: for a migration back, and a demo's reset."""
    return _SQLITE_OFF if dialect == "sqlite" else _POSTGRES_OFF
