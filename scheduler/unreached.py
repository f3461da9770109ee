"""Telling the administrators whom the smart bot cannot write to yet (decision 0018)."""

from __future__ import annotations

from datetime import timedelta

from cards import pushes
from cards import unreached as cards
from engine.jobs import Urgency
from sales import people
from sales.people import Role
from scheduler.api import Tick, job


@job("50 8 * * *", name="unreached", max_age=timedelta(hours=12), spread=timedelta(minutes=35))
def warn(tick: Tick) -> str:
    """Name them once a week, on a working day."""
    if not tick.calendar.is_workday(tick.today):
        return "今天休息"
    found = cards.find(tick.db)
    if not found.names:
        return "都收得到"
    card = cards.notice(found, tick.today)
    for person_id in people.in_roles(tick.db, Role.ADMIN):
        address = people.usual_address(tick.db, person_id)
        if address is None or pushes.own(tick.db, person_id, card.key) is not None:
            continue
        moment = tick.moment_for(person_id)
        pushes.push(tick.db, card, [address], now=tick.now, not_before=moment,
                    urgency=Urgency.LATER)  # fmt: skip
    return f"{len(found.names)} 位同事收不到消息，{found.messages} 条在等"
