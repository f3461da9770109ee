"""HTTP mode: signed requests from DingTalk become `Inbound`, and what we answer to them.

Source: reference dingtalk.md §2.2, §2.4, §4.3. DingTalk allows an hour between signature
and arrival; we allow five minutes, because the signature of robot and card callbacks does
not cover the body: whoever sees one request can put other words under its headers until it
is stale (attack D09). Stream has no such gap and is the mode to prefer; in HTTP mode the
endpoints belong behind HTTPS, and privileged actions need a card the person was sent.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.platforms.api import BadCallback, Inbound
from bot.platforms.codec import Codec
from bot.platforms.dingtalk import inbound
from bot.platforms.dingtalk.crypto import card_sign, robot_sign, same
from bot.platforms.dingtalk.fields import loads, milliseconds, text
from bot.settings import DingTalkSettings

MAX_BODY = 1 << 20
"""Bytes; the platform's own pushes stay far below."""

TOLERANCE = timedelta(minutes=5)
"""How far a signature's time may be from ours, either way."""

_SECONDS_END = 100_000_000_000  # below this a timestamp counts seconds, above milliseconds


class Robot:
    """The three callback addresses of one app in HTTP mode.

    `now` is always the wall clock: it is compared with the platform's signatures.
    """

    def __init__(self, settings: DingTalkSettings) -> None:
        self._settings = settings

    def read_robot(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """A robot message; headers `timestamp` and `sign`.

        Raises:
            BadCallback: "size" 413, "signature" or "stale" 401, "receiver" 403, else 400.
        """
        given = {name.lower(): value for name, value in headers.items()}
        secret = self._settings.client_secret.get_secret_value()
        timestamp, sign = given.get("timestamp", ""), given.get("sign", "")
        _check(sign, robot_sign(secret, timestamp), secret)
        _check_fresh(timestamp, now)
        return replace(inbound.robot_message(_body(body), self._settings, now), weak=True)

    def read_card(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Inbound:
        """A card press; signed with `dingtalk.token`, which the card route is registered with.

        Raises:
            BadCallback: as `read_robot`.
        """
        given = {name.lower(): value for name, value in headers.items()}
        secret = self._settings.token.get_secret_value()
        timestamp = given.get("x-ddpaas-signature-timestamp", "")
        _check(given.get("x-ddpaas-signature", ""), card_sign(secret, timestamp), secret)
        _check_fresh(timestamp, now)
        return replace(inbound.card_press(_body(body), self._settings, now), weak=True)

    def read_event(self, query: Mapping[str, str], body: bytes, now: datetime) -> Inbound | None:
        """An encrypted event; None when the console only checks the address.

        Either way the answer is `event_answer`.

        Raises:
            BadCallback: as `read_robot`; "encrypted" 400 when the content cannot be decrypted.
        """
        timestamp = query.get("timestamp", "")
        plain = self._codec().verify_and_decrypt(
            query.get("msg_signature") or query.get("signature", ""),
            timestamp,
            query.get("nonce", ""),
            text(_body(body).get("encrypt")),
        )
        _check_fresh(timestamp, now)
        event = loads(plain)
        if event.get("EventType") == "check_url":
            return None
        return inbound.event(event, event, self._settings, now)

    def event_answer(self, now: datetime) -> dict[str, str]:
        """The encrypted word "success", which ends the platform's retries."""
        timestamp = str(int(now.timestamp() * 1000))
        sealed = self._codec().encrypt(b"success", secrets.token_hex(8), timestamp)
        return {
            "msg_signature": sealed.signature,
            "timeStamp": timestamp,
            "nonce": sealed.nonce,
            "encrypt": sealed.encrypted,
        }

    def _codec(self) -> Codec:
        token = self._settings.token.get_secret_value()
        key = self._settings.aes_key.get_secret_value()
        if not token or not key:
            raise BadCallback("config", 403)
        return Codec(token, key, self._settings.client_id)


def _body(body: bytes) -> dict[str, object]:
    if len(body) > MAX_BODY:
        raise BadCallback("size", 413)
    return loads(body)


def _check(given: str, expected: str, secret: str) -> None:
    """Refuse a wrong signature, and every signature when there is no secret to sign with."""
    if not secret or not same(given, expected):
        raise BadCallback("signature", 401)


def _check_fresh(timestamp: str, now: datetime) -> None:
    sent = milliseconds(timestamp)
    if sent is None:
        raise BadCallback("stale", 401)
    sent = sent * 1000 if sent < _SECONDS_END else sent
    if abs(now.timestamp() * 1000 - sent) > TOLERANCE.total_seconds() * 1000:
        raise BadCallback("stale", 401)
