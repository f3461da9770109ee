"""The list of leads as a table to take away: what its asker may see, no contacts (B58)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, or_, select, true

from engine import audit
from engine.errors import Refusal
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import dictionary, leads, policy
from sales.lead_states import STATE_NAMES
from sales.leads import LEAD, POOLED, Lead
from sales.opportunities import OPPORTUNITY, Opportunity
from sales.people import PERSON, Person, Who
from sales.rules.terms import REGIONS

RIGHT = "lead.export"
HEADINGS = (
    "编号", "公司", "来源", "行业", "区域", "预算（元）", "预算段", "需求", "状态", "负责人",
    "标签", "进来", "打开", "联系上", "联系晚了", "下一步", "下一步日期", "无效原因", "商机",
)  # fmt: skip
FEN = 100
EVERYTHING, MINE, FREE = "全部", "我的", "未分配"
WORDS = (EVERYTHING, MINE, FREE)
"""What may be asked for, beside the name of a region."""


class UnknownSelection(Refusal):
    """The words name no part of the list."""

    code = "unknown_selection"
    text = "没听懂要导出哪些：「{words}」。可以写 全部、我的、未分配，或一个区域，如 华东。"


class NothingThere(Refusal):
    """There is nothing to put into a file."""

    code = "nothing_to_export"
    text = "「{words}」里没有您看得到的线索，没有做表。"


class TooManyRows(Refusal):
    """More than may be taken away at once."""

    code = "too_many_to_export"
    text = "「{words}」有 {found} 条，一次最多导出 {most} 条。请按区域分几次导，或请运营改规则。"


@dataclass(frozen=True, slots=True)
class Selection:
    """A part of the list in the house's words: 全部, 我的, 未分配, or a region."""

    words: str


def selection(rules: Rulebook, words: str, *, now: datetime) -> Selection:
    """What somebody asks for.

    Raises:
        UnknownSelection: it is no part of the list.
    """
    plain = words.strip()
    if plain in WORDS:
        return Selection(plain)
    found = dictionary.of(rules.at(REGIONS, now).body.terms).match(plain)
    if found is None:
        raise UnknownSelection(words=plain[:20])
    return Selection(found.term)


def count(db: Unit, who: Who, chosen: Selection, *, most: int) -> int:
    """How many leads would be in the file.

    Raises:
        NothingThere: none.
        TooManyRows: more than `most`.
    """
    found = db.execute(select(func.count(LEAD.id)).where(*_chosen(who, chosen))).scalar_one()
    if not found:
        raise NothingThere(words=chosen.words)
    if found > most:
        raise TooManyRows(words=chosen.words, found=found, most=most)
    return int(found)


def rows(db: Unit, who: Who, chosen: Selection, *, zone: ZoneInfo, most: int) -> list[list[Any]]:
    """The leads, oldest first, a cell for each of `HEADINGS`; moments to the second (B15)."""
    wanted = (
        select(*LEAD, PERSON.name.label("owner"), OPPORTUNITY.number.label("opportunity"))
        .outerjoin_from(Lead, Person, PERSON.id == LEAD.owner_id)
        .outerjoin(Opportunity, OPPORTUNITY.id == LEAD.opportunity_id)
        .where(*_chosen(who, chosen))
        .order_by(LEAD.created_at, LEAD.number)
        .limit(most)
    )
    return [_cells(row, zone) for row in db.execute(wanted)]


def note(db: Unit, name: str, detail: Mapping[str, Any], *, now: datetime) -> None:
    """Put on the trail what was taken away, and what for."""
    audit.record(db, "lead.exported", ("file", name), at=now, detail=detail)


def _chosen(who: Who, chosen: Selection) -> Sequence[ColumnElement[bool]]:
    reach = policy.owned(who, RIGHT, LEAD.owner_id)
    if policy.may(who, "lead.assign"):  # whoever gives out the pool may take it away, too
        reach = or_(reach, LEAD.state == POOLED)
    parts = {EVERYTHING: true(), MINE: LEAD.owner_id == who.id, FREE: LEAD.state == POOLED}
    return reach, parts.get(chosen.words, LEAD.region == chosen.words)


def _cells(row: Any, zone: ZoneInfo) -> list[Any]:
    happened = row.contact_happened_at or row.contacted_at
    moments = (row.created_at, row.opened_at, happened)
    came, opened, contacted = (_moment(at, zone) for at in moments)
    budget = "" if row.budget_fen is None else Decimal(row.budget_fen) / FEN
    return [
        row.number, row.company, row.source, row.industry or "", row.region or "", budget,
        leads.BANDS[leads.band(row.budget_fen)], row.need, STATE_NAMES[row.state],
        row.owner or "", row.tags, came, opened, contacted, "是" if row.late else "", row.next_step,
        row.next_on.isoformat() if row.next_on else "", row.invalid_reason, row.opportunity or "",
    ]  # fmt: skip


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat(timespec="seconds")
