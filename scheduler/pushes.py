"""What somebody has put off comes again, unless it is settled or unwanted by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cards import outbox, pushes
from engine.deadlines_due import Fired
from sales import people
from scheduler.deadlines_api import Moment, Reminder, deadline


@deadline(pushes.LATER)
def again(moment: Moment, fired: Sequence[Fired]) -> Iterable[Reminder]:
    """The card as it is now, as a new message where it was last; an old one is not touched."""
    db, now = moment.db, moment.now
    for one in fired:
        owner, card_id = one.deadline.owner, one.deadline.subject_id
        pushed = pushes.by_id(db, card_id)
        if pushed is None or pushes.muted(db, owner, pushed.menu.topic, at=now):
            continue
        to = outbox.last_address(db, owner, pushed.key)
        if to is not None and people.known(db, to.platform, to.tenant, to.account) is not None:
            outbox.again(db, pushed.key, to, now=now)
    return ()
