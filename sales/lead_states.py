"""The life of a lead: one state, changed by named events only (requirements A6, domain.md §3).

    pooled → assigned → opened → contacted → qualified → converted
    aside: revisit (protected), invalid, merged; back to the pool: returned, recycled

Every change is one compare-and-set and one row on the trail; whoever comes second is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update

from engine import audit
from engine.errors import Refusal
from engine.ids import is_ulid
from engine.statement import Statement
from engine.unit import Unit
from sales.leads import LEAD, POOLED, Lead

ASSIGNED, OPENED, CONTACTED, QUALIFIED = "assigned", "opened", "contacted", "qualified"
REVISIT, CONVERTED, INVALID, MERGED = "revisit", "converted", "invalid", "merged"
OWNED = (ASSIGNED, OPENED, CONTACTED, QUALIFIED, REVISIT)
"""States in which somebody works on it: what counts against a capacity."""
MOST = 20
"""Characters of a number nobody has that are said again."""
FEW = 3
"""States a refusal names as those in which something can be done."""
OVER = (CONVERTED, INVALID, MERGED)
STATE_NAMES: Mapping[str, str] = {
    POOLED: "未分配", ASSIGNED: "未打开", OPENED: "未联系", CONTACTED: "已联系",
    QUALIFIED: "有意向", REVISIT: "待回访", CONVERTED: "已转商机", INVALID: "无效",
    MERGED: "已合并",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """What may happen to a lead: in which states, and the state it leads to."""

    name: str
    after: tuple[str, ...]
    to: str


EVENTS: Mapping[str, Event] = {
    event.name: event
    for event in (
        Event("assigned", (POOLED,), ASSIGNED),
        Event("claimed", (POOLED,), ASSIGNED),
        Event("viewed", (ASSIGNED,), OPENED),
        Event("contacted", (ASSIGNED, OPENED), CONTACTED),
        Event("qualified", (CONTACTED, REVISIT), QUALIFIED),
        Event("revisit_set", (CONTACTED, QUALIFIED, REVISIT), REVISIT),
        Event("converted", (CONTACTED, QUALIFIED, REVISIT), CONVERTED),
        Event("transferred", OWNED, ASSIGNED),
        Event("handed_over", (ASSIGNED, OPENED), ASSIGNED),
        Event("returned", OWNED, POOLED),
        Event("recycled", OWNED, POOLED),
        Event("invalidated", (POOLED, *OWNED), INVALID),
        Event("reopened", (INVALID,), POOLED),
        Event("merged", (POOLED, *OWNED), MERGED),
    )
}
"""Every change of state there is."""


class Moved(Refusal):
    """The lead is no longer as it was, or this cannot be done with it."""

    code = "lead_moved"
    text = "线索 {number} 现在是「{state}」，这一步不能做。打开它看看最新情况：/线索 详情 {number}"


class NotYet(Moved):
    """The lead is as it was, and this comes after something else."""

    text = "线索 {number} 现在是「{state}」，{after}的才能这样做。看看最新情况：/线索 详情 {number}"


class Gone(Refusal):
    """There is no such lead, or the person may not see it."""

    code = "unknown_lead"
    text = "没有找到线索「{words}」。编号要写成 LD-20261123-0001 的样子。"

    def __init__(self, words: str) -> None:
        if is_ulid(words):
            self.text = "没有找到这条线索，或者它现在不归您看了。"
        super().__init__(words=words[:MOST])


@dataclass(frozen=True, slots=True)
class Seen:
    """A lead as somebody saw it before they acted."""

    id: str
    number: str
    state: str
    owner_id: str | None


_SEEN = Statement(
    select(LEAD.id, LEAD.number, LEAD.state, LEAD.owner_id).where(LEAD.id == bindparam("wanted"))
)


def look(db: Unit, lead_id: str) -> Seen:
    """A lead's present state.

    Raises:
        Gone: it does not exist.
    """
    row = _SEEN.row(db, {"wanted": lead_id})
    if row is None:
        raise Gone(lead_id)
    return Seen(*row)


def refuse_unless(seen: Seen, event: str) -> None:
    """Go on only if `event` can happen to a lead as it was seen.

    Raises:
        Moved: it cannot happen in this state; `NotYet` where few states are before it.
    """
    after, state = EVENTS[event].after, STATE_NAMES[seen.state]
    if seen.state in after:
        return
    if len(after) > FEW:
        raise Moved(number=seen.number, state=state)
    before = "或".join(f"「{STATE_NAMES[each]}」" for each in after)
    raise NotYet(number=seen.number, state=state, after=before)


def happen(db: Unit, seen: Seen, event: str, *, now: datetime, **values: Any) -> None:
    """Let `event` happen to a lead that is still as it was seen; one row on the trail.

    `values` are the columns that change with it.

    Raises:
        Moved: somebody was quicker, or it cannot happen in this state.
    """
    refuse_unless(seen, event)
    if "contacted_at" in values:  # when it happened goes and comes with the contact
        values.setdefault("contact_happened_at", None)
    change = {"state": EVENTS[event].to, **values}
    if not _change(db, seen, change):
        raise Moved(number=seen.number, state=STATE_NAMES[look(db, seen.id).state])
    audit.record(db, f"lead.{event}", ("lead", seen.id), at=now, detail={audit.SET: change})


def _change(db: Unit, seen: Seen, change: Mapping[str, Any]) -> bool:
    told = {f"new_{name}": value for name, value in change.items()}
    as_seen = {"wanted": seen.id, "was": seen.state, "had": seen.owner_id}
    return _changing(frozenset(change)).run(db, {**told, **as_seen}) == 1


@lru_cache(maxsize=64)
def _changing(columns: frozenset[str]) -> Statement:
    """The update of some columns of a lead that is still as it was seen."""
    as_seen = (
        LEAD.id == bindparam("wanted"), LEAD.state == bindparam("was"),
        LEAD.owner_id.is_not_distinct_from(bindparam("had")),
    )  # fmt: skip
    values = {name: bindparam(f"new_{name}", type_=LEAD[name].type) for name in columns}
    return Statement(update(Lead).where(*as_seen).values(values))
