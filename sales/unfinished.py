"""Errands that were begun in chat and wait for an answer of their person.

Some working time after the question the person is reminded, later once more (the rule
`sla/unfinished`); then nobody asks again. It is about the person's own half-done line, so no
manager hears of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine import audit, deadlines
from engine.calendar import Calendar
from engine.deadlines import Level
from engine.errors import Refusal
from engine.rulebook import Rulebook, Version
from engine.unit import Unit
from sales.rules.unfinished import UNFINISHED, UnfinishedTimes

KIND = "unfinished"
REMIND, LAST = ACTS = ("remind", "last")
"""The two reminders, by the act of their level."""
FLOW = "flow"
"""The subject of such a deadline is the errand: ("flow", its key)."""


class Finished(Refusal):
    """The errand was brought to its end before somebody wanted to drop it."""

    code = "errand_finished"
    text = "这件事已经办完了，不能再撤。结果在原来的卡片上。"


def times(
    db: Unit, rules: Rulebook, flow: str, *, begins: bool, now: datetime
) -> Version[UnfinishedTimes]:  # fmt: skip
    """The times an errand goes by: those in effect when its first question was asked."""
    began_by = None if begins else deadlines.rule_version(db, KIND, (FLOW, flow))
    if began_by is None:
        return rules.at(UNFINISHED, now)
    return rules.version(db, UNFINISHED, began_by)


def waits(
    db: Unit, flow: str, owner: str, about: str, by: Version[UnfinishedTimes], *,
    now: datetime, calendar: Calendar,
) -> None:  # fmt: skip
    """A question was asked; the time runs from here, also if one was asked before.

    `about` says what is missing: "北方泵业 的登记还差一步：选介绍人".
    """
    levels = (Level(timedelta(), REMIND), Level(by.body.until_last, LAST))
    plan = deadlines.plan(now, by.body.allowance, levels, calendar)
    deadlines.open_(
        db, KIND, (FLOW, flow), plan, owner=owner, about=about, now=now, rule_version=by.number
    )


def reminders(db: Unit, flow: str) -> list[tuple[str, str, str]]:
    """(deadline, act, about) of every reminder the errand may have sent."""
    asked = deadlines.opened(db, KIND, (FLOW, flow))
    return [(id_, act, about) for id_, about in asked for act in ACTS]


def asked_elsewhere(db: Unit, owner: str, about: str) -> list[str]:
    """The errands in which this person is asked for the very same thing."""
    return [flow for flow, told in deadlines.waiting(db, KIND, owner) if told == about]


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
