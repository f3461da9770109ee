"""`jianliu import customers|leads|people`: a spreadsheet through its use-case, errors as a file.

The words for what is wrong serve sheets sent in chat, too (`bot/imports.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track

from bot.clock import Clock
from bot.import_columns import CUSTOMERS, LEADS, PEOPLE
from bot.import_sorts import Sorts, Tell
from bot.migrate import upgrade
from bot.rules import opened
from cards.imports import counts
from connectors.sheet_model import Row
from connectors.sheets import Column, Problem, Sheet, errors_file, read
from engine.calendar_days import Calendars
from engine.database import Database, patient
from engine.ids import ulid
from engine.unit import Unit
from engine.vault import Vault
from sales.importing import Line, Outcome, customers_from
from sales.joining import people_from

T = TypeVar("T")
UseCase = Callable[..., Outcome]
LISTED = 20
"""Complaints and notes that are said on the screen."""
SLOW_ROWS = 1000
"""From so many rows on a progress bar is worth its line."""
WRONG = "-错误"


@dataclass(frozen=True, slots=True)
class Report:
    """What the import did or would do."""

    outcome: Outcome
    wrong: tuple[Problem, ...]
    sheet: Sheet
    dry_run: bool
    errors_path: Path | None

    def facts(self) -> dict[str, Any]:
        """The report as JSON; with an error nothing was written, so nothing is counted."""
        did = Outcome() if self.wrong else self.outcome
        return {
            "created": did.created, "completed": did.completed, "unchanged": did.unchanged,
            "doubted": did.doubted,
            "notes": [{"row": n.line, "column": n.column, "text": n.told} for n in did.notes],
            "dry_run": self.dry_run,
            "errors": [{"row": p.row, "column": p.column, "text": p.text} for p in self.wrong],
            "errors_file": str(self.errors_path) if self.errors_path else None,
            "ignored_columns": list(self.sheet.ignored), "unread_sheets": list(self.sheet.unread),
        }  # fmt: skip

    def words(self) -> str:
        """The report as a person reads it."""
        if self.wrong:
            lines = [complaint(problem) for problem in self.wrong[:LISTED]]
            left = len(self.wrong) - len(lines)
            lines += [f"还有 {left} 处"] if left > 0 else []
            lines.append(f"一行都没有导入。改好 {self.errors_path} 里标红的行再导一次。")
            return "\n".join(lines)
        did = "检查通过，将" if self.dry_run else "已"
        words = counts(self.outcome, did)
        for note in self.outcome.notes[:LISTED]:
            words += f"\n第 {note.line} 行：{note.told}"
        if (left := len(self.outcome.notes) - LISTED) > 0:
            words += f"\n还有 {left} 处，加 --json 看全部"
        if self.sheet.ignored:
            words += f"\n没有用到的列：{'、'.join(self.sheet.ignored)}"
        if self.sheet.unread:
            words += f"\n只读了第一张表，没有读：{'、'.join(self.sheet.unread)}"
        return words


def import_customers(
    database: Database, file: Path, vault: Vault, *, dry_run: bool, progress: bool
) -> Report:
    """Customers from a spreadsheet, and the people there.

    Raises:
        SheetError: the file as a whole cannot be read.
    """
    use_case = partial(customers_from, vault=vault)
    return _import(database, file, CUSTOMERS, use_case, dry_run=dry_run, progress=progress)


def import_leads(
    database: Database, file: Path, vault: Vault, clock: Clock, *, dry_run: bool, progress: bool
) -> Report:  # fmt: skip
    """Leads from a spreadsheet, into the pool; a commit for every few, so that nobody waits long.

    Whoever stops it half-way imports the file again: what is there is not brought twice. Owners
    hear of what is written when it ends; if it was killed, within the hour from the service.

    Raises:
        SheetError: the file as a whole cannot be read.
    """
    upgrade(database)
    sort = Sorts(vault, opened(database, clock), Calendars(clock.zone)).leads
    sheet = read(file, file.name, LEADS)
    shown = progress and len(sheet.rows) >= SLOW_ROWS
    take = partial(sort.take, file=file.name, by="", batch=f"cli/{ulid(clock.now())}")
    with database.reading() as db:
        rows = lines(_tracked(sheet.rows, "检查", shown=shown))
        outcome = take(db, rows, now=clock.now(), dry_run=True)
    if not (dry_run or sheet.problems or outcome.wrong):
        parts = _tracked(sort.parts(sheet.rows), "导入", shown=shown)
        outcome = _written(database, parts, take, sort.tell, clock)
    return _report(file, sheet, outcome, LEADS, dry_run=dry_run)


def _written(
    database: Database, parts: Iterable[Sequence[Row]], take: partial[Outcome], tell: Tell,
    clock: Clock,
) -> Outcome:  # fmt: skip
    """What came of all parts; of what is written people hear even if it is broken off."""
    so_far = Outcome()
    told = {name: take.keywords[name] for name in ("file", "batch")}
    try:
        for part in parts:
            so_far = database.writer.run(
                partial(take, lines=list(lines(part)), now=clock.now(), before=so_far)
            )
    finally:
        database.writer.run(partial(tell, outcome=so_far, **told, now=clock.now()))
    return so_far


def import_people(
    database: Database, file: Path, tenants: Mapping[str, str], *, dry_run: bool, progress: bool
) -> Report:
    """Colleagues and their accounts; `tenants` names the organisation of each platform.

    Raises:
        SheetError: the file as a whole cannot be read.
    """
    use_case = partial(people_from, tenants=tenants)
    return _import(database, file, PEOPLE, use_case, dry_run=dry_run, progress=progress)


def _import(
    database: Database, file: Path, columns: Sequence[Column], use_case: UseCase,
    *, dry_run: bool, progress: bool,
) -> Report:  # fmt: skip
    upgrade(database)
    sheet = read(file, file.name, columns)
    dry = dry_run or bool(sheet.problems)

    def work(db: Unit) -> Outcome:
        patient(db)
        rows = _tracked(sheet.rows, "检查", shown=progress and len(sheet.rows) >= SLOW_ROWS)
        return use_case(db, lines(rows), file=file.name, now=datetime.now(UTC), dry_run=dry)

    return _report(file, sheet, database.writer.run(work, alone=True), columns, dry_run=dry_run)


def _report(
    file: Path, sheet: Sheet, outcome: Outcome, columns: Sequence[Column], *, dry_run: bool
) -> Report:  # fmt: skip
    """What came of it; wrong rows also as a marked copy beside the file."""
    wrong = complaints(sheet, outcome, columns)
    errors_path = file.with_name(f"{file.stem.removesuffix(WRONG)}{WRONG}.xlsx") if wrong else None
    if errors_path is not None:
        errors_path.write_bytes(errors_file(sheet, wrong))
    return Report(outcome, wrong, sheet, dry_run, errors_path)


def _tracked(work: Sequence[T], doing: str, *, shown: bool) -> Iterable[T]:
    return track(work, doing, console=Console(stderr=True)) if shown else work


def lines(rows: Iterable[Row]) -> Iterator[Line]:
    """The rows of a sheet as use-cases take them."""
    return (Line(row.number, row.values) for row in rows)


def complaints(
    sheet: Sheet, outcome: Outcome, columns: Sequence[Column]
) -> tuple[Problem, ...]:  # fmt: skip
    """What is wrong with a sheet, by itself and against what is known, in the order of its rows."""
    labels = {column.name: column.label for column in columns}
    against = (Problem(w.line, labels[w.column], w.text) for w in outcome.wrong)
    return tuple(sorted((*sheet.problems, *against), key=lambda problem: problem.row))


def complaint(problem: Problem) -> str:
    """One problem as people read it: "第 3 行 负责人：没有叫「王五」的同事"."""
    return f"第 {problem.row} 行 {problem.column}：{problem.text}"
