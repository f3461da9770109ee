"""`jianliu calendar`: bring in the notice of a year, say a company's own day, look at a year."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.commands.calendar_words import Report, dated, year_facts, year_words
from bot.commands.console import CONFIG, PROBLEM, UNREACHABLE, Config, Json, fail, show
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from bot.working_days import renew
from connectors.notice import Notice, NoticeError, parse
from engine import audit
from engine.calendar import Calendar
from engine.calendar_days import Change, days, decide, publish
from engine.deadlines_replan import replan
from engine.unit import Unit

T = TypeVar("T")
Work = Callable[[Unit, Clock], T]

LARGEST = 1_000_000
"""Bytes of a file that can be a notice; a real one has 3,000."""

app = typer.Typer(no_args_is_help=True, help="工作日历：放假通知，公司自己的安排。")
File = Annotated[typer.FileBinaryRead, typer.Argument(help="通知的文字；- 是标准输入")]
Year = Annotated[
    int | None, typer.Option(min=2004, max=2100, help="哪一年的安排；标题里有就不用写")
]
Shown = Annotated[int | None, typer.Argument(min=2004, max=2100, help="哪一年，不写就是今年")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只检查，不写入")]
Dated = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="日期，如 2026-12-24")]
Name = Annotated[str, typer.Option(help="叫什么，如 年会")]


class Answer(StrEnum):
    """What a company says about a day of its own."""

    WORK = "work"
    OFF = "off"


class _DryRun(Exception):
    """Thrown out of the unit of work, so that nothing of it stays but the report."""

    def __init__(self, report: Report) -> None:
        self.report = report


@app.command("import", help="导入国务院办公厅的放假通知：把通知的文字存成文件，或从标准输入给。")
def import_notice(
    file: File, config: Config = CONFIG, *, year: Year = None, dry_run: DryRun = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Take over the notice of a year, all of it or nothing."""
    try:
        read = parse(_text(file), year)
    except NoticeError as wrong:
        fail(str(wrong), PROBLEM, json=json)

    def work(db: Unit, clock: Clock) -> Report:
        report = _publish(db, read, clock, dry_run=dry_run)
        if dry_run:
            raise _DryRun(report)
        return report

    try:
        report = _do(work, config, json=json)
    except _DryRun as only:
        report = only.report
    show(report.facts(), report.words(), json=json)


@app.command("set", help="公司自己定某一天上班还是休息，通知和日历包都不会再改它。")
def set_day(
    day: Dated, answer: Answer, config: Config = CONFIG, *, name: Name = "公司安排",
    json: Json = False,
) -> None:  # fmt: skip
    """Store the company's own word about a day."""
    on, is_workday = day.date(), answer is Answer.WORK

    def work(db: Unit, clock: Clock) -> Change:
        change = decide(db, on, name, clock.now(), is_workday=is_workday)
        _record(db, "calendar.decided", str(on), change, clock.now())
        replan(db, change.dates, Calendar(clock.zone, days(db)))
        return change

    change = _do(work, config, json=json)
    words = f"{dated(on)}{'上班' if is_workday else '休息'}（{name}）"
    facts = {"day": on, "is_workday": is_workday, "name": name, "changed": change.flipped}
    show(facts, words if change.flipped else f"{words}，和原来一样", json=json)


@app.command("show", help="看一年的安排。")
def show_year(year: Shown = None, config: Config = CONFIG, *, json: Json = False) -> None:
    """Print what is known about a year."""

    def work(db: Unit, clock: Clock) -> tuple[Calendar, int]:
        return Calendar(clock.zone, days(db)), year or clock.date_of(clock.now()).year

    calendar, asked = _do(work, config, json=json)
    show(year_facts(calendar, asked), year_words(calendar, asked), json=json)


def _publish(db: Unit, read: Notice, clock: Clock, *, dry_run: bool) -> Report:
    change = publish(db, read.days, read.title, clock.now())
    _record(db, "calendar.imported", str(read.year), change, clock.now())
    calendar = Calendar(clock.zone, days(db))
    moved = replan(db, change.dates, calendar)
    kept = tuple(
        day for day, it in sorted(read.days.items())
        if calendar.is_workday(day) is not it.is_workday
    )  # fmt: skip
    until = calendar.covered_until(clock.date_of(clock.now()))
    return Report(read, change, kept, until, moved, dry_run)


def _record(db: Unit, action: str, subject: str, change: Change, now: datetime) -> None:
    if change.dates:
        detail = {"changed": [str(d) for d in change.flipped], "settled": len(change.settled)}
        audit.record(db, action, ("calendar", subject), at=now, detail=detail)


def _do(work: Work[T], config: Path, *, json: bool) -> T:
    """Do something to the days of a database that knows what the package knows."""
    from bot.migrate import upgrade

    settings = settings_of(config, json=json)
    clock = Clock(settings.time.zone)
    with closing(database_of(settings, json=json)) as database:
        try:
            upgrade(database)
            database.writer.run(lambda db: renew(db, clock))
            return database.writer.run(lambda db: work(db, clock))
        except SQLAlchemyError as broken:
            fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)


def _text(file: typer.FileBinaryRead) -> str:
    """What stands in the file.

    Raises:
        NoticeError: it is not a text.
    """
    data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise NoticeError("文件太大，不像一份通知。把通知的文字复制到一个文本文件里再导入")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoticeError("认不出文字编码。把通知的文字复制到一个文本文件里，存成 UTF-8 再导入")
