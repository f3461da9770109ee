"""The working day begins: who has something waiting gets one card, everybody else none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta

from cards import morning as cards
from cards import outbox, pushes, unfinished
from cards.model import Button
from engine import calendar_days, deadlines_due
from engine.deadlines_due import Due
from engine.jobs import Urgency
from sales import morning, people
from sales.unfinished import KIND as UNFINISHED
from scheduler.api import More, Tick, job

WAYS_ON: Mapping[str, Callable[[Due], Button]] = {UNFINISHED: unfinished.resume}
"""The kinds of deadlines the card lists, and the button of each."""
KINDS = tuple(sorted(WAYS_ON))
AT_ONCE = 50
"""People in one unit of work."""
MOST = 100
"""Things counted for one person."""


@job("50 8 * * *", name="morning", max_age=timedelta(hours=3), spread=timedelta(minutes=35))
def write(tick: Tick) -> str | More:
    """Tell everybody what has to happen today; who is away is left alone."""
    if not tick.calendar.is_workday(tick.today):
        return "今天休息"
    tonight = datetime.combine(tick.today, time.max, tick.calendar.zone)
    page = morning.people_with(
        tick.db, KINDS, until=tonight, after=tick.so_far.get("after", ""), most=AT_ONCE
    )
    told = tick.so_far.get("told", 0) + sum(_tell(tick, who, tonight) for who in page)
    return More({"after": page[-1], "told": told}) if len(page) == AT_ONCE else f"写给 {told} 人"


def _tell(tick: Tick, person_id: str, tonight: datetime) -> bool:
    """Whether there was something to tell and somewhere to tell it."""
    db, moment = tick.db, tick.moment_for(person_id)
    usual = people.usual_address(db, person_id)
    due = deadlines_due.of_owner(db, person_id, KINDS, now=tonight, most=MOST)
    if usual is None or not due or calendar_days.leaves(db, person_id, moment, moment):
        return False
    # Where the first of the errands was begun: the way on leads back to it.
    to = outbox.last_address(db, person_id, due[0].subject_id) or usual
    card = cards.waiting([(one.about, WAYS_ON[one.kind](one)) for one in due], tick.today)
    said = pushes.push(db, card, [to], now=tick.now, not_before=moment, urgency=Urgency.LATER)
    return said is not None
