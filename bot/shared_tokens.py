"""One access token for all processes: one of them fetches it, the others read it.

A platform may end the old token when it gives a new one, so N processes that each fetch their
own keep throwing each other out. The token lies in the database, sealed with a key that only
follows from the app's own secret: a copy of the database opens nothing, and after a change of
the secret the old row is simply unreadable.
"""

from __future__ import annotations

import asyncio
import base64
import os
from datetime import timedelta

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.holding import Holding, Lost, Taken
from bot.platforms.api import Undelivered
from bot.platforms.tokens import Fetch, Token
from engine import leases, shared
from engine.database import Database
from engine.shared import Sealed
from engine.unit import Unit
from engine.writer import Stopped

log = structlog.get_logger(__name__)

POLL = 0.1
PATIENCE = 8.0
"""Seconds to wait for whoever fetches: longer than a dead one's lease, shorter than a send."""
SOON = timedelta(seconds=2)
_NONCE = 12  # bytes, what AES-GCM wants


class SharedToken:
    """The token of one app, shared by all processes on one database; fulfils `Share`.

    `name` is unique per app ("token/wecom/<corp>/<agent>"), `secret` the app's own.
    """

    def __init__(
        self, database: Database, clock: Clock, holding: Holding, name: str, secret: SecretStr
    ) -> None:
        self._database = database
        self._clock = clock
        self._holding = holding
        self._name = name
        key = HKDF(SHA256(), 32, salt=None, info=b"jianliu shared token")
        self._cipher = AESGCM(key.derive(secret.get_secret_value().encode()))

    async def __call__(self, refused: str, fetch: Fetch) -> Token:
        """The stored token, unless it is the refused one or old; else a fetched one.

        Raises:
            Undelivered: the platform gave none, or neither database nor holder answered in
                time; no attempt is spent on the latter.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + PATIENCE
        try:
            while loop.time() < ends:
                if (token := await asyncio.to_thread(self._stored, refused)) is not None:
                    return token
                try:
                    return await self._holding.run(
                        self._name, lambda epoch: self._replace(epoch, refused, fetch)
                    )
                except (Taken, Lost):
                    await asyncio.sleep(POLL)
        except (SQLAlchemyError, Stopped) as failure:
            raise _later(type(failure).__name__) from None
        raise _later("nobody fetched it")

    async def _replace(self, epoch: int, refused: str, fetch: Fetch) -> Token:
        """Fetch a token, unless the holder before us has just done so."""
        if (token := await asyncio.to_thread(self._stored, refused)) is not None:
            return token
        token = await fetch()
        value = Sealed(self._seal(token.value), token.good_until)

        def keep(db: Unit) -> None:
            if leases.guard(db, self._name, epoch):
                shared.write(db, self._name, value)

        try:
            await asyncio.wrap_future(self._database.writer.submit(keep))
        except (SQLAlchemyError, Stopped) as failure:  # good for this process all the same
            log.warning("token.not_shared", reason=type(failure).__name__)
        return token

    def _stored(self, refused: str) -> Token | None:
        with self._database.reading() as db:
            found = shared.read(db, self._name)
        if found is None or found.expires_at <= self._clock.now():
            return None
        value = self._open(found.text)
        return None if value in {"", refused} else Token(value, found.expires_at)

    def _seal(self, value: str) -> str:
        nonce = os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, value.encode(), self._name.encode())
        return base64.b64encode(sealed).decode()

    def _open(self, text: str) -> str:
        """The value, "" if another secret sealed it."""
        sealed = base64.b64decode(text)
        try:
            opened = self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], self._name.encode())
        except InvalidTag:
            return ""
        return opened.decode()


def _later(why: str) -> Undelivered:
    return Undelivered("channel_down", f"token: {why}", retry_after=SOON, spent=False)
