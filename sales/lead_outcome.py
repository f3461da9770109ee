"""What comes of a lead: the customer is interested, or there is nothing in it (domain.md §3)."""

from __future__ import annotations

from engine.errors import Refusal
from engine.masking import holds_number, mask
from engine.unit import Unit
from sales import lead_care, lead_clocks, lead_owning, policy
from sales.desk import Desk
from sales.lead_care import seen_of, waits
from sales.lead_lists import Shown
from sales.lead_states import EVENTS, happen
from sales.leads import POOLED
from sales.people import Who
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


def may_invalidate(db: Unit, lead: Shown, who: Who) -> bool:
    """Whether this person may judge that there is nothing in the lead, as it is now."""
    if lead.state not in EVENTS["invalidated"].after:
        return False
    if lead.state == POOLED:
        return policy.may(who, INVALIDATE) and policy.may(who, ASSIGN)
    return lead.owner_id is not None and lead_care.may_work(db, lead, who, INVALIDATE)
