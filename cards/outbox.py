"""The only way anything is said: `post` a card; delivery happens after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import bindparam, literal, select, update

from cards.model import Card, Content, Text, dump, load
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine import jobs
from engine.ids import ulid
from engine.jobs import Urgency
from engine.model import table
from engine.statement import Statement, insertion, insertion_once
from engine.unit import Unit
from sales.people import PERSON, Address

LIVE = ("waiting", "shown")
QUIET = "quiet"
"""Marks a job's payload when a message that can no longer change stays as it is."""
_INSERT_CARD = insertion_once(
    table(CardRow), "id", "person_id", "key", "version", "body", "created_at", "updated_at"
)
_INSERT_DELIVERY = insertion(
    table(Delivery), "id", "card_id", "platform", "tenant", "account", "state", "shown_version",
    "message_id", "token", "reason", "created_at",
)  # fmt: skip
_IT = (CARD.person_id == bindparam("person"), CARD.key == bindparam("wanted"))
_EXISTING = Statement(select(CARD.id, CARD.version).where(*_IT))
_FACE = Statement(select(CARD.body).where(*_IT))
_NEW_FACE = Statement(
    update(CardRow)
    .where(*_IT, CARD.body != bindparam("face"))
    .values(body=bindparam("face"), version=CARD.version + 1, updated_at=bindparam("at"))
    .returning(CARD.id, CARD.version)
)
_CARRIED = Statement(select(DELIVERY.card_id).where(DELIVERY.id == bindparam("wanted")))
_LAST_SENT = Statement(
    select(DELIVERY.platform, DELIVERY.tenant, DELIVERY.account)
    .join(CardRow, CARD.id == DELIVERY.card_id)
    .where(CARD.person_id == bindparam("person"), CARD.key == bindparam("wanted"))
    .order_by(DELIVERY.created_at.desc())
    .limit(1)
)
_SHOWING = Statement(
    select(DELIVERY.id, CARD.person_id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account)
    .join(CardRow, CARD.id == DELIVERY.card_id)
    .where(
        DELIVERY.card_id == bindparam("wanted"),
        DELIVERY.state.in_([literal(state) for state in LIVE]),
    )
)
_HOLDERS = Statement(
    select(CARD.person_id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account, CARD.body)
    .join(Delivery, DELIVERY.card_id == CARD.id)
    .where(
        CARD.person_id.in_(select(PERSON.id)),  # the way into the cards' index
        CARD.key == bindparam("wanted"),
        DELIVERY.state.in_([literal(state) for state in LIVE]),
    )
    .order_by(CARD.person_id, DELIVERY.id)
)


class Posted(NamedTuple):
    """What `post` did: the card's id, key and present version."""

    card_id: str
    key: str
    version: int


def lane(platform: str, tenant: str) -> str:
    """The job lane of one platform of one organisation."""
    return f"outbox:{platform}:{tenant}"


def post(
    db: Unit, content: Content, to: Sequence[Address], *, now: datetime,
    not_before: datetime | None = None, urgency: Urgency = Urgency.NOW, quiet: bool = False,
) -> Posted:  # fmt: skip
    """Say `content` to one person, at all the given addresses, now or `not_before` a moment.

    Answers and decisions are urgent NOW, reminders SOON, digests and notices LATER: where not
    everything can go at once, the more urgent does, and the rest goes together where it can.

    A card with a key the person already has becomes that card's new face: updated where it
    is shown, replaced where it still waits, nothing at all if it looks the same. Anything
    else is a new message. All addresses must belong to the same person. `quiet`: a message that
    can no longer change is no reason for a new one; whoever presses it sees the new face.
    """
    person_id = to[0].person_id
    key = content.key if isinstance(content, Card) and person_id else ""
    body, due = dump(content), max(now, not_before or now)
    shown: set[Address] = set()
    if (posted := _create(db, person_id, key, body, now)) is None:
        posted, changed = _renew(db, person_id, key, body, now)
        shown = _refresh(db, posted, changed=changed, now=now, due=due, urgency=urgency,
                         quiet=quiet)  # fmt: skip
    alike = _alike(content, body) if urgency > Urgency.NOW else ""
    for address in to:
        if address not in shown:
            send(db, posted, address, now=now, due=due, urgency=urgency, alike=alike)
    return posted


def settle(
    db: Unit, key: str, content: Content, *, now: datetime, quiet: bool = False
) -> None:  # fmt: skip
    """Give everybody who holds the card `key` its new face, wherever it is shown.

    A decision one of several people took: the others' cards say so on every platform. What is
    locked by then stays as it is.
    """
    holders: dict[str, list[Address]] = {}
    for *to, body in _HOLDERS.rows(db, {"wanted": key}):
        shown = load(body)
        if isinstance(shown, Card) and not shown.done:
            holders.setdefault(to[0], []).append(Address(*to))
    for addresses in holders.values():
        post(db, content, addresses, now=now, quiet=quiet)


