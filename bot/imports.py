"""Sheets sent in chat: fetched, looked at, and written once their sender says so.

Nothing of a file stays: the bytes wait sealed between look and tap, a day at most, and go with
the import. Limits are those of `connectors/sheet_grid.py`, and fewer rows, because the writer
that serves everybody does this too; more is for `jianliu import`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath

from bot.import_sorts import OUTCOME, Sort, Sorts
from bot.importing import WRONG, complaint, complaints, lines
from bot.platforms.api import Downloaded, Platform, Undelivered
from bot.slow import About, Conclusion, Parts, Work
from cards import imports as cards
from cards import media, outbox
from cards.imports import Look
from cards.model import Card
from connectors.sheet_grid import MAX_BYTES
from connectors.sheet_model import Row
from connectors.sheets import Problem, Sheet, SheetError, errors_file
from engine import blobs
from engine.blobs import Gone
from engine.database import Database
from engine.files import sort_of
from engine.masking import mask
from engine.text import clean
from engine.unit import Unit
from handlers.imports import CHECK, CHECK_UNNAMED, RUN
from sales import people, policy
from sales.importing import Outcome, Wrong
from sales.people import Address, Who

LONGEST = 200
"""Characters of a file's name; more than any disk takes."""
USUAL = {".zip": ".xlsx", "": ".csv"}
"""The format of a file without a name, by what its first bytes say."""
MOST_ROWS = 500
"""What one import in chat may bring; others write between its parts."""
DONE, SO_FAR, STOPPED = "done", "so_far", "stopped"
"""What a job of several commits keeps: rows written, what came of them, why it does not go on."""
NO_RIGHT = "您现在没有导入的权限。请有权限的同事再发一次。"
WAITS_FOR_TAP = timedelta(days=1)
TOO_MANY = f"在聊天里一次最多导入 {MOST_ROWS} 行。分成几个文件，或请管理员在服务器上导入。"
NOT_FETCHED: Mapping[str, str] = {
    "media_gone": "平台上的文件已经过期，请再发一次。",
    "media_too_large": f"文件超过 {MAX_BYTES // 1024 // 1024} MB。分成几个文件再传。",
}
"""What a fetch ends with that trying again does not change."""
NOT_YOURS = (
    "客户表和同事指标由销售运营或管理员导入。"
    "线索表您可以发：有「来源」或「预算」列，或者没有「负责人」列。"
)
USED_UP = "检查过的文件已经不在了（最多留一天，有人要求删除资料时也会清掉）。请再发一次。"


def works(
    database: Database, sorts: Sorts, platforms: Mapping[str, Platform]
) -> dict[str, Work]:  # fmt: skip
    """The slow work of an import by its name."""
    reader = _Reader(database, sorts)
    check = Check(reader, platforms)
    return {CHECK: check, CHECK_UNNAMED: check, RUN: Run(reader)}


