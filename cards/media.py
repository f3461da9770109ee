"""Pictures and files that are said: their bytes until they are sent, what platforms call them.

A platform wants a file before the message that shows it, and gives a reference that is good for a
while (WeCom three days, doc 90253). One upload serves everybody of the organisation.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath

from sqlalchemy import bindparam, delete, select
from sqlmodel import Field

from cards.model import Media
from engine import blobs
from engine.files import sort_of
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from engine.vault import Vault

KEPT = timedelta(days=3)
"""So long a message may still be sent, or sent again; afterwards its file is gone."""
MEGABYTE = 1 << 20
PICTURES = {".png": ".png", ".jpg": ".jpg"}
FILES = {".xlsx": ".zip", ".pdf": ".pdf", ".zip": ".zip", ".docx": ".zip"}
"""What both platforms take (docs 90253, robot-message-type): suffix → what it begins as."""
MOST_PICTURE, MOST_FILE = 10 * MEGABYTE, 20 * MEGABYTE
LEAST = 6
"""Bytes; WeCom takes nothing shorter."""


class Upload(Row, table=True):
    """What a platform calls a blob it was given, until when."""

    __tablename__ = "upload"
    __table_args__ = WITHOUT_ROWID

    platform: str = Field(primary_key=True)
    tenant: str = Field(primary_key=True)
    blob: str = Field(primary_key=True)
    ref: str
    good_until: datetime = Field(sa_type=UtcTime)


UPLOAD = table(Upload).c
_THIS = (
    UPLOAD.platform == bindparam("on"),
    UPLOAD.tenant == bindparam("of"),
    UPLOAD.blob == bindparam("wanted"),
)
_KNOWN = Statement(select(UPLOAD.ref).where(*_THIS, UPLOAD.good_until > bindparam("now")))
_KEEP = Statement(
    lambda dialect: dialect.insert(table(Upload))
        .values(
            platform=bindparam("on"), tenant=bindparam("of"), blob=bindparam("wanted"),
            ref=bindparam("as_ref"), good_until=bindparam("ends", type_=UtcTime),
        )
        .on_conflict_do_update(
            index_elements=["platform", "tenant", "blob"],
            set_={"ref": bindparam("as_ref"), "good_until": bindparam("ends", type_=UtcTime)},
        )
)  # fmt: skip
_FORGET = Statement(delete(Upload).where(*_THIS, UPLOAD.ref == bindparam("as_ref")))
_EXPIRED = Statement(delete(Upload).where(UPLOAD.good_until <= bindparam("now")))


def file(
    db: Unit, vault: Vault, name: str, content: bytes, *, personal: bool, now: datetime
) -> Media:  # fmt: skip
    """A message that shows these bytes under this name; post it within three days.

    `personal`: people's data stands in it, so it goes with the first erasure. `name` ends in
    .png, .jpg, .xlsx, .pdf, .docx or .zip, and the content is what it says.

    Raises:
        ValueError: no platform would take it: another sort, too short or too large.
    """
    suffix = PurePath(name).suffix.lower()
    begins = PICTURES.get(suffix) or FILES.get(suffix)
    most = MOST_PICTURE if suffix in PICTURES else MOST_FILE
    if begins is None or sort_of(content) != begins or not LEAST <= len(content) <= most:
        raise ValueError(f"{suffix or 'a file without suffix'} of {len(content)} bytes")
    digest = hashlib.sha256(f"{name}\0".encode() + content).hexdigest()  # an upload has one name
    blobs.keep(db, vault, digest, content, personal=personal, until=now + KEPT, now=now)
    return Media(name, "picture" if suffix in PICTURES else "file", digest)


def reference(db: Unit, platform: str, tenant: str, blob: str, *, now: datetime) -> str | None:
    """What the platform calls the blob, if it was given it and still knows it."""
    return _KNOWN.value(db, {**_it(platform, tenant, blob), "now": now})


def uploaded(
    db: Unit, platform: str, tenant: str, blob: str, ref: str, *, until: datetime
) -> None:  # fmt: skip
    """Remember what the platform calls the blob from now on."""
    _KEEP.run(db, {**_it(platform, tenant, blob), "as_ref": ref, "ends": until})


def forget(db: Unit, platform: str, tenant: str, blob: str, ref: str) -> None:
    """The platform does not know this reference any more."""
    _FORGET.run(db, {**_it(platform, tenant, blob), "as_ref": ref})


def sweep(db: Unit, *, now: datetime) -> int:
    """Forget references that have ended; how many."""
    return _EXPIRED.run(db, {"now": now})


def _it(platform: str, tenant: str, blob: str) -> dict[str, str]:
    return {"on": platform, "of": tenant, "wanted": blob}
