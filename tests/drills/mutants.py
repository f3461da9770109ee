"""Deliberate mistakes. Each is one an engineer could make; the drills must find every one.

A mutant of `ENGINE` breaks the machine it is filed under. A mutant of `SERVICE` is put into a
real process by `launched.py`, and its ledger does not balance. `patch(object, name, value)` is
`setattr`, or pytest's.
"""

import uuid

from sqlalchemy import bindparam, select, update

from engine import deadlines_due, documents, jobs, leases, slots
from engine.deadlines import DEADLINE
from engine.documents import DOCUMENT
from engine.jobs import JOB, State
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from engine.writer import _Work
from tests.drills.deadline_machine import DeadlineMachine
from tests.drills.document_machine import DocumentMachine
from tests.drills.job_machine import JobMachine
from tests.drills.lease_machine import LeaseMachine


def no_fence(patch):
    """Whoever comes to an end, lease or not, is believed."""

    def finish(db, job, *, now):
        db.execute(update(JOB).where(JOB.c.id == job.id).values(state=State.DONE, done_at=now))
        return True

    patch(jobs, "finish", finish)


def a_fence_without_token(patch):
    """The row is leased: but by whom?"""

    def finish(db, job, *, now):
        mine = update(JOB).where(JOB.c.id == job.id, JOB.c.state == State.LEASED)
        return db.execute(mine.values(state=State.DONE, done_at=now)).rowcount == 1

    patch(jobs, "finish", finish)


def the_same_intent_twice(patch):
    """Every repetition of an event gets a key of its own."""
    add = jobs.add
    patch(jobs, "add", lambda db, lane, key, *a, **k: add(db, lane, _anew(key), *a, **k))


def live_leases_are_reaped(patch):
    """A lease is taken back whether it ran out or not."""
    patch(jobs, "_REAP_LATE", jobs._REAP_ALL)


def crashes_are_not_counted(patch):
    """A poison message would come back for ever."""
    lost = select(JOB.c.id).where(JOB.c.state == State.LEASED)
    again = update(JOB).where(JOB.c.id.in_(lost.scalar_subquery()))
    patch(jobs, "_REAP_ALL", Statement(again.values(state=State.OPEN).returning(JOB.c.lane)))


def claims_without_order(patch):
    """Whatever is due is taken, also what a message to the same person is ahead of."""

    def claim(db, lane, *, now, lease, limit, suspects=None):
        due = select(JOB.c.id).where(
            JOB.c.lane == lane, JOB.c.state == State.OPEN, JOB.c.due <= now,
            *([] if suspects is None else [(JOB.c.crashes > 0) == suspects]),
        )  # fmt: skip
        first = due.order_by(JOB.c.due, JOB.c.id).limit(limit)
        taking = update(JOB).where(JOB.c.id.in_(first.scalar_subquery()))
        values = {"state": State.LEASED, "token": JOB.c.token + 1, "lease_until": now + lease}
        rows = db.execute(taking.values(values).returning(*jobs._COLUMNS)).all()
        return [jobs.Leased(*row) for row in rows]

    patch(jobs, "claim", claim)


def no_rollback(patch):
    """A refused request, or a unit that broke, leaves behind what it had done by then."""
    patch(Unit, "rollback", lambda self: self.lanes.clear())


def a_timer_ignores_its_state(patch):
    """A deadline fires as it was read, though it was met, moved or cancelled meanwhile."""
    names = {"fired": "after", "next_at": "following", "state": "new_state", "closed_at": "closed"}
    fired = {column: bindparam(name) for column, name in names.items()}
    whatever = update(DEADLINE).where(DEADLINE.c.id == bindparam("wanted"))
    patch(deadlines_due, "_FIRE", Statement(whatever.values(fired)))


def a_slot_without_unique_key(patch):
    """Each process that notices a moment starts a run of its own."""
    insert, follow = slots._insert, jobs.add

    def careless(db, job, slot, outcome):
        insert(db, job, slot, outcome)
        return True

    def add(db, lane, key, *args, **kwargs):
        return follow(db, lane, _anew(key), *args, **kwargs)

    patch(slots, "_insert", careless)
    patch(jobs, "add", add)


def a_lease_without_epoch(patch):
    """A holder who was stopped goes on where it was, beside its successor."""
    patch(leases, "guard", lambda db, name, _: leases.until(db, name) is not None)


def the_last_editor_wins(patch):
    """Whoever publishes, publishes, whatever was published since the draft was begun."""
    anything = update(DOCUMENT).where(documents._IT, DOCUMENT.c.state == "checked")
    values = {"state": "published", "reason": bindparam("why"), "published_by": bindparam("by"),
              "published_at": bindparam("now"), "effective_from": bindparam("from_then"),
              "publication": bindparam("turn")}  # fmt: skip
    patch(documents, "_PUBLISH", Statement(anything.values(values)))


def what_was_called_off_is_not_told(patch):
    """Calling off is no news to those who keep what is published in memory."""
    waits = DOCUMENT.c.effective_from > bindparam("now", type_=UtcTime)
    gone = {"state": "retired", "retired_at": bindparam("now")}
    silent = update(DOCUMENT).where(documents._IT, waits).values(gone)
    patch(documents, "_CALL_OFF", Statement(silent))


def the_answer_comes_before_the_commit(patch):
    """The group commit tells whoever waits as soon as the statements have run."""
    attempt = _Work.attempt

    def early(self, *args, **kwargs):
        attempt(self, *args, **kwargs)
        self.settle()
        self.begins, self.settled = (lambda: True), (lambda *_: None)

    patch(_Work, "attempt", early)


ENGINE = {
    the_answer_comes_before_the_commit: JobMachine,
    no_fence: JobMachine,
    a_fence_without_token: JobMachine,
    the_same_intent_twice: JobMachine,
    live_leases_are_reaped: JobMachine,
    crashes_are_not_counted: JobMachine,
    claims_without_order: JobMachine,
    no_rollback: JobMachine,
    a_timer_ignores_its_state: DeadlineMachine,
    a_lease_without_epoch: LeaseMachine,
    the_last_editor_wins: DocumentMachine,
    what_was_called_off_is_not_told: DocumentMachine,
}


def _anew(key):
    return f"{key}/{uuid.uuid4()}"
