"""Whom a channel reaches only once they have used it, and nothing beside it does."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, exists, select

from engine.model import table
from engine.statement import Statement
from engine.unit import Unit
from sales.channels import CHANNEL, Channel
from sales.people import IDENTITY, PERSON, Identity

_APP = table(Channel).alias("app")
_ALONE = Statement(
    select(CHANNEL.platform, CHANNEL.tenant, CHANNEL.home)
    .where(CHANNEL.platform != CHANNEL.home)
    .where(~exists().where(_APP.c.platform == CHANNEL.home, _APP.c.tenant == CHANNEL.tenant))
)
_ACTIVE = Statement(
    select(PERSON.name, IDENTITY.account)
    .join(Identity, IDENTITY.person_id == PERSON.id)
    .where(
        IDENTITY.platform == bindparam("home"),
        IDENTITY.tenant == bindparam("tenant"),
        PERSON.status == "active",
    )
    .order_by(PERSON.id)
)


def alone(db: Unit) -> list[tuple[str, str, str]]:
    """(channel, organisation, home) of every channel in use without the app of its home."""
    return [tuple(row) for row in _ALONE.rows(db, {})]


def holders(db: Unit, home: str, tenant: str, accounts: Collection[str]) -> list[tuple[str, str]]:
    """(name, account) of the people who are with us, among these accounts."""
    everybody = _ACTIVE.rows(db, {"home": home, "tenant": tenant})
    return [(row.name, row.account) for row in everybody if row.account in accounts]
