"""Deadlines against a model: each level at most once, never early, never of a closed promise.

The acts of a deadline name its generation ("g3/1": the second level of the third plan), so
that an audit row tells whose level it was. What fires, fires through the product's own timer
code: the sweep, its jobs, reactions that fail, holders that die.
"""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select, text

from bot.clock import Clock
from bot.timers import Timers
from engine import audit, deadlines, deadlines_due, jobs
from engine.audit import Audit
from engine.deadlines import Level, plan
from engine.jobs import State
from engine.model import table
from engine.rulebook import Rulebook
from engine.statement import Statement
from scheduler.deadlines_api import deadline
from tests.drills import machines

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LEASE = 30 * SECOND
KIND = "drill"
OWNERS = {"a": "zhang", "b": "zhang", "c": "li"}
SUBJECTS = st.sampled_from(sorted(OWNERS))
EFFECTS = Statement(select(table(Audit).c.subject_id).order_by(table(Audit).c.seq))


class Promise:
    """The newest generation of one subject: its levels, how many have fired, still waited for."""

    def __init__(self, generation, start, allowance, levels):
        self.acts = [f"g{generation}/{n}" for n in range(levels)]
        offsets = [10 * n * SECOND for n in range(levels)]
        self.moments = [start + allowance + offset for offset in offsets]
        self.plan = plan(start, allowance, [*map(Level, offsets, self.acts)])
        self.fired, self.pending = 0, True


class DeadlineMachine(RuleBasedStateMachine):
    """People who open, move, meet and cancel, and workers who fire; `database` as elsewhere."""

    database = None

    def __init__(self):
        super().__init__()
        self.clock = Clock("Asia/Shanghai", wall=lambda: NOW, ticks=lambda: 0)
        self.promises, self.held, self.read, self.seen = {}, [], [], 0
        self.generations, self.failing = 0, False
        self.timers = Timers(self.database, self.clock, Rulebook(), [deadline(KIND)(self.react)])

    @initialize()
    def empty(self):
        names = ("job", "audit", "deadline")
        self.run(lambda db: [db.execute(text(f"DELETE FROM {name}")) for name in names])

    @property
    def now(self):
        return self.clock.now()

    def run(self, work):
        [done] = machines.commit(self.database, work)
        return done.result()

    def react(self, moment, fired):
        """What is said: an audit row in the same unit; a reaction may break half-way."""
        for one in fired:
            audit.record(moment.db, "fired", ("deadline", one.act), at=moment.now)
        if self.failing:
            raise RuntimeError
        return []

    @rule(seconds=st.sampled_from([1, 4, 5, 10, 31]))
    def time_passes(self, seconds):
        self.clock.jump(self.now + seconds * SECOND)

    @rule(
        subject=SUBJECTS,
        wait=st.sampled_from([0, 5, 20]),
        levels=st.integers(1, 3),
        move=st.booleans(),
    )
    def promise(self, subject, wait, levels, move):
        """Open a deadline (the one before is superseded), or give it other moments."""
        self.generations += 1
        made = Promise(self.generations, self.now, wait * SECOND, levels)
        known = self.promises.get(subject)
        if not move:
            self.run(
                lambda db: deadlines.open_(
                    db, KIND, ("thing", subject), made.plan, owner=OWNERS[subject],
                    about=subject, now=self.now,
                )
            )  # fmt: skip
            self.promises[subject] = made
            return
        moved = self.run(lambda db: deadlines.move(db, KIND, ("thing", subject), made.plan))
        assert moved == (known is not None and known.pending)
        if moved:
            self.promises[subject] = made

    @rule(subject=SUBJECTS, how=st.sampled_from(["cancel", "meet"]))
    def close(self, subject, how):
        act = getattr(deadlines, how)
        closed = self.run(lambda db: act(db, KIND, ("thing", subject), now=self.now))
        known = self.promises.get(subject)
        assert bool(closed) == (known is not None and known.pending)
        if closed:
            known.pending = False

    @rule()
    def sweep(self):
        self.run(lambda db: self.timers._sweep(db, self.now))

    @rule(limit=st.integers(1, 3))
    def claim(self, limit):
        self.held += self.run(
            lambda db: jobs.claim(db, "timer", now=self.now, lease=LEASE, limit=limit)
        )

    @precondition(lambda self: self.held)
    @rule(n=st.integers(0, 5), failing=st.booleans(), killed=st.booleans())
    def work(self, n, failing, killed):
        """A worker does its job; its reaction may fail, or it dies before the commit."""
        job, self.failing = self.held[n % len(self.held)], failing

        def unit(db):
            if jobs.finish(db, job, now=self.now):
                self.timers._work(db, job, self.now)
            if killed:
                raise ConnectionError

        [done] = machines.commit(self.database, unit)
        if killed:
            assert isinstance(done.exception(), ConnectionError)
        elif done.exception() is not None:  # a job of one deadline fails as a whole
            assert failing
            self.run(lambda db: jobs.retry(db, job, "x", due=self.now + SECOND))
        self.failing = False
        self.every_effect_was_due()

    @rule(owner=st.sampled_from(sorted(set(OWNERS.values()))))
    def look(self, owner):
        """A slow worker reads what is due …"""
        self.read = self.run(
            lambda db: deadlines_due.of_owner(db, owner, (KIND,), now=self.now, most=9)
        )

    @precondition(lambda self: self.read)
    @rule()
    def fire_what_was_read(self):
        """… and fires it later, when some of it has been moved, closed or fired."""

        def unit(db):
            for one in deadlines_due.fire(db, self.read, now=self.now):
                audit.record(db, "fired", ("deadline", one.act), at=self.now)

        self.run(unit)
        self.every_effect_was_due()

    @rule(subject=SUBJECTS, how=st.sampled_from(["cancel", "meet"]))
    def close_while_it_fires(self, subject, how):
        """It is closed between the look and the deed; whoever looked too early does nothing."""
        self.look(OWNERS[subject])
        self.close(subject, how)
        if self.read:
            self.fire_what_was_read()

    @rule(all_died=st.booleans())
    def reap(self, all_died):
        self.run(lambda db: jobs.reap(db, now=self.now, orphaned=all_died))

    def every_effect_was_due(self):
        """What has just been said belongs to a pending generation, was due, and is new."""
        with self.database.reading() as db:
            acts = [row.subject_id for row in EFFECTS.rows(db, {})]
        fresh, self.seen = acts[self.seen :], len(acts)
        pending = {act: one for one in self.promises.values() if one.pending for act in one.acts}
        for act in fresh:
            assert act in pending, f"{act} was closed or replaced"
            one, level = pending[act], int(act.rpartition("/")[2])
            assert level >= one.fired, f"{act} fired twice"
            assert one.moments[level] <= self.now, f"{act} fired early"
            one.fired = level + 1
            one.pending = one.fired < len(one.acts)
        assert len(set(acts)) == len(acts)

    def teardown(self):
        """When the faults stop, every level still waited for comes, and nothing stays behind."""
        for _ in range(60):
            self.clock.jump(self.now + LEASE + 10 * SECOND)
            self.run(lambda db: jobs.reap(db, now=self.now))
            self.sweep()
            self.claim(9)
            for n in range(len(self.held)):
                self.work(n, failing=False, killed=False)
            self.held.clear()
            if not any(one.pending for one in self.promises.values()) and not self.waiting():
                return
        raise AssertionError("a deadline never came")

    def waiting(self):
        with self.database.reading() as db:
            asked = text(f"SELECT count(*) FROM job WHERE state < {int(State.DONE)}")
            return db.execute(asked).scalar_one()
