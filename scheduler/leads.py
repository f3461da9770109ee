"""Leads whose time is over: their owner is reminded, who is above hears of it, the idle go back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from cards import lead_moves
from cards import lead_reminders as cards
from cards.model import Card
from engine.deadlines_due import Fired
from sales import delegations, lead_care, lead_clocks, lead_lists, lead_people, people
from sales.lead_lists import Shown
from sales.lead_states import OWNED
from sales.leads import POOLED
from scheduler.deadlines_api import Moment, Reminder, deadline


@deadline(lead_clocks.UNASSIGNED)
def unassigned(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """Whoever looks after the pool hears of each lead once (B6)."""
    for one in fired:
        lead = _lead(moment, one)
        if lead.state == POOLED:
            card = cards.unassigned(lead, one.deadline, due=_due(moment, one))
            for keeper in lead_people.keepers(moment.db, lead.region, now=moment.now):
                yield from _to(moment, keeper, one, lead, card)


@deadline(lead_clocks.UNOPENED)
def unopened(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """The owner and their manager, once (B13)."""
    return _overdue(moment, fired)


@deadline(lead_clocks.INTENT)
def not_called(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """The owner and their manager, once: the customer was looking for us (B86)."""
    return _overdue(moment, fired)


@deadline(lead_clocks.CONTACT)
def not_contacted(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """The owner and their manager, once (B14)."""
    return _overdue(moment, fired)


@deadline(lead_clocks.IDLE)
def idle(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """A warning some days before, then back to the pool."""
    for one in fired:
        lead = _lead(moment, one)
        owner = lead.owner_id
        if owner is None or lead.state not in OWNED:
            continue
        due = _due(moment, one)
        if one.act == lead_clocks.WARN:
            yield from _to(moment, owner, one, lead, cards.warned(lead, one.deadline, due=due))
            continue
        keepers = lead_care.to_pool(moment.db, lead, "recycled", moment.rules, moment.now)
        lead_moves.settle(moment.db, lead.id, now=moment.now)
        card = cards.recycled(lead, one.deadline, due=due)
        for person in dict.fromkeys((owner, *keepers)):
            yield from _to(moment, person, one, lead, card)


def _overdue(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """The owner, whoever stands in for them, and a copy to who is above."""
    for one in fired:
        lead = _lead(moment, one)
        if lead.owner_id != one.deadline.owner:
            continue
        above = lead_people.manager(moment.db, lead.owner_id, now=moment.now)
        stand_ins = (to for _, to, _ in delegations.lent(moment.db, lead.owner_id, now=moment.now))
        hear = dict.fromkeys((lead.owner_id, *stand_ins), False)
        if above is not None:
            hear.setdefault(above, True)
        for person, copy in hear.items():
            card = cards.overdue(lead, one.deadline, due=_due(moment, one), copy=copy)
            yield from _to(moment, person, one, lead, card)


def _to(
    moment: Moment, person: str, one: Fired, lead: Shown, card: Card
) -> Iterator[Reminder]:  # fmt: skip
    """On every channel they use: what is overdue should not wait for the other one (B14)."""
    for to in people.phones(moment.db, person):
        yield Reminder(
            to=to, at=one.at, card=card, line=f"{card.title} {lead.number}",
            button=cards.way_on(lead),
        )  # fmt: skip


def _lead(moment: Moment, one: Fired) -> Shown:
    return lead_lists.get(moment.db, one.deadline.subject_id, lead_lists.SYSTEM)


def _due(moment: Moment, one: Fired) -> datetime:
    return one.deadline.due_at.astimezone(moment.zone)
