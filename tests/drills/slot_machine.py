"""Regular jobs against a model: two processes whose clocks differ, each moment run once (I6)."""

from collections import Counter
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import select, text

from bot.clock import Clock
from bot.cron import Cron
from engine import audit, jobs, slots
from engine.audit import Audit
from engine.calendar_days import Calendars
from engine.model import table
from engine.rulebook import Rulebook
from engine.slots import Policy
from engine.statement import Statement
from engine.types import EPOCH, MICROSECOND
from scheduler.api import job
from tests.drills import machines

START = datetime.fromisoformat("2026-11-23T10:00:30+08:00")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LEASE = 30 * SECOND
RUNS = Statement(select(table(Audit).c.subject_type, table(Audit).c.subject_id))


def every_minute(policy):
    """A job whose effect is one audit row per run."""

    def work(tick):
        assert tick.slot <= tick.now, "never early"
        number = (tick.slot - EPOCH) // MICROSECOND
        audit.record(tick.db, "ran", (policy.value, str(number)), at=tick.now)
        return ""

    return job("* * * * *", name=policy.value, policy=policy)(work)


class SlotMachine(RuleBasedStateMachine):
    """Process 0 is four seconds ahead of the time, process 1 four behind."""

    database = None

    def __init__(self):
        super().__init__()
        self.now, self.held = START, []
        self.clocks = [Clock("Asia/Shanghai", wall=lambda: START, ticks=lambda: 0) for _ in "ab"]
        self.aheads = (4 * SECOND, -4 * SECOND)
        known = [every_minute(policy) for policy in Policy]
        self.crons = [
            Cron(self.database, clock, Calendars(clock.zone), Rulebook(), known)
            for clock in self.clocks
        ]
        self.begun = None

    @initialize()
    def empty(self):
        names = ("job", "audit", "slot")
        self.run(lambda db: [db.execute(text(f"DELETE FROM {name}")) for name in names])

    def run(self, work):
        [done] = machines.commit(self.database, work)
        return done.result()

    def at(self, process):
        moment = self.now + self.aheads[process]
        self.clocks[process].jump(moment)
        return moment

    @rule(seconds=st.sampled_from([1, 5, 31, 60, 150]))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(process=st.integers(0, 1), killed=st.booleans())
    def notice(self, process, killed):
        """The timers go off; the process may die with the moments stored but not committed."""
        moment = self.at(process)

        def unit(db):
            self.crons[process].tick(db, moment)
            if killed:
                raise ConnectionError

        [done] = machines.commit(self.database, unit)
        if not killed:
            done.result()
            self.begun = self.begun or moment

    @rule(process=st.integers(0, 1), policy=st.sampled_from(Policy))
    def claim(self, process, policy):
        moment, lane = self.at(process), slots.lane(policy.value)
        self.held += [
            (process, policy, leased)
            for leased in self.run(
                lambda db: jobs.claim(db, lane, now=moment, lease=LEASE, limit=1)
            )
        ]

    @precondition(lambda self: self.held)
    @rule(n=st.integers(0, 9), killed=st.booleans())
    def work(self, n, killed):
        process, policy, leased = self.held[n % len(self.held)]
        moment, cron = self.at(process), self.crons[process]

        def unit(db):
            if jobs.finish(db, leased, now=moment):
                cron._work(cron.timed[policy.value], db, leased, moment)
            if killed:
                raise ConnectionError

        [done] = machines.commit(self.database, unit)
        if not killed:
            done.result()
        self.nothing_ran_twice()

    @rule(process=st.integers(0, 1))
    def reap(self, process):
        moment = self.at(process)
        self.run(lambda db: jobs.reap(db, now=moment))

    def nothing_ran_twice(self):
        with self.database.reading() as db:
            ran = Counter(tuple(row) for row in RUNS.rows(db, {}))
        assert set(ran.values()) <= {1}, f"twice: {[run for run, n in ran.items() if n > 1]}"
        return ran

    def teardown(self):
        """The faults stop: what is to be caught up is caught up, in whatever order."""
        self.now += LEASE
        until = (self.now - EPOCH) // MINUTE
        for _ in range(400):
            self.now += 5 * SECOND
            self.notice(0, killed=False)
            self.reap(1)
            for policy in Policy:
                self.claim(1, policy)
            for n in range(len(self.held)):
                self.work(n, killed=False)
            self.held.clear()
            since = (self.begun - EPOCH) // MINUTE + 1
            caught_up = {(Policy.ALL.value, str(n * 60_000_000)) for n in range(since, until)}
            if caught_up <= set(self.nothing_ran_twice()):
                return
        raise AssertionError("policy all has left a minute out")
