"""Packing: what a claimed job sends, to whom, and whether it may be sent at all.

The request is drawn once and kept with its job, and since when it may have been sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json, to_json
from sqlalchemy import bindparam, literal, select, update

from bot.platforms.api import Platform, Request
from cards import outbox, secrets
from cards.model import Card, Content, Secret, Text, load
from cards.outbox import Posted
from cards.render.slot import Slot
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine import jobs, turns
from engine.jobs import Leased
from engine.rulebook import Rulebook
from engine.statement import Statement
from engine.unit import Unit
from engine.vault import Destroyed, Vault
from sales import contacts, economy
from sales.contacts import Erased, Frozen
from sales.economy import Step
from sales.people import PERSON, Address, Person

REPEATED = timedelta(hours=3)
"""WeCom delivers equal requests of 3 to 4 hours once (doc 90236); later ones come twice."""
ERASED, FROZEN = "erased", "frozen"
"""Why a message is never sent: the contact it tells about was erased, or is only kept."""
SEALED = "sealed"
FIRST = "first"
"""In a job's payload: the number of the job whose call carried its message along."""
DOUBTFUL = "doubtful"
"""Marks a job's payload when an attempt ended without an answer."""

_BY_ID = Statement(
    select(
        DELIVERY.id, DELIVERY.card_id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account,
        DELIVERY.state, DELIVERY.message_id, DELIVERY.token, DELIVERY.shown_version,
        CARD.person_id, CARD.key, CARD.version, CARD.body, PERSON.status.label("with_us"),
    )
    .join(CardRow, CARD.id == DELIVERY.card_id)
    .outerjoin(Person, PERSON.id == CARD.person_id)
    .where(DELIVERY.id == bindparam("wanted"))
)  # fmt: skip
_MARK = Statement(
    update(Delivery)
    .where(DELIVERY.id == bindparam("wanted"))
    .values(state=bindparam("new_state"), reason=bindparam("why"))
)
_SENT_SINCE = Statement(
    select(DELIVERY.id)
    .where(
        DELIVERY.card_id == bindparam("card"),
        DELIVERY.platform == bindparam("on"),
        DELIVERY.tenant == bindparam("of"),
        DELIVERY.account == bindparam("to"),
        DELIVERY.state.in_([literal(state) for state in outbox.LIVE]),
        DELIVERY.created_at > bindparam("asked_at"),
    )
    .limit(1)
)


class Unreadable(Exception):
    """Written by a newer version of this program, which may take it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One claimed message: what to send, where, and the message it changes ("": a new one).

    `common` is what other messages must share to go in the same call, "" if it goes alone.
    """

    job: Leased
    payload: Mapping[str, Any]
    delivery_id: str
    to: Address
    posted: Posted
    request: Request
    message_id: str
    token: str
    common: str


