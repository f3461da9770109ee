"""The channels people can be reached by, as this deployment is configured.

Mostly a channel is a platform. WeCom has two ways to one person, the self-built app and the
smart bot, and both know them by the same account (decision 0018).
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, tuple_
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import insertion_once
from engine.unit import Unit

HOMES: Mapping[str, str] = {"wecom_bot": "wecom"}
"""Channel → the platform by whose accounts it knows people, where that is another one."""


class Channel(Row, table=True):
    """One channel in use: `home` is the platform of the accounts of `tenant` it reaches."""

    __tablename__ = "channel"

    platform: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    home: str


CHANNEL = table(Channel).c
_INSERT = insertion_once(table(Channel), "platform", "tenant", "home")


def home(platform: str) -> str:
    """The platform whose accounts `platform` uses: "wecom" for "wecom_bot", else itself."""
    return HOMES.get(platform, platform)


def keep(db: Unit, used: Mapping[str, str]) -> None:
    """Know exactly these channels: name → organisation."""
    known = tuple_(CHANNEL.platform, CHANNEL.tenant)
    db.execute(delete(Channel).where(known.not_in(sorted(used.items()))))
    for platform, tenant in used.items():
        _INSERT.run(db, {"platform": platform, "tenant": tenant, "home": home(platform)})
