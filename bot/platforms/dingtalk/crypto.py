"""DingTalk's signatures and the envelope of its HTTP event callbacks.

Source: reference dingtalk.md §2.2, §2.4, §4.3; vectors in `tests/vectors/dingtalk.json`.
Times are strings as the platform sends them; whether they are fresh is the caller's question.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from bot.platforms.api import BadCallback

_BLOCK = 32
_HEAD = 20  # 16 random bytes and the length of the message


def robot_sign(secret: str, timestamp: str) -> str:
    """The `sign` header of an HTTP robot callback; it does not cover the body."""
    return _hmac(secret, f"{timestamp}\n{secret}")


def card_sign(secret: str, timestamp: str) -> str:
    """The `x-ddpaas-signature` header of an HTTP card callback; it does not cover the body."""
    return _hmac(secret, timestamp)


def same(given: str, expected: str) -> bool:
    """Whether two signatures are equal, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


class Envelope:
    """Encryption and signature of event callbacks: AES-256-CBC, PKCS#7 to 32 bytes, SHA-1.

    `owner_key` closes every plaintext and tells whose message it is: the Client ID for
    subscriptions made in the console.

    Raises:
        ValueError: `aes_key` is not the console's 43 characters, or `token` is empty.
    """

    def __init__(self, token: str, aes_key: str, owner_key: str) -> None:
        if not token:
            raise ValueError("dingtalk.token is empty")
        try:
            self._key = base64.b64decode(f"{aes_key}=", validate=True)
        except ValueError:
            self._key = b""
        if len(self._key) != _BLOCK:
            raise ValueError("dingtalk.aes_key must have 43 characters of base64")
        self._token = token
        self._owner = owner_key.encode()

    def sign(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """The signature of one callback: 40 lower-case hex digits."""
        parts = sorted(
            part.encode(errors="replace") for part in (self._token, timestamp, nonce, encrypted)
        )
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).hexdigest()

    def open(self, signature: str, timestamp: str, nonce: str, encrypted: str) -> str:
        """The message in a callback.

        Raises:
            BadCallback: "signature" (401) before anything is decrypted, "cipher" (400), or
                "receiver" (403) when the message is meant for another app.
        """
        if not same(signature, self.sign(timestamp, nonce, encrypted)):
            raise BadCallback("signature", 401)
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise BadCallback("cipher") from None
        if not sealed or len(sealed) % _BLOCK:
            raise BadCallback("cipher")
        decryptor = self._cipher().decryptor()
        return self._message(decryptor.update(sealed) + decryptor.finalize())

    def seal(self, message: str, random: bytes | None = None) -> str:
        """`message` encrypted, as base64; `random` (16 bytes) is given by tests only."""
        text = message.encode()
        head = (random or secrets.token_bytes(16)) + len(text).to_bytes(4, "big")
        plain = head + text + self._owner
        pad = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher().encryptor()
        sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
        return base64.b64encode(sealed).decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))

    def _message(self, padded: bytes) -> str:
        pad = padded[-1]
        if not 1 <= pad <= _BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise BadCallback("cipher")
        plain = padded[:-pad]
        end = _HEAD + int.from_bytes(plain[16:_HEAD], "big")
        if len(plain) < _HEAD or end > len(plain):
            raise BadCallback("cipher")
        if not hmac.compare_digest(plain[end:], self._owner):
            raise BadCallback("receiver", 403)
        try:
            return plain[_HEAD:end].decode()
        except UnicodeDecodeError:
            raise BadCallback("cipher") from None


def _hmac(secret: str, message: str) -> str:
    digest = hmac.digest(secret.encode(), message.encode(errors="replace"), hashlib.sha256)
    return base64.b64encode(digest).decode()
