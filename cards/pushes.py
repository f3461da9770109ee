"""What comes by itself: said unless its person wants no more of it today, and again later.

A card with a `Menu` is a push. `push` says it; the entries of its menu are handled in
`handlers/pushes.py`, and what was put off comes again as a deadline (`scheduler/pushes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, literal, select

from cards import outbox
from cards.model import Card, Menu, Text, load
from cards.outbox import Posted
from cards.tables import CARD, MUTE, Mute
from engine import audit, deadlines
from engine.calendar import Calendar
from engine.deadlines import Level
from engine.jobs import Urgency
from engine.model import table
from engine.statement import Statement, insertion
from engine.types import UtcTime
from engine.unit import Unit
from sales.people import Address

LATER = "later"
"""The kind of deadline that brings a card again."""
SUBJECT = "card"

_FACE = select(CARD.id, CARD.key, CARD.body)
_OWN = Statement(
    _FACE.where(CARD.person_id == bindparam("person"), CARD.key == bindparam("wanted"))
)
_BY_ID = Statement(_FACE.where(CARD.id == bindparam("wanted")))
_MUTED = Statement(
    select(literal(1))
    .where(MUTE.person_id == bindparam("person"), MUTE.topic == bindparam("about"))
    .where(MUTE.until > bindparam("at", type_=UtcTime))
)
_MUTE = insertion(table(Mute), "person_id", "topic", "until")
_OVER = Statement(
    delete(Mute)
    .where(MUTE.person_id == bindparam("person"))
    .where((MUTE.until <= bindparam("now", type_=UtcTime)) | (MUTE.topic == bindparam("about")))
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A push as its person has it now."""

    id: str
    key: str
    card: Card
    menu: Menu


def push(
    db: Unit, card: Card, to: Sequence[Address], *, now: datetime,
    not_before: datetime | None = None, urgency: Urgency = Urgency.SOON,
) -> Posted | None:  # fmt: skip
    """Say what nobody has asked for; None if the person wants no more of it on that day."""
    due = max(now, not_before or now)
    if card.menu is not None and muted(db, to[0].person_id, card.menu.topic, at=due):
        return None
    return outbox.post(db, card, to, now=now, not_before=not_before, urgency=urgency)


def own(db: Unit, person_id: str, key: str) -> Pushed | None:
    """The person's push of this key; None if it is locked by now, or there is none."""
    return _pushed(_OWN.row(db, {"person": person_id, "wanted": key}))


def by_id(db: Unit, card_id: str) -> Pushed | None:
    """The push with this id; None if it is locked by now, or gone."""
    return _pushed(_BY_ID.row(db, {"wanted": card_id}))


def _pushed(row: Any) -> Pushed | None:
    card = None if row is None else load(row.body)
    if not isinstance(card, Card) or card.menu is None or card.done:
        return None
    return Pushed(row.id, row.key, card, card.menu)


def postpone(
    db: Unit, pushed: Pushed, person_id: str, allowance: timedelta, *, now: datetime,
    calendar: Calendar,
) -> datetime:  # fmt: skip
    """Have the card come again after `allowance` of working time; when that will be."""
    plan = deadlines.plan(now, allowance, [Level(timedelta(), LATER)], calendar)
    subject = SUBJECT, pushed.id
    deadlines.open_(
        db, LATER, subject, plan, owner=person_id, about=pushed.card.title, now=now
    )  # fmt: skip
    audit.record(db, "push.postponed", subject, at=now, detail={"until": plan.due_at.isoformat()})
    return plan.due_at


def mute(db: Unit, person_id: str, pushed: Pushed, until: datetime, *, now: datetime) -> None:
    """No push of the card's topic comes to the person until then."""
    topic = pushed.menu.topic
    _OVER.run(db, {"person": person_id, "about": topic, "now": now})
    _MUTE.run(db, {"person_id": person_id, "topic": topic, "until": until})
    audit.record(db, "push.muted", (SUBJECT, pushed.id), at=now, detail={"topic": topic})


def muted(db: Unit, person_id: str, topic: str, *, at: datetime) -> bool:
    """Whether the person wants nothing of the topic at that moment."""
    return _MUTED.value(db, {"person": person_id, "about": topic, "at": at}) is not None


def comes_again(due: datetime, allowance: str) -> Text:
    """The answer to 稍后; `due` is in the zone of whoever reads it."""
    return Text(f"好，{due:%m-%d %H:%M} 再提醒您一次（{allowance}以后，按工作时间算）。")


def quiet(title: str) -> Text:
    """The answer to 今天不再提醒."""
    return Text(f"好，「{title}」今天不再提醒，明天照常。事情本身没有取消。")


def reason(menu: Menu) -> Text:
    """The answer to 为什么找我."""
    return Text(f"为什么找您：{menu.why}")
