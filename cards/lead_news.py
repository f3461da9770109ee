"""What people hear of leads without asking: a new one, one that is stuck, one brought in pieces.

`tell` says it in the unit that has taken the lead in, whoever brought it: chat, a file, a hook.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cards import pushes
from cards.lead_words import code_words, tags
from cards.leads import CONTACT, SHOW, WHY, key
from cards.model import Button, Card, Menu
from engine.jobs import Urgency
from engine.unit import Unit
from sales import lead_doubles, lead_lists, people
from sales.lead_doubles import Double
from sales.lead_intake import Taken
from sales.lead_lists import Shown

WHY_YOURS = "这条线索按分配规则分给了您。"
WHY_STUCK = "这条线索没有人接手，您管这个区域，或者负责流程。"
WHY_SPLIT = "同一个人一天之内把一个客户录成了几条线索，请看一看是不是该合并。"
MERGE = "lead.merge"


def given(lead: Shown, *, reason: str) -> Card:
    """The card the owner gets: who, what, why them, and the way on (C1)."""
    it = {"number": lead.id, "card": key(lead.id)}
    return Card(
        key=key(lead.id),
        title=f"新线索：{lead.company}",
        subtitle=f"{lead.number} · {reason}",
        facts=(("标签", tags(lead)),),
        quote=lead.need,
        buttons=(
            Button("打开", SHOW, it, "primary"),
            Button("已联系", CONTACT, it),
            Button("为什么给我", WHY, {"number": lead.id}, fresh=True),
        ),
        menu=Menu(WHY_YOURS, key(lead.id)),
        about=(("lead", lead.id),),
    )


def stuck(lead: Shown, code: str) -> Card:
    """Nobody could be given the lead: why, to whoever can do something about it."""
    return Card(
        key=f"stuck/{lead.id}",
        title=f"没有分配：{lead.company}",
        subtitle=f"{lead.number} · {code_words(code)}",
        facts=(("标签", tags(lead)),),
        buttons=(
            Button("为什么，怎么办", WHY, {"number": lead.id}, "primary", fresh=True),
            Button("看详情", SHOW, {"number": lead.id}, fresh=True),
        ),
        tone="warning",
        menu=Menu(WHY_STUCK, f"stuck/{code}"),
        about=(("lead", lead.id),),
    )


def split(lead: Shown, others: Sequence[Double], brought_by: str) -> Card:
    """One customer in several leads, brought by one person within a day (A50)."""
    numbers = "、".join((*(one.number for one in others), lead.number))
    return Card(
        key=f"split/{others[0].id}",
        title=f"{len(others) + 1} 条线索是同一个客户",
        subtitle=f"{brought_by} 一天之内录的，只算一条",
        facts=(("公司", lead.company), ("线索", numbers)),
        buttons=(Button("合并成一条", MERGE, {"number": lead.id}, "primary", fresh=True),),
        tone="warning",
        menu=Menu(WHY_SPLIT, "split"),
        about=(("lead", lead.id), *(("lead", one.id) for one in others)),
    )


def tell(db: Unit, taken: Taken, *, now: datetime) -> None:
    """Say what became of a lead to whoever has to know: its owner, or those who look after it."""
    if taken.decided is None:
        return
    lead = lead_lists.get(db, taken.lead_id, lead_lists.SYSTEM)
    owner = taken.decided.owner_id
    if owner is not None:
        _push(db, given(lead, reason=code_words(taken.decided.code)), owner, now=now)
        return
    others = lead_doubles.split(lead.created_by, lead.created_at, taken.doubles)
    card = split(lead, others, _name(db, lead.created_by)) if others else None
    for keeper in taken.decided.keepers:
        _push(db, card or stuck(lead, taken.decided.code), keeper, now=now)


def hand_over(db: Unit, lead_id: str, owner: str, reason: str, *, now: datetime) -> None:
    """Tell somebody that a lead is theirs now."""
    _push(db, given(lead_lists.get(db, lead_id, lead_lists.SYSTEM), reason=reason), owner, now=now)


def _push(db: Unit, card: Card, person_id: str, *, now: datetime) -> None:
    to = people.usual_address(db, person_id)
    if to is not None:
        pushes.push(db, card, [to], now=now, urgency=Urgency.NOW)


def _name(db: Unit, person_id: str) -> str:
    return people.names(db, [person_id]).get(person_id, "系统")
