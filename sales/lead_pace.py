"""How fast leads get an owner, how many wait too long (B7, B8), counted from what was stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from sqlalchemy import func, literal, select

from engine.unit import Unit
from sales import lead_lists
from sales.lead_owning import OWNERSHIP
from sales.lead_states import INVALID, MERGED
from sales.leads import LEAD
from sales.people import Who

TARGET = timedelta(minutes=23)
"""What a lead may wait for an owner on average (requirements B8)."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of how many; `percent` None where there is nothing to count."""

    part: int
    of: int

    @property
    def percent(self) -> float | None:
        """0 to 100."""
        return None if self.of == 0 else 100 * self.part / self.of


@dataclass(frozen=True, slots=True)
class Pace:
    """The leads that came in within some days, as far as somebody may see them.

    `mean` and `median` are from coming in to the first owner, of those that got one. `unassigned`
    are those nobody had within `patience`, of all that got an owner or have waited so long; `late`
    those called after their time, of all that were called. `slowest` names the sources that wait
    longest on average.
    """

    leads: int
    assigned: int
    mean: timedelta | None
    median: timedelta | None
    patience: timedelta
    unassigned: Share
    late: Share
    slowest: Sequence[tuple[str, timedelta]]

    @property
    def too_slow(self) -> bool:
        """Whether leads wait longer than they may."""
        return self.mean is not None and self.mean > TARGET


_FIRST = (
    select(func.min(OWNERSHIP.from_at)).where(OWNERSHIP.lead_id == LEAD.id).scalar_subquery()
)  # fmt: skip


def lately(db: Unit, who: Who, days: int, *, patience: timedelta, now: datetime) -> Pace:
    """The last so many days; one that was merged or judged invalid unseen waits for nobody."""
    rows = db.execute(
        select(
            LEAD.created_at, LEAD.source, LEAD.state, LEAD.late, LEAD.contacted_at,
            _FIRST.label("first"),
        )
        .where(LEAD.created_at > now - timedelta(days=days))
        .where(LEAD.state != literal(MERGED), lead_lists.visible(who))
    ).all()  # fmt: skip
    waits: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.first is not None:
            waits[row.source].append((row.first - row.created_at).total_seconds())
    took = [wait for of_source in waits.values() for wait in of_source]
    never = [
        row for row in rows
        if row.first is None and row.state != INVALID and now - row.created_at > patience
    ]  # fmt: skip
    too_long = sum(wait > patience.total_seconds() for wait in took) + len(never)
    called = [row for row in rows if row.contacted_at is not None]
    slowest = sorted(((fmean(of), source) for source, of in waits.items()), reverse=True)
    return Pace(
        leads=len(rows), assigned=len(took),
        mean=timedelta(seconds=fmean(took)) if took else None,
        median=timedelta(seconds=median(took)) if took else None,
        patience=patience,
        unassigned=Share(too_long, len(took) + len(never)),
        late=Share(sum(row.late for row in called), len(called)),
        slowest=[(source, timedelta(seconds=mean)) for mean, source in slowest],
    )  # fmt: skip
