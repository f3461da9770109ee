"""Sealing: AES-256-GCM under keys derived from one, each thing bound to where it belongs."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
"""Of AES-GCM (NIST SP 800-38D); random, for keys that seal far less than 2**32 things."""


class WrongKey(Exception):
    """Sealed under another key, for another place, or changed since."""


def derived(master: bytes, purpose: str) -> bytes:
    """A key of its own for every purpose (HKDF, RFC 5869)."""
    info = f"jianliu/vault/{purpose}".encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def bound(*place: str) -> bytes:
    """What a sealed thing belongs to; put elsewhere it cannot be opened."""
    return "\0".join(place).encode()


def seal(key: bytes, content: bytes, place: bytes) -> str:
    """`content` as text that only `key` opens, and only for `place`."""
    return b64encode(seal_bytes(key, content, place)).decode()


def unseal(key: bytes, sealed: str, place: bytes) -> bytes:
    """What `seal` has sealed.

    Raises:
        WrongKey: another key or place, or it was changed.
    """
    return unseal_bytes(key, b64decode(sealed), place)


def seal_bytes(key: bytes, content: bytes, place: bytes) -> bytes:
    """The same as bytes: a third shorter, for what is large."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, place)


def unseal_bytes(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """What `seal_bytes` has sealed.

    Raises:
        WrongKey: another key or place, or it was changed.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except InvalidTag:
        raise WrongKey from None
