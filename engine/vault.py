"""The vault: personal data, encrypted under a key of its own per subject (PIPL art. 47, 51).

Every subject, say a contact, has a random data key, kept wrapped by the master key; its fields
are sealed with AES-256-GCM, bound to subject and field. Erasing destroys the data key, and with
it everything sealed under it, wherever a copy lies. The master key is never stored here: a
fingerprint of it is, so that a wrong one is found out before anything is written.

Phone numbers and e-mail addresses are found again by an HMAC of their normal form.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import Index, bindparam, delete, select, text, update
from sqlmodel import Field

from engine.masking import plain_digits, plain_text
from engine.model import WITHOUT_ROWID, Row, table
from engine.sealing import (
    KEY_BYTES,
    WrongKey,
    bound,
    derived,
    seal,
    seal_bytes,
    unseal,
    unseal_bytes,
)
from engine.secrets import SECRET, Secret
from engine.statement import Statement, insertion_once
from engine.types import UtcTime
from engine.unit import Unit

FINGERPRINT = "vault"
"""The name of the master key's fingerprint among the secrets."""
PREFIXES = {13: "86", 15: "0086"}
"""What a mobile number of 11 digits may carry in front, by the length it then has."""

Subject: TypeAlias = tuple[str, str]
"""(type, id) of whose data it is."""
_FOUND = text("sought <> ''")


class VaultKey(Row, table=True):
    """The wrapped data key of one subject; a destroyed one is empty and stays as a tombstone.

    `frozen_at`: since then the data is only kept, not used (PIPL art. 47 paragraph 2).
    """

    __tablename__ = "vault_key"
    __table_args__ = WITHOUT_ROWID

    subject_type: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    wrapped: str
    created_at: datetime = Field(sa_type=UtcTime)
    frozen_at: datetime | None = Field(default=None, sa_type=UtcTime)
    destroyed_at: datetime | None = Field(default=None, sa_type=UtcTime)


class VaultEntry(Row, table=True):
    """One sealed field; `sought` finds it again ("" for a field nobody looks for)."""

    __tablename__ = "vault_entry"
    __table_args__ = (
        Index("ix_vault_entry_sought", "sought", sqlite_where=_FOUND, postgresql_where=_FOUND),
        WITHOUT_ROWID,
    )

    subject_type: str = Field(primary_key=True)
    subject_id: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    sealed: str
    sought: str = ""


class State(StrEnum):
    """What may be done with a subject's data."""

    KEPT = "kept"
    FROZEN = "frozen"
    DESTROYED = "destroyed"


class Destroyed(Exception):
    """The subject's key is gone: what was sealed under it cannot be read any more."""


KEY = table(VaultKey).c
ENTRY = table(VaultEntry).c
_THIS = (KEY.subject_type == bindparam("of_type"), KEY.subject_id == bindparam("of_id"))
_ADD_KEY = insertion_once(table(VaultKey), "subject_type", "subject_id", "wrapped", "created_at")
_KEY_ROW = select(KEY.wrapped, KEY.frozen_at, KEY.destroyed_at).where(*_THIS)
_WRAPPED = Statement(_KEY_ROW)
_WRAPPED_STILL = Statement(_KEY_ROW.with_for_update(read=True))
"""Whoever erases the subject waits until this unit has kept what it keeps."""
_DESTROY = Statement(
    update(VaultKey)
    .where(*_THIS, KEY.destroyed_at.is_(None))
    .values(wrapped="", destroyed_at=bindparam("at", type_=UtcTime))
)
_FREEZE = Statement(
    update(VaultKey)
    .where(*_THIS, KEY.destroyed_at.is_(None))
    .values(frozen_at=bindparam("since", type_=UtcTime))
)
_ADD_ENTRY = insertion_once(table(VaultEntry))
_ITS = (ENTRY.subject_type == bindparam("of_type"), ENTRY.subject_id == bindparam("of_id"))
_CHANGE_ENTRY = Statement(
    update(VaultEntry)
    .where(*_ITS, ENTRY.field == bindparam("of_field"))
    .values(sealed=bindparam("content"), sought=bindparam("found_by"))
)
_ENTRIES = Statement(select(ENTRY.field, ENTRY.sealed).where(*_ITS).order_by(ENTRY.field))
_DELETE_ENTRIES = Statement(delete(VaultEntry).where(*_ITS))
_BY_SOUGHT = Statement(
    select(ENTRY.subject_id)
    .where(ENTRY.sought == bindparam("wanted"), ENTRY.sought != "")
    .where(ENTRY.subject_type == bindparam("of_type"))
    .order_by(ENTRY.subject_id)
)


