"""Leads: the one pool everything comes into, whoever brought it (requirements B4, B9).

A lead knows what was said and what it means: `raw` keeps the words as they came, the columns
hold the house's words. Who to talk to is a contact in the vault; money is 分.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, Index, bindparam, select, text, update
from sqlmodel import Field

from engine import audit
from engine.ids import day_number, ulid
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement, insertion, insertion_once
from engine.types import Json, UtcTime
from engine.unit import Unit
from sales import names

NO_SOURCE = "未注明"
"""The source of a lead nobody says where it comes from; no rule gives it away."""
SHEET = "sheet/"
"""How the origin of a row of a sheet begins."""
POOLED = "pooled"
"""The state every lead begins in; the others are in `lead_states`."""
SMALL_FEN, LARGE_FEN = 5_000_000, 20_000_000
"""The bounds of the middle band, both inside it: 5万 and 20万."""
BANDS: Mapping[str, str] = {
    "lt5w": "5万以下", "b5_20w": "5–20万", "gt20w": "20万以上", "unknown": "预算未知",
}  # fmt: skip


class Lead(Row, table=True):
    """Somebody who may want something.

    `origin` is what brought it: the same errand, web event or row of a sheet makes one lead
    only. `owner_id` is NULL exactly while nobody works on it. `contacted_at` is when the contact
    was written down; `contact_happened_at` is when it happened (B3).
    `late` says whether it was written down after its time; since `pooled_at` nobody has it,
    `protected_until` keeps others from claiming it. In the end it became the opportunity
    `opportunity_id`, or is invalid for `invalid_reason`.
    """

    __tablename__ = "lead"
    __table_args__ = (
        Index("ix_lead_state", "state", "created_at"),
        Index("ix_lead_owner", "owner_id", "state"),
        Index("ix_lead_code", "credit_code", sqlite_where=text("credit_code IS NOT NULL"),
              postgresql_where=text("credit_code IS NOT NULL")),
        Index("ix_lead_contact", "contact_id", sqlite_where=text("contact_id IS NOT NULL"),
              postgresql_where=text("contact_id IS NOT NULL")),
        Index("ix_lead_opportunity", "opportunity_id",
              sqlite_where=text("opportunity_id IS NOT NULL"),
              postgresql_where=text("opportunity_id IS NOT NULL")),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    number: str = Field(unique=True)
    origin: str = Field(unique=True)
    source: str
    company: str
    stem: str
    industry: str | None = None
    region: str | None = None
    budget_fen: int | None = Field(default=None, sa_type=BigInteger)
    need: str = ""
    credit_code: str | None = None
    contact_id: str | None = Field(default=None, foreign_key="contact.id")
    raw: dict[str, str] = Field(sa_type=Json)
    tags: str = ""
    state: str = POOLED
    owner_id: str | None = Field(default=None, foreign_key="person.id")
    owner_since: datetime | None = Field(default=None, sa_type=UtcTime)
    opened_at: datetime | None = Field(default=None, sa_type=UtcTime)
    contacted_at: datetime | None = Field(default=None, sa_type=UtcTime)
    contact_happened_at: datetime | None = Field(default=None, sa_type=UtcTime)
    late: bool = False
    pooled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    protected_until: datetime | None = Field(default=None, sa_type=UtcTime)
    next_step: str = ""
    next_on: date | None = Field(default=None, sa_type=Date)
    merged_into: str | None = Field(default=None, foreign_key="lead.id")
    opportunity_id: str | None = Field(default=None, foreign_key="opportunity.id")
    invalid_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    created_by: str
    created_at: datetime = Field(sa_type=UtcTime)


class LeadKey(Row, table=True):
    """One way a lead's company is written with one slip (`names.keys`)."""

    __tablename__ = "lead_key"
    __table_args__ = WITHOUT_ROWID

    key: str = Field(primary_key=True)
    lead_id: str = Field(primary_key=True)  # written with its lead


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody brings in, understood; `raw` is what they wrote where it reads otherwise.

    `tags` are those of the rule 线索标签, apart by 、.
    """

    company: str
    source: str
    industry: str | None = None
    region: str | None = None
    budget_fen: int | None = None
    need: str = ""
    credit_code: str | None = None
    raw: Mapping[str, str] = field(default_factory=dict)
    tags: str = ""


LEAD = table(Lead).c
LEAD_KEY = table(LeadKey).c
TOLD = ("number", "source", "company", "industry", "region", "budget_fen", "state", "created_by")
"""What the trail says of a new lead."""
_INSERT = insertion_once(table(Lead))
_INSERT_KEYS = insertion(table(LeadKey))
_KNOW = Statement(
    update(Lead).where(LEAD.id == bindparam("wanted")).values(contact_id=bindparam("contact"))
)
_SOURCE = Statement(select(LEAD.source).where(LEAD.id == bindparam("wanted")))
_BY_ORIGIN = Statement(select(LEAD.id).where(LEAD.origin == bindparam("wanted")))


def band(budget_fen: int | None) -> str:
    """The budget band: [0, 5万), [5万, 20万], (20万, ∞), or unknown (B9)."""
    if budget_fen is None:
        return "unknown"
    if budget_fen < SMALL_FEN:
        return "lt5w"
    return "b5_20w" if budget_fen <= LARGE_FEN else "gt20w"


def of_origin(db: Unit, origin: str) -> str | None:
    """The lead something has brought already."""
    found: str | None = _BY_ORIGIN.value(db, {"wanted": origin})
    return found


def of_sheets(db: Unit, ids: Collection[str]) -> set[str]:
    """Those of the leads that a row of a sheet has brought."""
    found = select(LEAD.id).where(LEAD.id.in_(sorted(ids)), LEAD.origin.startswith(SHEET))
    return set(db.execute(found).scalars())


def source_of(db: Unit, lead_id: str) -> str:
    """Where a lead came from."""
    return str(_SOURCE.value(db, {"wanted": lead_id}))


def capture(
    db: Unit, draft: Draft, *, origin: str, by: str, now: datetime, today: date
) -> tuple[str, bool]:  # fmt: skip
    """Put a lead into the pool; its id, and whether it is new.

    The same `origin` again is the same lead, unchanged.
    """
    if (known := of_origin(db, origin)) is not None:
        return known, False
    shown = names.forms(draft.company)
    row: dict[str, Any] = {
        "id": ulid(now), "number": day_number(db, "LD", today), "origin": origin,
        "source": draft.source, "company": shown.name, "stem": shown.stem,
        "industry": draft.industry, "region": draft.region, "budget_fen": draft.budget_fen,
        "need": draft.need, "credit_code": draft.credit_code, "contact_id": None,
        "raw": dict(draft.raw), "tags": draft.tags, "state": POOLED, "owner_id": None,
        "owner_since": None,
        "opened_at": None, "contacted_at": None, "contact_happened_at": None, "late": False,
        "pooled_at": now,
        "protected_until": None, "next_step": "", "next_on": None, "merged_into": None,
        "opportunity_id": None, "invalid_reason": "", "created_by": by, "created_at": now,
    }  # fmt: skip
    if not _INSERT.run(db, row):  # another process was quicker
        return str(of_origin(db, origin)), False
    keys = [{"key": key, "lead_id": row["id"]} for key in names.keys(shown.stem)]
    _INSERT_KEYS.run_many(db, keys)
    told = {name: row[name] for name in TOLD if row[name] is not None}
    audit.record(db, "lead.captured", ("lead", row["id"]), at=now, detail={audit.SET: told})
    return str(row["id"]), True


def forget(db: Unit, contact_id: str) -> None:
    """What a lead says in somebody's own words goes with them (PIPL art. 47)."""
    said = {"need": "", "next_step": "", "invalid_reason": ""}
    db.execute(update(Lead).where(LEAD.contact_id == contact_id).values(said))


def know(db: Unit, lead_id: str, contact_id: str) -> None:
    """The person to talk to, once they are in the vault."""
    _KNOW.run(db, {"wanted": lead_id, "contact": contact_id})
