"""Somebody leaves: what becomes of their leads, and of the clocks of them (B13, B79)."""

from __future__ import annotations

from sqlalchemy import select

from engine import deadlines
from engine.unit import Unit
from sales import lead_clocks, lead_owning
from sales.desk import Timed
from sales.lead_clocks import LEAD as SUBJECT
from sales.lead_clocks import It
from sales.lead_states import EVENTS, OWNED, Seen
from sales.leads import LEAD


def hand_over(db: Unit, owner: str, heir: str, timed: Timed) -> list[str]:
    """Everything somebody has is the heir's; the ids of what is still worked on, oldest first.

    A customer nobody has contacted yet begins anew with the heir, who has not looked (B13). One
    who was contacted goes on where they are: the clocks run on, the customers wait.
    """
    rows = db.execute(
        select(LEAD.id, LEAD.number, LEAD.state, LEAD.owner_id, LEAD.company)
        .where(LEAD.owner_id == owner)
        .order_by(LEAD.id)
        .with_for_update()  # somebody leaves whole: no lead changes under the list
    ).all()
    for *seen, company in rows:
        lead = Seen(*seen)
        if lead.state in EVENTS["handed_over"].after:
            lead_owning.give(db, lead, "handed_over", heir, now=timed.now)
            lead_clocks.given(db, It(lead.id, f"{lead.number} {company}", heir), timed)
        else:
            lead_owning.pass_on(db, lead.id, owner, heir, now=timed.now)
    deadlines.hand_over(db, owner, SUBJECT, heir)
    return [row.id for row in rows if row.state in OWNED]