class Vault:
    """What the master key opens; holds no data."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes, not {len(master)}")
        self._wrapping = derived(master, "wrap")
        self._search = derived(master, "search")
        self.fingerprint = derived(master, "fingerprint").hex()

    def sign_in(self, db: Unit) -> None:
        """Leave the key's fingerprint in a database that has none.

        Raises:
            WrongKey: it has another one's.
        """
        _KEEP_FINGERPRINT.run(db, {"name": FINGERPRINT, "value": self.fingerprint})
        if fingerprint(db) != self.fingerprint:
            raise WrongKey

    def keep(self, db: Unit, subject: Subject, values: Mapping[str, str], *, now: datetime) -> None:
        """Seal fields of a subject; a field that is there already gets the new value.

        Raises:
            Destroyed: the subject was erased; nothing of it is kept again under this id.
        """
        key = self._key_or_new(db, subject, now)
        for field, value in values.items():
            row = {
                "subject_type": subject[0], "subject_id": subject[1], "field": field,
                "sealed": seal(key, value.encode(), bound(*subject, field)),
                "sought": self._sought(subject[0], field, value),
            }  # fmt: skip
            if not _ADD_ENTRY.run(db, row):
                where = {**_of(subject), "of_field": field}
                what = {"content": row["sealed"], "found_by": row["sought"]}
                _CHANGE_ENTRY.run(db, {**where, **what})

    def read(self, db: Unit, subject: Subject) -> dict[str, str]:
        """All fields of a subject in clear; none of one that was erased or never kept."""
        try:
            key = self._key(db, subject)
        except Destroyed:
            return {}
        return {
            row.field: unseal(key, row.sealed, bound(*subject, row.field)).decode()
            for row in _ENTRIES.rows(db, _of(subject))
        }

    def find(self, db: Unit, subject_type: str, field: str, value: str) -> list[str]:
        """The ids of the subjects with this phone number or e-mail address."""
        wanted = self._sought(subject_type, field, value)
        found = _BY_SOUGHT.rows(db, {"wanted": wanted, "of_type": subject_type})
        return [row.subject_id for row in found]

    def seal(self, db: Unit, subject: Subject, purpose: str, content: str) -> str:
        """Seal something that is kept elsewhere, under the subject's key.

        Raises:
            Destroyed: the subject was erased.
        """
        return seal(self._key(db, subject), content.encode(), bound(*subject, f"@{purpose}"))

    def unseal(self, db: Unit, subject: Subject, purpose: str, sealed: str) -> str:
        """What `seal` has sealed for the same purpose.

        Raises:
            Destroyed: the subject was erased meanwhile.
            WrongKey: it was sealed for another subject or purpose, or it was changed.
        """
        return unseal(self._key(db, subject), sealed, bound(*subject, f"@{purpose}")).decode()

    def seal_bytes(
        self, db: Unit, subject: Subject, purpose: str, content: bytes, *, now: datetime
    ) -> bytes:  # fmt: skip
        """Seal something large that is kept elsewhere; a new subject gets its key.

        Raises:
            Destroyed: the subject was erased.
        """
        return seal_bytes(self._key_or_new(db, subject, now), content,
                          bound(*subject, f"@{purpose}"))  # fmt: skip

    def unseal_bytes(self, db: Unit, subject: Subject, purpose: str, sealed: bytes) -> bytes:
        """What `seal_bytes` has sealed; raises as `unseal`."""
        return unseal_bytes(self._key(db, subject), sealed, bound(*subject, f"@{purpose}"))

    def mark(self, purpose: str, value: str) -> str:
        """A keyed fingerprint of something short, such as a code: trying all values needs the key.

        Every mark is another one after the master key was changed.
        """
        return hmac.digest(self._search, bound("@mark", purpose, value), "sha256").hex()

    def hand_over(self, db: Unit, heir: Vault) -> int:
        """Wrap every key, and find everything, with the master key of `heir`; how many keys.

        Raises:
            WrongKey: a key was not wrapped by this one.
        """
        living = db.execute(select(KEY.subject_type, KEY.subject_id).where(KEY.wrapped != ""))
        subjects = [(kind, subject_id) for kind, subject_id in living]
        for subject in subjects:
            wrapped = heir._wrapped(subject, self._key(db, subject))
            of = (KEY.subject_type == subject[0], KEY.subject_id == subject[1])
            db.execute(update(VaultKey).where(*of).values(wrapped=wrapped))
            for field, value in heir.read(db, subject).items():
                its = (ENTRY.subject_type == subject[0], ENTRY.subject_id == subject[1])
                sought = heir._sought(subject[0], field, value)
                there = (*its, ENTRY.field == field, ENTRY.sought != "")
                db.execute(update(VaultEntry).where(*there).values(sought=sought))
        mine = SECRET.name == FINGERPRINT
        db.execute(update(Secret).where(mine).values(value=heir.fingerprint))
        return len(subjects)

    def _key_or_new(self, db: Unit, subject: Subject, now: datetime) -> bytes:
        fresh = secrets.token_bytes(KEY_BYTES)
        row = {"subject_type": subject[0], "subject_id": subject[1],
               "wrapped": self._wrapped(subject, fresh), "created_at": now}  # fmt: skip
        return fresh if _ADD_KEY.run(db, row) else self._key(db, subject, _WRAPPED_STILL)

    def _key(self, db: Unit, subject: Subject, by: Statement = _WRAPPED) -> bytes:
        row = by.row(db, _of(subject))
        if row is None or not row.wrapped:
            raise Destroyed
        return unseal(self._wrapping, row.wrapped, bound(*subject, "key"))

    def _wrapped(self, subject: Subject, key: bytes) -> str:
        return seal(self._wrapping, key, bound(*subject, "key"))

    def _sought(self, subject_type: str, field: str, value: str) -> str:
        """What finds a value; "" for a field or value nobody can look for."""
        normal = normalised(field, value)
        if not normal:
            return ""
        return hmac.digest(self._search, bound(subject_type, field, normal), "sha256").hex()


def fingerprint(db: Unit) -> str | None:
    """The fingerprint of the master key the database belongs to; None if it has none yet."""
    return db.execute(select(SECRET.value).where(SECRET.name == FINGERPRINT)).scalar()


def state(db: Unit, subject: Subject) -> State | None:
    """What may be done with a subject's data; None if none was ever kept."""
    row = _WRAPPED.row(db, _of(subject))
    if row is None:
        return None
    if row.destroyed_at is not None:
        return State.DESTROYED
    return State.KEPT if row.frozen_at is None else State.FROZEN


