"""Giving a lead out by the company's rules, in the unit that brought it (B8, B11, I6).

Decisions take turns: whoever decides holds the counter of decisions until the commit, so that
everybody counts what the one before has given, and nobody ends up with more than the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from engine.ids import next_number
from engine.statement import Statement
from engine.unit import Unit
from sales import (
    assigning,
    lead_clocks,
    lead_decisions,
    lead_owning,
    lead_people,
    lead_sellers,
    lead_traces,
)
from sales.desk import Desk
from sales.lead_clocks import It
from sales.lead_decisions import DECISION
from sales.lead_doubles import Double
from sales.lead_states import REVISIT, look
from sales.lead_traces import Same, Trace
from sales.leads import LEAD, POOLED, Lead
from sales.rules.assigning_checks import ASSIGNING

TURN = "assigning"
"""The counter whoever decides holds."""
_LEAD = Statement(
    select(LEAD.number, LEAD.company, LEAD.source, LEAD.industry, LEAD.region, LEAD.budget_fen)
    .where(LEAD.id == bindparam("wanted"))
)  # fmt: skip


_STANDS = Statement(
    select(
        DECISION.code, DECISION.owner_id.label("given_to"), LEAD.owner_id, LEAD.state, LEAD.region
    )
    .join(Lead, LEAD.id == DECISION.lead_id)
    .where(DECISION.lead_id == bindparam("wanted"))
    .order_by(DECISION.attempt.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of it: a reason code (requirements §6), and the owner if there is one now."""

    code: str
    owner_id: str | None
    keepers: tuple[str, ...] = ()


def take_turn(db: Unit) -> None:
    """From here to the commit nobody else decides, nor takes in a lead that may be the same."""
    next_number(db, TURN)


def assign(
    db: Unit, lead_id: str, desk: Desk, *, doubles: Sequence[Double] = (), fresh: bool = False
) -> Decided:  # fmt: skip
    """Decide who gets a lead of the pool, store why, and give it to them.

    Whose download is `fresh` is called soon (B86).

    One that is surely somebody's already (`doubles`) is given to nobody: it waits to be merged.

    Raises:
        Moved: it is not in the pool any more.
    """
    take_turn(db)
    row = _LEAD.one(db, {"wanted": lead_id})
    lead = {
        "source": row.source, "industry": row.industry, "region": row.region,
        "budget": row.budget_fen,
    }  # fmt: skip
    rules = desk.rules.at(ASSIGNING, desk.now)
    if (same := next((one for one in doubles if one.sure), None)) is not None:
        code = "protected_owner" if same.state == REVISIT else "duplicate_of"
        owner = None
        trace = lead_traces.plain(Trace(lead=lead_traces.known(lead), same=_same(same)))
    else:
        people = lead_sellers.sellers(
            db, industry=row.industry, region=row.region, now=desk.now,
            open_from=rules.body.open_from,
        )  # fmt: skip
        decision = assigning.decide(lead, rules.body.rule_set(people), people)
        code = decision.code
        owner = None if decision.owner is None else decision.owner.id
        trace = lead_traces.packed(
            lead, decision, people, capacity=rules.body.capacity, fallback=rules.body.fallback,
            open_from=rules.body.open_from,
        )  # fmt: skip
    lead_decisions.keep(
        db, lead_id, code, owner, trace, rule_version=rules.number, now=desk.now
    )  # fmt: skip
    about = f"{row.number} {row.company}"
    if owner is None:
        keepers = lead_people.keepers(db, row.region, now=desk.now)
        it = It(lead_id, about, keepers[0] if keepers else "")
        lead_clocks.pooled(db, it, desk.rules, desk.now)
        return Decided(code, None, tuple(keepers))
    lead_owning.give(db, look(db, lead_id), "assigned", owner, now=desk.now)
    lead_clocks.given(db, It(lead_id, about, owner), desk, source=row.source if fresh else "")
    return Decided(code, owner)


def stands(db: Unit, lead_id: str, *, now: datetime) -> Decided | None:
    """The newest decision about a lead, as long as nothing else has become of it; else None."""
    row = _STANDS.row(db, {"wanted": lead_id})
    if row is None or row.owner_id != row.given_to:
        return None
    if row.owner_id is not None:
        return Decided(row.code, row.owner_id)
    if row.state != POOLED:
        return None
    return Decided(row.code, None, tuple(lead_people.keepers(db, row.region, now=now)))


def _same(double: Double) -> Same:
    return Same(
        double.kind, double.id, double.number, double.company, double.owner or "",
        double.owner_region or "", double.why.value,
    )  # fmt: skip
