"""The trail once a day: checked, and its head handed to people outside the machine (N6, J15)."""

from __future__ import annotations

from dataclasses import replace

from cards import audit as cards
from cards import pushes
from cards.model import Card
from engine import audit
from engine.audit import Broken, Head
from engine.jobs import Urgency
from sales import people
from sales.people import Role
from scheduler.api import More, Tick, job

AT_ONCE = 2_000
"""Rows checked in one unit: a tenth of a second in which nobody else can write."""
ANCHORED = "audit.anchored"
CHAIN = ("audit", "chain")


@job("7 18 * * *", name="audit-anchor", background=True)
def anchor(tick: Tick) -> str | More:
    """Check what came since the last time, and hand the head over; or say where it breaks."""
    start = _start(tick)
    good = Head(**tick.so_far["good"]) if "good" in tick.so_far else start
    if cut := audit.compare(tick.db, [good]):
        return _alarm(tick, cut)
    further = audit.verify(tick.db, good, most=AT_ONCE)
    if isinstance(further, Broken):
        return _alarm(tick, further)
    if further.seq - good.seq == AT_ONCE:
        return More({"good": {"seq": further.seq, "hash": further.hash}})
    audit.record(tick.db, ANCHORED, CHAIN, at=tick.now,
                 detail={"seq": further.seq, "hash": further.hash})  # fmt: skip
    checked = further.seq - start.seq
    day = tick.now.astimezone(tick.calendar.zone)
    _tell(tick, cards.anchored(further, checked, day), keepers(tick))
    return f"核对 {checked:,} 条，到第 {further.seq:,} 条"


def keepers(tick: Tick) -> list[str]:
    """The heads of compliance; the directors where there is no compliance."""
    return people.heads(tick.db, Role.COMPLIANCE) or people.in_roles(tick.db, Role.DIRECTOR)


def _start(tick: Tick) -> Head:
    """The head at the last time, which was checked then."""
    last = audit.history(tick.db, CHAIN, most=1)
    return Head(last[0].detail["seq"], last[0].detail["hash"]) if last else audit.START


def _alarm(tick: Tick, found: Broken) -> str:
    told = {*keepers(tick), *people.in_roles(tick.db, Role.DIRECTOR, Role.ADMIN)}
    card = cards.broken(found, flow=f"audit/broken/{found.seq}")
    _tell(tick, replace(card, menu=cards.ALARM), sorted(told))
    return cards.HOW[found.how].format(seq=found.seq)


def _tell(tick: Tick, card: Card, who: list[str]) -> None:
    for person_id in who:
        if (to := people.usual_address(tick.db, person_id)) is not None:
            pushes.push(tick.db, card, [to], now=tick.now, urgency=Urgency.LATER)
