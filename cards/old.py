"""Old cards: faces nobody has touched for a season, with the messages that carried them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, exists, literal, select

from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine.jobs import JOB, State
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit

KEPT = timedelta(days=90)
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """What one step did: cards deleted, and the card to go on after; None when it was the last."""

    deleted: int
    after: str | None


_PAGE = Statement(
    select(CARD.id, CARD.created_at)
    .where(CARD.id > bindparam("after"))
    .order_by(CARD.id)
    .limit(AT_ONCE)
)
_STILL_NEEDED = exists(
    select(DELIVERY.id)
    .join(JOB, JOB.c.lane == literal("outbox:") + DELIVERY.platform + ":" + DELIVERY.tenant)
    .where(DELIVERY.card_id == CARD.id)
    .where(JOB.c.key >= DELIVERY.id + "/", JOB.c.key < DELIVERY.id + "0")  # "0" follows "/"
    .where(JOB.c.state.not_in([literal(State.DONE.value), literal(State.CANCELLED.value)]))
)
_UNTOUCHED = Statement(
    select(CARD.id)
    .where(CARD.id > bindparam("after"), CARD.id <= bindparam("last"))
    .where(CARD.updated_at < bindparam("before", type_=UtcTime), ~_STILL_NEEDED)
)
_DELETE_MESSAGES = Statement(delete(Delivery).where(DELIVERY.card_id == bindparam("wanted")))
_DELETE = Statement(delete(CardRow).where(CARD.id == bindparam("wanted")))


def sweep(db: Unit, *, after: str, now: datetime) -> Swept:
    """Look at the next few hundred cards after the id `after`, the oldest first.

    A card with a message that is still to be sent or decided about stays.
    """
    page = _PAGE.rows(db, {"after": after})
    if not page:
        return Swept(0, None)
    last, before = page[-1], now - KEPT
    found = _UNTOUCHED.rows(db, {"after": after, "last": last.id, "before": before})
    gone = [{"wanted": row.id} for row in found]
    _DELETE_MESSAGES.run_many(db, gone)
    _DELETE.run_many(db, gone)
    more = len(page) == AT_ONCE and last.created_at < before
    return Swept(len(gone), last.id if more else None)
