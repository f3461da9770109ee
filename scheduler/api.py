"""The job vocabulary: what happens by itself at given times is one function with a rule.

A job is a plain function of a `Tick`, in one unit of work. It returns a few words on what it
did («清理 1,203 行»), or `More` when there is more to do, which then happens in a unit of its
own. Nothing registers itself: `scheduler/all.py` names every job.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from engine.calendar import Calendar
from engine.rulebook import Rulebook
from engine.slots import PROMPT, Policy
from engine.unit import Unit

NAME = re.compile(r"[a-z]+(-[a-z]+)*")
FIELDS = 5
WEEKDAYS = re.compile(r"\*|[a-z]{3}(-[a-z]{3})?(,[a-z]{3}(-[a-z]{3})?)*")
CROWDED = (0, 30)
"""Minutes of an hour at which everybody sends; WeCom asks us not to."""
MINUTE = timedelta(minutes=1)
AFTER_THE_HOUR = 4 * MINUTE
"""What comes due at a crowded minute goes out within so long after it."""
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """What a job may know: its unit of work, its slot, the time, the calendar, the rules.

    `spread` is the time its messages may take to go out. `so_far` is what the part before this
    one of the same slot's work has left (`More`), at first nothing.
    """

    db: Unit
    slot: datetime
    now: datetime
    calendar: Calendar
    rules: Rulebook
    spread: timedelta
    so_far: Mapping[str, Any]

    @property
    def today(self) -> date:
        """The business day."""
        return self.now.astimezone(self.calendar.zone).date()

    def moment_for(self, person_id: str) -> datetime:
        """When this person's message is due: the same time every day, nobody's at :00 or :30.

        A slot that runs late spreads its messages from then on.

        Raises:
            ValueError: the job has no spread.
        """
        start = self.slot if self.now - self.slot <= PROMPT else self.now
        return _spread(person_id, start, self.spread)


def off_the_hour(moment: datetime, person_id: str) -> datetime:
    """`moment`, or a few minutes later if it is one at which everybody sends.

    The same person always has to wait equally long.
    """
    if moment.minute not in CROWDED:
        return moment
    return _spread(person_id, moment + MINUTE, AFTER_THE_HOUR)


def _spread(person_id: str, start: datetime, over: timedelta) -> datetime:
    """A moment of the minutes from `start` on that is always the same for a person."""
    start = start.replace(second=0, microsecond=0)
    minutes = [start + i * MINUTE for i in range(over // MINUTE)]
    free = [minute for minute in minutes if minute.minute not in CROWDED]
    if not free:
        raise ValueError("a job that writes to many people has to spread them over minutes")
    place = zlib.crc32(person_id.encode()) % (len(free) * SECONDS)
    return free[place // SECONDS] + timedelta(seconds=place % SECONDS)


@dataclass(frozen=True, slots=True)
class More:
    """There is more to do: the job is called again with `so_far`, after the commit of this."""

    so_far: Mapping[str, Any]


Work: TypeAlias = Callable[[Tick], str | More]


@dataclass(frozen=True, slots=True)
class CronJob:
    """A regular job and its rule.

    `background` says that nobody waits for its moments: when the demo clock jumps, only the
    last of them runs.
    """

    name: str
    expression: str
    work: Work
    policy: Policy
    max_age: timedelta | None
    spread: timedelta
    background: bool


def job(
    expression: str,
    *,
    name: str,
    policy: Policy = Policy.LATEST,
    max_age: timedelta | None = None,
    spread: timedelta = timedelta(),
    background: bool = False,
) -> Callable[[Work], CronJob]:
    """Make a function a regular job: `@job("0 9 * * mon-fri", name="overdue-leads")`.

    `expression` is minute, hour, day, month, weekday in the business zone. Weekdays have names,
    because 0 is a Sunday to cron and a Monday to APScheduler. A moment older than `max_age`
    is skipped.

    Raises:
        ValueError: `expression` or `name` is not of this form.
    """
    fields = expression.split()
    if len(fields) != FIELDS:
        raise ValueError(f"{name}: {expression!r} has {len(fields)} fields, not {FIELDS}")
    if not WEEKDAYS.fullmatch(fields[-1]):
        raise ValueError(f"{name}: weekdays are written by name (mon-fri), not {fields[-1]!r}")
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r}: a job is named in small letters and hyphens")

    def made(work: Work) -> CronJob:
        return CronJob(name, expression, work, policy, max_age, spread, background)

    return made
