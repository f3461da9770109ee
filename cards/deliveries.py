"""What became of the messages to one person, read from the delivery record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlalchemy import bindparam, select, update

from cards import dead_letters, outbox
from cards.model import Card, Content, Media, Text, load
from cards.outbox import Posted
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine import buckets
from engine.jobs import JOB, State
from engine.masking import mask
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales.people import Address

LATELY = timedelta(days=7)
"""Longer than a weekend; older jobs may have been put away."""
LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: where it went, how it stands, and the job that brings it, if there is one.

    `state` and `reason` are the delivery's; `error` is what the last attempt ended with, and
    `held` why the platform takes nothing at all. `tells_secret`: it shows a number in clear.
    """

    id: str
    posted: Posted
    to: Address
    title: str
    at: datetime
    state: str
    reason: str
    receipt: str
    tells_secret: bool
    job: int | None = None
    waiting: bool = False
    due: datetime | None = None
    attempts: int = 0
    error: str = ""
    done_at: datetime | None = None
    held: str = ""

    @property
    def arrived(self) -> bool:
        """Whether the platform has taken it, or a newer message in its place was made."""
        return self.state in {"shown", "replaced"}

    @property
    def given_up(self) -> bool:
        """Whether nobody tries any more."""
        return self.state in {"failed", "uncertain"}


_COLUMNS = (
    DELIVERY.id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account, DELIVERY.state,
    DELIVERY.reason, DELIVERY.message_id, DELIVERY.created_at, DELIVERY.card_id,
    CARD.person_id, CARD.key, CARD.version, CARD.body,
)  # fmt: skip
_ALL = select(*_COLUMNS).join(CardRow, CARD.id == DELIVERY.card_id)
_ONE = Statement(_ALL.where(DELIVERY.id == bindparam("wanted")))
_OF_PERSON = Statement(
    _ALL.where(
        CARD.person_id == bindparam("person"),
        DELIVERY.created_at > bindparam("after", type_=UtcTime),
    )
    .order_by(DELIVERY.id.desc())
    .limit(LOOKED_AT)
)
_REPLACED = Statement(
    update(Delivery)
    .where(DELIVERY.id == bindparam("wanted"), DELIVERY.state == "failed")
    .values(state="replaced")
)
_JOB = Statement(
    select(JOB.c.id, JOB.c.state, JOB.c.due, JOB.c.attempts, JOB.c.last_error, JOB.c.done_at)
    .where(JOB.c.lane == bindparam("in_lane"))
    .where(JOB.c.key >= bindparam("first"), JOB.c.key < bindparam("stop"))
    .order_by(JOB.c.id.desc())
    .limit(1)
)


def of_person(db: Unit, person_id: str, *, most: int, now: datetime) -> list[Sent]:
    """The messages of the last week: those in trouble first, the newest first among each."""
    rows = _OF_PERSON.rows(db, {"person": person_id, "after": now - LATELY})
    found = [_sent(db, row, now) for row in rows]
    return sorted(found, key=lambda one: one.arrived)[:most]


def one(db: Unit, delivery_id: str, *, now: datetime) -> Sent | None:
    """One message; None if it was put away."""
    row = _ONE.row(db, {"wanted": delivery_id})
    return None if row is None else _sent(db, row, now)


def again(db: Unit, sent: Sent, *, now: datetime) -> bool:
    """Bring a message that has arrived or was given up once more; False if it is on its way.

    What nobody knows about goes on under its own number, so that the platform's check for
    duplicates holds. What was refused is a new message: the check would swallow the old one.
    """
    if sent.state == "uncertain" and sent.job is not None:
        return dead_letters.replay(db, [sent.job], now=now) == 1
    if not (sent.arrived or sent.given_up):
        return False
    if sent.given_up and sent.job is not None:
        dead_letters.drop(db, [sent.job], now=now)
        _REPLACED.run(db, {"wanted": sent.id})
    outbox.send(db, sent.posted, sent.to, now=now)
    return True


def _sent(db: Unit, row: Any, now: datetime) -> Sent:
    lane = outbox.lane(row.platform, row.tenant)
    job = _JOB.row(db, {"in_lane": lane, "first": f"{row.id}/", "stop": f"{row.id}0"})
    level = buckets.held(db, lane, now=now)
    content = _content(row.body)
    return Sent(
        id=row.id,
        posted=Posted(row.card_id, row.key, row.version),
        to=Address(row.person_id, row.platform, row.tenant, row.account),
        title=mask(_title(content)),
        at=row.created_at,
        state=row.state,
        reason=row.reason,
        receipt=row.message_id,
        tells_secret=isinstance(content, Text) and content.secret is not None,
        job=None if job is None else job.id,
        waiting=job is not None and job.state < State.DONE,
        due=None if job is None else job.due,
        attempts=0 if job is None else job.attempts,
        error="" if job is None else job.last_error.partition(":")[0],
        done_at=None if job is None else job.done_at,
        held="" if level is None else level.why,
    )


def _content(body: str) -> Content | None:
    try:
        return load(body)
    except ValidationError:  # a newer version's card
        return None


def _title(content: Content | None) -> str:
    if content is None:
        return "新版本的卡片"
    if isinstance(content, Media):
        return content.filename
    return content.title if isinstance(content, Card) else content.text
