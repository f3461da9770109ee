"""Files over the smart bot: they come as an address with a key, and go up in pieces (doc 101463).

What somebody sends lies encrypted at an address that is good for five minutes, AES-256-CBC under
a key of its own, padded to 32 bytes (doc 100719). What we send is uploaded over the line.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from bot.platforms import files
from bot.platforms.api import Downloaded, Undelivered
from bot.platforms.codec import BLOCK
from bot.platforms.dingtalk.fields import text
from bot.platforms.wecom_bot import errors, frames
from bot.platforms.wecom_bot.line import Line
from bot.platforms.wecom_bot.link import NoAnswer, NotSent

PIECE, PIECES = 64 * 1024, 100
"""Bytes of one piece before Base64, and how many WeCom takes, of eight times that at most.

Small, because answers to people go over the same line.
"""

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


async def uploaded(line: Line, name: str, content: bytes, sort: str) -> str:
    """Give WeCom a "file" or an "image" for three days; its media_id.

    Raises:
        Undelivered: it was not taken; nothing is on its way to anybody.
    """
    size = max(PIECE, -(-len(content) // PIECES))
    starts = range(0, len(content), size)
    about = {
        "type": sort, "filename": name, "total_size": len(content), "total_chunks": len(starts),
        "md5": md5(content, usedforsecurity=False).hexdigest(),
    }  # fmt: skip
    upload = {"upload_id": await _asked(line, frames.UPLOAD, about, "upload_id")}
    for number, start in enumerate(starts):
        data = b64encode(content[start : start + size]).decode()
        await _asked(line, frames.PIECE, {**upload, "chunk_index": number, "base64_data": data})
    return await _asked(line, frames.UPLOADED, upload, "media_id")


async def _asked(line: Line, command: str, body: Mapping[str, Any], wanted: str = "") -> str:
    """One step of an upload, and what its answer has under `wanted`."""
    try:
        answer = await line.call(command, frames.new_request(command), body)
    except (NotSent, NoAnswer) as problem:
        raise Undelivered(
            "channel_down", type(problem).__name__, retry_after=errors.SOON
        ) from None  # fmt: skip
    if answer.errcode:
        raise errors.not_uploaded(answer.errcode)
    found = text(answer.body.get(wanted))
    if wanted and not found:
        raise Undelivered("channel_down", f"no {wanted}", retry_after=errors.SOON)
    return found


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
