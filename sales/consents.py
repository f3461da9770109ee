"""The consent register: what a contact has agreed to, since when, on what proof (PIPL 13–15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, bindparam, select, text, update
from sqlmodel import Field

from engine import audit
from engine.errors import Refusal
from engine.ids import ulid
from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import Vault
from sales import contacts

PROOF = "proof."
"""What the field of a consent's proof begins with in the vault; the consent's id follows."""
_GIVEN = text("to_at IS NULL")


class Scope(StrEnum):
    """What a consent is for."""

    CHAT_ARCHIVE = "chat_archive"
    MEETING = "meeting"
    MARKETING = "marketing"


SCOPE_NAMES: Mapping[str, str] = {
    Scope.CHAT_ARCHIVE: "聊天存档",
    Scope.MEETING: "会议记录",
    Scope.MARKETING: "营销",
}
"""Scopes as colleagues call them."""


class Consent(Row, table=True):
    """One consent from the moment it was given until it was withdrawn.

    What proves it is in the vault, with the contact's other data.
    """

    __tablename__ = "consent"
    __table_args__ = (
        Index("uq_consent_given", "contact_id", "scope", unique=True, sqlite_where=_GIVEN,
              postgresql_where=_GIVEN),
    )  # fmt: skip

    id: str = Field(primary_key=True)
    contact_id: str = Field(foreign_key="contact.id")
    scope: str
    from_at: datetime = Field(sa_type=UtcTime)
    to_at: datetime | None = Field(default=None, sa_type=UtcTime)


class UnknownScope(Refusal):
    """No such purpose."""

    code = "unknown_scope"
    text = "同意的范围要写 {scopes} 中的一个。"


class NotGiven(Refusal):
    """There is no such consent to withdraw."""

    code = "consent_not_given"
    text = "没有登记过这位联系人对「{scope}」的同意。"


@dataclass(frozen=True, slots=True)
class Given:
    """A consent as it is shown; `until` None while it holds."""

    id: str
    scope: Scope
    since: datetime
    until: datetime | None


CONSENT = table(Consent).c
_ADD = insertion_once(table(Consent), "id", "contact_id", "scope", "from_at")
_WITHDRAW = Statement(
    update(Consent)
    .where(CONSENT.contact_id == bindparam("contact"), CONSENT.scope == bindparam("of_scope"))
    .where(CONSENT.to_at.is_(None))
    .values(to_at=bindparam("at", type_=UtcTime))
)
_WITHDRAW_ALL = Statement(
    update(Consent)
    .where(CONSENT.contact_id == bindparam("contact"), CONSENT.to_at.is_(None))
    .values(to_at=bindparam("at", type_=UtcTime))
)
_OF_CONTACT = Statement(
    select(CONSENT.id, CONSENT.scope, CONSENT.from_at, CONSENT.to_at)
    .where(CONSENT.contact_id == bindparam("contact"))
    .order_by(CONSENT.from_at, CONSENT.id)
)


def scope(word: str) -> Scope:
    """The scope people call so.

    Raises:
        UnknownScope: nobody calls one so.
    """
    for one, name in SCOPE_NAMES.items():
        if word in (one, name):
            return Scope(one)
    raise UnknownScope(scopes="、".join(SCOPE_NAMES.values()))


def give(
    db: Unit, vault: Vault, contact_id: str, of: Scope, *,
    proof: str, now: datetime,
) -> None:  # fmt: skip
    """Register a consent and what proves it; one that holds already stays as it is.

    Raises:
        contacts.Erased, contacts.Frozen: the contact's data may not be used.
    """
    contacts.refuse_unless_kept(db, contact_id)
    consent_id = ulid(now)
    row = {"id": consent_id, "contact_id": contact_id, "scope": of.value, "from_at": now}
    if _ADD.run(db, row):
        vault.keep(db, contacts.subject(contact_id), {f"{PROOF}{consent_id}": proof}, now=now)
        detail = {"scope": of.value}
        audit.record(db, "consent.given", contacts.subject(contact_id), at=now, detail=detail)


def withdraw(db: Unit, contact_id: str, of: Scope, *, now: datetime) -> None:
    """End a consent at once.

    Raises:
        NotGiven: there was none.
    """
    if not _WITHDRAW.run(db, {"contact": contact_id, "of_scope": of.value, "at": now}):
        raise NotGiven(scope=SCOPE_NAMES[of])
    detail = {"scope": of.value}
    audit.record(db, "consent.withdrawn", contacts.subject(contact_id), at=now, detail=detail)


def proofs(values: Mapping[str, str]) -> list[str]:
    """What proves the consents of a contact whose opened data this is."""
    return [proof for field, proof in values.items() if field.startswith(PROOF)]


def withdraw_all(db: Unit, contact_id: str, *, now: datetime) -> None:
    """End every consent of a contact who is erased."""
    _WITHDRAW_ALL.run(db, {"contact": contact_id, "at": now})


def of_contact(db: Unit, contact_id: str) -> list[Given]:
    """All consents of a contact, the oldest first."""
    rows = _OF_CONTACT.rows(db, {"contact": contact_id})
    return [Given(row.id, Scope(row.scope), row.from_at, row.to_at) for row in rows]
