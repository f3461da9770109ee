"""What a sheet sent in chat may be: customers, leads, figures of colleagues; its columns tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from bot.import_columns import CUSTOMERS, FOLLOWED, LEADS, TELLING, WHOSE
from cards import lead_news
from connectors.sheets import Column, Sheet, SheetError, read
from engine.calendar_days import Calendars
from engine.rulebook import Rulebook
from engine.unit import Unit
from engine.vault import Vault
from sales import figures
from sales.desk import Desk
from sales.importing import Line, Outcome, customers_from
from sales.importing_leads import leads_from, note_import

T = TypeVar("T")

OWNERS = frozenset(
    heading for column in CUSTOMERS if column.name == "owner" for heading in column.synonyms
)
"""Headings of who looks after a customer; nobody looks after a lead yet."""
OUTCOME = TypeAdapter(Outcome)
"""What came of rows, kept from one commit of an import to the next."""
PART = 50
"""Leads of one commit: deciding about fifty takes a tenth of a second or two, and whoever
presses a button meanwhile waits that long."""


class Take(Protocol):
    """The use-case that takes the lines of one sort of sheet."""

    def __call__(
        self, db: Unit, lines: Iterable[Line], *, file: str, by: str, batch: str, now: datetime,
        dry_run: bool = False, before: Outcome | None = None,
    ) -> Outcome:  # fmt: skip
        """Write them, or with `dry_run` say what writing them would do.

        `batch` names the import, `before` is what came of the lines in front: the result counts
        them, too.
        """


class Tell(Protocol):
    """Says what an import has brought, to whoever has to know and to the trail."""

    def __call__(
        self, db: Unit, outcome: Outcome, *, file: str, batch: str, now: datetime
    ) -> None:  # fmt: skip
        """In one unit, once all of it is written that will be."""


def silent(db: Unit, outcome: Outcome, *, file: str, batch: str, now: datetime) -> None:
    """Nobody has to hear of it but who has sent the sheet."""


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of sheet: how people call it, its columns, the right it takes, its use-case.

    `part` rows at most are written by one commit, 0 for all; `tell` comes in the end.
    """

    name: str
    columns: Sequence[Column]
    right: str
    take: Take
    part: int = 0
    tell: Tell = silent

    def parts(self, rows: Sequence[T]) -> list[Sequence[T]]:
        """The rows of each commit, in order."""
        size = self.part or len(rows) or 1
        return [rows[start : start + size] for start in range(0, len(rows), size)]


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
            return sheet, self.leads
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

    @property
    def leads(self) -> Sort:
        """Leads into the pool and on to their owners, who hear of all of them at once.

        Rows that contradict a lead go to who may say which is right.
        """
        return Sort("线索", LEADS, "import", self._leads, PART, self._tell)

    def _reported(
        self, db: Unit, lines: Iterable[Line], *, file: str, now: datetime, dry_run: bool = False,
        **_: object,
    ) -> Outcome:  # fmt: skip
        return figures.figures_from(db, lines, file=file, now=now, dry_run=dry_run)

    def _customers(
        self, db: Unit, lines: Iterable[Line], *, file: str, now: datetime, dry_run: bool = False,
        **_: object,
    ) -> Outcome:  # fmt: skip
        return customers_from(db, lines, vault=self.vault, file=file, now=now, dry_run=dry_run)

    def _leads(
        self, db: Unit, lines: Iterable[Line], *, file: str, by: str, batch: str, now: datetime,
        dry_run: bool = False, before: Outcome | None = None,
    ) -> Outcome:  # fmt: skip
        today = now.astimezone(self.calendars.zone).date()
        desk = Desk(self.vault, self.rules, self.calendars.current(db), now, today)
        return leads_from(
            db, lines, desk=desk, file=file, by=by, batch=batch, dry_run=dry_run, before=before
        )

    def _tell(
        self, db: Unit, outcome: Outcome, *, file: str, batch: str, now: datetime
    ) -> None:  # fmt: skip
        if lead_news.tell_batch(db, batch, zone=self.calendars.zone, now=now):
            note_import(db, outcome, file=file, now=now)
