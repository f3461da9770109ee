"""What people hear of deadlines: once, in time, together when much has piled up."""

import asyncio
import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text, update

from bot import lanes
from bot.clock import Clock
from bot.timers import Timers
from cards.model import Button, Card
from engine import deadlines, jobs
from engine.database import Database
from engine.deadlines import Deadline, Level, plan
from engine.rulebook import Rulebook
from engine.types import EPOCH, MICROSECOND
from sales.people import Address
from scheduler.deadlines_api import Reminder, deadline

MONDAY = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
HOUR = timedelta(hours=1)
DAY = 24 * HOUR
LEVELS = (Level(timedelta(), "remind"), Level(DAY, "last"))


class Bureau:
    """A process that knows the kinds "call" and "visit", and whose reactions may fail."""

    def __init__(self, database, failing=(), kinds=("call", "visit")):
        self.database, self.clock = database, Clock("Asia/Shanghai")
        self.clock.jump(MONDAY)
        self.failing, self.unshowable, self.told = set(failing), set(), []
        self.timers = Timers(
            database, self.clock, Rulebook(), [deadline(kind)(self.react) for kind in kinds]
        )

    def react(self, _moment, fired):
        reminders = []
        for one in fired:
            about = one.deadline.about
            if about in self.failing:
                raise RuntimeError(about)
            self.told.append((about, one.act))
            to = Address(one.deadline.owner, "wecom", "ww", one.deadline.owner)
            card = Card(title=about, key=f"{about}/{one.act}")
            shown = object() if about in self.unshowable else card
            reminders.append(Reminder(to, one.at, shown, about, Button("去办", "x")))
        return reminders

    def open(self, *abouts, owner="zhang", kind="call", hours=1):
        made = plan(self.clock.now(), hours * HOUR, LEVELS)

        def do(db):
            for about in abouts:
                deadlines.open_(
                    db, kind, ("thing", about), made, owner=owner, about=about,
                    now=self.clock.now(),
                )  # fmt: skip

        self.database.writer.run(do)

    def later(self, span):
        self.clock.jump(self.clock.now() + span)

    def runs(self, rounds=3):
        async def do():
            for _ in range(rounds):
                await self.timers.sweep()
                await self.timers.lane.round()

        asyncio.run(do())

    def cards(self):
        """(person, title, facts) of everything that was posted, in order."""
        from cards.model import load

        with self.database.reading() as db:
            rows = db.execute(text("SELECT person_id, body FROM card ORDER BY id")).all()
        found = [(row.person_id, load(row.body)) for row in rows]
        return [(person, card.title, [value for _, value in card.facts]) for person, card in found]

    def titles(self):
        return sorted(title for _, title, _ in self.cards())

    def dead(self):
        with self.database.reading() as db:
            asked = text("SELECT last_error FROM job WHERE state = 3 AND lane = 'timer'")
            return list(db.execute(asked).scalars())

    def kill_while_working(self, *, suspects=None, limit=50):
        """The process dies while it holds timer jobs; how many they were."""

        def take(db):
            now = self.clock.now()
            return jobs.claim(db, "timer", now=now, lease=HOUR, limit=limit, suspects=suspects)

        taken = self.database.writer.run(take)
        self.database.writer.run(lambda db: jobs.reap(db, now=self.clock.now(), orphaned=True))
        self.later(timedelta(seconds=5))
        return len(taken)


@pytest.fixture
def bureau(database):
    return Bureau(database)


def test_a_reminder_comes_when_it_is_due_and_once(bureau):
    bureau.open("a")
    bureau.runs()
    assert bureau.cards() == []
    bureau.later(HOUR)
    bureau.runs()
    assert bureau.cards() == [("zhang", "a", [])]
    bureau.later(DAY)
    bureau.runs()
    assert bureau.told == [("a", "remind"), ("a", "last")]


def test_two_processes_tell_everybody_everything_once(database, database_url):
    other = database if database.embedded else Database(database_url)
    crew = [Bureau(database), Bureau(other)]
    people = [f"p{i:02d}" for i in range(40)]
    for person in people:
        crew[0].open(f"call/{person}", owner=person)
        crew[0].open(f"visit/{person}", owner=person, kind="visit")
    for bureau in crew:
        bureau.later(2 * HOUR)
    threads = [threading.Thread(target=bureau.runs, args=(4,)) for bureau in crew]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [about for about, _ in crew[0].told + crew[1].told]
    assert sorted(told) == sorted(f"{kind}/{p}" for kind in ("call", "visit") for p in people)
    assert crew[0].titles() == sorted(told)
    if other is not database:
        other.close()


def test_three_at_once_are_one_card_and_two_are_two(bureau):
    bureau.open("a", "b")
    bureau.open("c", "d", owner="li")
    bureau.open("e", owner="li", kind="visit")
    bureau.later(HOUR)
    bureau.runs()
    assert bureau.titles() == ["a", "b", "有 3 件事到时间了"]
    [together] = [facts for person, _, facts in bureau.cards() if person == "li"]
    assert sorted(together) == ["c", "d", "e"]


