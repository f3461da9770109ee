"""The bot's files: uploads in pieces, and what people send, encrypted (docs 100719, 101463)."""

from __future__ import annotations

import binascii
import os
import secrets
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.simulator.phones import Phones
from bot.simulator.shelf import Kept
from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.reading import ILLEGAL, needed, number, text
from bot.simulator.wecom_bot.desk import NAME

LIFE = timedelta(days=3)
FETCHED = timedelta(minutes=5)
PIECE, PIECES = 512 * 1024, 100
PACE = ((timedelta(minutes=1), 30), (timedelta(hours=1), 1000))
SORTS = ("file", "image", "voice", "video")
BLOCK = 32


@dataclass(frozen=True, slots=True)
class _Upload:
    name: str
    size: int
    pieces: int
    md5: str
    got: dict[int, bytes] = field(default_factory=dict)


class Files:
    """What the bot uploads and what people send it."""

    def __init__(self, phones: Phones, now: Callable[[], datetime]) -> None:
        self._shelf = phones.shelf(NAME)
        self._now = now
        self._sealed: dict[str, Kept] = {}
        self._uploads: dict[str, _Upload] = {}
        self._begun: deque[datetime] = deque()

    def clear(self) -> None:
        """Forget everything."""
        self._shelf.clear()
        self._sealed.clear()
        self._uploads.clear()
        self._begun.clear()

    def begin(self, body: dict[str, Any]) -> Mapping[str, Any]:
        """The answer to `aibot_upload_media_init`.

        Raises:
            Refused: 40004 type, 40058 no name or no number, 45001 too large, 45009 too often.
        """
        if text(body, "type") not in SORTS:
            raise Refused(40004, "invalid media type")
        name = needed(body, "filename", ILLEGAL)
        pieces = number(body, "total_chunks", 0, range(1, PIECES + 1))
        size = number(body, "total_size", 0, range(1, PIECE * PIECES + 1))
        if not pieces <= size <= PIECE * pieces:
            raise Refused(45001, "total_size does not fit total_chunks")
        self._count()
        upload_id = secrets.token_urlsafe(16)
        self._uploads[upload_id] = _Upload(name, size, pieces, text(body, "md5"))
        return {"upload_id": upload_id}

    def piece(self, body: dict[str, Any]) -> Mapping[str, Any]:
        """The answer to `aibot_upload_media_chunk`; a piece may come again.

        Raises:
            Refused: 40058 unknown upload, not one of its pieces, no Base64, or too large.
        """
        upload = self._of(body)
        place = number(body, "chunk_index", -1, range(upload.pieces))
        try:
            data = b64decode(needed(body, "base64_data", ILLEGAL), validate=True)
        except binascii.Error:
            raise Refused(ILLEGAL, "base64_data is no Base64") from None
        if len(data) > PIECE:
            raise Refused(ILLEGAL, "chunk too large")
        upload.got[place] = data
        return {}

    def end(self, body: dict[str, Any]) -> Mapping[str, Any]:
        """The answer to `aibot_upload_media_finish`.

        Raises:
            Refused: 40058 pieces are missing, or they are not the file that was announced.
        """
        upload = self._of(body)
        content = b"".join(upload.got[place] for place in sorted(upload.got))
        whole = len(upload.got) == upload.pieces and len(content) == upload.size
        if not whole or upload.md5 not in {"", md5(content, usedforsecurity=False).hexdigest()}:
            raise Refused(ILLEGAL, "chunks missing or md5 mismatch")
        del self._uploads[text(body, "upload_id")]
        ref = self._shelf.keep(upload.name, content, LIFE)
        return {"media_id": ref, "created_at": str(int(self._now().timestamp()))}

    def find(self, media_id: str) -> Kept:
        """An upload that is still there.

        Raises:
            Refused: 40007 it is not.
        """
        if (kept := self._shelf.get(media_id)) is None:
            raise Refused(40007, "invalid media_id")
        return kept

    def sent(self, name: str, content: bytes) -> tuple[str, str, str]:
        """What a person sends: its reference on the phones, where it is fetched, and its key."""
        key, missing = os.urandom(32), BLOCK - len(content) % BLOCK
        encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
        sealed = encryptor.update(content + bytes([missing]) * missing) + encryptor.finalize()
        place = secrets.token_urlsafe(24)
        self._sealed[place] = Kept(name, sealed, self._now() + FETCHED)
        return self._shelf.keep(name, content, LIFE), place, b64encode(key).decode().rstrip("=")

    def fetched(self, place: str) -> Kept | None:
        """The encrypted bytes at a place, None once its minutes are over."""
        kept = self._sealed.get(place)
        return kept if kept is not None and self._now() < kept.until else None

    def _of(self, body: dict[str, Any]) -> _Upload:
        upload = self._uploads.get(text(body, "upload_id"))
        if upload is None:
            raise Refused(ILLEGAL, "invalid upload_id")
        return upload

    def _count(self) -> None:
        now = self._now()
        while self._begun and now - self._begun[0] >= PACE[-1][0]:
            self._begun.popleft()
        if any(sum(now - at < span for at in self._begun) >= most for span, most in PACE):
            raise Refused(45009, "api freq out of limit")
        self._begun.append(now)
