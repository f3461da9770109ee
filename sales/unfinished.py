"""Errands that were begun in chat and wait for an answer of their person.

Two working hours after the question the person is reminded, a working day later once more;
then nobody asks again. It is about the person's own half-done line, so no manager hears of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine import audit, deadlines
from engine.calendar import Calendar
from engine.deadlines import Level
from engine.errors import Refusal
from engine.unit import Unit

KIND = "unfinished"
FLOW = "flow"
"""The subject of such a deadline is the errand: ("flow", its key)."""
ALLOWANCE = timedelta(hours=2)
WORKING_DAY = timedelta(hours=7, minutes=30)
"""The hours of a day with the usual shifts."""
LEVELS = (Level(timedelta(), "remind"), Level(WORKING_DAY, "last"))


class Finished(Refusal):
    """The errand was brought to its end before somebody wanted to drop it."""

    code = "errand_finished"
    text = "这件事已经办完了，不能再撤。结果在原来的卡片上。"


def waits(
    db: Unit, flow: str, owner: str, about: str, *, now: datetime, calendar: Calendar
) -> None:  # fmt: skip
    """A question was asked; the time runs from here, also if one was asked before.

    `about` says what is missing: "北方泵业 的登记还差一步：选介绍人".
    """
    plan = deadlines.plan(now, ALLOWANCE, LEVELS, calendar)
    deadlines.open_(db, KIND, (FLOW, flow), plan, owner=owner, about=about, now=now)


def done(db: Unit, flow: str, *, now: datetime) -> None:
    """The errand has come to its end; nothing to do if none was waited for."""
    deadlines.meet(db, KIND, (FLOW, flow), now=now)


def drop(db: Unit, flow: str, *, now: datetime) -> None:
    """The person lets the errand go.

    Raises:
        Finished: it came to its end already.
    """
    if deadlines.was_met(db, KIND, (FLOW, flow)):
        raise Finished
    deadlines.cancel(db, KIND, (FLOW, flow), now=now)
    audit.record(db, "errand.dropped", (FLOW, flow), at=now)
