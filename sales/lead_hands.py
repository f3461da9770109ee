"""What became of a lead after the rules had decided, read from the trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine import audit
from engine.unit import Unit
from sales import people

MOVES = frozenset(
    f"lead.{event}"
    for event in (
        "assigned", "claimed", "transferred", "handed_over", "returned", "recycled", "merged",
        "invalidated", "reopened", "converted",
    )
)  # fmt: skip
"""Actions that change whose a lead is."""
LOOKED_AT = 200
"""Rows of the trail, the newest; most are of people who looked at the lead."""


@dataclass(frozen=True, slots=True)
class Move:
    """One change of hands: by whom ("" for the system) and to whom ("" for nobody), by name."""

    at: datetime
    who: str
    action: str
    to: str


def since(db: Unit, lead_id: str, moment: datetime) -> list[Move]:
    """Every change of hands after a moment, the oldest first."""
    rows = [
        row
        for row in reversed(audit.history(db, ("lead", lead_id), most=LOOKED_AT))
        if row.action in MOVES and row.at > moment
    ]
    heirs = [row.detail.get(audit.SET, {}).get("owner_id") or "" for row in rows]
    names = people.names(db, {row.actor for row in rows} | set(heirs))
    return [
        Move(row.at, names.get(row.actor, row.actor), row.action, names.get(heir, ""))
        for row, heir in zip(rows, heirs, strict=True)
    ]
