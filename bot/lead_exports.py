"""The list of leads as an Excel file: read and written outside every transaction, then sent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.imports import address, sender
from bot.slow import Conclusion, Work
from cards import lead_export as cards
from cards import media, outbox
from connectors.sheets import table_file
from engine.database import Database
from engine.unit import Unit
from engine.vault import Vault
from handlers.lead_export import EXPORT
from sales import lead_export, policy
from sales.lead_export import HEADINGS, RIGHT, Selection

SHEET = "线索"


def works(database: Database, vault: Vault, zone: ZoneInfo) -> dict[str, Work]:
    """The slow work of an export by its name."""
    return {EXPORT: Export(database, vault, zone)}


@dataclass(frozen=True, slots=True)
class Export:
    """Makes and sends the file; fulfils `Work`."""

    database: Database
    vault: Vault
    zone: ZoneInfo

    async def prepare(self, about: Mapping[str, Any], now: datetime) -> Conclusion:
        """Read the list and write the file; whoever has lost the right meanwhile gets none."""
        return await asyncio.to_thread(self._prepare, about, now)

    def gave_up(self, db: Unit, about: Mapping[str, Any], number: str, now: datetime) -> None:
        """Tell whoever asked."""
        outbox.post(db, cards.failed(number), [address(about)], now=now)

    def _prepare(self, about: Mapping[str, Any], now: datetime) -> Conclusion:
        what, purpose = about["what"], about["purpose"]
        with self.database.reading() as db:
            who = sender(db, about, now, stays=False)
            if who is None or not policy.may(who, RIGHT):
                return _nothing
            rows = lead_export.rows(db, who, Selection(what), zone=self.zone, most=about["most"])
        here = now.astimezone(self.zone)
        mark = f"{who.name} {here:%Y-%m-%d %H:%M} 导出，用途：{purpose}，共 {len(rows)} 条"
        content = table_file(SHEET, [[mark], list(HEADINGS), *rows])
        name, sha256 = f"线索-{what}-{here:%Y%m%d-%H%M}.xlsx", hashlib.sha256(content).hexdigest()

        def send(db: Unit, now: datetime) -> None:
            db.occasion = db.occasion._replace(
                actor=who.id, channel=about["platform"], origin=about["origin"]
            )  # fmt: skip
            file = media.file(db, self.vault, name, content, personal=False, now=now)
            lead_export.note(
                db, name, what=what, purpose=purpose, rows=len(rows), sha256=sha256, now=now
            )
            outbox.post(db, file, [address(about)], now=now)

        return send


def _nothing(_: Unit, now: datetime) -> None:
    """Say nothing to who may not have it any more."""