def destroy(db: Unit, subject: Subject, *, now: datetime) -> bool:
    """Erase a subject: its key and everything found by it are gone; False if they were before.

    SQLite writes zeros over what is deleted (`secure_delete`).
    """
    destroyed = _DESTROY.run(db, {**_of(subject), "at": now}) == 1
    _DELETE_ENTRIES.run(db, _of(subject))
    return destroyed


def freeze(db: Unit, subject: Subject, *, since: datetime | None) -> bool:
    """Only keep a subject's data from a moment on, None to use it again; False if erased."""
    return _FREEZE.run(db, {**_of(subject), "since": since}) == 1


def destroyed(db: Unit, subject_type: str) -> list[tuple[str, datetime]]:
    """The ids of all erased subjects of a type, and when each was erased, oldest first."""
    gone = (KEY.subject_type == subject_type, KEY.destroyed_at.is_not(None))
    found = select(KEY.subject_id, KEY.destroyed_at).where(*gone)
    return [(row[0], row[1]) for row in db.execute(found.order_by(KEY.destroyed_at))]


def normalised(field: str, value: str) -> str:
    """The one form of a phone number (digits without China's code) or e-mail address; else ""."""
    if field == "phone":
        digits = plain_digits(value)
        return digits.removeprefix(PREFIXES.get(len(digits), ""))
    return "".join(plain_text(value).split()) if field == "email" else ""


def _of(subject: Subject) -> dict[str, str]:
    return {"of_type": subject[0], "of_id": subject[1]}


_KEEP_FINGERPRINT = insertion_once(table(Secret), "name", "value")
