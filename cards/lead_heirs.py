"""Somebody has left: whoever has their leads now hears of it, on one card (B13, B79)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cards import lead_moves, lead_news, pushes
from engine.jobs import Urgency
from engine.unit import Unit
from sales import lead_lists, people

WHY = "原来的负责人离职了，他的线索交接给了您。"


def tell(
    db: Unit, leads: Sequence[str], heir: str, leaver: str, *, now: datetime,
    not_before: datetime | None = None,
) -> None:  # fmt: skip
    """Say it to the heir; the cards their former owner and others had of these leads are over."""
    for lead_id in leads:
        lead_moves.settle(db, lead_id, now=now)
    to = people.usual_address(db, heir) if leads else None
    if to is None:
        return
    first, *more = [lead_lists.get(db, one, lead_lists.SYSTEM) for one in leads]
    reason = f"{leaver} 离职，交接给您的"
    if more:
        card = lead_news.several([first, *more], reason=reason, why=WHY)
    else:
        card = lead_news.given(first, reason, why=WHY)
    pushes.push(db, card, [to], now=now, not_before=not_before, urgency=Urgency.NOW)
