"""One customer, several leads: they become one, the others stay as tombstones (A50, I14)."""

from __future__ import annotations

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
from sales.lead_states import look
from sales.leads import LEAD, Lead
from sales.people import Who

FILLED = ("industry", "region", "budget_fen", "credit_code", "contact_id")
"""What the one that stays takes over where it knows nothing."""


class NothingToMerge(Refusal):
    """There is no second lead of this customer, or none this person may touch."""

    code = "nothing_to_merge"
    text = "没有找到和 {number} 是同一客户、并且您能合并的线索。"


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


def merge_all(db: Unit, lead: Shown, who: Who, desk: Desk) -> tuple[Shown, list[str]]:
    """Make one of a lead and all that surely is the same; the one that stays, and who went.

    The one somebody works on stays, else the oldest.

    Raises:
        NothingToMerge: there is no other one.
    """
    others = [
        lead_lists.get(db, one.id, who)
        for one in doubles(db, lead, desk)
        if one.kind == "lead" and _may(db, one, who)
    ]
    if not others or not _may_merge(db, lead, who):
        raise NothingToMerge(number=lead.number)
    kept, *gone = sorted([lead, *others], key=_stays)
    for one in sorted(gone, key=lambda each: each.id):
        _merge(db, one, kept, desk)
    return lead_lists.get(db, kept.id, who), [one.number for one in gone]


def _stays(lead: Shown) -> tuple[bool, Any, str]:
    return lead.owner_id is None, lead.created_at, lead.id


def _may(db: Unit, double: Double, who: Who) -> bool:
    return double.owner_id is None or _reaches(db, double.id, who)


def _may_merge(db: Unit, lead: Shown, who: Who) -> bool:
    return lead.owner_id is None or _reaches(db, lead.id, who)


def _reaches(db: Unit, lead_id: str, who: Who) -> bool:
    reach = policy.owned(who, "lead.merge", LEAD.owner_id)
    return db.execute(LEAD.id.table.select().where(LEAD.id == lead_id, reach)).first() is not None


def _merge(db: Unit, gone: Shown, kept: Shown, desk: Desk) -> None:
    lead_owning.release(db, look(db, gone.id), "merged", now=desk.now, merged_into=kept.id)
    lead_clocks.stop(db, gone.id, desk.now)
    fill = {
        name: getattr(gone, name)
        for name in FILLED
        if getattr(kept, name) is None and getattr(gone, name) is not None
    }
    need = kept.need
    if gone.need not in need:
        need = "；".join(filter(None, (need, gone.need)))[:LONGEST_NEED]
    db.execute(update(Lead).where(LEAD.id == kept.id).values(need=need, **fill))
    audit.record(db, "lead.completed", ("lead", kept.id), at=desk.now,
                 detail={audit.SET: fill, "from": gone.number})  # fmt: skip
