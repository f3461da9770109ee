"""One customer, several leads: they become one, the others stay as tombstones (A50, I14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import update

from engine import audit
from engine.errors import Refusal
from engine.unit import Unit
from sales import contacts, lead_clocks, lead_doubles, lead_lists, lead_owning, policy
from sales.desk import Desk
from sales.lead_doubles import Double
from sales.lead_intake import LONGEST_NEED
from sales.lead_lists import Shown
from sales.lead_states import (
    ASSIGNED,
    CONTACTED,
    OPENED,
    QUALIFIED,
    REVISIT,
    STATE_NAMES,
    Moved,
    Seen,
    look,
    refuse_unless,
)
from sales.leads import LEAD, POOLED, Lead
from sales.people import Who

MERGE = "lead.merge"
_FAR = (POOLED, ASSIGNED, OPENED, CONTACTED, REVISIT, QUALIFIED)
"""How far somebody got with a lead."""
FILLED = ("industry", "region", "budget_fen", "credit_code", "contact_id")
"""What the one that stays takes over where it knows nothing."""


class NothingToMerge(Refusal):
    """There is no second lead of this customer, or none this person may touch."""

    code = "nothing_to_merge"
    text = "没有找到和 {number} 是同一客户、并且您能合并的线索。"


class Itself(Refusal):
    """A lead was to be merged with itself."""

    code = "merged_with_itself"
    text = "两个编号都是 {number}。后面写另一条的编号：/线索 合并 {number} LD-…"


class MergedAlready(Refusal):
    """Somebody was quicker."""

    code = "merged_already"
    text = "线索 {number} 已经并入 {into}，不用再合并。"


@dataclass(frozen=True, slots=True)
class Plan:
    """Leads of one customer: the one that stays, and those that become part of it.

    `named`: somebody says that they are, whatever can be found about it.
    """

    kept: Shown
    gone: tuple[Shown, ...]
    named: bool

    @property
    def lost(self) -> dict[str, list[Shown]]:
        """What people other than its owner have of what goes, by their id."""
        found: dict[str, list[Shown]] = {}
        for one in self.gone:
            if one.owner_id not in {None, self.kept.owner_id}:
                found.setdefault(str(one.owner_id), []).append(one)
        return found

    @property
    def mark(self) -> str:
        """Names what somebody was asked about: which stays, which go, and whose they are."""
        both = (self.kept, *sorted(self.gone, key=lambda each: each.id))
        return ",".join(f"{one.id}/{one.owner_id or ''}" for one in both)


def doubles(db: Unit, lead: Shown, desk: Desk) -> list[Double]:
    """What surely is the same customer as a lead, the surest first."""
    return [double for double in alike(db, lead, desk) if double.sure]


def alike(db: Unit, lead: Shown, desk: Desk) -> list[Double]:
    """What may be the same customer as a lead, the surest first."""
    known = {}
    if lead.contact_id is not None:
        one = contacts.get(db, desk.vault, lead.contact_id)
        known = dict(one.values) if one is not None else {}
    return lead_doubles.find(
        db, desk.vault, lead.company, phone=known.get("phone", ""),
        code=lead.credit_code or "", but=lead.id,
    )  # fmt: skip


def plan(db: Unit, lead: Shown, other: Shown | None, who: Who, desk: Desk) -> Plan:
    """Which of a lead and `other`, or all that surely are the same, stays; nothing is done yet.

    That is the one that is protected, else the one somebody got furthest with, else the oldest.

    Raises:
        MergedAlready: one of them is part of another one.
        Itself: both are the same lead.
        Moved: one of them is over.
        NothingToMerge: there is no other one this person may touch.
    """
    for one in filter(None, (lead, other)):
        if one.merged_into is not None:
            raise MergedAlready(number=one.number, into=one.merged_into)
        refuse_unless(look(db, one.id), "merged")
    if other is not None and other.id == lead.id:
        raise Itself(number=lead.number)
    found = _sure(db, lead, who, desk) if other is None else [other]
    others = [one for one in found if _may(db, one.id, one.owner_id, who)]
    if not others or not _may(db, lead.id, lead.owner_id, who):
        raise NothingToMerge(number=lead.number)
    kept, *gone = sorted([lead, *others], key=partial(_stays, desk.now))
    return Plan(kept, tuple(gone), named=other is not None)


def _sure(db: Unit, lead: Shown, who: Who, desk: Desk) -> list[Shown]:
    """The other leads of the same customer, as far as this person may touch them."""
    return [
        lead_lists.get(db, one.id, who)
        for one in doubles(db, lead, desk)
        if one.kind == "lead" and _may(db, one.id, one.owner_id, who)
    ]


def merge(db: Unit, plan: Plan, who: Who, desk: Desk) -> Shown:
    """Make one of several; it as it is then. What the others knew and it did not, it knows.

    Raises:
        Moved: one of them changed meanwhile.
    """
    for one in sorted(plan.gone, key=lambda each: each.id):
        now_is = lead_lists.get(db, plan.kept.id, who)
        planned = plan.kept.state, plan.kept.owner_id
        if (now_is.state, now_is.owner_id) != planned:
            raise Moved(number=now_is.number, state=STATE_NAMES[now_is.state])
        _merge(db, one, now_is, desk)
    return lead_lists.get(db, plan.kept.id, who)


def may(db: Unit, lead: Shown, others: Iterable[Double], who: Who) -> bool:
    """Whether this person may make one of a lead and all the others."""
    both = ((lead.id, lead.owner_id), *((one.id, one.owner_id) for one in others))
    return policy.may(who, MERGE) and all(_may(db, *one, who) for one in both)


def _stays(now: datetime, lead: Shown) -> tuple[bool, int, datetime, str]:
    guarded = lead.protected_until is not None and lead.protected_until > now
    return not guarded, -_FAR.index(lead.state), lead.created_at, lead.id


def _may(db: Unit, lead_id: str, owner_id: str | None, who: Who) -> bool:
    return owner_id is None or _reaches(db, lead_id, who)


def _reaches(db: Unit, lead_id: str, who: Who) -> bool:
    reach = policy.owned(who, MERGE, LEAD.owner_id)
    return db.execute(LEAD.id.table.select().where(LEAD.id == lead_id, reach)).first() is not None


def _merge(db: Unit, gone: Shown, kept: Shown, desk: Desk) -> None:
    seen = Seen(gone.id, gone.number, gone.state, gone.owner_id)
    lead_owning.release(db, seen, "merged", now=desk.now, merged_into=kept.id)
    lead_clocks.stop(db, gone.id, desk.now)
    fill: dict[str, Any] = {
        name: getattr(gone, name)
        for name in FILLED
        if getattr(kept, name) is None and getattr(gone, name) is not None
    }
    if kept.next_on is None and gone.next_on is not None:
        fill |= {"next_on": gone.next_on, "next_step": gone.next_step}
    need = kept.need
    if gone.need not in need:
        need = "；".join(filter(None, (need, gone.need)))[:LONGEST_NEED]
    as_seen = (
        LEAD.id == kept.id, LEAD.state == kept.state,
        LEAD.owner_id.is_not_distinct_from(kept.owner_id),
    )  # fmt: skip
    if not db.execute(update(Lead).where(*as_seen).values(need=need, **fill)).rowcount:
        raise Moved(number=kept.number, state=STATE_NAMES[look(db, kept.id).state])
    audit.record(db, "lead.completed", ("lead", kept.id), at=desk.now,
                 detail={audit.SET: fill, "from": gone.number})  # fmt: skip
