"""Lists of leads as Excel files: read and written outside every transaction, then sent."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.imports import address, sender
from bot.slow import Conclusion, Work
from cards import lead_export as cards
from cards import lead_late as late_cards
from cards import media, outbox
from connectors.sheets import table_file
from engine.calendar import Calendar
from engine.calendar_days import days
from engine.database import Database
from engine.unit import Unit
from engine.vault import Vault
from handlers.lead_export import EXPORT, LATE, TRIAL
from sales import lead_export, lead_late, lead_replay, policy
from sales.lead_export import RIGHT, Selection
from sales.lead_late import NobodyLate
from sales.people import Who
from sales.rules import drafts, reading
from sales.rules.api import Trial
from sales.rules.assigning_checks import ASSIGNING

SHEET = "线索"


class List(NamedTuple):
    """A table: how it is called, its headings, and its rows."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str | int | Decimal]]


Read = Callable[[Unit, Who, Mapping[str, Any], datetime], List]
"""Reads what somebody may take away, as of a moment."""


def works(database: Database, vault: Vault, zone: ZoneInfo) -> dict[str, Work]:
    """The slow work of each export by its name."""

    def chosen(db: Unit, who: Who, about: Mapping[str, Any], now: datetime) -> List:
        del now
        what = about["what"]
        rows = lead_export.rows(db, who, Selection(what), zone=zone, most=about["most"])
        return List(what, lead_export.HEADINGS, rows)

    def late(db: Unit, who: Who, about: Mapping[str, Any], now: datetime) -> List:
        days = int(about["days"])
        try:
            found = lead_late.lately(db, who, days, most=about["most"], now=now)
        except NobodyLate:  # no longer
            return List(about["what"], late_cards.HEADINGS, ())
        cases = late_cards.cases(db, found)
        rows = late_cards.rows(cases, zone=zone, now=now)
        return List(about["what"], late_cards.HEADINGS, rows)

    def trial(db: Unit, who: Who, about: Mapping[str, Any], now: datetime) -> List:
        what, made = about["what"], drafts.draft_of(db, ASSIGNING, who.id, about["draft"])
        if made is None:  # published or let go meanwhile
            return List(what, lead_replay.HEADINGS, ())
        before = reading.body_of(db, ASSIGNING, made.base)
        tried = Trial(db, now, Calendar(zone, days(db)))
        rows = lead_replay.table(tried, before, ASSIGNING.read(made.body))
        return List(what, lead_replay.HEADINGS, rows)

    return {
        EXPORT: Export(database, vault, zone, chosen),
        LATE: Export(database, vault, zone, late),
        TRIAL: Export(database, vault, zone, trial),
    }


@dataclass(frozen=True, slots=True)
class Export:
    """Makes and sends the file; fulfils `Work`."""

    database: Database
    vault: Vault
    zone: ZoneInfo
    read: Read

    async def prepare(self, about: Mapping[str, Any], now: datetime) -> Conclusion:
        """Read the list and write the file; whoever has lost the right meanwhile gets none."""
        return await asyncio.to_thread(self._prepare, about, now)

    def gave_up(self, db: Unit, about: Mapping[str, Any], number: str, now: datetime) -> None:
        """Tell whoever asked."""
        outbox.post(db, cards.failed(number), [address(about)], now=now)

    def _prepare(self, about: Mapping[str, Any], now: datetime) -> Conclusion:
        purpose = about["purpose"]
        with self.database.reading() as db:
            who = sender(db, about, now, stays=False)
            if who is None or not policy.may(who, RIGHT):
                return _nothing
            made = self.read(db, who, about, now)
        here, count = now.astimezone(self.zone), len(made.rows)
        mark = f"{who.name} {here:%Y-%m-%d %H:%M} 导出，用途：{purpose}，共 {count} 条"
        content = table_file(SHEET, [[mark], list(made.headings), *made.rows])
        name, sha256 = f"线索-{made.title}-{here:%Y%m%d-%H%M}.xlsx", _sha256(content)

        def send(db: Unit, now: datetime) -> None:
            db.occasion = db.occasion._replace(
                actor=who.id, channel=about["platform"], origin=about["origin"]
            )  # fmt: skip
            file = media.file(db, self.vault, name, content, personal=False, now=now)
            detail = {
                "what": made.title, "purpose": purpose, "rows": count,
                "columns": list(made.headings), "sha256": sha256,
            }  # fmt: skip
            lead_export.note(db, name, detail, now=now)
            outbox.post(db, file, [address(about)], now=now)

        return send


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _nothing(_: Unit, now: datetime) -> None:
    """Say nothing to who may not have it any more."""
