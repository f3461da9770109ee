"""Leads that web hooks bring: each delivery once, whoever sends it how often (B4, X14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update
from sqlmodel import Field

from engine.errors import Refusal
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement, insertion_once
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import normalised
from sales import lead_intake, lead_states, names
from sales.desk import Desk
from sales.importing_leads import raw_lead
from sales.lead_intake import RawLead, Taken

PURPOSE = "hook body"
KEPT = timedelta(days=30)
"""A delivery is known again for so long; senders try for a few days at most."""
TAIL = 4
"""Digits of a number that stand in for a company nobody named."""


class HookDelivery(Row, table=True):
    """A delivery that was taken; `mark` is a keyed fingerprint of its body."""

    __tablename__ = "hook_delivery"
    __table_args__ = WITHOUT_ROWID

    connector: str = Field(primary_key=True)
    delivery: str = Field(primary_key=True)
    mark: str
    lead_id: str
    received_at: datetime = Field(sa_type=UtcTime)


class OtherContent(Refusal):
    """The sender uses one id for two things, so one of them would be lost."""

    code = "delivery_reused"
    text = "这个 webhook-id 已经用过，内容不一样。每次提交要用新的 webhook-id，重试才用原来的。"


class NobodyToCall(Refusal):
    """There is nothing to work with."""

    code = "nothing_to_work_with"
    text = "没有公司名称，也没有电话，建不成线索。"


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a delivery; one that was known before brings nothing new."""

    number: str
    taken: Taken


HOOK = table(HookDelivery).c
_KEEP = insertion_once(table(HookDelivery))
_IT = (HOOK.connector == bindparam("connector"), HOOK.delivery == bindparam("delivery"))
_KNOWN = Statement(select(HOOK.mark, HOOK.lead_id).where(*_IT))
_BROUGHT = Statement(
    update(HookDelivery)
    .where(HOOK.connector == bindparam("by"), HOOK.delivery == bindparam("named"))
    .values(lead_id=bindparam("lead"))
)

_OLD = Statement(delete(HookDelivery).where(HOOK.received_at < bindparam("before", type_=UtcTime)))


def receive(
    db: Unit, values: Mapping[str, Any], desk: Desk, *,
    connector: str, source: str, delivery: str, body: str,
) -> Received:  # fmt: skip
    """Put what a delivery tells into the pool; the same delivery again is the same lead.

    `source` is what leads of this connector come from, whatever the body says.

    Raises:
        OtherContent: the delivery's id was used for another body.
        NobodyToCall: neither a company nor a number.
        BadCompany: the company's name is none.
    """
    it = {"connector": connector, "delivery": delivery}
    mark = desk.vault.mark(PURPOSE, body)
    if not _KEEP.run(db, {**it, "mark": mark, "lead_id": "", "received_at": desk.now}):
        known = _KNOWN.one(db, it)
        if known.mark != mark:
            raise OtherContent
        number = lead_states.look(db, known.lead_id).number
        return Received(number, Taken(known.lead_id, new=False))
    raw = _named(raw_lead({**values, "source": source}))
    origin = f"hook/{connector}/{delivery}"
    taken = lead_intake.take_in(db, raw, desk, origin=origin, by="")
    _BROUGHT.run(db, {"by": connector, "named": delivery, "lead": taken.lead_id})
    return Received(lead_states.look(db, taken.lead_id).number, taken)


def sweep(db: Unit, *, now: datetime) -> int:
    """Forget deliveries nobody repeats any more; how many."""
    return _OLD.run(db, {"before": now - KEPT})


def _named(raw: RawLead) -> RawLead:
    """Somebody who only left a number is called after its end: they are waiting for a call."""
    if names.says_something(names.clean(raw.company)):
        return raw
    tail = normalised("phone", raw.contact.get("phone", ""))[-TAIL:]
    if len(tail) < TAIL:
        raise NobodyToCall
    return replace(raw, company=f"未留公司 尾号{tail}")