def send(
    db: Unit, posted: Posted, to: Address, *, now: datetime, due: datetime | None = None,
    urgency: Urgency = Urgency.NOW, alike: str = "",
) -> None:  # fmt: skip
    """Put the card into a new message to one address, now or when it is `due`.

    `alike` names what reads the same for everybody, so that one call may carry it to many.
    """
    delivery_id = ulid(now)
    _INSERT_DELIVERY.run(
        db,
        {"id": delivery_id, "card_id": posted.card_id, "platform": to.platform,
         "tenant": to.tenant, "account": to.account, "state": "waiting", "shown_version": 0,
         "message_id": "", "token": "", "reason": "", "created_at": now},
    )  # fmt: skip
    _enqueue(db, delivery_id, to, str(posted.version), now=now, due=due or now, urgency=urgency,
             alike=alike)  # fmt: skip


def again(db: Unit, key: str, to: Address, *, now: datetime) -> None:
    """Show a card the person has once more, as a new message with its present face.

    Raises:
        LookupError: the person has no such card.
    """
    row = _EXISTING.one(db, {"person": to.person_id, "wanted": key})
    send(db, Posted(row.id, key, row.version), to, now=now)


def face(db: Unit, person_id: str, key: str) -> Card | None:
    """The present face of a card the person has; None if they have none of this key."""
    body = _FACE.value(db, {"person": person_id, "wanted": key})
    found = None if body is None else load(body)
    return found if isinstance(found, Card) else None


def last_address(db: Unit, person_id: str, key: str) -> Address | None:
    """Where a card was last sent to; None if the person has no such card."""
    row = _LAST_SENT.row(db, {"person": person_id, "wanted": key})
    return None if row is None else Address(person_id, *row)


def repaint(db: Unit, delivery_id: str, to: Address, cause: str, *, now: datetime) -> None:
    """Show the present face again on one message, because its phone shows an old one."""
    _enqueue(db, delivery_id, to, cause, now=now, due=now, again=True)


def hand_over(db: Unit, person_id: str, to_id: str) -> None:
    """The cards of somebody who turned out to be somebody else are that one's."""
    theirs = select(CARD.key).where(CARD.person_id == to_id)
    moved = update(CardRow).where(CARD.person_id == person_id, CARD.key.not_in(theirs))
    db.execute(moved.values(person_id=to_id))


def carries(db: Unit, delivery_id: str, posted: Posted) -> bool:
    """Whether the message `delivery_id` is the one that shows the posted card."""
    return _CARRIED.value(db, {"wanted": delivery_id}) == posted.card_id


def _create(db: Unit, person_id: str, key: str, body: str, now: datetime) -> Posted | None:
    """A new card; None if the person has one with this key."""
    card_id = ulid(now)
    posted = Posted(card_id, key or f"message/{card_id}", 1)
    created = _INSERT_CARD.run(
        db,
        {"id": card_id, "person_id": person_id, "key": posted.key, "version": 1,
         "body": body, "created_at": now, "updated_at": now},
    )  # fmt: skip
    return posted if created else None


def _renew(db: Unit, person_id: str, key: str, body: str, now: datetime) -> tuple[Posted, bool]:
    """The person's card of this key with its new face, and whether it looks other than before.

    The version is counted by the statement that changes the face, so that two processes never
    give two faces one number: the second would not be sent.
    """
    it = {"person": person_id, "wanted": key}
    renewed = _NEW_FACE.row(db, {**it, "face": body, "at": now})
    row = renewed or _EXISTING.one(db, it)
    return Posted(row.id, key, row.version), renewed is not None


def _refresh(
    db: Unit, posted: Posted, *, changed: bool, now: datetime, due: datetime, urgency: Urgency,
    quiet: bool,
) -> set[Address]:  # fmt: skip
    """The addresses that show the card; their messages get its new face if it changed."""
    rows = _SHOWING.rows(db, {"wanted": posted.card_id})
    shown = {row.id: Address(*row[1:]) for row in rows}
    if changed:
        for delivery_id, address in shown.items():
            jobs.cancel(db, lane(address.platform, address.tenant), f"{delivery_id}/")
            _enqueue(db, delivery_id, address, str(posted.version), now=now, due=due,
                     urgency=urgency, quiet=quiet)  # fmt: skip
    return set(shown.values())


def _enqueue(
    db: Unit, delivery_id: str, to: Address, face: str, *, now: datetime, due: datetime,
    again: bool = False, urgency: Urgency = Urgency.NOW, alike: str = "", quiet: bool = False,
) -> None:  # fmt: skip
    how = {QUIET: True} if quiet else {}
    jobs.add(
        db, lane(to.platform, to.tenant), f"{delivery_id}/{face}",
        {"delivery": delivery_id, "again": again, "cause": db.cause, **how},
        due=due, now=now, order_key=to.account, urgency=urgency, alike=alike,
    )  # fmt: skip


def _alike(content: Content, body: str) -> str:
    """The name of content nobody answers and that tells no secret; "" for everything else."""
    if isinstance(content, Card):
        shared = not content.buttons and content.form is None
    else:
        shared = isinstance(content, Text) and content.secret is None
    return blake2b(body.encode(), digest_size=12).hexdigest() if shared else ""
