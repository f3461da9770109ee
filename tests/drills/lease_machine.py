"""Leases against a model: one holder at a time, and an old one acts in vain (I4)."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from sqlalchemy import text

from engine import leases
from tests.drills import machines

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TTL = 5 * SECOND


class LeaseMachine(RuleBasedStateMachine):
    """Three holders of one name; each remembers every epoch it ever had."""

    database = None

    def __init__(self):
        super().__init__()
        self.now, self.epoch, self.until, self.had = NOW, 0, NOW, []

    @initialize()
    def empty(self):
        self.run(lambda db: db.execute(text("DELETE FROM lease")))

    def run(self, work):
        [done] = machines.commit(self.database, work)
        return done.result()

    @rule(seconds=st.sampled_from([1, 2, 5, 6]))
    def time_passes(self, seconds):
        self.now += seconds * SECOND

    @rule(holder=st.sampled_from("abc"))
    def acquire(self, holder):
        epoch = self.run(lambda db: leases.acquire(db, "one", holder, now=self.now, ttl=TTL))
        free = self.until <= self.now
        assert epoch == (self.epoch + 1 if free else None), "one at a time, every taking counts"
        if free:
            self.epoch, self.until = epoch, self.now + TTL
            self.had.append(epoch)

    @precondition(lambda self: self.had)
    @rule(n=st.integers(0, 9), act=st.sampled_from(["guard", "renew", "release"]))
    def acts(self, n, act):
        epoch = self.had[n % len(self.had)]
        newest = epoch == self.epoch
        if act == "guard":
            assert self.run(lambda db: leases.guard(db, "one", epoch)) == newest
        elif act == "renew":
            kept = self.run(lambda db: leases.renew(db, "one", epoch, now=self.now, ttl=TTL))
            assert kept == newest
            self.until = self.now + TTL if newest else self.until
        else:
            self.run(lambda db: leases.release(db, "one", epoch, now=self.now))
            self.until = self.now if newest else self.until
