"""Looking at leads: one by its number, and the lists (B6, K1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select

from engine.deadlines import DEADLINE
from engine.ids import as_numbered
from engine.model import table
from engine.unit import Unit
from sales import policy
from sales.lead_clocks import LEAD as SUBJECT
from sales.lead_clocks import TIMED
from sales.lead_owning import OWNERSHIP
from sales.lead_states import INVALID, MERGED, OWNED, Gone
from sales.leads import LEAD, POOLED, Lead
from sales.opportunities import OPPORTUNITY, Opportunity
from sales.people import PERSON, Person, Role, Who

MINE, FREE, LATE = LISTS = ("我的", "未分配", "超时")
"""What can be listed; nothing said is everything open the person may see."""
PAGE = 5
READ = "lead.read"
SYSTEM = Who("", "", Role.DIRECTOR, None, "")
"""Sees every lead: what is shown of it to whom is decided elsewhere."""


class NotTheirs(Gone):
    """The number is well written: there is no such lead, or it is somebody else's business."""

    text = "没有找到线索 {words}，或者它不归您看。"


@dataclass(frozen=True, slots=True)
class Shown:
    """A lead as its card shows it.

    `merged_into` is the number of the lead it became part of, `opportunity` of the opportunity
    it was turned into.
    """

    id: str
    number: str
    company: str
    source: str
    industry: str | None
    region: str | None
    budget_fen: int | None
    need: str
    raw: dict[str, str]
    tags: str
    state: str
    owner_id: str | None
    owner_since: datetime | None
    contacted_at: datetime | None
    late: bool
    protected_until: datetime | None
    next_step: str
    next_on: date | None
    credit_code: str | None
    contact_id: str | None
    created_by: str
    created_at: datetime
    pooled_at: datetime | None
    owner: str | None
    owner_region: str | None
    merged_into: str | None
    opportunity: str | None
    invalid_reason: str
    contact_happened_at: datetime | None = None


class Chosen(NamedTuple):
    """A part of the list: one of `LISTS`, a region, a tag; "" for any."""

    which: str = ""
    region: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its leads, and how many there are altogether."""

    leads: tuple[Shown, ...]
    total: int
    page: int


_INTO = table(Lead).alias("into")
_SHOWN = (
    select(
        LEAD.id, LEAD.number, LEAD.company, LEAD.source, LEAD.industry, LEAD.region,
        LEAD.budget_fen, LEAD.need, LEAD.raw, LEAD.tags, LEAD.state, LEAD.owner_id,
        LEAD.owner_since,
        LEAD.contacted_at, LEAD.late, LEAD.protected_until, LEAD.next_step, LEAD.next_on,
        LEAD.credit_code, LEAD.contact_id, LEAD.created_by, LEAD.created_at, LEAD.pooled_at,
        PERSON.name, PERSON.region,
        _INTO.c.number, OPPORTUNITY.number, LEAD.invalid_reason, LEAD.contact_happened_at,
    )
    .outerjoin(Person, PERSON.id == LEAD.owner_id)
    .outerjoin(_INTO, _INTO.c.id == LEAD.merged_into)
    .outerjoin(Opportunity, OPPORTUNITY.id == LEAD.opportunity_id)
)  # fmt: skip


def visible(who: Who) -> ColumnElement[bool]:
    """The leads somebody may see: by whose they are, what they brought, what nobody has.

    That is the whole pool, and what turned out invalid.
    """
    if not policy.may(who, READ):
        return LEAD.created_by == who.id
    nobodys = LEAD.state.in_([literal(POOLED), literal(INVALID)])
    return or_(policy.owned(who, READ, LEAD.owner_id), nobodys, LEAD.created_by == who.id)


def get(db: Unit, words: str, who: Who) -> Shown:
    """The lead of a number or id that `who` may see, or might until it became part of another.

    Raises:
        Gone: there is none, or it is somebody else's business.
    """
    number = as_numbered(words)
    meant = number or words.strip().upper()
    which = or_(LEAD.number == meant, LEAD.id == meant)
    row = db.execute(_SHOWN.where(which, visible(who))).first()
    row = row or db.execute(_SHOWN.where(which, _went(who))).first()
    if row is None:
        raise NotTheirs(number) if number else Gone(words.strip())
    return Shown(*row)


def _went(who: Who) -> ColumnElement[bool]:
    """It was merged, and was this person's to see until that moment, or the other one is."""
    had = OWNERSHIP.lead_id == LEAD.id, OWNERSHIP.to_at == LEAD.pooled_at
    theirs = exists().where(*had, policy.owned(who, READ, OWNERSHIP.owner_id))
    into = policy.owned(who, READ, _INTO.c.owner_id)
    nobodys = literal(policy.may(who, READ)) & ~exists().where(*had)
    return and_(LEAD.state == MERGED, or_(theirs, nobodys, into))


def page(db: Unit, who: Who, chosen: Chosen, *, number: int, now: datetime) -> Page:
    """One page of a list, the oldest first; `number` from 0."""
    wanted = [visible(who), LEAD.state.in_([literal(state) for state in (POOLED, *OWNED)])]
    if chosen.which == MINE:
        wanted.append(LEAD.owner_id == who.id)
    if chosen.which == FREE:
        wanted.append(LEAD.state == POOLED)
    if chosen.which == LATE:
        wanted.append(_late(now))
    if chosen.region:
        wanted.append(LEAD.region == chosen.region)
    if chosen.tag:
        tags = literal("、").concat(LEAD.tags).concat("、")
        wanted.append(tags.contains(f"、{chosen.tag}、", autoescape=True))
    total = db.execute(select(func.count()).select_from(Lead).where(*wanted)).scalar_one()
    rows = db.execute(
        _SHOWN.where(*wanted).order_by(LEAD.created_at, LEAD.id).limit(PAGE).offset(number * PAGE)
    )
    return Page(tuple(Shown(*row) for row in rows), total, number)


def _late(now: datetime) -> ColumnElement[bool]:
    """One of the lead's present clocks has run out."""
    clock = DEADLINE.c
    since = func.coalesce(LEAD.owner_since, LEAD.pooled_at)
    return exists().where(
        clock.subject_type == SUBJECT, clock.subject_id == LEAD.id,
        clock.kind.in_([literal(kind) for kind in TIMED]),
        clock.state.in_([literal("pending"), literal("breached")]),
        clock.due_at <= now, clock.started_at >= since,
    )  # fmt: skip
