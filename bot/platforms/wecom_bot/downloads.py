"""What people send to the smart bot: an address with a key of its own (docs 100719, 101463).

The file lies there encrypted for five minutes, AES-256-CBC, padded to 32 bytes.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.platforms import files
from bot.platforms.api import Downloaded, Undelivered
from bot.platforms.codec import BLOCK
from bot.platforms.dingtalk.fields import text

_KEY = 32
_LONGEST_URL = 4096


def reference(file: Mapping[str, Any]) -> str:
    """What a sent file can be fetched by: its key and its address; "" if one is missing."""
    key, url = text(file.get("aeskey")), text(file.get("url"))
    if not url or len(url) > _LONGEST_URL or _key(key) is None:
        return ""
    return f"{key} {url}"


async def downloaded(http: httpx.AsyncClient, ref: str, *, most: int) -> Downloaded:
    """What somebody sent, in clear, with its name.

    Raises:
        Undelivered: "media_gone" once its five minutes are over or if it does not open,
            "media_too_large", or "channel_down".
    """
    encoded, _, url = ref.partition(" ")
    if (key := _key(encoded)) is None:
        raise Undelivered("media_gone", "no reference of this line")
    found = await files.fetched(http, url, None, most=most + BLOCK)
    if found.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Undelivered("channel_down", f"HTTP {found.status}", retry_after=files.BRIEFLY)
    if found.status != httpx.codes.OK:
        raise Undelivered("media_gone", f"HTTP {found.status}")
    content = _opened(found.content, key)
    if len(content) > most:
        raise Undelivered("media_too_large", f"over {most} bytes")
    return Downloaded(content, found.name)


def _key(encoded: str) -> bytes | None:
    """The key of a file, None if it is none."""
    try:
        key = b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return None
    return key if len(key) == _KEY else None


def _opened(sealed: bytes, key: bytes) -> bytes:
    if not sealed or len(sealed) % BLOCK:
        raise Undelivered("media_gone", "not what was encrypted")
    decryptor = Cipher(AES(key), CBC(key[:16])).decryptor()
    padded = decryptor.update(sealed) + decryptor.finalize()
    count = padded[-1]
    if not 1 <= count <= BLOCK or padded[-count:] != bytes([count]) * count:
        raise Undelivered("media_gone", "does not open with its key")
    return padded[:-count]
