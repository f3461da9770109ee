"""What is said when a clock of a lead runs out (C2, C3): to its owner, and to who is above."""

from __future__ import annotations

from datetime import datetime

from cards.deadlines import limit
from cards.lead_words import tags
from cards.leads import CONTACT, INVALIDATE, PLAN, SHOW, TRANSFER, WHY
from cards.model import Button, Card, Menu
from engine.deadlines_due import Due
from sales.lead_clocks import IDLE, UNOPENED
from sales.lead_lists import Shown
from sales.lead_states import ASSIGNED, OPENED

WHY_OWNER = "这条线索是您的，到了公司定的时限还没有动。"
WHY_MANAGER = "您是负责人的上级，线索超时会同时抄送给您。"
WHY_POOL = "您管这个区域，或者负责流程；公共池里的线索太久没人接手。"


def key(deadline: str, kind: str) -> str:
    """The card a deadline of a lead brings, by its id and kind."""
    return f"{'idle' if kind == IDLE else 'overdue'}/{deadline}"


def overdue(lead: Shown, waited: Due, *, due: datetime, copy: bool) -> Card:
    """Not opened, or not contacted, in time; `copy` is the manager's."""
    late = "还没有打开" if waited.kind == UNOPENED else "还没有联系"
    who = f"{lead.owner} 的线索" if copy else "线索"
    return Card(
        key=key(waited.id, waited.kind),
        title=f"{who}{late}：{lead.company}",
        subtitle=lead.number,
        facts=(("时限", limit(waited, due)), ("标签", tags(lead))),
        buttons=_copy(lead) if copy else _owner(lead, waited),
        tone="warning",
        menu=Menu(WHY_MANAGER if copy else WHY_OWNER, f"overdue/{waited.id}"),
        about=(("lead", lead.id),),
    )


def unassigned(lead: Shown, waited: Due, *, due: datetime) -> Card:
    """Nobody has taken it for too long (B6)."""
    it = {"number": lead.id}
    return Card(
        key=key(waited.id, waited.kind),
        title=f"线索没人接手：{lead.company}",
        subtitle=lead.number,
        facts=(("时限", limit(waited, due)), ("标签", tags(lead))),
        buttons=(
            Button("为什么，怎么办", WHY, it, "primary", fresh=True),
            Button("指派给一个人", TRANSFER, it, fresh=True),
        ),
        tone="warning",
        menu=Menu(WHY_POOL, f"overdue/{waited.id}"),
        about=(("lead", lead.id),),
    )


def warned(lead: Shown, waited: Due, *, due: datetime) -> Card:
    """It goes back to the pool soon if nothing happens."""
    return Card(
        key=key(waited.id, waited.kind),
        title=f"快要收回公共池：{lead.company}",
        subtitle=lead.number,
        facts=(("时限", limit(waited, due)), ("标签", tags(lead))),
        buttons=_owner(lead, waited),
        tone="warning",
        menu=Menu(WHY_OWNER, f"idle/{waited.id}"),
        about=(("lead", lead.id),),
    )


def recycled(lead: Shown, waited: Due, *, due: datetime) -> Card:
    """It is back in the pool; `lead` is as it was before."""
    return Card(
        key=f"recycled/{waited.id}",
        title=f"已收回公共池：{lead.company}",
        subtitle=f"{lead.number}，{lead.owner} 太久没有跟进",
        facts=(("时限", limit(waited, due)),),
        buttons=(Button("看详情", SHOW, {"number": lead.id}, fresh=True),),
        menu=Menu(WHY_OWNER, f"recycled/{waited.id}"),
        about=(("lead", lead.id),),
    )


def way_on(lead: Shown) -> Button:
    """The button a digest has for the lead."""
    return Button("看详情", SHOW, {"number": lead.id}, fresh=True)


def _owner(lead: Shown, waited: Due) -> tuple[Button, ...]:
    it = {"number": lead.id}
    card = key(waited.id, waited.kind)
    step = Button("下一步", PLAN, it, "primary", fresh=True)
    if lead.state in {ASSIGNED, OPENED}:
        step = Button("已联系", CONTACT, {**it, "card": card}, "primary")
    return step, Button("打开", SHOW, it, fresh=True), Button("无效", INVALIDATE, it, fresh=True)


def _copy(lead: Shown) -> tuple[Button, ...]:
    it = {"number": lead.id}
    return (
        Button("转交", TRANSFER, it, "primary", fresh=True),
        Button("看详情", SHOW, it, fresh=True),
    )
