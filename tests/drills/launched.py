"""A service process of a drill: the real command line, with mishaps put in beforehand.

Started by a fork server that has loaded the product already, so that it is up in a quarter of
a second. The product's own regular jobs are left out, so that no drill depends on the time of
day; instead there is one job, and one deadline, whose effects can be counted. There are
customers whose names break the process: 毒 kills it, 挂 hangs it, 破 raises.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

import bot.app
import bot.clock
import bot.delivery
import bot.inbox
import bot.lanes
import bot.rates
import bot.serve
from bot.dispatch import Dispatcher
from bot.holding import Holding
from cards import outbox
from cards.model import Button, Card, Text
from engine import audit
from engine.slots import Policy
from sales import people
from scheduler.api import job
from scheduler.deadlines_api import Reminder, deadline
from tests.drills import failpoints, service_mutants
from tests.forks import serve


def unlimited(*_):
    """Drills send as nobody does."""
    return bot.rates.Rate(1e9, 1e9)


KIND, JOB, MOOD = "drill", "drill", "mood"
QUICK = {
    "bot.inbox.LEASE": timedelta(seconds=3),
    "bot.delivery.LEASE": timedelta(seconds=3),
    "bot.lanes.LEASE": timedelta(seconds=3),
    "bot.delivery.START_SECONDS": 0.8,
    "bot.delivery.SEND_SECONDS": 1.6,
    "bot.inbox.QUERY_SECONDS": 2.0,
    "bot.shared_tokens.PATIENCE": 1.4,
    "bot.inbox.WAITS": tuple(wait / 10 for wait in bot.inbox.WAITS),
    "bot.lanes.WAITS": tuple(wait / 10 for wait in bot.lanes.WAITS),
    "bot.delivery.LADDER": tuple(wait / 10 for wait in bot.delivery.LADDER),
    "bot.rates.by_rule": unlimited,
    "engine.jobs.LEFT_EVERY": timedelta(seconds=1),
    "bot.platforms.wecom.transport.BRIEFLY": timedelta(seconds=1),
}
"""Leases, calls and waits a tenth of what they are: a drill need not wait for thirty seconds.
And its few people may send as much as a drill needs."""
TTL = timedelta(seconds=0.8)
SCHEDULE = "0 0 1 1 *"
"""Of the drill's own job. Drills about regular jobs let it come every minute, others never."""
EVERY_MINUTE = {"tests.drills.launched.SCHEDULE": "* * * * *"}


@dataclass(frozen=True)
class Launch:
    """How a process starts: its arguments and what goes wrong in it.

    `constants` are names of the product with other values ("bot.watchdog.DEAD_SECONDS": 1).
    `ahead` is how many seconds its wall clock is ahead of the others'. `older` makes it the
    version before the one that knows the drill's own job, deadline and field of an event.
    """

    folder: Path
    arguments: tuple[str, ...]
    faults: tuple[failpoints.Fault, ...] = ()
    constants: dict[str, object] = field(default_factory=dict)
    mutant: str = ""
    ahead: float = 0.0
    older: bool = False


def run(launch):
    """Until it ends or is killed."""
    serve(launch.folder, launch.arguments, partial(_prepare, launch))


def _prepare(launch):
    for name, value in launch.constants.items():
        module, _, constant = name.rpartition(".")
        setattr(sys.modules[module], constant, value)
    Holding.__init__.__defaults__ = (TTL,)
    _set_the_wall_clock(launch.ahead)
    bot.app.regular_jobs = list
    if not launch.older:
        _add_what_can_be_counted()
        bot.inbox._FIELDS |= {MOOD}
    _let_customers_break_it()
    if launch.mutant:
        getattr(service_mutants, launch.mutant)()
    for fault in launch.faults:
        failpoints.install(fault, launch.folder / "reached")


def _set_the_wall_clock(ahead):
    right = bot.clock.wall
    bot.clock.Clock.__init__.__kwdefaults__["wall"] = lambda: right() + timedelta(seconds=ahead)


def _add_what_can_be_counted():
    @job(SCHEDULE, name=JOB, policy=Policy.ALL)
    def ran(tick):
        audit.record(tick.db, "drill.ran", ("slot", tick.slot.isoformat()), at=tick.now)
        to = people.usual_address(tick.db, "rep0")
        outbox.post(tick.db, Text(f"定时 {tick.slot:%H:%M}"), [to], now=tick.now)
        return ""

    @deadline(KIND)
    def fired(moment, due):
        for one in due:
            about = one.deadline.about
            audit.record(moment.db, "drill.fired", ("thing", one.subject[1]), at=moment.now)
            to = people.usual_address(moment.db, one.deadline.owner)
            card = Card(about, key=f"drill/{about}", buttons=(Button("知道了", "help.show"),))
            yield Reminder(to, one.at, card, about, Button("知道了", "help.show"))

    reactions = bot.app.reactions
    bot.app.regular_jobs = lambda: [ran]
    bot.app.reactions = lambda: [*reactions(), fired]


def _let_customers_break_it():
    handle = Dispatcher.run

    def breakable(self, db, task, *args):
        words = str(task.call.args)
        said = handle(self, db, task, *args)
        if "毒" in words:
            os.kill(os.getpid(), signal.SIGKILL)
        if "挂" in words:
            time.sleep(3600)
        if "破" in words:
            raise RuntimeError
        return said

    Dispatcher.run = breakable
