"""Contacts: people at our customers and behind leads. Who they are is in the vault only (§8).

The table knows that there is somebody at a customer, or at the company of a lead; name, phone,
e-mail and WeChat id are sealed under the contact's own key and shown masked. The number in
clear goes to the owner of the customer or lead and the people above, one press at a time,
counted and audited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Date, Index, bindparam, func, select, update
from sqlmodel import Field

from engine import audit, vault
from engine.errors import Refusal
from engine.ids import ulid
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement, insertion, insertion_once
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import State, Subject, Vault
from sales import customers, policy
from sales.customers import CUSTOMER, Customer
from sales.leads import LEAD
from sales.people import Who

KIND = "contact"
FIELDS = ("name", "phone", "email", "wechat")
WANTED: Mapping[str, str] = {"name": "contact", "phone": "phone"}
"""Fields an opportunity asks for while nobody at its customer has them, as cards name them."""


class Contact(Row, table=True):
    """Somebody at a customer; `source` says where we have them from.

    The contact of a lead has no customer: `company` is then where they work, else "".
    """

    __tablename__ = "contact"
    __table_args__ = (Index("ix_contact_customer", "customer_id"),)

    id: str = Field(primary_key=True)
    customer_id: str | None = Field(default=None, foreign_key="customer.id")
    company: str = Field(default="", sa_column_kwargs={"server_default": ""})
    source: str
    created_at: datetime = Field(sa_type=UtcTime)


class Reveal(Row, table=True):
    """How many numbers a person has looked at on a business day."""

    __tablename__ = "reveal"
    __table_args__ = WITHOUT_ROWID

    person_id: str = Field(primary_key=True)
    day: date = Field(primary_key=True, sa_type=Date)
    count: int


class UnknownContact(Refusal):
    """Nobody we know is meant."""

    code = "unknown_contact"
    text = "没有找到这位联系人。可以写客户名称，或完整的电话号码、邮箱。"


class NotTheirs(Refusal):
    """Only the owner of the customer or lead and the people above may see the number."""

    code = "not_their_contact"
    text = "只有负责人和他的上级能看号码，可以请他们代为联系。"


class Frozen(Refusal):
    """The contact's data is only kept, not used."""

    code = "contact_frozen"
    text = "这位联系人的资料已经冻结，只保存不使用。需要联系请找合规。"


class Erased(Refusal):
    """The contact was erased."""

    code = "contact_erased"
    text = "这位联系人的资料已经删除，不能恢复。"


class TooMany(Refusal):
    """Enough numbers for one day."""

    code = "too_many_reveals"
    text = "今天已经看了 {count} 个号码，到上限了，明天可以再看。急用请找您的上级。"


@dataclass(frozen=True, slots=True)
class Known:
    """A contact with what is known of them, in clear: nothing once erased.

    `customer` is the company's name, also where it is none of our customers.
    """

    id: str
    customer_id: str | None
    customer: str
    state: State
    values: Mapping[str, str] = field(repr=False)


CONTACT = table(Contact).c
_REVEAL = table(Reveal).c
_ENTRY = vault.ENTRY
_INSERT = insertion(table(Contact))
_SHOWN = select(
    CONTACT.id, CONTACT.customer_id, func.coalesce(CUSTOMER.name, CONTACT.company).label("name")
).outerjoin(Customer, CUSTOMER.id == CONTACT.customer_id)
_OF_CUSTOMER = Statement(
    _SHOWN.where(CONTACT.customer_id == bindparam("customer")).order_by(CONTACT.id)
)
_ONE = Statement(_SHOWN.where(CONTACT.id == bindparam("wanted")))
_FILLED = Statement(
    select(_ENTRY.field)
    .join(Contact, CONTACT.id == _ENTRY.subject_id)
    .where(_ENTRY.subject_type == KIND, CONTACT.customer_id == bindparam("customer"))
    .distinct()
)
_FIRST_TODAY = insertion_once(table(Reveal), "person_id", "day", "count")
_COUNT = Statement(
    update(Reveal)
    .where(_REVEAL.person_id == bindparam("who"), _REVEAL.day == bindparam("on"))
    .where(_REVEAL.count < bindparam("most"))
    .values(count=_REVEAL.count + 1)
    .returning(_REVEAL.count)
)


def subject(contact_id: str) -> Subject:
    """Whose key a contact's data is under."""
    return KIND, contact_id


def add(
    db: Unit, vault: Vault, customer_id: str | None, values: Mapping[str, str], *,
    source: str, now: datetime, company: str = "",
) -> str:  # fmt: skip
    """A new contact of a customer, or without one at the `company` of a lead; their id."""
    contact_id = ulid(now)
    of = {"customer_id": customer_id, "company": company, "source": source}
    _INSERT.run(db, {"id": contact_id, "created_at": now, **of})
    vault.keep(db, subject(contact_id), values, now=now)
    told = {name: value for name, value in of.items() if value}
    detail = {audit.SET: told, "fields": sorted(values)}
    audit.record(db, "contact.created", subject(contact_id), at=now, detail=detail)
    return contact_id


