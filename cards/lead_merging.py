"""Several leads of one customer become one: asking first, the answer, and who has to hear (A50)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cards import lead_moves, outbox, pushes
from cards.lead_news import split_key
from cards.leads import SHOW
from cards.model import Button, Card, Menu
from engine.jobs import Urgency
from engine.unit import Unit
from sales import people
from sales.lead_lists import Shown
from sales.lead_merge import MERGE, Plan
from sales.lead_states import STATE_NAMES
from sales.people import Who

UNDONE = "合并以后不能再分开"
WHY = "您的线索和另一条是同一个客户，有人把它们合并了。"


def ask(plan: Plan, *, flow: str) -> Card:
    """Somebody would lose a lead, or says what is the same: what becomes of which, beforehand."""
    kept, args = plan.kept, {"number": plan.kept.id, "agreed": plan.mark}
    if plan.named:
        args["other"] = plan.gone[0].id
    count = len(plan.gone) + 1
    return Card(
        key=flow,
        title=f"{count} 条线索由不同的人跟进" if plan.lost else f"{count} 条线索合并成一条",
        subtitle=f"{kept.company}，合并以后只有一个人跟进" if plan.lost else UNDONE,
        facts=(
            ("留下", f"{kept.number}，{_whose(kept)}"),
            *(("并入", f"{one.number}，{_named(one, plan)}{_whose(one)}") for one in plan.gone),
        ),
        buttons=(
            Button("合并成一条", MERGE, args, "primary", confirm=_confirmed(plan)),
        ),
        tone="warning",
        about=tuple(("lead", one.id) for one in (kept, *plan.gone)),
    )  # fmt: skip


def _named(one: Shown, plan: Plan) -> str:
    """Its company, where that is not beyond doubt."""
    return f"{one.company}，" if plan.named else ""


def _confirmed(plan: Plan) -> str:
    if not plan.lost:
        return f"{_numbers(plan.gone)} 并入 {plan.kept.number}，合并后不能再分开。"
    losing = "、".join(f"{leads[0].owner} 的 {_numbers(leads)}" for leads in plan.lost.values())
    return f"{plan.kept.owner} 留下 {plan.kept.number}；{losing} 并进去，以后不再跟进。"


def merged(kept: Shown, gone: Iterable[Shown], *, flow: str) -> Card:
    """Several leads that are one now."""
    return Card(
        key=flow,
        title=f"已合并到 {kept.number}",
        subtitle=f"{kept.company}，{kept.owner or '公共池'}",
        facts=(("并入", _numbers(gone)),),
        buttons=(Button("看详情", SHOW, {"number": kept.id}, fresh=True),),
        tone="good",
        about=(("lead", kept.id),),
    )


def gained(plan: Plan, by: str) -> Card:
    """For the owner of the one that stays."""
    words = f"{by} 把 {_numbers(plan.gone)} 并入了您的 {plan.kept.number}"
    return _told(plan, words, plan.kept)


def lost(plan: Plan, theirs: list[Shown], by: str) -> Card:
    """For somebody whose lead is part of another one's now."""
    words = f"{by} 把您的 {_numbers(theirs)} 并入了 {plan.kept.number}，由 {plan.kept.owner} 跟进"
    return _told(plan, words, theirs[0])


def tell(db: Unit, plan: Plan, by: Who, *, now: datetime) -> None:
    """Whoever lost or keeps one hears of it, unless they did it; the cards that asked are over."""
    for one in plan.gone:
        lead_moves.settle(db, one.id, now=now)
    for one in (plan.kept, *plan.gone):
        asked = split_key(one.id)
        outbox.settle(db, asked, _over(plan, asked), now=now, quiet=True)
    for person, card in _for_whom(plan, by.name):
        to = None if person == by.id else people.usual_address(db, person)
        if to is not None:
            pushes.push(db, card, [to], now=now, urgency=Urgency.NOW)


def _for_whom(plan: Plan, by: str) -> Iterator[tuple[str, Card]]:
    if plan.kept.owner_id is not None:
        yield plan.kept.owner_id, gained(plan, by)
    for person, theirs in plan.lost.items():
        yield person, lost(plan, theirs, by)


def _told(plan: Plan, words: str, about: Shown) -> Card:
    return Card(
        key=f"merged/{plan.gone[0].id}",
        title=f"线索已合并：{plan.kept.company}",
        subtitle=words,
        buttons=(Button("看详情", SHOW, {"number": about.id}, "primary", fresh=True),),
        menu=Menu(WHY, "merged"),
        about=(("lead", about.id),),
    )


def _over(plan: Plan, key: str) -> Card:
    return Card(
        key=key,
        title=f"已合并到 {plan.kept.number}",
        subtitle=f"{plan.kept.company}，{plan.kept.owner or '公共池'}",
        done="已处理",
        about=(("lead", plan.kept.id),),
    )


def _numbers(leads: Iterable[Shown]) -> str:
    return "、".join(one.number for one in leads)


def _whose(lead: Shown) -> str:
    return "公共池" if lead.owner is None else f"{lead.owner} {STATE_NAMES[lead.state]}"
