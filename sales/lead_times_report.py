"""How quickly leads find an owner and contacts are written down: B3, B7, B8, B14.

Counted are the leads that came in lately, in wall-clock time, without those that became part of
another lead. The first owner is the beginning of the lead's first span of ownership; what was
contacted when, and written down when, is on the trail, so a lead that changed hands keeps all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select

from engine import audit
from engine.audit import Audit
from engine.errors import Refusal
from engine.model import table
from engine.unit import Unit
from sales.lead_clocks import LEAD as SUBJECT
from sales.lead_lists import visible
from sales.lead_owning import OWNERSHIP
from sales.lead_states import INVALID, MERGED, STATE_NAMES
from sales.leads import LEAD
from sales.people import Who
from sales.rules.lead_times import LeadTimes

SLOW = 3
"""Sources and regions named as what makes the mean long."""
_AUDIT = table(Audit).c
_STATES = [literal(state) for state in STATE_NAMES if state != MERGED]


class NoLeads(Refusal):
    """Nothing came in."""

    code = "no_leads_lately"
    text = "最近 {days} 天没有您看得到的线索进来，没有时效可算。"


@dataclass(frozen=True, slots=True)
class Came:
    """A lead: when it came, got its first owner (None: never), and was judged invalid."""

    source: str
    region: str | None
    at: datetime
    owned_at: datetime | None
    invalid_at: datetime | None

    @property
    def waited(self) -> timedelta | None:
        """From coming in to the first owner."""
        return None if self.owned_at is None else self.owned_at - self.at


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact: when it was written down and when it happened, and whether after its time."""

    written_at: datetime
    happened_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class Slow:
    """Leads of one source or region (`of`), and their mean wait for an owner."""

    of: str
    name: str
    count: int
    mean: timedelta


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many; of none there is no share."""

    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Report:
    """The figures; `mean` and `median` are of the `owned` leads, None when there are none.

    `never`: no owner until now, of all. `unassigned`: no owner within `rule.unassigned_hours`,
    of those whose hours are over or that got one. `late`: contacts after their time, `lagging`:
    contacts written down more than `rule.lag_hours` after they happened, of all contacts.
    """

    days: int
    rule: LeadTimes
    owned: int
    mean: timedelta | None
    median: timedelta | None
    never: Share
    unassigned: Share
    late: Share
    lagging: Share
    slow: tuple[Slow, ...]

    @property
    def too_slow(self) -> bool:
        """Whether the mean is beyond the target."""
        return self.mean is not None and self.mean > timedelta(minutes=self.rule.assign_minutes)


def lately(db: Unit, who: Who, days: int, rule: LeadTimes, *, now: datetime) -> Report:
    """The figures of the leads `who` may see that came in within so many days; two queries.

    Raises:
        NoLeads: none came.
    """
    wanted = (
        LEAD.state.in_(_STATES),  # the index of the lists begins with it
        LEAD.created_at > now - timedelta(days=days),
        visible(who),
    )
    came = list(_came(db, wanted))
    if not came:
        raise NoLeads(days=days)
    return report(came, list(_contacts(db, wanted)), days, rule, now=now)


def report(
    came: Sequence[Came], contacts: Sequence[Contact], days: int, rule: LeadTimes, *, now: datetime
) -> Report:
    """The figures of these leads and these contacts."""
    waits = [one.waited for one in came if one.waited is not None]
    mean = sum(waits, timedelta()) / len(waits) if waits else None
    target = timedelta(minutes=rule.assign_minutes)
    most, lag = timedelta(hours=rule.unassigned_hours), timedelta(hours=rule.lag_hours)
    known = [late for one in came if (late := _beyond(one, most, now)) is not None]
    return Report(
        days=days, rule=rule, owned=len(waits), mean=mean,
        median=_median(waits),
        never=Share(len(came) - len(waits), len(came)),
        unassigned=Share(sum(known), len(known)),
        late=Share(sum(one.late for one in contacts), len(contacts)),
        lagging=Share(
            sum(one.written_at - one.happened_at > lag for one in contacts), len(contacts)
        ),
        slow=_slowest(came, target) if mean is not None and mean > target else (),
    )  # fmt: skip


def _median(waits: Sequence[timedelta]) -> timedelta | None:
    """The one in the middle, or between the two there."""
    found = sorted(waits)
    half = len(found) // 2
    return (found[half] + found[~half]) / 2 if found else None


def _beyond(one: Came, most: timedelta, now: datetime) -> bool | None:
    """Whether it had no owner for longer; None while its time is not over."""
    until = one.owned_at or one.invalid_at or now
    if until - one.at > most:
        return True
    return None if one.owned_at is None else False


def _slowest(came: Iterable[Came], target: timedelta) -> tuple[Slow, ...]:
    """The sources and regions whose leads waited longest beyond the target, all in all."""
    groups: defaultdict[tuple[str, str], list[timedelta]] = defaultdict(list)
    for one in came:
        if one.waited is not None:
            groups["来源", one.source].append(one.waited)
            groups["区域", one.region or "未知"].append(one.waited)
    beyond = {
        group: excess
        for group, waits in groups.items()
        if (excess := sum(waits, timedelta()) - len(waits) * target) > timedelta()
    }
    worst = sorted(beyond, key=lambda group: (-beyond[group], group))[:SLOW]
    return tuple(
        Slow(*group, len(groups[group]), sum(groups[group], timedelta()) / len(groups[group]))
        for group in worst
    )


def _came(db: Unit, wanted: Sequence[ColumnElement[bool]]) -> Iterator[Came]:
    first = (
        select(func.min(OWNERSHIP.from_at)).where(OWNERSHIP.lead_id == LEAD.id).scalar_subquery()
    )
    rows = db.execute(
        select(
            LEAD.source, LEAD.region, LEAD.created_at, first.label("owned_at"), LEAD.state,
            LEAD.pooled_at,
        ).where(*wanted)
    )  # fmt: skip
    for row in rows:
        ended = row.pooled_at if row.state == INVALID else None
        yield Came(row.source, row.region, row.created_at, row.owned_at, ended)


def _contacts(db: Unit, wanted: Sequence[ColumnElement[bool]]) -> Iterator[Contact]:
    theirs = select(LEAD.id).where(*wanted)  # a join would begin with every lead's whole trail
    rows = db.execute(
        select(_AUDIT.at, _AUDIT.detail)
        .where(_AUDIT.subject_type == SUBJECT, _AUDIT.subject_id.in_(theirs))
        .where(_AUDIT.action == "lead.contacted")
    )
    for row in rows:
        told: dict[str, Any] = row.detail[audit.SET]
        happened = told.get("contact_happened_at")
        then = row.at if happened is None else datetime.fromisoformat(happened)
        yield Contact(row.at, then, bool(told.get("late")))
