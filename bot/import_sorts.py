"""What a sheet sent in chat may be: customers, leads, figures of colleagues; its columns tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.import_columns import CUSTOMERS, FOLLOWED, LEADS, TELLING, WHOSE
from cards import lead_conflicts, lead_news
from connectors.sheets import Column, Sheet, SheetError, read
from engine.calendar_days import Calendars
from engine.rulebook import Rulebook
from engine.unit import Unit
from engine.vault import Vault
from sales import figures
from sales.desk import Desk
from sales.importing import Line, Outcome, customers_from
from sales.importing_leads import leads_from

OWNERS = frozenset(
    heading for column in CUSTOMERS if column.name == "owner" for heading in column.synonyms
)
"""Headings of who looks after a customer; nobody looks after a lead yet."""


class Take(Protocol):
    """The use-case that takes the lines of one sort of sheet."""

    def __call__(
        self, db: Unit, lines: Iterable[Line], *, file: str, by: str, now: datetime, dry_run: bool
    ) -> Outcome:
        """Write them, or with `dry_run` say what writing them would do."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of sheet: how people call it, its columns, the right it takes, its use-case."""

    name: str
    columns: Sequence[Column]
    right: str
    take: Take


@dataclass(frozen=True, slots=True)
class Sorts:
    """Every sort, and which one a sheet is."""

    vault: Vault
    rules: Rulebook
    calendars: Calendars

    def read(self, content: bytes, name: str) -> tuple[Sheet, Sort]:
        """Without companies it is of colleagues; with owners, but nothing of a lead, of customers.

        Any other is of leads.

        Raises:
            SheetError: it is none of them.
        """
        try:
            sheet = read(content, name, LEADS)
        except SheetError as neither:
            return self._figures(content, name, neither)
        told = sheet.columns & TELLING or not set(FOLLOWED).isdisjoint(sheet.understood)
        if told or OWNERS.isdisjoint(sheet.ignored):
            return sheet, Sort("线索", LEADS, "import", self.leads)
        customers = Sort("客户", CUSTOMERS, "customer.import", self._customers)
        return read(content, name, CUSTOMERS), customers

    def _figures(self, content: bytes, name: str, neither: SheetError) -> tuple[Sheet, Sort]:
        try:
            headings = read(content, name, (WHOSE,)).ignored
        except SheetError:
            raise neither from None
        columns = (WHOSE, *(Column(one) for one in headings if len(one) <= figures.LONGEST))
        sort = Sort("同事指标", columns, "figures.import", self._reported)
        return read(content, name, columns), sort

    def _reported(
        self, db: Unit, lines: Iterable[Line], *, file: str, by: str, now: datetime, dry_run: bool
    ) -> Outcome:  # fmt: skip
        del by  # the occasion says it
        return figures.figures_from(db, lines, file=file, now=now, dry_run=dry_run)

    def _customers(
        self, db: Unit, lines: Iterable[Line], *, file: str, by: str, now: datetime, dry_run: bool
    ) -> Outcome:  # fmt: skip
        del by  # the occasion says it
        return customers_from(db, lines, vault=self.vault, file=file, now=now, dry_run=dry_run)

    def leads(
        self, db: Unit, lines: Iterable[Line], *, file: str, by: str, now: datetime, dry_run: bool
    ) -> Outcome:  # fmt: skip
        """Leads into the pool and on to their owners, who hear of all of them at once.

        Rows that contradict a lead go to who may say which is right.
        """
        today = now.astimezone(self.calendars.zone).date()
        desk = Desk(self.vault, self.rules, self.calendars.current(db), now, today)
        outcome = leads_from(db, lines, desk=desk, file=file, by=by, dry_run=dry_run)
        lead_news.tell(db, outcome.taken, zone=self.calendars.zone, now=now)
        lead_conflicts.tell(db, outcome.conflicts, zone=self.calendars.zone, now=now)
        return outcome
