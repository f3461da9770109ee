"""Bytes that wait for something: a file until it is used, a report until it has been sent.

They are sealed with the vault's key and go at the latest when they expire: nothing here is an
archive. Those that may hold people's data go with the first erasure (PIPL art. 47).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, bindparam, delete, select, true, update
from sqlmodel import Field

from engine.model import Row, table
from engine.statement import Statement, insertion_once
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import Vault

SUBJECT = ("blobs", "")
"""Whose key seals them all; a single one goes with its row."""


class Blob(Row, table=True):
    """Some bytes by their name; `personal`: people's data may stand in them."""

    __tablename__ = "blob"

    id: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=LargeBinary)
    size: int
    personal: bool
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)


class Gone(Exception):
    """The bytes have expired, were used up, or went with somebody's erasure."""


BLOB = table(Blob).c
_KEEP = insertion_once(table(Blob))
_THIS = BLOB.id == bindparam("wanted")
_LONGER = Statement(
    update(Blob)
    .where(_THIS, BLOB.expires_at < bindparam("ends"))
    .values(expires_at=bindparam("ends"))
)
_READ = Statement(select(BLOB.sealed).where(_THIS, BLOB.expires_at > bindparam("now")))
_THERE = Statement(select(BLOB.id).where(_THIS))
_DROP = Statement(delete(Blob).where(_THIS))
_EXPIRED = Statement(delete(Blob).where(BLOB.expires_at <= bindparam("now")))
_PERSONAL = Statement(delete(Blob).where(BLOB.personal == true()))


def keep(
    db: Unit, vault: Vault, blob_id: str, content: bytes, *,
    personal: bool, until: datetime, now: datetime,
) -> None:  # fmt: skip
    """Keep bytes under a name; what has the name already is kept at least as long."""
    row = {
        "id": blob_id, "sealed": vault.seal_bytes(db, SUBJECT, blob_id, content, now=now),
        "size": len(content), "personal": personal, "created_at": now, "expires_at": until,
    }  # fmt: skip
    if not _KEEP.run(db, row):
        _LONGER.run(db, {"wanted": blob_id, "ends": until})


def read(db: Unit, vault: Vault, blob_id: str, *, now: datetime) -> bytes:
    """The bytes.

    Raises:
        Gone: they are not kept any more.
    """
    sealed = _READ.value(db, {"wanted": blob_id, "now": now})
    if sealed is None:
        raise Gone(blob_id)
    return vault.unseal_bytes(db, SUBJECT, blob_id, bytes(sealed))


def there(db: Unit, blob_id: str) -> bool:
    """Whether the bytes are still kept."""
    return _THERE.value(db, {"wanted": blob_id}) is not None


def drop(db: Unit, blob_id: str) -> None:
    """Forget bytes that have served."""
    _DROP.run(db, {"wanted": blob_id})


def sweep(db: Unit, *, now: datetime) -> int:
    """Forget what has expired; how many."""
    return _EXPIRED.run(db, {"now": now})


def forget_people(db: Unit) -> int:
    """Forget everything that may hold somebody's data; how many."""
    return _PERSONAL.run(db, {})
