"""Versioned documents against a model: editors, planned versions, processes that lag (I11)."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from engine import documents
from engine.documents import DOCUMENT, Name, State
from engine.rulebook import Rulebook
from tests.drills import machines

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
AUTHORS = ("feng", "chen")
BACK = st.sampled_from([0, 0, 0, 1, 2, 5])
"""Which version is meant, counted from the newest."""


class Number:
    """A document whose body is a number."""

    name = Name("sla", "contact")

    def read(self, body):
        return body.get("hours", 0)


class DocumentMachine(RuleBasedStateMachine):
    """`known` is every version by its number, as the model has it; two processes read."""

    database = None
    sort = Number()

    @initialize()
    def empty(self):
        self.run(
            lambda db: [db.execute(text(f"DELETE FROM {t}")) for t in ("document", "sequence")]
        )
        self.now = START
        self.run(lambda db: documents.provide(db, {Number.name: {"hours": 0}}, "", now=START))
        self.known = {1: {"hours": 0, "state": "published", "from": None, "base": 0, "by": ""}}
        self.books = [Rulebook(), Rulebook()]
        self.fresh = set()

    def run(self, work):
        [done] = machines.commit(self.database, work)
        return done.result()

    def standing(self):
        """What is published and was not called off, by number."""
        return sorted(v for v, it in self.known.items() if it["state"] == "published")

    def any(self, *states):
        return any(it["state"] in states for it in self.known.values())

    def of(self, at):
        """The number in effect at a moment."""
        return max(v for v in self.standing() if (self.known[v]["from"] or START) <= at)

    @rule(hours=st.integers(0, 3))
    def time_passes(self, hours):
        self.now += hours * HOUR

    @rule(
        author=st.sampled_from(AUTHORS),
        hours=st.integers(1, 9),
        stale=st.sampled_from([False, False, True]),
        passes=st.sampled_from([True, True, False]),
    )
    def draft(self, author, hours, stale, passes):
        """From the newest, or from what the editor saw some time ago."""
        base = self.standing()[0 if stale else -1]
        version = self.run(
            lambda db: documents.draft(
                db, Number.name, {"hours": hours}, base=base, author=author, now=self.now
            )
        )
        assert version == max(self.known) + 1, "numbers go up by one, whoever writes"
        for it in self.known.values():
            if it["by"] == author and it["state"] in ("draft", "checked"):
                it["state"] = "gone"
        self.known[version] = {
            "hours": hours, "state": "draft", "from": None, "base": base, "by": author,
        }  # fmt: skip
        if passes:
            self.check(0)

    @precondition(lambda self: self.any("draft"))
    @rule(back=BACK)
    def check(self, back):
        version = max(self.known) - back
        done = self.run(lambda db: documents.checked(db, Number.name, version))
        open_ = self.known.get(version, {"state": ""})["state"] in ("draft", "checked")
        assert done is open_
        if done:
            self.known[version]["state"] = "checked"

    @precondition(lambda self: self.any("checked"))
    @rule(back=BACK, later=st.sampled_from([0, 0, 1, 5]))
    def publish(self, back, later):
        version, since = max(self.known) - back, self.now + later * HOUR
        it = self.known.get(version, {"state": "", "base": 0})
        newest = self.standing()[-1]
        may = (
            it["state"] == "checked"
            and it["base"] == newest
            and (self.known[newest]["from"] or START) <= since
        )
        done = self.run(
            lambda db: documents.publish(
                db, Number.name, version, by="feng", reason="why", effective_from=since,
                now=self.now,
            )
        )  # fmt: skip
        assert done is may
        if done:
            it["state"], it["from"] = "published", since
            self.fresh.clear()

    @rule(hours=st.integers(1, 9), later=st.sampled_from([0, 1, 5]))
    def decide(self, hours, later):
        """Draft, check and publish without a pause."""
        self.draft("feng", hours, stale=False, passes=True)
        self.publish(0, later)

    @rule(hours=st.integers(1, 9), later=st.sampled_from([0, 1, 5]))
    def two_editors(self, hours, later):
        """One publishes while the other still thinks about a draft."""
        self.draft("chen", hours + 1, stale=False, passes=True)
        self.decide(hours, later)
        self.publish(1, later)

    @precondition(lambda self: self.any("draft", "checked"))
    @rule(back=BACK)
    def drop(self, back):
        version = max(self.known) - back
        open_ = self.known.get(version, {"state": ""})["state"] in ("draft", "checked")
        self.retired(documents.drop, version, open_)

    @precondition(lambda self: len(self.standing()) > 1)
    @rule(back=BACK)
    def call_off(self, back):
        """The newest one, before its time; what a later one was made from stays."""
        version, newest = self.standing()[-1] - back, self.standing()[-1]
        planned = (self.known[newest]["from"] or START) > self.now
        self.retired(documents.call_off, version, version == newest and planned)

    def retired(self, step, version, may):
        assert self.run(lambda db: step(db, Number.name, version, now=self.now)) is may
        if may:
            self.known[version]["state"] = "gone"
            self.fresh.clear()

    @rule(process=st.integers(0, 1), started_anew=st.booleans())
    def look(self, process, started_anew):
        if started_anew:
            self.books[process] = Rulebook()
        with self.database.reading() as db:
            self.books[process].refresh(db)
        self.fresh.add(process)

    @invariant()
    def what_is_known_is_what_holds_now_and_later(self):
        for process in self.fresh:
            for hours in (0, 1, 5, 6):
                at = self.now + hours * HOUR
                found = self.books[process].at(self.sort, at)
                assert found.number == self.of(at), "one version, the same everywhere"
                assert found.body == self.known[found.number]["hours"]

    @invariant()
    def what_was_written_stays_as_it_was(self):
        with self.database.reading() as db:
            rows = db.execute(DOCUMENT.select().order_by(DOCUMENT.c.version)).all()
        assert [row.version for row in rows] == sorted(self.known)
        for row in rows:
            it = self.known[row.version]
            assert row.body == {"hours": it["hours"]}
            assert row.sha256 == documents.fingerprint(row.body)
            if it["state"] != "published":
                assert row.state == {"gone": "retired"}.get(it["state"], it["state"])
        in_order = [row.effective_from for row in rows if row.state == State.PUBLISHED]
        assert in_order == sorted(in_order)
        in_effect = [row for row in rows if row.state == State.PUBLISHED
                     and row.effective_from <= self.now]  # fmt: skip
        assert in_effect[-1].version == self.of(self.now)
