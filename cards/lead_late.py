"""Who was late with leads and why that may be: reminded or not, looked or not (B83)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, literal, or_, select

from cards.leads import LIST
from cards.model import Button, Card
from cards.tables import CARD, DELIVERY, CardRow
from cards.words import HOUR, exact_span
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales.lead_clocks import CONTACT, INTENT, UNASSIGNED, UNOPENED
from sales.lead_late import Late
from sales.lead_lists import LATE

HEADINGS = (
    "销售", "编号", "公司", "超了什么", "到期", "后来", "超了（小时）", "提醒发出", "提醒送到",
    "提醒后点开", "可能的原因",
)  # fmt: skip
KINDS: Mapping[str, str] = {
    UNASSIGNED: "没人接手", UNOPENED: "没有打开", INTENT: "没有马上联系", CONTACT: "没有联系",
}  # fmt: skip
OWN = "overdue/"
YES = {True: "是", False: "否"}
TOP = 3
GATHERED = timedelta(hours=12)
"""Reminders that came at once are on one card, which may have waited for others for so long."""
_REMINDERS = Statement(
    select(CARD.key, DELIVERY.state, DELIVERY.created_at)
    .select_from(CardRow)
    .join(DELIVERY.id.table, DELIVERY.card_id == CARD.id)
    .where(CARD.person_id == bindparam("person"))
    .where(DELIVERY.created_at >= bindparam("since", type_=UtcTime))
    .where(or_(CARD.key.like(literal(f"{OWN}%")), CARD.body.like(literal("%到时间了%"))))
)


@dataclass(frozen=True, slots=True)
class Case:
    """One late lead with the evidence: whether a reminder was sent, whether it arrived."""

    late: Late
    sent: bool
    arrived: bool

    @property
    def looked(self) -> bool:
        """Whether the owner opened the lead after its time."""
        return self.late.looked_at is not None

    @property
    def cause(self) -> str:
        """What it probably is, to ask about first."""
        if not self.sent:
            return "系统没有提醒，请管理员看 /消息 为什么没收到"
        if not self.arrived:
            return "提醒没有送到，请管理员看 /消息 为什么没收到"
        if not self.looked:
            return "提醒到了没有点开，问问是不是没注意"
        if self.late.ended_at is None:
            return "点开过，没有往下做，问问卡在哪里"
        return "看到提醒后办了"


def cases(db: Unit, found: Sequence[Late]) -> list[Case]:
    """Each with what became of its reminders; one query for each owner."""
    made: list[Case] = []
    reminders: dict[str, Sequence[Any]] = {}
    since = min(one.due_at for one in found)
    for one in found:
        if one.owner_id not in reminders:
            asked = {"person": one.owner_id, "since": since}
            reminders[one.owner_id] = _REMINDERS.rows(db, asked)
        states = {row.state for row in reminders[one.owner_id] if _about(one, row)}
        made.append(Case(one, bool(states), bool(states & {"shown", "replaced"})))
    return made


def _about(late: Late, row: Any) -> bool:
    """Whether a reminder is of this lead: its own card, or one for all that ran out by then."""
    if row.key.startswith(OWN):
        return bool(row.key == f"{OWN}{late.deadline_id}")
    return bool(late.due_at <= row.created_at <= late.due_at + GATHERED)


def rows(found: Sequence[Case], *, zone: ZoneInfo, now: datetime) -> list[list[str | int]]:
    """The cases by their owners' names, a cell for each of `HEADINGS`."""
    return [
        [
            one.late.owner, one.late.number, one.late.company, KINDS[one.late.kind],
            _moment(one.late.due_at, zone), _moment(one.late.ended_at, zone) or "还没有",
            one.late.waited(now) // HOUR, YES[one.sent], YES[one.arrived], YES[one.looked],
            one.cause,
        ]
        for one in found
    ]  # fmt: skip


def top(found: Sequence[Case], days: int, *, now: datetime, flow: str) -> Card:
    """The three who waited longest, with the evidence of each; the file has all."""
    longest: dict[str, Case] = {}
    for one in sorted(found, key=lambda one: one.late.waited(now), reverse=True):
        longest.setdefault(one.late.owner_id, one)
    people = len({one.late.owner_id for one in found})
    return Card(
        key=flow,
        title=f"最近 {days} 天超时 {len(found)} 条，{people} 位同事",
        subtitle=f"等得最久的 {min(TOP, people)} 位，明细表马上发给您",
        facts=tuple(
            (
                one.late.owner,
                f"{KINDS[one.late.kind]} {exact_span(one.late.waited(now))}，{one.cause}",
            )
            for one in list(longest.values())[:TOP]
        ),
        buttons=(Button("现在还超时的", LIST, {"which": LATE}, fresh=True),),
        tone="warning",
    )


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat(timespec="seconds")


def _told(one: Case, now: datetime) -> str:
    return f"{KINDS[one.late.kind]} {exact_span(one.late.waited(now))}，{one.cause}"