@dataclass(frozen=True, slots=True)
class _Found:
    """A sheet that was read and tried: what it would do, and what is wrong with it."""

    sheet: Sheet
    sort: Sort
    outcome: Outcome
    problems: tuple[Problem, ...]

    @property
    def look(self) -> Look:
        bad = len({problem.row for problem in self.problems})
        return Look(
            good=len(self.sheet.rows) + len({p.row for p in self.sheet.problems}) - bad,
            bad=bad,
            problems=tuple(map(complaint, self.problems)),
            understood=self.sheet.understood, ignored=self.sheet.ignored,
            unread=self.sheet.unread, sort=self.sort.name,
            notes=tuple(map(self._note, self.outcome.notes)),
        )  # fmt: skip

    def _note(self, note: Wrong) -> str:
        return f"第 {note.line} 行：{note.told}"


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a sheet and tries it against what is known; writes nothing."""

    database: Database
    sorts: Sorts

    def sheet(self, content: bytes, name: str) -> tuple[Sheet, Sort]:
        """The rows of a file, and what it is a list of.

        Raises:
            SheetError: it cannot be used, or holds too much for a chat.
        """
        sheet, sort = self.sorts.read(content, name)
        if len(sheet.rows) + len(sheet.problems) > MOST_ROWS:
            raise SheetError(TOO_MANY)
        return sheet, sort

    def tried(self, content: bytes, about: About, now: datetime) -> tuple[_Found, bytes]:
        """What an import would do, and the marked copy if something is wrong.

        Raises:
            SheetError: it cannot be used, or its sender may not import this sort.
        """
        name = about["name"]
        sheet, sort = self.sheet(content, name)
        with self.database.reading() as db:
            who = sender(db, about, now, stays=False)
            if who is None or not policy.may(who, sort.right):
                raise SheetError(NOT_YOURS)
            outcome = sort.take(
                db, lines(sheet.rows), file=name, by=who.id, batch="", now=now, dry_run=True
            )
        found = _Found(sheet, sort, outcome, complaints(sheet, outcome, sort.columns))
        return found, errors_file(sheet, found.problems) if found.problems else b""

    def kept(self, blob: str, now: datetime) -> bytes:
        """The bytes that waited for the tap.

        Raises:
            Gone: they do not any more.
        """
        with self.database.reading() as db:
            return blobs.read(db, self.sorts.vault, blob, now=now)

    def refuse(self, db: Unit, about: About, found: _Found, marked: bytes, now: datetime) -> None:
        """The card with what is wrong, and the file with the wrong rows in red."""
        _say(db, about, cards.refused(about["name"], found.look, flow=about["flow"]), now)
        stem = PurePath(about["name"]).stem.removesuffix(WRONG)
        name = f"{stem}{WRONG}.xlsx"
        file = media.file(db, self.sorts.vault, name, marked, personal=True, now=now)
        outbox.post(db, file, [address(about)], now=now)


@dataclass(frozen=True, slots=True)
class Check:
    """The first look; fulfils `Work`."""

    reader: _Reader
    platforms: Mapping[str, Platform]

    async def prepare(self, about: About, now: datetime) -> Conclusion:
        """Fetch the file and try it.

        Raises:
            Undelivered: the platform did not answer; try again.
        """
        platform = self.platforms[about["platform"]]
        try:
            got = await platform.download(about["ref"], most=MAX_BYTES)
            about, content = {**about, "name": about["name"] or _name(got)}, got.content
            found, marked = await asyncio.to_thread(self.reader.tried, content, about, now)
        except SheetError as wrong:
            return _unreadable(about, str(wrong))
        except Undelivered as failure:
            if (why := NOT_FETCHED.get(failure.reason)) is None:
                raise
            return _unreadable(about, why)
        if marked:
            return lambda db, now: self.reader.refuse(db, about, found, marked, now)
        return lambda db, now: self._offer(db, about, found, content, now)

    def gave_up(self, db: Unit, about: About, number: str, now: datetime) -> None:
        """Tell the sender."""
        _say(db, about, cards.failed(about["name"], number, flow=about["flow"]), now)

    def _offer(self, db: Unit, about: About, found: _Found, content: bytes, now: datetime) -> None:
        blob = f"import/{about['flow']}"
        card = cards.checked(about["name"], found.look, found.outcome, blob, flow=about["flow"])
        if card.buttons:
            until = now + WAITS_FOR_TAP
            blobs.keep(
                db, self.reader.sorts.vault, blob, content, personal=True, until=until, now=now
            )
        _say(db, about, card, now)


@dataclass(frozen=True, slots=True)
class Run:
    """The import itself, in parts if it takes long; fulfils `Work`."""

    reader: _Reader

    async def prepare(self, about: About, now: datetime) -> Conclusion | Parts:
        """Read the bytes that waited."""
        return await asyncio.to_thread(self._prepare, about, now)

    def gave_up(self, db: Unit, about: About, number: str, now: datetime) -> None:
        """Tell the sender, and of the rows that were written whoever has to know; the bytes go."""
        if SO_FAR in about:
            self._stop(db, about, f"编号 {number}，已经记录下来。请再发一次。", now)
            return
        blobs.drop(db, about["blob"])
        _say(db, about, cards.failed(about["name"], number, flow=about["flow"]), now)

    def _prepare(self, about: About, now: datetime) -> Conclusion | Parts:
        try:
            sheet, sort = self.reader.sheet(self.reader.kept(about["blob"], now), about["name"])
        except (Gone, SheetError) as failure:
            why = USED_UP if isinstance(failure, Gone) else str(failure)
            return lambda db, now: self._stop(db, about, why, now)
        rows = sheet.rows[about.get(DONE, 0) :]
        steps = [partial(self._write, sort, part) for part in sort.parts(rows)]
        return Parts(steps, partial(self._end, sheet, sort))

    def _write(
        self, sort: Sort, rows: Sequence[Row], db: Unit, about: About, now: datetime
    ) -> About:  # fmt: skip
        """One part; nothing more once the sender has lost the right, or the bytes are gone."""
        if STOPPED in about:
            return about
        who = sender(db, about, now, stays=True)
        if who is None or not policy.may(who, sort.right):
            return {**about, STOPPED: NO_RIGHT}
        if not blobs.there(db, about["blob"]):
            return {**about, STOPPED: USED_UP}
        _as_sender(db, about, who.id)
        before = OUTCOME.validate_python(about[SO_FAR]) if SO_FAR in about else None
        outcome = sort.take(
            db, lines(rows), file=about["name"], by=who.id, batch=about["flow"], now=now,
            before=before,
        )  # fmt: skip
        so_far = OUTCOME.dump_python(outcome, mode="json")
        return {**about, DONE: about.get(DONE, 0) + len(rows), SO_FAR: so_far}

    def _end(self, sheet: Sheet, sort: Sort, db: Unit, about: About, now: datetime) -> None:
        """Say what came of it."""
        if STOPPED in about:
            self._stop(db, about, about[STOPPED], now)
            return
        blobs.drop(db, about["blob"])
        outcome, name = OUTCOME.validate_python(about[SO_FAR]), about["name"]
        _as_sender(db, about, about["person"])
        sort.tell(db, outcome, file=name, batch=about["flow"], now=now)
        found = _Found(sheet, sort, outcome, complaints(sheet, outcome, sort.columns))
        if found.problems:  # something has changed since the first look
            self.reader.refuse(db, about, found, errors_file(sheet, found.problems), now)
        else:
            card = cards.imported(name, found.look, outcome, flow=about["flow"])
            _say(db, about, card, now)

    def _stop(self, db: Unit, about: About, why: str, now: datetime) -> None:
        """It cannot go on: say how far it came, or nothing to who may not import at all."""
        blobs.drop(db, about["blob"])
        if SO_FAR not in about:
            if why != NO_RIGHT:
                _unreadable(about, why)(db, now)
            return
        outcome = OUTCOME.validate_python(about[SO_FAR])
        _as_sender(db, about, about["person"])
        tell = self.reader.sorts.leads.tell  # nothing else is written in parts
        tell(db, outcome, file=about["name"], batch=about["flow"], now=now)
        _say(db, about, cards.broken_off(about["name"], outcome, why, flow=about["flow"]), now)


def _name(got: Downloaded) -> str:
    """What a file is called whose message did not say."""
    said = mask(" ".join(clean(PurePath(got.name[:LONGEST]).name).split()))
    return said or cards.UNNAMED + USUAL.get(sort_of(got.content), "")


def sender(db: Unit, about: About, now: datetime, *, stays: bool) -> Who | None:
    """Who sent the file, with the rights they have now, or keep until the commit."""
    to = address(about)
    return people.acting(db, to.platform, to.tenant, to.account, now=now, stays=stays)


def _as_sender(db: Unit, about: About, person_id: str) -> None:
    """The trail names whoever sent the file, and where."""
    db.occasion = db.occasion._replace(
        actor=person_id, channel=about["platform"], origin=about["origin"]
    )  # fmt: skip


def _unreadable(about: About, why: str) -> Conclusion:
    card = cards.unreadable(about["name"], why, flow=about["flow"])
    return lambda db, now: _say(db, about, card, now)


def _say(db: Unit, about: About, card: Card, now: datetime) -> None:
    outbox.post(db, card, [address(about)], now=now)


def address(about: About) -> Address:
    """Where the result is said."""
    return Address(about["person"], about["platform"], about["tenant"], about["account"])
