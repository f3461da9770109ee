"""What comes of a lead: the customer is interested, or there is nothing in it (domain.md §3)."""

from __future__ import annotations

from sqlalchemy import select

from engine.errors import Refusal
from engine.masking import holds_number, mask
from engine.unit import Unit
from sales import lead_care, lead_clocks, lead_lists, lead_owning, people, policy
from sales.desk import Desk
from sales.lead_care import seen_of, waits
from sales.lead_lists import SYSTEM, Shown
from sales.lead_states import EVENTS, INVALID, happen, refuse_unless
from sales.leads import POOLED
from sales.people import PERSON, Who
from sales.rules.lead_reasons import LEAST, MOST

INVALIDATE, ASSIGN = "lead.invalidate", "lead.assign"


class BadReason(Refusal):
    """No reason at all, or a whole story."""

    code = "bad_invalid_reason"
    text = f"原因要有 {LEAST} 到 {MOST} 个字，如 空号、没有需求。"


class NumberInReason(Refusal):
    """The reason is on the trail, where everybody who looks at the lead reads it."""

    code = "number_in_reason"
    text = "原因里不要写电话号码，写发生了什么就好，如 空号。"


def qualified(db: Unit, lead: Shown, who: Who, desk: Desk) -> None:
    """The customer is interested: it counts as followed up, and not before it was to be again.

    Raises:
        NotTheirs: somebody else's lead.
        Moved: the customer was not contacted yet, or it is over.
    """
    lead_care.require(db, lead, who)
    happen(db, seen_of(lead), "qualified", now=desk.now, protected_until=None)
    since = max(desk.now, lead.protected_until or desk.now)
    lead_clocks.followed(db, waits(lead), desk, since=since)


def invalidate(db: Unit, lead: Shown, reason: str, who: Who, desk: Desk) -> str:
    """There is nothing in it: nobody has it and nothing is waited for; the reason as kept.

    One of the pool is judged by who gives out the pool.

    Raises:
        BadReason, NumberInReason: no words that could be kept.
        NotTheirs, NotAllowed: not this person's to judge.
        Moved: it is over, or somebody was quicker.
    """
    words = " ".join(reason.split())
    if not LEAST <= len(words) <= MOST:
        raise BadReason
    if holds_number(words):
        raise NumberInReason
    if lead.state == POOLED:
        policy.require(db, who, ASSIGN, "判公共池的线索无效")
    else:
        lead_care.require(db, lead, who, INVALIDATE)
    kept = mask(words)
    lead_owning.release(db, seen_of(lead), "invalidated", now=desk.now, invalid_reason=kept)
    lead_clocks.stop(db, lead.id, desk.now)
    return kept


def reopen(db: Unit, lead: Shown, who: Who, desk: Desk) -> str | None:
    """It was judged wrongly: whoever had it last has it again, if they are still here; who.

    Otherwise, and where nobody had it, it is in the pool.

    Raises:
        NotTheirs, NotAllowed: not this person's to judge.
        Moved: it is not invalid, or not any more.
    """
    refuse_unless(seen_of(lead), "reopened")
    had = lead_owning.last_owner(db, lead.id)
    if not _may_reopen(db, had, who):
        policy.require(db, who, ASSIGN, "恢复无效的线索")
    lead_care.to_pool(db, lead, "reopened", desk.rules, desk.now, invalid_reason="")
    if had is None or not people.with_us(db, had):
        return None
    lead_care.give(db, lead_lists.get(db, lead.id, SYSTEM), "assigned", had, desk)
    return had


def may_reopen(db: Unit, lead: Shown, who: Who) -> bool:
    """Whether this person may take back that there is nothing in the lead."""
    if lead.state != INVALID:
        return False
    return policy.may(who, ASSIGN) or _may_reopen(db, lead_owning.last_owner(db, lead.id), who)


def _may_reopen(db: Unit, had: str | None, who: Who) -> bool:
    """Whether it was theirs, or of somebody they are above."""
    if had is None:
        return False
    theirs = select(PERSON.id).where(PERSON.id == had, policy.owned(who, INVALIDATE, PERSON.id))
    return db.execute(theirs).first() is not None


def may_invalidate(db: Unit, lead: Shown, who: Who) -> bool:
    """Whether this person may judge that there is nothing in the lead, as it is now."""
    if lead.state not in EVENTS["invalidated"].after:
        return False
    if lead.state == POOLED:
        return policy.may(who, INVALIDATE) and policy.may(who, ASSIGN)
    return lead.owner_id is not None and lead_care.may_work(db, lead, who, INVALIDATE)
