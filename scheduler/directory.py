"""The directories once a night, and telling people what came of a reading."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from cards import directory as cards
from cards import outbox
from engine.unit import Unit
from sales import directory, people
from sales.directory import Order
from sales.directory_changes import Report, Sort
from sales.people import Address, Role
from scheduler.api import Tick, job

NEWS = frozenset({Sort.JOIN, Sort.ASK, Sort.LEAVE, Sort.UNBIND, Sort.RETURN})
"""Changes administrators are told of unasked; the others they can look up."""
MORNING = time(8, 50)
"""Nobody is written to before."""


@job("10 4 * * *", name="directory-sync", background=True)
def read(tick: Tick) -> str:
    """Have every directory read; it happens outside this unit, because it takes a while."""
    directory.ask(tick.db, f"night/{tick.slot.isoformat()}", Order(), now=tick.now)
    return "已开始读通讯录"


def tell(
    db: Unit, reports: Sequence[Report], order: Order, *, cause: str, now: datetime, zone: ZoneInfo
) -> None:  # fmt: skip
    """Say what came of a reading: to whoever asked, else to the administrators if it matters."""
    due = waking(now, zone)
    if order.to:
        to = order.to
        asker = Address(to["person_id"], to["platform"], to["tenant"], to["account"])
        card = cards.result(reports, order, flow=to["flow"])
        outbox.post(db, card, [asker], now=now)
    else:
        _notify(db, reports, cause, now, due)
    for report in reports if not order.dry else ():
        for one in report.changes:
            if one.sort is Sort.LEAVE and one.heir and one.was:
                heir = people.usual_address(db, one.heir)
                if heir is not None:
                    told = cards.inherited(one, key=f"person/{one.person_id}/left")
                    outbox.post(db, told, [heir], now=now, not_before=due)


def _notify(
    db: Unit, reports: Sequence[Report], cause: str, now: datetime, due: datetime
) -> None:  # fmt: skip
    admins = people.in_roles(db, Role.ADMIN)
    for report in reports:
        if report.held is not None:
            card = cards.held(report, key=cards.held_key(report))
        elif any(one.sort in NEWS or one.blocked for one in report.changes):
            card = cards.news(report, key=f"directory/news/{cause}/{report.place[0]}")
        else:
            continue
        for person_id in admins:
            if to := people.addresses(db, person_id):
                outbox.post(db, card, to, now=now, not_before=due)


def waking(now: datetime, zone: ZoneInfo) -> datetime:
    """Now, or this morning for what happens at night."""
    local = now.astimezone(zone)
    morning = datetime.combine(local.date(), MORNING, zone)
    return max(now, morning)
