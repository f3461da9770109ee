"""One person on two platforms, proven: a code shown in one app is typed in the other.

A code is eight digits, good once and for ten minutes. The database holds a keyed fingerprint of
it, and for the message that tells it a sealed copy, both under the vault's key. Whoever types
five wrong ones waits an hour. Names never bind anybody (domain.md §2).
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, select, update
from sqlmodel import Field

from engine import audit
from engine.errors import Refusal
from engine.ids import ulid
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import insertion_once
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import Vault
from sales import directory_apply, merging, people, staff
from sales.directory import WAITING
from sales.people import IDENTITY, PERSON, Address, Identity

KIND = "binding"
"""The vault's word for whose a sealed code is: a person."""
GOOD_FOR = timedelta(minutes=10)
DIGITS = 8
WINDOW = timedelta(hours=1)
MOST_CODES = 5
"""Codes one person gets within the window."""
MOST_WRONG = 5
"""Wrong codes typed from one account before it has to wait for the window's length."""
_CODE = re.compile(rf"\d{{{DIGITS}}}")


class BindingCode(Row, table=True):
    """A person's newest code; `issued` counts those since `since`."""

    __tablename__ = "binding_code"
    __table_args__ = WITHOUT_ROWID

    person_id: str = Field(primary_key=True)
    mark: str
    expires_at: datetime = Field(sa_type=UtcTime)
    issued: int = 1
    since: datetime = Field(sa_type=UtcTime)


class BindingTry(Row, table=True):
    """Wrong codes typed from one account since `since`."""

    __tablename__ = "binding_try"
    __table_args__ = WITHOUT_ROWID

    platform: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    account: str = Field(primary_key=True)
    wrong: int = 0
    since: datetime = Field(sa_type=UtcTime)


class TooManyCodes(Refusal):
    """Somebody asks for codes over and over."""

    code = "too_many_codes"
    text = f"一小时最多要 {MOST_CODES} 个绑定码，请过一会儿再来。"


class BoundAlready(Refusal):
    """The account is this person's."""

    code = "bound_already"
    text = "这两个账号已经绑定在一起了，不用再绑。"


class OneEach(Refusal):
    """A person has one account on a platform."""

    code = "one_account_each"
    text = "{name} 在这个平台上已经有账号 {account}。要换账号，请管理员先用 /同事 解绑。"


@dataclass(frozen=True, slots=True)
class Wrong:
    """The code is none, or no longer; `left` tries until the account has to wait."""

    left: int


@dataclass(frozen=True, slots=True)
class Bound:
    """The account is the person's now; `merged` is the id of whom it was before, if anybody."""

    person_id: str
    name: str
    merged: str = ""


CODE = table(BindingCode).c
TRY = table(BindingTry).c
_NEW_CODE = insertion_once(table(BindingCode), "person_id", "mark", "expires_at", "issued", "since")
_NEW_TRY = insertion_once(table(BindingTry), "platform", "tenant", "account", "wrong", "since")


def issue(db: Unit, vault: Vault, person_id: str, *, now: datetime) -> None:
    """Give a person a code in place of the one before; the message that tells it opens it.

    Raises:
        TooManyCodes: they have had enough of them.
    """
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    fresh = {"mark": vault.mark(KIND, code), "expires_at": now + GOOD_FOR}
    row = {"person_id": person_id, **fresh, "issued": 1, "since": now}
    if not _NEW_CODE.run(db, row):
        mine = update(BindingCode).where(CODE.person_id == person_id)
        anew = mine.where(CODE.since <= now - WINDOW).values(**fresh, issued=1, since=now)
        again = mine.where(CODE.issued < MOST_CODES).values(**fresh, issued=CODE.issued + 1)
        if not db.execute(anew).rowcount and not db.execute(again).rowcount:
            raise TooManyCodes
    vault.keep(db, (KIND, person_id), {"code": code}, now=now)
    audit.record(db, "binding.code_given", ("person", person_id), at=now)


