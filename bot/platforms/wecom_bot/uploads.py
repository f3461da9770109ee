"""Files the smart bot sends: they go up in pieces over its line (doc 101463)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import Any

from bot.platforms.api import Undelivered
from bot.platforms.dingtalk.fields import text
from bot.platforms.wecom_bot import errors, frames
from bot.platforms.wecom_bot.line import Line
from bot.platforms.wecom_bot.link import NoAnswer, NotSent

PIECE, PIECES = 64 * 1024, 100
"""Bytes of one piece before Base64, and how many WeCom takes, of eight times that at most.

Small, because answers to people go over the same line.
"""


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
