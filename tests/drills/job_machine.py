"""The job table against a model, on a clock that only the machine moves.

The model says in plain Python what every statement of `engine.jobs` promises; after each step
every row must be what the model says it is. An effect is an audit row, written behind the
fence as a handler writes it, so that each job's end and its effect are one commit or none.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import select, text

from engine import audit, jobs
from engine.audit import Audit
from engine.jobs import JOB, State
from engine.model import table
from engine.statement import Statement
from tests.drills import machines

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)
LANES = ("inbox", "outbox")
ENDS = {
    "finish": State.DONE, "bury": State.DEAD, "doubt": State.UNCERTAIN, "retry": State.OPEN,
}  # fmt: skip
ROWS, EFFECTS = Statement(select(JOB)), Statement(select(table(Audit)))


class Killed(Exception):
    """What a unit meets when its process goes away in the middle."""


@dataclass
class Intent:
    """One row as it should be."""

    id: int
    lane: str
    key: str
    order_key: str
    due: datetime
    state: State = State.OPEN
    token: int = 0
    lease_until: datetime | None = None
    attempts: int = 0
    crashes: int = 0

    @property
    def row(self):
        return (self.state, self.token, self.lease_until, self.attempts, self.crashes, self.due)


def effect(db, job):
    """What a handler does behind the fence."""
    audit.record(db, "effect", (job.lane, job.key), at=NOW)


class JobMachine(RuleBasedStateMachine):
    """Some workers on one table; `database` is given by a subclass.

    `held` are leases as the workers remember them: some are lost already (zombies).
    """

    database = None

    def __init__(self):
        super().__init__()
        self.now, self.intents, self.held, self.effects = NOW, {}, [], Counter()
        self.rounds = 0

    @initialize()
    def empty(self):
        self.run(lambda db: [db.execute(text(f"DELETE FROM {name}")) for name in ("job", "audit")])

    def run(self, work):
        [done] = machines.commit(self.database, work)
        return done.result()

    @rule(seconds=st.sampled_from([1, 5, 29, 31]))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(
        lane=st.sampled_from(LANES),
        key=st.sampled_from("abcdef"),
        to=st.sampled_from(["", "zhang", "li"]),
        wait=st.sampled_from([0, 0, 5, 60]),
        born_leased=st.booleans(),
    )
    def add(self, lane, key, to, wait, born_leased):
        due, lease = self.now + wait * SECOND, LEASE if born_leased else None
        job = self.run(
            lambda db: jobs.add(
                db, lane, key, {}, due=due, now=self.now, order_key=to, lease=lease
            )
        )  # fmt: skip
        assert (job is None) == ((lane, key) in self.intents), "an intent is stored once"
        if job is not None:
            intent = Intent(job.id, lane, key, to, due)
            self.intents[lane, key] = intent
            if born_leased:
                self.lease(intent)
                self.held.append(job)

    @rule(
        lane=st.sampled_from(LANES),
        limit=st.integers(1, 3),
        suspects=st.sampled_from([None, None, True, False]),
    )
    def claim(self, lane, limit, suspects):
        expected = [i for i in self.waiting(lane) if suspects in {None, i.crashes > 0}][:limit]
        claimed = self.run(
            lambda db: jobs.claim(
                db, lane, now=self.now, lease=LEASE, limit=limit, suspects=suspects
            )
        )
        assert {job.key for job in claimed} == {intent.key for intent in expected}
        for intent in expected:
            self.lease(intent)
        self.held += claimed

    @precondition(lambda self: self.held)
    @rule(n=st.integers(0, 9), how=st.sampled_from(sorted(ENDS)), spent=st.booleans())
    def end(self, n, how, spent):
        job = self.held[n % len(self.held)]
        later = self.now + 5 * SECOND

        def unit(db):
            if how == "finish":
                held = jobs.finish(db, job, now=self.now)
                if held:
                    effect(db, job)
                return held
            if how == "retry":
                return jobs.retry(db, job, "x", due=later, spent=spent)
            return getattr(jobs, how)(db, job, "x", now=self.now)

        intent = self.holder_of(job)
        assert self.run(unit) == (intent is not None), "the fence"
        if intent is not None:
            intent.state = ENDS[how]
            if how == "retry":
                intent.due, intent.attempts = later, job.attempts + spent
            self.effects[job.lane, job.key] += how == "finish"

    @precondition(lambda self: self.held)
    @rule(n=st.integers(0, 9))
    def refuse(self, n):
        """A handler that turns down the request undoes what it did, and the job is done."""
        job = self.held[n % len(self.held)]

        def unit(db):
            if jobs.finish(db, job, now=self.now):
                effect(db, job)
                db.rollback()
                jobs.finish(db, job, now=self.now)

        intent = self.holder_of(job)
        self.run(unit)
        if intent is not None:
            intent.state = State.DONE

    @precondition(lambda self: self.held)
    @rule(n=st.integers(0, 9), m=st.integers(0, 9))
    def fail_beside_a_neighbour(self, n, m):
        """Two units that share a commit: one breaks in the middle, the other ends well."""
        broken, job = self.held[n % len(self.held)], self.held[m % len(self.held)]

        def breaks(db):
            jobs.finish(db, broken, now=self.now)
            effect(db, broken)
            raise Killed

        def works(db):
            if jobs.finish(db, job, now=self.now):
                effect(db, job)

        intent = self.holder_of(job)
        first, second = machines.commit(self.database, breaks, works)
        assert isinstance(first.exception(), Killed)
        second.result()
        if intent is not None:
            intent.state = State.DONE
            self.effects[job.lane, job.key] += 1

    @precondition(lambda self: self.held)
    @rule(n=st.integers(0, 9), m=st.integers(0, 9))
    def lose_the_database(self, n, m):
        """The commit of two units fails: nobody is told otherwise, and nothing has happened."""

        def unit_of(job):
            def unit(db):
                if jobs.finish(db, job, now=self.now):
                    effect(db, job)

            return unit

        units = [unit_of(self.held[i % len(self.held)]) for i in (n, m)]
        with machines.torn(self.database):
            told = machines.commit(self.database, *units)
        assert [type(future.exception()) for future in told] == [ConnectionError] * 2

    @rule()
    def reap(self):
        self.run(lambda db: jobs.reap(db, now=self.now))
        self.lost(lambda intent: intent.lease_until < self.now)

    @precondition(lambda self: self.held)
    @rule(how=st.sampled_from(sorted(ENDS)))
    def overtake(self, how):
        """A worker is stopped, its leases run out, others take its jobs, and it wakes up."""
        zombies = range(len(self.held))
        self.now += LEASE + SECOND
        self.reap()
        for lane in LANES:
            self.claim(lane, 3, None)
        for n in zombies:
            self.end(n, how, spent=True)

    @rule()
    def start_anew(self):
        """The one process was killed and comes back: every lease is an orphan."""
        self.run(lambda db: jobs.reap(db, now=self.now, orphaned=True))
        self.lost(lambda _: True)

    @rule(lane=st.sampled_from(LANES), prefix=st.sampled_from("abcdef"))
    def cancel(self, lane, prefix):
        intent = self.intents.get((lane, prefix))
        expected = intent is not None and intent.state is State.OPEN
        assert self.run(lambda db: jobs.cancel(db, lane, prefix)) == expected
        if expected:
            intent.state = State.CANCELLED

    @invariant()
    def every_row_is_what_it_should_be(self):
        with self.database.reading() as db:
            rows = {(r.lane, r.key): r for r in ROWS.rows(db, {})}
            found = EFFECTS.rows(db, {})
        assert {
            name: (State(r.state), r.token, r.lease_until, r.attempts, r.crashes, r.due)
            for name, r in rows.items()
        } == {name: intent.row for name, intent in self.intents.items()}
        effects = Counter((row.subject_type, row.subject_id) for row in found)
        assert effects == +self.effects, "each effect once, with its job's end"

    def teardown(self):
        """Whatever happened: when the faults stop, everything comes to an end without a hand."""
        while any(intent.state < State.DONE for intent in self.intents.values()):
            self.now += LEASE + 6 * SECOND
            self.reap()
            for lane in LANES:
                self.claim(lane, 3, None)
            for n, job in enumerate(self.held):
                if self.holder_of(job) is not None:
                    self.end(n, "finish", spent=True)
            self.rounds += 1
            assert self.rounds < 100, "it never ends"
        self.every_row_is_what_it_should_be()

    def waiting(self, lane):
        """What may be claimed, in order: nobody is overtaken, nobody gets two at once."""
        mine = [intent for intent in self.intents.values() if intent.lane == lane]

        def blocks(ahead, intent):
            if not intent.order_key or ahead.order_key != intent.order_key or ahead is intent:
                return False
            if ahead.state is State.OPEN and ahead.id < intent.id:
                return ahead.due <= self.now or ahead.token > 0
            return ahead.state is State.LEASED

        due = [i for i in mine if i.state is State.OPEN and i.due <= self.now]
        free = [i for i in due if not any(blocks(ahead, i) for ahead in mine)]
        return sorted(free, key=lambda i: (i.due, i.id))

    def lease(self, intent):
        intent.state, intent.lease_until = State.LEASED, self.now + LEASE
        intent.token += 1

    def lost(self, is_lost):
        for intent in self.intents.values():
            if intent.state is State.LEASED and is_lost(intent):
                intent.state, intent.due = State.OPEN, self.now + intent.crashes * SECOND
                intent.crashes += 1

    def holder_of(self, job):
        """The row this lease still holds; None for a zombie."""
        intent = self.intents[job.lane, job.key]
        holds = intent.state is State.LEASED and intent.token == job.token
        return intent if holds else None