def complete(
    db: Unit, vault: Vault, contact_id: str, values: Mapping[str, str], *, now: datetime
) -> None:
    """What was learnt about a contact; the trail says which fields, never what they hold."""
    vault.keep(db, subject(contact_id), values, now=now)
    detail = {"fields": sorted(values)}
    audit.record(db, "contact.completed", subject(contact_id), at=now, detail=detail)


def join(
    db: Unit, vault: Vault, contact_id: str, customer_id: str, *, now: datetime
) -> None:  # fmt: skip
    """The contact of a lead is one of a customer from here on, unless the customer has them."""
    known = get(db, vault, contact_id)
    phone = "" if known is None else known.values.get("phone", "")
    there = by_number(db, vault, phone) if phone else []
    theirs = select(CONTACT.id).where(CONTACT.id.in_(there), CONTACT.customer_id == customer_id)
    if there and db.execute(theirs).first() is not None:
        return
    change = {"customer_id": customer_id, "company": ""}
    of_nobody = CONTACT.id == contact_id, CONTACT.customer_id.is_(None)
    if db.execute(update(Contact).where(*of_nobody).values(change)).rowcount:
        audit.record(db, "contact.joined", subject(contact_id), at=now,
                     detail={audit.SET: change})  # fmt: skip


def of_customer(db: Unit, vault: Vault, customer_id: str) -> list[Known]:
    """The contacts of a customer who were not erased, oldest first."""
    rows = _OF_CUSTOMER.rows(db, {"customer": customer_id})
    found = [_known(db, vault, *row) for row in rows]
    return [contact for contact in found if contact.state is not State.DESTROYED]


def get(db: Unit, vault: Vault, contact_id: str) -> Known | None:
    """One contact, erased or not."""
    row = _ONE.row(db, {"wanted": contact_id})
    return None if row is None else _known(db, vault, *row)


def by_number(db: Unit, vault: Vault, words: str) -> list[str]:
    """The ids of the contacts with this phone number or e-mail address."""
    return vault.find(db, KIND, "email" if "@" in words else "phone", words)


def missing(db: Unit, customer_id: str) -> tuple[str, ...]:
    """What a card still asks for: "contact" without anybody's name, "phone" without a number."""
    filled = {row.field for row in _FILLED.rows(db, {"customer": customer_id})}
    return tuple(name for field, name in WANTED.items() if field not in filled)


def may_reveal(db: Unit, who: Who, customer_id: str) -> bool:
    """Whether `who` may see the numbers of this customer's contacts."""
    return customers.get(db, customer_id, policy.visible(who, "contact.reveal")) is not None


def may_reveal_lead(db: Unit, who: Who, contact_id: str) -> bool:
    """Whether `who` may see the numbers of this contact of a lead."""
    theirs = policy.owned(who, "contact.reveal", LEAD.owner_id)
    return (
        db.execute(select(LEAD.id).where(LEAD.contact_id == contact_id, theirs)).first() is not None
    )


def reveal(
    db: Unit, who: Who, contact_id: str, *, most: int, today: date, now: datetime
) -> tuple[str, int]:  # fmt: skip
    """Count and note that `who` sees a number now, at most so many a day.

    The number is read where the message is drawn. Gives the customer's name and how many more
    `who` may see today.

    Raises:
        UnknownContact, Erased, Frozen: there is nothing to show.
        NotTheirs: somebody else's customer or lead.
        TooMany: enough for today.
    """
    row = _ONE.row(db, {"wanted": contact_id})
    if row is None:
        raise UnknownContact
    theirs = row.customer_id is not None and may_reveal(db, who, row.customer_id)
    if not (theirs or may_reveal_lead(db, who, contact_id)):
        raise NotTheirs
    refuse_unless_kept(db, contact_id)
    this_day = {"person_id": who.id, "day": today, "count": 0}
    _FIRST_TODAY.run(db, this_day)
    counted = _COUNT.value(db, {"who": who.id, "on": today, "most": most})
    if counted is None:
        raise TooMany(count=most)
    detail = {"customer_id": row.customer_id} if row.customer_id else {}
    audit.record(db, "contact.revealed", subject(contact_id), at=now, detail=detail)
    return row.name, most - counted


def refuse_unless_kept(db: Unit, contact_id: str) -> None:
    """Go on only if the contact's data may be used.

    Raises:
        Erased, Frozen: it may not.
    """
    match vault.state(db, subject(contact_id)):
        case State.DESTROYED | None:
            raise Erased
        case State.FROZEN:
            raise Frozen


def _known(
    db: Unit, vault_: Vault, contact_id: str, customer_id: str | None, customer: str
) -> Known:  # fmt: skip
    state = vault.state(db, subject(contact_id)) or State.DESTROYED
    return Known(contact_id, customer_id, customer, state, vault_.read(db, subject(contact_id)))