@dataclass(frozen=True, slots=True)
class Packing:
    """How one platform's messages are drawn and paced; `form_url` is the page of a form.

    A request that tells a secret is kept sealed under the key of the contact it is about: once
    they are erased, nobody can send or read it.
    """

    platform: Platform
    vault: Vault
    form_url: Callable[[str], str]
    rules: Rulebook

    def take(self, db: Unit, job: Leased, now: datetime) -> Parcel | None:
        """The message to carry; None if it has to wait or another one takes its place.

        Raises:
            Unreadable: this version cannot tell what is to be sent.
        """
        row = _BY_ID.row(db, {"wanted": job.payload.get("delivery", "")})
        if row is None:
            raise Unreadable
        if row.with_us == "left" and row.state in outbox.LIVE:
            jobs.finish(db, job, now=now)
            mark(db, row.id, "failed", "user_left")
            return None
        if row.state not in outbox.LIVE:
            given_up = row.state in {"failed", "uncertain"}
            if jobs.finish(db, job, now=now) and (given_up or job.payload["again"]):
                send_anew(db, job, Posted(row.card_id, row.key, row.version), _to(row), now=now)
            return None
        if not row.message_id and in_doubt(job) and _age(job, now) > REPEATED:
            jobs.doubt(db, job, "channel_down", now=now)
            mark(db, row.id, "uncertain", "channel_down")
            return None
        if (free := self._free_at(db, job, row.account, now)) > now:
            jobs.retry(db, job, "paced", due=free, spent=False)
            return None
        try:
            return self._pack(db, job, row, now)
        except (Destroyed, Erased, Frozen) as gone:
            why = FROZEN if isinstance(gone, Frozen) else ERASED
            if jobs.abandon(db, job, why, now=now):
                mark(db, row.id, "failed", why)
            return None

    def _free_at(self, db: Unit, job: Leased, account: str, now: datetime) -> datetime:
        """When the platform takes the next message to this person without dropping it."""
        free = now
        for most, span in self.platform.pace:
            full = turns.nth_last_done(db, job.lane, account, most)
            if full is not None:
                free = max(free, full + span)
        return free

    def _pack(self, db: Unit, job: Leased, row: Any, now: datetime) -> Parcel:
        payload = job.payload
        if drawn(job):
            request = self._opened(db, payload)
        else:
            content = _content(row.body)
            request, kept = self._draw(db, content, row, now)
            payload = {**payload, "version": row.version, **kept, "since": now.isoformat()}
            jobs.keep(db, job, payload)
        return Parcel(
            job=job,
            payload=payload,
            delivery_id=row.id,
            to=_to(row),
            posted=Posted(row.card_id, row.key, int(payload["version"])),
            request=request,
            message_id=row.message_id,
            token=row.token,
            common=self._common(job, row, request),
        )

    def _common(self, job: Leased, row: Any, request: Request) -> str:
        """A message that may have arrived is repeated as it was."""
        if not job.alike or row.message_id or (in_doubt(job) and FIRST not in job.payload):
            return ""
        common = self.platform.common(request)
        return "" if common is None else to_json(common).decode()

    def _draw(
        self, db: Unit, content: Content, row: Any, now: datetime
    ) -> tuple[Request, Mapping[str, Any]]:
        """The request, and what is kept of it in the job."""
        page = self.form_url(row.id) if isinstance(content, Card) and content.form else ""
        slot = Slot(row.id, row.version, page)
        if not isinstance(content, Text) or content.secret is None:
            step = economy.step(db, row.platform, row.tenant, self.rules, now=now)
            plain = step >= Step.PLAIN and not row.message_id
            request = self.platform.render(content, slot, plain=plain)
            return request, {"request": request}
        told, secret = secrets.told(db, self.vault, content), content.secret
        request = self.platform.render(told, slot)
        sealed = self.vault.seal(db, secrets.subject(secret), SEALED, to_json(request).decode())
        return request, {SEALED: sealed, "contact": secret.contact, "what": secret.what}

    def _opened(self, db: Unit, payload: Mapping[str, Any]) -> Request:
        if SEALED not in payload:
            request: Request = payload["request"]
            return request
        of = Secret(payload["contact"], payload.get("what", "numbers"))
        if of.what == "numbers":  # their own data may be given out, frozen or not
            contacts.refuse_unless_kept(db, of.contact)
        sealed = self.vault.unseal(db, secrets.subject(of), SEALED, payload[SEALED])
        opened: Request = from_json(sealed)
        return opened


def _content(body: str) -> Content:
    try:
        return load(body)
    except ValidationError:
        raise Unreadable from None


def cause(job: Leased) -> str:
    """The trace of what the message answers; its own if nothing did cause it."""
    return str(job.payload.get("cause") or job.trace)


def drawn(job: Leased) -> bool:
    """Whether the request is there; whoever dies from now on does not die of the card."""
    return "request" in job.payload or SEALED in job.payload


def in_doubt(job: Leased) -> bool:
    """Whether an earlier attempt may have arrived: no answer came, or its sender died."""
    return "since" in job.payload and (job.payload.get(DOUBTFUL, False) or job.crashes > 0)


def _age(job: Leased, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(job.payload["since"])


def _to(row: Any) -> Address:
    return Address(row.person_id, row.platform, row.tenant, row.account)


def send_anew(db: Unit, job: Leased, posted: Posted, to: Address, *, now: datetime) -> None:
    """Put the card into a new message, unless one was made after `job` had asked for it.

    So many quick presses on a message that can no longer change bring one message, not many.
    """
    asked = {
        "card": posted.card_id, "on": to.platform, "of": to.tenant, "to": to.account,
        "asked_at": job.created_at,
    }  # fmt: skip
    if _SENT_SINCE.value(db, asked) is None:
        outbox.send(db, posted, to, now=now)


def mark(db: Unit, delivery_id: str, state: str, reason: str) -> None:
    """Write how a delivery ended."""
    _MARK.run(db, {"wanted": delivery_id, "new_state": state, "why": reason})
