"""Handling one stored event: the units of work it is made of.

A unit's first statement is the fence: whoever lost the lease changes nothing. Its commit
holds the change, its audit row, its cards and the end of the inbox row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from bot import metrics
from bot.dispatch import Dispatcher, Task
from bot.logs import follow
from bot.platforms.api import Answer, Inbound
from bot.presses import Stale
from cards import help as texts
from cards import outbox
from cards.model import Content, Text, masked
from engine import audit, jobs
from engine.errors import Refusal
from engine.jobs import Leased
from engine.masking import mask, mask_all
from engine.unit import Unit
from sales import people
from sales.people import Address

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
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
        db.cause = follow(event.job.trace)
        if not jobs.finish(db, event.job, now=event.now):
            return Answer()
        fenced = db.writes
        try:
            asked = self.dispatcher.understand(db, event.inbound, event.job.id)
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
        """Answer a query and note who asked for what (B58)."""
        db.cause = follow(event.job.trace)
        if not jobs.finish(db, event.job, now=event.now):
            return Answer()
        _note(db, event, f"read.{task.call.route.action}", task.who.id,
              mask_all(task.call.args))  # fmt: skip
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
        address = to or _address(db, inbound)
        if isinstance(said, Refusal):
            log.info("inbox.refused", code=said.code)
            metrics.refused(said.code)
            _note(db, event, f"refused.{said.code}", address.person_id)
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
        db.cause = follow(event.job.trace)
        if jobs.bury(db, event.job, error, now=event.now):
            words = texts.say(texts.INCIDENT, number=event.job.trace)
            outbox.post(db, words, [_address(db, event.inbound)], now=event.now)


def _note(
    db: Unit, event: Event, action: str, actor: str, detail: dict[str, Any] | None = None
) -> None:
    audit.record(
        db, action, ("inbox", str(event.job.id)), at=event.now, actor=actor,
        channel=event.inbound.platform, cause=str(event.job.id), detail=detail,
    )  # fmt: skip


def _address(db: Unit, inbound: Inbound) -> Address:
    who = people.known(db, inbound.platform, inbound.tenant, inbound.account)
    person_id = "" if who is None else who.id
    return Address(person_id, inbound.platform, inbound.tenant, inbound.account)
