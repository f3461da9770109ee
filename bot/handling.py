"""Handling one stored event: the units of work it is made of.

A unit's first statement is the fence: whoever lost the lease changes nothing. Its commit
holds the change, its audit row, its cards and the end of the inbox row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import structlog

from bot import metrics
from bot.dispatch import Dispatcher, Task
from bot.logs import follow
from bot.platforms.api import Answer, Inbound
from bot.presses import Stale
from cards import help as texts
from cards import outbox
from cards.model import Card, Content, Text, masked
from engine import audit, jobs
from engine.errors import Refusal
from engine.jobs import Leased
from engine.masking import mask
from engine.unit import Occasion, Unit
from sales import people
from sales.people import Address

log = structlog.get_logger(__name__)


class Event(NamedTuple):
    """A stored event we hold the lease of, and the moment its handling began."""

    job: Leased
    inbound: Inbound
    now: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """A query that was understood on the writer and now runs on a reader."""

    task: Task


@dataclass(frozen=True, slots=True)
class Units:
    """What happens inside the transactions; knows no threads and no time."""

    dispatcher: Dispatcher

    def change(self, db: Unit, event: Event) -> Answer | Pending:
        """Understand and, for a command, run; a query is handed back to run on a reader."""
        _begin(db, event)
        if not jobs.finish(db, event.job, now=event.now):
            return Answer()
        fenced = db.writes
        try:
            asked = self.dispatcher.understand(db, event.inbound, event.job.id, event.now)
            if isinstance(asked, Task):
                if not asked.call.route.changes:
                    jobs.resume(db, event.job)
                    return Pending(asked)
                said = self.dispatcher.run(db, asked, event.job.id, event.now)
                return self._say(db, event, said, asked.address)
            return self._say(db, event, asked)
        except Refusal as refusal:
            if db.writes == fenced:
                return self._say(db, event, refusal)
            db.rollback()
            return self._conclude(db, event, refusal)

    def look(self, db: Unit, event: Event, task: Task) -> Content | Refusal | None:
        """Run a query on a reader."""
        try:
            return self.dispatcher.run(db, task, event.job.id, event.now)
        except Refusal as refusal:
            return refusal

    def told(
        self, db: Unit, event: Event, task: Task, said: Content | Refusal | None
    ) -> Answer:  # fmt: skip
        """Answer a query and note who asked for what and was shown what (B58)."""
        _begin(db, event, task.who.id)
        if not jobs.finish(db, event.job, now=event.now):
            return Answer()
        _note_reading(db, event, task, said)
        return self._say(db, event, said, task.address)

    def _conclude(self, db: Unit, event: Event, said: Content | Refusal) -> Answer:
        """The fence, then the answer."""
        if not jobs.finish(db, event.job, now=event.now):
            return Answer()
        return self._say(db, event, said)

    def _say(
        self, db: Unit, event: Event, said: Content | Refusal | Stale | None,
        to: Address | None = None,
    ) -> Answer:  # fmt: skip
        """Post the answer in the unit of what it answers, behind the fence."""
        job, inbound = event.job, event.inbound
        address = to or _address(db, event)
        if isinstance(said, Refusal):
            log.info("inbox.refused", code=said.code)
            metrics.refused(said.code)
            db.occasion = db.occasion._replace(actor=address.person_id)
            audit.record(db, f"refused.{said.code}", _message(event), at=event.now)
            said = Text(mask(str(said)))
            if inbound.inline:
                return Answer(said)
        if isinstance(said, Stale):
            outbox.repaint(db, said.delivery_id, address, f"again/{job.id}", now=event.now)
            return Answer()
        if said is None:
            log.info("inbox.ignored", platform=inbound.platform, sort=inbound.text[:40])
            return Answer()
        posted = outbox.post(db, said, [address], now=event.now)
        own_face = inbound.kind == "press" and outbox.carries(db, inbound.ref, posted)
        return Answer(masked(said), posted.version) if own_face else Answer(said)

    def incident(self, db: Unit, event: Event, error: str) -> None:
        """Give the event up: a dead letter for the operator, a number for the person."""
        _begin(db, event)
        if jobs.bury(db, event.job, error, now=event.now):
            words = texts.say(self.dispatcher.words.incident, number=event.job.trace)
            outbox.post(db, words, [_address(db, event)], now=event.now)


def _begin(db: Unit, event: Event, actor: str = "") -> None:
    """Name what the unit is about; who acts is known once the account is."""
    db.cause = follow(event.job.trace)
    inbound = event.inbound
    db.occasion = Occasion(actor, inbound.platform, inbound.origin, str(event.job.id))


def _note_reading(db: Unit, event: Event, task: Task, said: Content | Refusal | None) -> None:
    """One row per object that was shown, or one for the question if it was about none."""
    action = f"read.{task.call.route.action}"
    shown = said.about if isinstance(said, Card) else ()
    detail = {**task.call.args, "rows": len(shown)}
    for subject in shown or (_message(event),):
        audit.record(db, action, subject, at=event.now, detail=detail)


def _message(event: Event) -> audit.Subject:
    return "inbox", str(event.job.id)


def _address(db: Unit, event: Event) -> Address:
    inbound = event.inbound
    who = people.known(db, inbound.platform, inbound.tenant, inbound.account)
    person_id = "" if who is None else who.id
    return Address(person_id, inbound.platform, inbound.tenant, inbound.account)
