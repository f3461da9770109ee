"""What people do with leads: look, claim, contact, hand on, give back, protect (B5, B13, B14).

Every step is one event on a lead that is still as it was seen; whoever comes second is told.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import update

from engine import audit
from engine.errors import Refusal
from engine.masking import mask
from engine.rulebook import Rulebook
from engine.unit import Unit
from sales import lead_assign, lead_clocks, lead_merge, lead_owning, lead_people, people, policy
from sales.desk import Desk
from sales.lead_assign import Decided
from sales.lead_clocks import It
from sales.lead_intake import RawLead, tagged, understand
from sales.lead_lists import Shown
from sales.lead_states import ASSIGNED, OPENED, OWNED, REVISIT, STATE_NAMES, Moved, Seen, happen
from sales.leads import LEAD, POOLED, Lead
from sales.people import Role, Who
from sales.rules.lead_times import POOL

LONGEST_WORDS = 120
WORK = "lead.work"


class Protected(Refusal):
    """Somebody is to call the customer back: nobody else takes the lead (B5)."""

    code = "lead_protected"
    text = "线索 {number} 是待回访，已由{owner} 跟进，保护到 {until}，不能认领。"


class HasOwner(Refusal):
    """Somebody else has the lead."""

    code = "lead_taken"
    text = "线索 {number} 已由{owner} 跟进，不能再认领。"


class TooManyClaims(Refusal):
    """Enough for one day."""

    code = "too_many_claims"
    text = "今天已经认领了 {count} 条，到上限了，明天可以再认领。"


class TooSoon(Refusal):
    """The lead rests before it can be claimed, or before this person can have it back."""

    code = "claimed_too_soon"
    text = "线索 {number} {why}，{until} 以后可以认领。"


class NoContactThen(Refusal):
    """A contact cannot have happened at that time."""

    code = "no_contact_then"
    text = "{when} {why}，不能记成那时联系的。不写时间就是现在。"


class NotTheirs(Refusal):
    """Only the owner and the people above may do this."""

    code = "not_their_lead"
    text = "线索 {number} 由{owner}跟进，只有本人和他的上级能办这一步。"


class NoSeller(Refusal):
    """Nobody of this name can have leads."""

    code = "no_such_seller"
    text = "没有找到在职的销售「{name}」，或有同名的。请写全名。"


class DayOver(Refusal):
    """What is still to be done cannot be on a day that is over."""

    code = "day_over"
    text = (
        "{day} 已经过去了，请写今天或以后的日期，如 明天；"
        "跨年的请把年份写上，如 {next_year}-01-05。"
    )


class Kept(NamedTuple):
    """Until when a lead is protected; `most_days` is the rule's limit if it is less than asked."""

    until: datetime
    most_days: int | None


def seen_of(lead: Shown) -> Seen:
    """The lead as somebody saw it."""
    return Seen(lead.id, lead.number, lead.state, lead.owner_id)


def waits(lead: Shown, owner: str = "") -> It:
    """The lead as its clocks know it: its owner hears of it, or somebody else."""
    return It(lead.id, f"{lead.number} {lead.company}", owner or lead.owner_id or "")


def view(db: Unit, lead: Shown, who: Who, desk: Desk) -> bool:
    """Its owner, or their stand-in, opens it: the first time the clock starts (B13).

    Whether it was that.
    """
    if lead.state != ASSIGNED or not who.acts_for(lead.owner_id):
        audit.record(db, "lead.read", ("lead", lead.id), at=desk.now)
        return False
    happen(db, seen_of(lead), "viewed", now=desk.now, opened_at=desk.now)
    lead_clocks.viewed(db, waits(lead), desk)
    return True


