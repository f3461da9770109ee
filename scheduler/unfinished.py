"""Unfinished errands: the person is reminded where the question was asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cards import outbox
from cards import unfinished as cards
from engine.deadlines_due import Fired
from sales import people, unfinished
from scheduler.deadlines_api import Moment, Reminder, deadline


@deadline(unfinished.KIND)
def remind(moment: Moment, fired: Sequence[Fired]) -> Iterator[Reminder]:
    """One reminder per errand; nothing is sent to somebody who has left."""
    for one in fired:
        errand = one.deadline
        to = outbox.last_address(moment.db, errand.owner, errand.subject_id)
        if to is None or people.known(moment.db, to.platform, to.tenant, to.account) is None:
            continue
        due = errand.due_at.astimezone(moment.zone)
        yield Reminder(
            to=to,
            at=one.at,
            card=cards.reminder(errand, one.act, due=due, last=one.last),
            line=errand.about,
            button=cards.resume(errand),
        )
