"""Importing leads: every row has a company or nothing is written; what is odd is said (B4, X10).

A row is known again by what stands in it, in whatever file it comes: the same export, grown by
ten rows, brings ten leads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from engine import audit
from engine.masking import holds_number, mask
from engine.unit import Unit
from engine.vault import normalised
from sales import (
    lead_conflicts,
    lead_doubles,
    lead_intake,
    lead_learning,
    leads,
    names,
    news_owed,
)
from sales.contacts import FIELDS
from sales.desk import Desk
from sales.importing import Line, Outcome, Wrong
from sales.importing_contacts import COLUMNS as CONTACT_COLUMNS
from sales.lead_conflicts import Ours, Told
from sales.lead_doubles import Double
from sales.lead_intake import BadCompany, RawLead
from sales.lead_states import OVER, STATE_NAMES

SOURCE = "表格导入"
"""Where a lead comes from whose row does not say it."""
PURPOSE = "sheet row"
COMPANY = "company"
FEN = 100
NOT_UNDERSTOOD = "没认出「{words}」，先记下原话"
NO_STATE = "没认出状态「{words}」，没有核对。叫法可以加进「状态词典」"
FROM_THE_START = "表里是「{words}」：新线索从头开始，联系过的请负责人点「已联系」"


def leads_from(
    db: Unit, lines: Iterable[Line], *, desk: Desk, file: str, by: str, batch: str,
    dry_run: bool = False, before: Outcome | None = None,
) -> Outcome:  # fmt: skip
    """Put a lead per line into the pool; a line that was there before changes nothing.

    Lines that may be a known customer come in all the same and are noted, as are words nobody
    understands. A line that tells the state of a lead we surely have is about that lead: nothing
    new comes in, no state changes, and a contradiction is kept (`sales/lead_conflicts.py`, A6).
    With a wrong line, or `dry_run`, nothing is written.

    A long list is written in several units: `before` is what came of the lines in front, and the
    result counts them, too. Who has to hear of it does so at the end of the `batch`
    (`sales/news_owed.py`).
    """
    outcome, raws = Outcome() if before is None else before.copy(), []
    for line in lines:
        raw = raw_lead(line.values)
        if (why := _wrong(raw, desk)) is not None:
            outcome.wrong.append(Wrong(line.number, COMPANY, why))
        raws.append((line, raw))
    if outcome.wrong:
        return outcome
    importer = _Importer(db, desk, _Source(mask(file), by, batch), outcome)
    for line, raw in raws:
        if importer.compare(line, raw, dry_run=dry_run):
            continue
        importer.look(line, raw) if dry_run else importer.take(line, raw)
    return outcome


def note_import(db: Unit, outcome: Outcome, *, file: str, now: datetime) -> None:
    """The row of the trail for a file as a whole, when all of it is written."""
    if outcome.created or outcome.doubted:
        counts = {"created": outcome.created, "unchanged": outcome.unchanged}
        counts |= {"doubted": outcome.doubted} if outcome.doubted else {}
        audit.record(db, "lead.imported", ("file", mask(file)), at=now, detail=counts)


class _Source(NamedTuple):
    """The file, who imports it, and the import it is a part of."""

    file: str
    by: str
    batch: str


class _Importer:
    """Takes the lines of one file, or looks what taking them would do."""

    def __init__(self, db: Unit, desk: Desk, source: _Source, outcome: Outcome) -> None:
        self._db, self._desk, self._source, self._outcome = db, desk, source, outcome
        self._seen: dict[str, int] = {}
        self._brought = news_owed.leads(db, source.batch)
        odd = ((at, note) for at, note in enumerate(outcome.notes) if note.column != COMPANY)
        self._odd = {(note.column, note.text): at for at, note in odd}

    def compare(self, line: Line, raw: RawLead, *, dry_run: bool) -> bool:
        """Hold a line that tells a state against the lead it is about; whether there is one."""
        if not (words := _state(line)):
            return False
        about = lead_doubles.lead_of(
            self._db, self._desk.vault, names.clean(raw.company),
            phone=raw.contact.get("phone", ""), code=raw.credit_code.strip().upper(),
        )  # fmt: skip
        said = lead_conflicts.meaning(words, self._desk)
        if said is None:
            self._mark(line, "state", NO_STATE.format(words=words))
        new = about is None or about.id in self._brought
        if new and said not in {None, lead_conflicts.BEGINNING}:
            self._mark(line, "state", FROM_THE_START.format(words=words))
        if about is None:
            return False
        self._tell(line, raw, about, dry_run=dry_run)
        known = None
        if said and not new:
            known = lead_conflicts.contradicted(self._db, about.id, said)
        if said and known:
            self._outcome.doubted += 1
            now = f"系统里是「{STATE_NAMES[known.state]}」（{_whose(about)}）"
            self._note(line, f"表里是「{words}」，{now}，不改，请负责人核对")
            if not dry_run:
                self._keep(about.id, Told(said, words, self._source.file, line.number), known)
        return True

    def _tell(self, line: Line, raw: RawLead, about: Double, *, dry_run: bool) -> None:
        """What the lead does not know yet it learns; what it knows otherwise stays."""
        if about.state in OVER:
            self._note(line, f"就是{STATE_NAMES[about.state]}的 {about.number}，没有另建线索")
            self._outcome.unchanged += 1
            return
        news = lead_learning.news(self._db, about.id, raw, self._desk)
        if news.other_number:
            self._note(line, "电话和系统里的不一样，没有改")
        self._outcome.completed += news.any
        self._outcome.unchanged += not news.any
        if news.any and not dry_run:
            lead_learning.learn(self._db, news, self._desk)

    def _keep(self, lead_id: str, told: Told, known: Ours) -> None:
        made = lead_conflicts.keep(
            self._db, lead_id, told, known, by=self._source.by, now=self._desk.now
        )  # fmt: skip
        if made is not None:
            self._owe(news_owed.CONFLICT, made)

    def _owe(self, kind: str, about: str) -> None:
        news_owed.owe(self._db, kind, [about], self._source.batch, now=self._desk.now)

    def take(self, line: Line, raw: RawLead) -> None:
        """Put one lead into the pool."""
        taken = lead_intake.take_in(
            self._db, raw, self._desk, origin=self._origin(line), by=self._source.by, fresh=False
        )
        if taken.new:
            self._owe(news_owed.LEAD, taken.lead_id)
            self._brought.add(taken.lead_id)
        self._count(line, raw, taken.unread, taken.doubles, new=taken.new)

    def look(self, line: Line, raw: RawLead) -> None:
        """Say what `take` would do; the lines before it count as taken."""
        origin = self._origin(line)
        understood, unread = lead_intake.understand(raw, self._desk)
        phone = raw.contact.get("phone", "")
        known = leads.of_origin(self._db, origin) is not None or origin in self._seen
        doubles = lead_doubles.find(
            self._db, self._desk.vault, understood.company, phone=phone,
            code=understood.credit_code or "",
        )  # fmt: skip
        shared = (origin, normalised("phone", phone), names.forms(understood.company).core)
        before = min((self._seen[one] for one in shared if one in self._seen), default=None)
        for one in filter(None, shared):
            self._seen.setdefault(one, line.number)
        known |= before is not None and bool(_state(line))
        self._count(line, raw, unread, doubles, new=not known)
        if before is not None and not known and not doubles:
            self._note(line, f"和第 {before} 行可能是同一家")

    def _count(
        self, line: Line, raw: RawLead, unread: Iterable[str], doubles: Iterable[Double], *,
        new: bool,
    ) -> None:  # fmt: skip
        if not new:
            self._outcome.unchanged += 1
            return
        self._outcome.created += 1
        for column in unread:
            self._mark(line, column, NOT_UNDERSTOOD.format(words=mask(getattr(raw, column))))
        for double in list(doubles)[:1]:
            self._note(line, _told(double))

    def _mark(self, line: Line, column: str, text: str) -> None:
        """Note what is odd about a word once, with how many rows it stands in."""
        notes = self._outcome.notes
        at = self._odd.setdefault((column, text), len(notes))
        if at == len(notes):
            notes.append(Wrong(line.number, column, text))
        else:
            notes[at] = replace(notes[at], rows=notes[at].rows + 1)

    def _note(self, line: Line, text: str) -> None:
        self._outcome.notes.append(Wrong(line.number, COMPANY, text))

    def _origin(self, line: Line) -> str:
        """The name of a line for all time; keyed, because somebody's number stands in it.

        How far it is is no part of it: that changes from list to list.
        """
        told = {**line.values, "state": ""}
        said = {name: str(value) for name, value in sorted(told.items()) if value}
        row = json.dumps(said, ensure_ascii=False)
        return f"sheet/{self._desk.vault.mark(PURPOSE, row)}"


def raw_lead(values: Mapping[str, Any]) -> RawLead:
    """A lead as a row of a sheet or the body of a web hook tells it, by the names of columns."""
    words = {name: str(values.get(name) or "") for name in _WORDS}
    told = {field: str(values.get(column) or "") for column, field in CONTACT_COLUMNS.items()}
    return RawLead(
        **{**words, "source": words["source"] or SOURCE}, budget=_budget(values.get("budget")),
        contact={field: told[field] for field in FIELDS if told.get(field)},
    )  # fmt: skip


_WORDS = ("company", "source", "industry", "region", "need", "credit_code")


def _budget(given: Any) -> str:
    """An amount in 分 as words that mean it, or the words that stood there."""
    if isinstance(given, int) and given >= 0:
        return f"{given // FEN}.{given % FEN:02d}"
    return str(given or "")


def _wrong(raw: RawLead, desk: Desk) -> str | None:
    """Why a row cannot be a lead, if so."""
    if holds_number(raw.company):
        return "公司名称里有电话号码，请移到「电话」列"
    try:
        lead_intake.understand(raw, desk)
    except BadCompany as bad:
        return str(bad).rstrip("。")
    return None


def _told(double: Double) -> str:
    """Who has it already, as far as anybody may know (beyond.md: masked)."""
    return f"可能已有：{_NAMES[double.kind]}，{_whose(double)}"


def _whose(double: Double) -> str:
    whose = f"由 {double.owner_region or ''} {double.owner[:1]}* 跟进" if double.owner else "在公海"
    return " ".join(whose.split())


def _state(line: Line) -> str:
    """How far a line says its lead is, in its words."""
    return mask(" ".join(str(line.values.get("state") or "").split()))


_NAMES = {"lead": "线索", "customer": "客户"}