def claim(db: Unit, lead: Shown, who: Who, desk: Desk) -> None:
    """Take a lead out of the pool; of many at once one has it.

    Raises:
        Protected, HasOwner: somebody has it.
        TooManyClaims, TooSoon: not now.
        Moved: somebody was quicker.
    """
    owner = f"{lead.owner_region or ''} {(lead.owner or '')[:1]}*"
    if lead.state == REVISIT and lead.protected_until is not None:
        until = _moment(lead.protected_until, desk)
        raise Protected(number=lead.number, owner=owner, until=until)
    if lead.owner_id is not None:
        raise HasOwner(number=lead.number, owner=owner)
    pool = desk.rules.at(POOL, desk.now).body
    midnight = datetime.combine(desk.today, datetime.min.time(), desk.calendar.zone)
    if lead_owning.claims_since(db, who.id, midnight) >= pool.claims_per_day:
        raise TooManyClaims(count=pool.claims_per_day)
    had = lead_owning.last_had(db, lead.id, who.id)
    if had is not None and desk.now < (until_at := had + timedelta(days=pool.back_days)):
        raise TooSoon(number=lead.number, why="您刚退回或被收回", until=_moment(until_at, desk))
    if lead.pooled_at is not None:
        rested = desk.calendar.add_working_time(
            lead.pooled_at, timedelta(minutes=pool.fresh_minutes)
        ).at
        if desk.now < rested:
            raise TooSoon(number=lead.number, why="刚进公共池", until=_moment(rested, desk))
    give(db, lead, "claimed", who.id, desk)


def contacted(db: Unit, lead: Shown, who: Who, desk: Desk, at: datetime | None = None) -> bool:
    """The customer was contacted, now or `at` a moment before; whether after its time (B3, B14).

    What counts for its time is when it is written down: a later word does not make it timely.

    Raises:
        NoContactThen: that is still to come, or was before the lead.
        NotTheirs: somebody else's lead.
        Moved: it was said before, or nobody has it.
    """
    require(db, lead, who)
    at = at or desk.now
    came = lead.created_at.replace(second=0, microsecond=0)  # people write minutes
    if not came <= at <= desk.now:
        why = "还没有到" if at > desk.now else f"早于线索进来的时间 {_moment(came, desk)}"
        when = f"{at.astimezone(desk.calendar.zone):%Y-%m-%d %H:%M}"
        raise NoContactThen(when=when, why=why)
    since = lead.owner_since or desk.now
    due = lead_clocks.contact_due(db, lead.id, since)
    late = due is not None and desk.now > due
    opened = {"opened_at": desk.now} if lead.state == ASSIGNED else {}
    happen(
        db, seen_of(lead), "contacted", now=desk.now, contacted_at=desk.now,
        contact_happened_at=max(at.astimezone(UTC), lead.created_at), late=late, **opened,
    )  # fmt: skip
    lead_clocks.contacted(db, waits(lead), desk)
    return late


def transfer(db: Unit, lead: Shown, to: str, who: Who, desk: Desk) -> str:
    """Give a lead to the seller of this name; their id. Out of the pool only a keeper may.

    Raises:
        NoSeller: nobody is called so.
        NotTheirs: somebody else's lead.
        Moved: it is over, or it changed hands meanwhile.
    """
    heir = people.one_named(db, to.strip(), Role.REP) or people.one_named(
        db, to.strip(), Role.MANAGER
    )
    if heir is None:
        raise NoSeller(name=to.strip()[:20])
    if lead.state == POOLED:
        policy.require(db, who, "lead.assign", "分配线索")
        give(db, lead, "assigned", heir, desk)
    else:
        require(db, lead, who)
        give(db, lead, "transferred", heir, desk)
    return heir


def give_back(db: Unit, lead: Shown, reason: str, who: Who, desk: Desk) -> None:
    """Back to the pool, with a reason.

    Raises:
        NotTheirs: somebody else's lead.
        Moved: it is protected, over, or in the pool already.
    """
    require(db, lead, who)
    to_pool(db, lead, "returned", desk.rules, desk.now)
    detail = {"reason": mask(reason)[:LONGEST_WORDS]}
    audit.record(db, "lead.returned_because", ("lead", lead.id), at=desk.now, detail=detail)


def to_pool(
    db: Unit, lead: Shown, event: str, rules: Rulebook, now: datetime, **values: object
) -> list[str]:  # fmt: skip
    """Nobody has it from here on, and its clock as such begins; who looks after it.

    `values` are the columns that change with it.

    Raises:
        Moved: it cannot go there.
    """
    lead_owning.release(
        db, seen_of(lead), event, now=now, opened_at=None, contacted_at=None, **values,
    )  # fmt: skip
    keepers = lead_people.keepers(db, lead.region, now=now)
    keeper = keepers[0] if keepers else ""
    lead_clocks.pooled(db, waits(lead, keeper), rules, now)
    return keepers