def test_after_three_days_down_everybody_gets_one_digest_not_thirty_cards(bureau):
    for owner in ("zhang", "li"):
        bureau.open(*(f"{owner} {i:02d}" for i in range(30)), owner=owner)
    bureau.later(3 * DAY)
    bureau.runs()
    assert bureau.titles() == ["有 30 件事到时间了"] * 2
    assert {act for _, act in bureau.told} == {"last"}
    assert len(bureau.told) == 60


def test_a_single_reminder_that_is_a_day_late_is_told_as_late_ones_are(bureau):
    bureau.open("old", hours=-24 + 24)
    bureau.later(2 * DAY + HOUR)
    bureau.open("new", hours=0)
    bureau.runs()
    assert bureau.titles() == ["new", "有 1 件事到时间了"]


def test_a_kind_whose_reaction_fails_holds_up_no_other_kind(database):
    bureau = Bureau(database, failing={"poison"})
    bureau.open("poison", "innocent")
    bureau.open("visit", kind="visit")
    bureau.later(HOUR)
    bureau.runs(rounds=1)
    assert bureau.titles() == ["visit"]
    bureau.later(lanes.WAITS[0])
    bureau.runs()
    assert bureau.titles() == ["innocent", "visit"]
    for wait in lanes.WAITS:
        assert bureau.dead() == []
        bureau.later(wait)
        bureau.runs()
    assert bureau.dead() == ["RuntimeError: poison"]
    bureau.later(DAY)
    bureau.runs()
    assert bureau.titles() == ["innocent", "innocent", "visit", "visit"]


def test_a_dead_deadline_can_still_be_met_and_then_stays_silent(database):
    bureau = Bureau(database, failing={"poison"})
    bureau.open("poison")
    bureau.later(HOUR)
    for wait in (timedelta(), *lanes.WAITS, DAY):
        bureau.later(wait)
        bureau.runs()
    assert bureau.dead() == ["RuntimeError: poison"]
    now = bureau.clock.now()
    met = database.writer.run(lambda db: deadlines.meet(db, "call", ("thing", "poison"), now=now))
    assert met == "met_late"


def test_a_deadline_that_kills_its_process_dies_without_the_others(bureau):
    bureau.open("a", "poison", "z")
    bureau.later(HOUR)
    asyncio.run(bureau.timers.sweep())
    assert bureau.kill_while_working() == 1
    asyncio.run(bureau.timers.lane.round())
    assert bureau.cards() == [], "set apart, nobody has run them yet"
    bureau.runs(rounds=1)
    assert bureau.titles() == ["a"]
    assert bureau.kill_while_working(suspects=True, limit=1) == 1  # the poison's turn
    bureau.runs(rounds=1)
    assert bureau.titles() == ["a", "z"]
    for _ in range(2):
        assert bureau.kill_while_working(suspects=True, limit=1) == 1
    bureau.runs()
    assert bureau.dead() == ["crashed"]
    assert bureau.titles() == ["a", "z"]


def test_a_reminder_that_cannot_be_shown_dies_without_the_others_and_once(bureau):
    bureau.unshowable = {"poison"}
    bureau.open("poison", "innocent")
    bureau.later(HOUR)
    for wait in (timedelta(), *lanes.WAITS, *lanes.WAITS):
        bureau.later(wait)
        bureau.runs()
    assert bureau.titles() == ["innocent"]
    assert len(bureau.dead()) == 1


def test_a_deadline_set_apart_and_then_moved_by_a_recount_still_fires(database):
    bureau = Bureau(database, failing={"a"})
    bureau.open("a")
    bureau.later(HOUR)
    bureau.runs(rounds=1)
    bureau.failing.clear()
    later = bureau.clock.now() + HOUR
    moved = [[(later - EPOCH) // MICROSECOND, "remind", 0]]
    # As `replan` writes it: the job of its own stays in charge.
    database.writer.run(
        lambda db: db.execute(update(Deadline).values(due_at=later, ends_at=later, levels=moved))
    )
    bureau.later(lanes.WAITS[0])
    bureau.runs()
    assert bureau.cards() == []
    bureau.later(HOUR)
    bureau.runs()
    assert bureau.titles() == ["a"]


def test_a_kind_that_only_a_newer_version_knows_is_left_to_it(database):
    newer, older = Bureau(database, kinds=("call", "chat"), failing={"a"}), Bureau(database)
    newer.open("a", kind="chat")
    for bureau in (newer, older):
        bureau.later(HOUR)
    newer.runs()
    assert newer.cards() == []
    older.later(lanes.WAITS[0])
    older.runs()
    assert (older.cards(), older.dead()) == ([], [])
    newer.failing.clear()
    newer.later(lanes.WAITS[0])
    newer.runs()
    assert newer.titles() == ["a"]


def test_the_sweep_sleeps_until_the_next_moment_and_never_long(bureau):
    async def waits():
        return await bureau.timers.sweep()

    assert asyncio.run(waits()) == timedelta(seconds=5)
    bureau.open("far")
    assert asyncio.run(waits()) == timedelta(seconds=5)
    bureau.later(HOUR - timedelta(seconds=2))
    assert timedelta(seconds=1) < asyncio.run(waits()) <= timedelta(seconds=2)
