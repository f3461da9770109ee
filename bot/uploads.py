"""A message with a file: the platform gets the bytes once, then every message names them.

Nothing is on its way to a person while a file is uploaded, so that step may be repeated freely.
The reference is kept, and so a repeated attempt to send is the same request (doc 90236).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.platforms.api import Platform, Receipt, Request, Undelivered, Uploaded
from bot.platforms.files import BRIEFLY
from cards import media
from cards.render.media import MEDIA, REFERENCE
from engine import blobs
from engine.blobs import Gone
from engine.database import Database
from engine.unit import Unit
from engine.vault import Vault

log = structlog.get_logger(__name__)

UPLOAD_SECONDS = 12
"""Of the courier's 15 for a message; what was uploaded in time is only named the next time."""
EXPIRED = "media_expired"
"""The platform does not know the reference any more: it is made anew."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Sends messages of one platform, their files first."""

    database: Database
    platform: Platform
    vault: Vault
    now: Callable[[], datetime]

    async def send(self, account: str, request: Request) -> Receipt:
        """Send a message to one person.

        Raises:
            Undelivered: as `Platform.send`; "media_gone" if the bytes are not kept any more.
        """
        if MEDIA not in request:
            return await self.platform.send(account, request)
        file = request[MEDIA]
        ref = await self._reference(file)
        try:
            return await self.platform.send(account, {**request, REFERENCE: ref})
        except Undelivered as failure:
            if failure.reason == EXPIRED:
                it = (self.platform.name, self.platform.tenant, file["blob"], ref)
                await self._commit(lambda db: media.forget(db, *it))
            raise

    async def _reference(self, file: Mapping[str, str]) -> str:
        known, content = await asyncio.to_thread(self._look, file["blob"])
        if known is not None:
            return known
        one = await self._uploaded(file, content)
        log.info("media.uploaded", platform=self.platform.name, size=len(content))
        it = (self.platform.name, self.platform.tenant, file["blob"], one.ref)
        await self._commit(lambda db: media.uploaded(db, *it, until=one.good_until))
        return one.ref

    async def _uploaded(self, file: Mapping[str, str], content: bytes) -> Uploaded:
        """What the platform calls it; a failure leaves no doubt, for no message was on its way."""
        try:
            async with asyncio.timeout(UPLOAD_SECONDS):
                return await self.platform.upload(file["name"], content, file["sort"])
        except TimeoutError:
            raise Undelivered("channel_down", "slow upload", retry_after=BRIEFLY) from None
        except Undelivered as failure:
            raise Undelivered(
                failure.reason, failure.detail, retry_after=failure.retry_after,
                spent=failure.spent,
            ) from None  # fmt: skip

    def _look(self, blob: str) -> tuple[str | None, bytes]:
        """The reference the platform knows, or the bytes to give it."""
        with self.database.reading() as db:
            now = self.now()
            it = (self.platform.name, self.platform.tenant, blob)
            if (known := media.reference(db, *it, now=now)) is not None:
                return known, b""
            try:
                return None, blobs.read(db, self.vault, blob, now=now)
            except Gone:
                raise Undelivered("media_gone") from None

    async def _commit(self, work: Callable[[Unit], None]) -> None:
        await asyncio.wrap_future(self.database.writer.submit(work))
