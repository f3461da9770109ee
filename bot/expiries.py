"""Erasing whose time is over: one contact a commit, for nobody waits (`sales.lead_expiry`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.slow import Conclusion, Work
from cards import erasing
from engine.unit import Unit
from engine.vault import Vault
from sales import lead_expiry
from sales.privacy import Basis


def works(vault: Vault) -> dict[str, Work]:
    """The slow work by its name."""
    return {lead_expiry.WORK: Expiry(vault)}


@dataclass(frozen=True, slots=True)
class Expiry:
    """Erases a contact unless there is a reason to keep them by now; fulfils `Work`."""

    vault: Vault

    async def prepare(self, about: Mapping[str, Any], now: datetime) -> Conclusion:
        """Nothing can be done beforehand: what is erased is decided in the commit."""
        del now
        contact, before = str(about["contact"]), datetime.fromisoformat(about["before"])

        def erase(db: Unit, now: datetime) -> None:
            if lead_expiry.still(db, contact, before=before):
                erasing.erase(db, self.vault, contact, Basis.PERIOD, now=now)

        return erase

    def gave_up(self, db: Unit, about: Mapping[str, Any], number: str, now: datetime) -> None:
        """Nobody waits for it; an operator sees the dead letter, and it is asked for tomorrow."""
