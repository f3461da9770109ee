"""What people hear of leads without asking: a new one, one that is stuck, one brought in pieces.

`tell` says it in the unit that has taken the lead in, whoever brought it: chat, a file, a hook.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cards import lead_conflicts, pushes, talk
from cards.contacts import REVEAL
from cards.lead_words import code_words, tags
from cards.leads import CONTACT, LIST, SHOW, WHY, key
from cards.model import Button, Card, Menu
from engine.jobs import Urgency
from engine.unit import Unit
from sales import (
    lead_assign,
    lead_clocks,
    lead_doubles,
    lead_lists,
    lead_merge,
    leads,
    news_owed,
    people,
)
from sales.lead_doubles import Double
from sales.lead_intake import Taken
from sales.lead_lists import Shown
from sales.lead_merge import MERGE
from sales.lead_states import EVENTS
from sales.people import Role

WHY_YOURS = "这条线索按分配规则分给了您。"
WHY_STUCK = "这条线索没有人接手，您管这个区域，或者负责流程。"
WHY_MANY = "一次进来好几条，合成一张卡片告诉您。"
WHY_SPLIT = "同一个人一天之内把一个客户录成了几条线索，请看一看是不是该合并。"
STILL_GOING = timedelta(minutes=10)
"""An import that has begun so lately says itself what it has brought."""
NAMED = 5
"""Leads of many that the card names; the list has the rest."""


def given(lead: Shown, reason: str, call_by: str = "", why: str = WHY_YOURS) -> Card:
    """The card the owner gets: who, what, why them, and the way on (C1).

    `call_by` is until when to call somebody who is looking for us right now (B86).
    """
    it = {"number": lead.id, "card": key(lead.id)}
    return Card(
        key=key(lead.id),
        title=f"新线索：{lead.company}",
        subtitle=f"{lead.number} · {reason}",
        facts=(
            *(
                (("建议", f"客户刚来过（{lead.source}），请在 {call_by} 前打电话"),)
                if call_by
                else ()
            ),
            ("标签", tags(lead)),
        ),
        quote=lead.need,
        buttons=(
            Button("打开", SHOW, it, "primary"),
            *([Button("已联系", CONTACT, it)] if lead.state in EVENTS["contacted"].after else []),
            *(
                [Button("查看号码", REVEAL, {"contact": lead.contact_id})]
                if call_by and lead.contact_id
                else []
            ),
            talk.button(lead.industry),
            Button("为什么给我", WHY, {"number": lead.id}, fresh=True),
        ),
        menu=Menu(why, key(lead.id)),
        about=(("lead", lead.id),),
    )


def stuck_key(lead_id: str) -> str:
    """The card of a lead nobody could be given."""
    return f"stuck/{lead_id}"


def stuck(lead: Shown, code: str) -> Card:
    """Nobody could be given the lead: why, to whoever can do something about it."""
    return Card(
        key=stuck_key(lead.id),
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


def split_key(lead_id: str) -> str:
    """The card of a customer who was brought in pieces, this lead the first of them."""
    return f"split/{lead_id}"


def split(lead: Shown, others: Sequence[Double], brought_by: str) -> Card:
    """One customer in several leads, brought by one person within a day (A50)."""
    numbers = "、".join((*(one.number for one in others), lead.number))
    return Card(
        key=split_key(others[0].id),
        title=f"{len(others) + 1} 条线索是同一个客户",
        subtitle=f"{brought_by} 一天之内录的，只算一条",
        facts=(("公司", lead.company), ("线索", numbers)),
        buttons=(Button("合并成一条", MERGE, {"number": lead.id}, "primary", fresh=True),),
        tone="warning",
        menu=Menu(WHY_SPLIT, "split"),
        about=(("lead", lead.id), *(("lead", one.id) for one in others)),
    )


def several(
    leads: Sequence[Shown], reason: str = "按分配规则分给您的", why: str = WHY_MANY
) -> Card:  # fmt: skip
    """What one owner gets of a file or a rush: how many, the first of them, and the list."""
    more = len(leads) - NAMED
    return Card(
        key=f"many/{leads[0].id}",
        title=f"新线索 {len(leads)} 条",
        subtitle=reason + (f"，先列 {NAMED} 条" if more > 0 else ""),
        facts=tuple((one.number[-4:], f"{one.company}，{tags(one)}") for one in leads[:NAMED]),
        buttons=(Button("一条一条看", LIST, {"which": lead_lists.MINE}, "primary", fresh=True),),
        menu=Menu(why, "lead/many"),
        about=tuple(("lead", one.id) for one in leads),
    )


def several_stuck(leads: Sequence[tuple[Shown, Taken]]) -> Card:
    """Many that nobody could be given, counted by their reason codes."""
    counted = Counter(code_words(_code(one)) for _, one in leads).most_common()
    return Card(
        key=f"stuck/many/{leads[0][0].id}",
        title=f"{len(leads)} 条线索没有分配",
        subtitle="点开一条，看为什么、怎么办",
        facts=tuple((f"{count} 条", words) for words, count in counted),
        buttons=(Button("一条一条看", LIST, {"which": lead_lists.FREE}, "primary", fresh=True),),
        tone="warning",
        menu=Menu(WHY_STUCK, "stuck"),
        about=tuple(("lead", one.id) for one, _ in leads),
    )


def tell(db: Unit, taken: Iterable[Taken], *, zone: ZoneInfo, now: datetime) -> None:
    """Say what became of leads to whoever has to know: their owners, or those who look after them.

    Of several that came at once a person hears on one card.
    """
    yours: defaultdict[str, list[tuple[Shown, str]]] = defaultdict(list)
    nobodys: defaultdict[str, list[tuple[Shown, Taken]]] = defaultdict(list)
    for one in taken:
        if one.decided is None:
            continue
        lead, owner = lead_lists.get(db, one.lead_id, lead_lists.SYSTEM), one.decided.owner_id
        if owner is not None:
            yours[owner].append((lead, one.decided.code))
        elif others := _pieces(db, lead, one.doubles):
            card = split(lead, others, _name(db, lead.created_by))
            for person in _mergers(db, lead, others, one.decided.keepers):
                _push(db, card, person, now=now)
        else:
            for keeper in one.decided.keepers:
                nobodys[keeper].append((lead, one))
    for person, mine in yours.items():
        (first, code), *more = mine
        alone = given(first, code_words(code), _call_by(db, first, zone))
        card = several([lead for lead, _ in mine]) if more else alone
        _push(db, card, person, now=now)
    for person, kept in nobodys.items():
        (first, one), *others_too = kept
        card = several_stuck(kept) if others_too else stuck(first, _code(one))
        _push(db, card, person, now=now)


def tell_batch(db: Unit, batch: str, *, zone: ZoneInfo, now: datetime) -> int:
    """Say what an import has brought, as it stands by now; how many rows somebody had to know of.

    Of a lead that somebody has moved on meanwhile its people have heard.
    """
    owed = news_owed.take(db, batch)
    found = ((one, lead_assign.stands(db, one, now=now)) for one in owed.leads)
    taken = [Taken(one, new=True, decided=decided) for one, decided in found if decided]
    tell(db, taken, zone=zone, now=now)
    lead_conflicts.tell(db, owed.conflicts, zone=zone, now=now)
    return len(owed.leads) + len(owed.conflicts)


def tell_left(db: Unit, *, zone: ZoneInfo, now: datetime) -> int:
    """The same of every import that ended before it could say it."""
    batches = news_owed.left(db, before=now - STILL_GOING)
    return sum(tell_batch(db, batch, zone=zone, now=now) for batch in batches)


def _pieces(db: Unit, lead: Shown, doubles: Sequence[Double]) -> list[Double]:
    """What the lead is the same as and was typed by the same person today; rows of sheets are not.

    Those are told where the sheet is imported.
    """
    others = lead_doubles.split(lead.created_by, lead.created_at, doubles)
    brought = leads.of_sheets(db, [lead.id, *(one.id for one in others)]) if others else set()
    return [] if lead.id in brought else [one for one in others if one.id not in brought]


def _mergers(
    db: Unit, lead: Shown, others: Sequence[Double], keepers: Sequence[str]
) -> list[str]:  # fmt: skip
    """Those of the keepers, else of the directors, who may make one of all these leads."""
    found = [one for one in keepers if _may_merge(db, lead, others, one)]
    directors = () if found else people.in_roles(db, Role.DIRECTOR)
    return found or [one for one in directors if _may_merge(db, lead, others, one)]


def _may_merge(db: Unit, lead: Shown, others: Sequence[Double], person_id: str) -> bool:
    to = people.usual_address(db, person_id)
    who = None if to is None else people.known(db, to.platform, to.tenant, to.account)
    return who is not None and lead_merge.may(db, lead, others, who)


def _call_by(db: Unit, lead: Shown, zone: ZoneInfo) -> str:
    due = lead_clocks.call_due(db, lead.id, lead.owner_since) if lead.owner_since else None
    return "" if due is None else f"{due.astimezone(zone):%m-%d %H:%M}"


def _code(taken: Taken) -> str:
    return "" if taken.decided is None else taken.decided.code


def hand_over(db: Unit, lead_id: str, owner: str, reason: str, *, now: datetime) -> None:
    """Tell somebody that a lead is theirs now."""
    _push(db, given(lead_lists.get(db, lead_id, lead_lists.SYSTEM), reason), owner, now=now)


def _push(db: Unit, card: Card, person_id: str, *, now: datetime) -> None:
    to = people.usual_address(db, person_id)
    if to is not None:
        pushes.push(db, card, [to], now=now, urgency=Urgency.NOW)


def _name(db: Unit, person_id: str) -> str:
    return people.names(db, [person_id]).get(person_id, "系统")
