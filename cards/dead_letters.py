"""Dead letters as people see them: whose they are, what they are about, and doing them again.

A message that is sent again is the same delivery, drawn anew. While the platform still checks
for duplicates it swallows what had arrived after all; later nobody can know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import bindparam, literal, select, update

from cards.model import Card, Media, load
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine import audit, dead_letters
from engine.dead_letters import Letter
from engine.jobs import State
from engine.masking import mask
from engine.statement import Statement
from engine.unit import Unit
from sales import people
from sales.people import PERSON, Person

OUTBOX, INBOX = "outbox:", "inbox"
NOTICE = "operations/"
"""Keys of the cards that report dead letters; their own failures are not reported again."""
LONGEST = 40
"""Characters of a message that are shown."""


@dataclass(frozen=True, slots=True)
class Told:
    """One letter in words: who it is for or from, what it is about, the reason's first word."""

    id: int
    lane: str
    uncertain: bool
    who: str
    what: str
    reason: str
    ended_at: datetime
    card_key: str = ""

    @property
    def outgoing(self) -> bool:
        """Whether it is a message to somebody."""
        return self.lane.startswith(OUTBOX)


_DELIVERY = Statement(
    select(DELIVERY.account, CARD.key, CARD.body, PERSON.name)
    .join(CardRow, CARD.id == DELIVERY.card_id)
    .outerjoin(Person, PERSON.id == CARD.person_id)
    .where(DELIVERY.id == bindparam("wanted"))
)
_WAITING = Statement(
    update(Delivery)
    .where(
        DELIVERY.id == bindparam("wanted"),
        DELIVERY.state.in_([literal("failed"), literal("uncertain")]),
    )
    .values(state="waiting", reason="")
)


def tell(db: Unit, letter: Letter) -> Told:
    """The letter in words."""
    who, what, card_key = _of_delivery(db, letter) if _outgoing(letter) else _of_job(db, letter)
    return Told(
        id=letter.id, lane=letter.lane, uncertain=letter.state is State.UNCERTAIN, who=who,
        what=mask(what)[:LONGEST], reason=letter.error.partition(":")[0], ended_at=letter.ended_at,
        card_key=card_key,
    )  # fmt: skip


def replay(db: Unit, ids: Sequence[int], *, now: datetime) -> int:
    """Do the letters again; how many still waited for a decision."""
    done = 0
    for letter in dead_letters.find(db, ids):
        payload = letter.payload
        if _outgoing(letter):
            kept = {name: payload[name] for name in ("delivery", "cause") if name in payload}
            payload = {**kept, "again": False}
        if dead_letters.replay(db, letter, payload, now=now):
            done += 1
            _WAITING.run(db, {"wanted": payload.get("delivery", "")})
            _note(db, letter, "replay", now=now)
    return done


def drop(db: Unit, ids: Sequence[int], *, now: datetime) -> int:
    """Leave the letters undone; how many still waited for a decision."""
    done = 0
    for letter in dead_letters.find(db, ids):
        if dead_letters.drop(db, letter, now=now):
            done += 1
            _note(db, letter, "drop", now=now)
    return done


def _note(db: Unit, letter: Letter, decision: str, *, now: datetime) -> None:
    detail = {"lane": letter.lane, "reason": letter.error}
    audit.record(db, f"dead_letter.{decision}", ("job", str(letter.id)), at=now, detail=detail)


def _outgoing(letter: Letter) -> bool:
    return letter.lane.startswith(OUTBOX)


def _of_delivery(db: Unit, letter: Letter) -> tuple[str, str, str]:
    row = _DELIVERY.row(db, {"wanted": letter.payload.get("delivery", "")})
    if row is None:
        return "", letter.key, ""
    return row.name or row.account, _title(row.body), row.key


def _title(body: str) -> str:
    """The card's title, the file's name, or the text itself."""
    try:
        content = load(body)
    except ValidationError:  # a newer version's card
        return ""
    if isinstance(content, Media):
        return content.filename
    return content.title if isinstance(content, Card) else content.text


def _of_job(db: Unit, letter: Letter) -> tuple[str, str, str]:
    if letter.lane != INBOX:
        return "", letter.key, ""
    sent: Mapping[str, Any] = letter.payload
    platform, tenant, account = (str(sent.get(k, "")) for k in ("platform", "tenant", "account"))
    who = people.known(db, platform, tenant, account)
    return account if who is None else who.name, str(sent.get("text") or sent.get("kind", "")), ""
