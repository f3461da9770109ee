"""A lead moves on: the cards of it that came by themselves say so and take no press any more.

In the unit of the move, whoever holds them and wherever; nobody is sent anything for it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from cards import lead_reminders, outbox
from cards.lead_conflicts import key as conflict_key
from cards.lead_news import stuck_key
from cards.leads import key
from cards.model import Card
from engine import deadlines
from engine.unit import Unit
from sales import lead_conflicts, lead_lists
from sales.lead_clocks import KINDS, LEAD
from sales.lead_lists import Shown
from sales.lead_states import STATE_NAMES


def moved(lead: Shown, card: str) -> Card:
    """A card of the lead, of this key, once there is nothing to press on it."""
    more = lead.owner or lead.merged_into or lead.invalid_reason
    now_is = "，".join(filter(None, (STATE_NAMES[lead.state], more)))
    return Card(
        key=card,
        title=f"已有进展：{lead.company}",
        subtitle=f"{lead.number} · {now_is}",
        done="已处理",
        about=(("lead", lead.id),),
    )


def settle(db: Unit, lead_id: str, *, now: datetime) -> None:
    """The lead is another's, or at another point: every card that came of it is over.

    One that holds a sheet against it only where the lead is now as the sheet said.
    """
    lead = lead_lists.get(db, lead_id, lead_lists.SYSTEM)
    over = lead_conflicts.agreed(db, lead.id, lead.state, now=now)
    for card in (key(lead.id), stuck_key(lead.id), *map(conflict_key, over)):
        outbox.settle(db, card, moved(lead, card), now=now, quiet=True)
    _remind_no_more(db, lead, KINDS, now)


def done(db: Unit, lead_id: str, kinds: Collection[str], *, now: datetime) -> None:
    """What these clocks waited for was done: the cards they brought are over."""
    _remind_no_more(db, lead_lists.get(db, lead_id, lead_lists.SYSTEM), kinds, now)


def _remind_no_more(db: Unit, lead: Shown, kinds: Collection[str], now: datetime) -> None:
    for deadline, kind in deadlines.fired(db, (LEAD, lead.id)):
        if kind in kinds:
            card = lead_reminders.key(deadline, kind)
            outbox.settle(db, card, moved(lead, card), now=now, quiet=True)