def redeem(db: Unit, vault: Vault, typed: str, at: Address, *, now: datetime) -> Bound | Wrong:
    """Make the account `at`, where a code was typed, its owner's.

    A wrong code is an answer and no refusal: that it was tried has to be kept.

    Raises:
        Refusal: the code is right, and the two cannot be one; it stays good.
    """
    if _wrong(db, at, now) >= MOST_WRONG:
        return Wrong(0)
    owner = _owner(db, vault, re.sub(r"[\s-]", "", typed), now)
    if owner is None:
        return Wrong(MOST_WRONG - _one_more(db, at, now))
    staff.in_turn(db)
    bound = _bind(db, owner, at, now)
    used = delete(BindingCode).where(CODE.person_id == owner.id, CODE.mark == owner.mark)
    if not db.execute(used).rowcount:
        return Wrong(MOST_WRONG - _one_more(db, at, now))
    return bound


def unbind(db: Unit, to: Address, *, now: datetime, reason: str) -> bool:
    """Take an account from its person; False if it was not theirs any more.

    The directory goes on listing it: an administrator may say whose it is (`/同步 新人`).
    """
    if not people.unbind(db, to, now=now, reason=reason):
        return False
    directory_apply.settle(db, (to.platform, to.tenant), to.account, WAITING)
    return True


def _bind(db: Unit, owner: Any, at: Address, now: datetime) -> Bound:
    holder = db.execute(
        select(PERSON.id, PERSON.name, PERSON.status)
        .join(Identity, IDENTITY.person_id == PERSON.id)
        .where(IDENTITY.platform == at.platform, IDENTITY.tenant == at.tenant,
               IDENTITY.account == at.account)
    ).first()  # fmt: skip
    if holder is not None and holder.id == owner.id:
        raise BoundAlready
    if holder is not None:
        kept, gone = merging.merge(db, owner.id, holder.id, now=now)
        return Bound(kept, people.names(db, [kept])[kept], gone)
    there = [one for one in people.addresses(db, owner.id)
             if (one.platform, one.tenant) == (at.platform, at.tenant)]  # fmt: skip
    if there:
        raise OneEach(name=owner.name, account=there[0].account)
    row = {"id": ulid(now), "person_id": owner.id, "platform": at.platform, "tenant": at.tenant,
           "account": at.account, "created_at": now}  # fmt: skip
    db.occasion = db.occasion._replace(actor=owner.id)
    people.bind(db, [row], now=now, reason="绑定码")
    directory_apply.settle(db, (at.platform, at.tenant), at.account, "")
    return Bound(owner.id, owner.name)


def _owner(db: Unit, vault: Vault, code: str, now: datetime) -> Any | None:
    """The active person whose running code this is."""
    if not _CODE.fullmatch(code):
        return None
    return db.execute(
        select(PERSON.id, PERSON.name, CODE.mark)
        .join(BindingCode, CODE.person_id == PERSON.id)
        .where(CODE.mark == vault.mark(KIND, code), CODE.expires_at > now)
        .where(PERSON.status == "active")
    ).first()


def _wrong(db: Unit, at: Address, now: datetime) -> int:
    """Wrong codes from this account within the window."""
    tried = select(TRY.wrong).where(*_this(at), TRY.since > now - WINDOW)
    return int(db.execute(tried).scalar() or 0)


def _one_more(db: Unit, at: Address, now: datetime) -> int:
    """Count a wrong code; how many there are now. The window begins anew with the last one."""
    key = {"platform": at.platform, "tenant": at.tenant, "account": at.account}
    if not _NEW_TRY.run(db, {**key, "wrong": 1, "since": now}):
        more = case((TRY.since > now - WINDOW, TRY.wrong + 1), else_=1)
        db.execute(update(BindingTry).where(*_this(at)).values(wrong=more, since=now))
    count = _wrong(db, at, now)
    audit.record(db, "binding.wrong_code", ("account", at.account), at=now,
                 detail={"platform": at.platform, "wrong": count})  # fmt: skip
    return count


def _this(at: Address) -> tuple[Any, ...]:
    return TRY.platform == at.platform, TRY.tenant == at.tenant, TRY.account == at.account
