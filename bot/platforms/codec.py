"""The envelope of encrypted callbacks: signature, AES-256-CBC, whose message it is.

WeCom (doc 90968) and DingTalk's HTTP events (reference dingtalk.md §2.4) use the same one.
"""

from __future__ import annotations

import binascii
import os
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha1
from hmac import compare_digest

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.platforms.api import BadCallback

BLOCK = 32  # padding goes to 32 bytes, not to the 16 of AES
_RANDOM = 16  # bytes in front that make equal messages look different
_HEAD = _RANDOM + 4  # … and the length of the message, big-endian


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted message and the three values its signature covers with it."""

    encrypted: str
    signature: str
    timestamp: str
    nonce: str


class Codec:
    """Opens and seals what a platform and one receiver say to each other; safe in threads.

    `receive_id` closes every plaintext: the corp id for a corp's own WeCom app, the Client
    ID for DingTalk subscriptions made in the console.

    Raises:
        ValueError: `aes_key` is not 43 characters of base64, or `token` is not ASCII.
    """

    def __init__(self, token: str, aes_key: str, receive_id: str) -> None:
        key = _aes_key(aes_key)
        self._token = token.encode("ascii")
        self._receive_id = receive_id.encode()
        self._cipher = Cipher(AES(key), CBC(key[:16]))

    def verify_and_decrypt(
        self, signature: str, timestamp: str, nonce: str, encrypted: str
    ) -> bytes:
        """The message inside `encrypted`; nothing is decrypted before the signature is right.

        Raises:
            BadCallback: "signature" (401), "encrypted" (400, what was signed is no message)
                or "receiver" (403, it was meant for another corp).
        """
        try:
            expected = self.sign(timestamp, nonce, encrypted)
            genuine = compare_digest(expected.encode(), signature.encode("ascii"))
        except UnicodeEncodeError:
            genuine = False
        if not genuine:
            raise BadCallback("signature", 401)
        content = _without_padding(self._decrypt(encrypted))
        end = _HEAD + int.from_bytes(content[_RANDOM:_HEAD], "big")
        if len(content) < end:
            raise BadCallback("encrypted")
        if content[end:] != self._receive_id:
            raise BadCallback("receiver", 403)
        return content[_HEAD:end]

    def encrypt(self, message: bytes, nonce: str, timestamp: str) -> Sealed:
        """`message` sealed and signed; sealing it again gives other bytes."""
        content = b"".join(
            (os.urandom(_RANDOM), len(message).to_bytes(4, "big"), message, self._receive_id)
        )
        missing = BLOCK - len(content) % BLOCK
        encryptor = self._cipher.encryptor()
        padded = content + bytes([missing]) * missing
        encrypted = b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
        return Sealed(encrypted, self.sign(timestamp, nonce, encrypted), timestamp, nonce)

    def sign(self, *values: str) -> str:
        """The signature over timestamp, nonce and ciphertext: 40 lower-case hex digits."""
        parts = sorted([self._token, *(value.encode("ascii") for value in values)])
        # The protocol fixes SHA-1; the flag keeps it available on FIPS builds.
        return sha1(b"".join(parts), usedforsecurity=False).hexdigest()

    def _decrypt(self, encrypted: str) -> bytes:
        try:
            ciphertext = binascii.a2b_base64(encrypted, strict_mode=True)
        except ValueError:
            raise BadCallback("encrypted") from None
        if not ciphertext or len(ciphertext) % BLOCK:
            raise BadCallback("encrypted")
        decryptor = self._cipher.decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()


def _aes_key(encoded: str) -> bytes:
    try:
        key = b64decode(encoded + "=", validate=True)
    except ValueError:
        key = b""
    if len(encoded) != 43 or len(key) != 32:  # noqa: PLR2004 - 43 characters hold 32 bytes
        raise ValueError("aes_key must be 43 letters and digits (EncodingAESKey)")
    return key


def _without_padding(padded: bytes) -> bytes:
    count = padded[-1]
    if not 1 <= count <= BLOCK or padded[-count:] != bytes([count]) * count:
        raise BadCallback("encrypted")
    return padded[:-count]
