"""DingTalk's signatures of HTTP callbacks; the envelope of events is `platforms/codec.py`.

Source: reference dingtalk.md §2.2, §2.4, §4.3; vectors in `tests/vectors/dingtalk.json`.
Times are strings as the platform sends them; whether they are fresh is the caller's question.
"""

from __future__ import annotations

import base64
import hashlib
import hmac


def robot_sign(secret: str, timestamp: str) -> str:
    """The `sign` header of an HTTP robot callback; it does not cover the body."""
    return _hmac(secret, f"{timestamp}\n{secret}")


def card_sign(secret: str, timestamp: str) -> str:
    """The `x-ddpaas-signature` header of an HTTP card callback; it does not cover the body."""
    return _hmac(secret, timestamp)


def same(given: str, expected: str) -> bool:
    """Whether two signatures are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def _hmac(secret: str, message: str) -> str:
    digest = hmac.digest(secret.encode(), message.encode(errors="replace"), hashlib.sha256)
    return base64.b64encode(digest).decode()