def revisit(db: Unit, lead: Shown, on: date, who: Who, desk: Desk) -> Kept:
    """Agree on a day, or another one: until it is over, or the rule says so, it is protected (B5).

    Raises:
        DayOver: that day is over.
        NotTheirs: somebody else's lead.
        Moved: the customer was not contacted yet.
    """
    require(db, lead, who)
    _ahead(on, desk)
    days = desk.rules.at(POOL, desk.now).body.protect_days
    longest = desk.today + timedelta(days=days)
    last = min(on, longest) + timedelta(days=1)
    until = datetime.combine(last, datetime.min.time(), desk.calendar.zone)
    happen(db, seen_of(lead), "revisit_set", now=desk.now, protected_until=until,
           next_on=on)  # fmt: skip
    lead_clocks.followed(db, waits(lead), desk, since=until)
    return Kept(until, days if on > longest else None)


def plan(db: Unit, lead: Shown, who: Who, desk: Desk, *, step: str, on: date) -> None:
    """What comes next, and on which day.

    Raises:
        DayOver: that day is over.
        NotTheirs: somebody else's lead.
        Moved: nobody works on it.
    """
    require(db, lead, who)
    _ahead(on, desk)
    if lead.state not in OWNED:
        raise Moved(number=lead.number, state=STATE_NAMES[lead.state])
    change = {"next_step": mask(step)[:LONGEST_WORDS], "next_on": on}
    db.execute(update(Lead).where(LEAD.id == lead.id).values(change))
    audit.record(db, "lead.planned", ("lead", lead.id), at=desk.now, detail={audit.SET: change})
    if lead.state not in {ASSIGNED, OPENED, REVISIT}:
        lead_clocks.followed(db, waits(lead), desk)


def complete(db: Unit, lead: Shown, raw: RawLead, desk: Desk) -> None:
    """What was not known of a lead, or was wrong; what they said is kept beside.

    Raises:
        Moved: it is over.
    """
    if lead.state not in {POOLED, *OWNED}:
        raise Moved(number=lead.number, state=STATE_NAMES[lead.state])
    draft, _ = understand(replace(raw, company=lead.company), desk)
    said = {
        "industry": draft.industry, "region": draft.region, "budget_fen": draft.budget_fen,
        "source": draft.source if raw.source else None,
    }  # fmt: skip
    change: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
    raw_now = {**lead.raw, **draft.raw}
    change["tags"] = tagged(replace(lead, **change), desk)
    db.execute(update(Lead).where(LEAD.id == lead.id).values(raw=raw_now, **change))
    audit.record(db, "lead.completed", ("lead", lead.id), at=desk.now, detail={audit.SET: change})


def again(db: Unit, lead: Shown, desk: Desk, *, apart: bool) -> Decided:
    """Decide anew by the rules as they are now.

    `apart`: somebody has seen that it is not the same customer as any other.

    Raises:
        Moved: it is not in the pool any more.
    """
    if lead.state != POOLED:
        raise Moved(number=lead.number, state=STATE_NAMES[lead.state])
    doubles = () if apart else lead_merge.doubles(db, lead, desk)
    return lead_assign.assign(db, lead.id, desk, doubles=doubles)


def may_work(db: Unit, lead: Shown, who: Who, right: str = WORK) -> bool:
    """Whether the lead is this person's, or of somebody they are above."""
    reach = policy.owned(who, right, LEAD.owner_id)
    mine = LEAD.id == lead.id
    return db.execute(LEAD.id.table.select().where(mine, reach)).first() is not None


def require(db: Unit, lead: Shown, who: Who, right: str = WORK) -> str:
    """The lead's owner, if this person may do with it what they may.

    Raises:
        Moved: nobody has it.
        NotTheirs: somebody else's lead.
    """
    if lead.owner_id is None:
        raise Moved(number=lead.number, state=STATE_NAMES[lead.state])
    if not may_work(db, lead, who, right):
        raise NotTheirs(number=lead.number, owner=lead.owner)
    return lead.owner_id


def give(db: Unit, lead: Shown, event: str, owner: str, desk: Desk) -> None:
    """Make somebody the owner; what they have to do with it begins now.

    Raises:
        Moved: it is no longer as it was seen.
    """
    lead_owning.give(db, seen_of(lead), event, owner, now=desk.now)
    lead_clocks.given(db, waits(lead, owner), desk)


def _ahead(on: date, desk: Desk) -> None:
    if on < desk.today:
        raise DayOver(day=f"{on:%Y-%m-%d}", next_year=desk.today.year + 1)


def _moment(at: datetime, desk: Desk) -> str:
    return f"{at.astimezone(desk.calendar.zone):%m-%d %H:%M}"
