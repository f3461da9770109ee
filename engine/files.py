"""Files as people send and get them: where one is, and what its first bytes say it is.

A name says what somebody believes a file to be; only its content says what it is (attack D24).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, TypeAlias

FileKind: TypeAlias = Literal["picture", "sheet", "document", "other", "unnamed"]

_BY_SUFFIX: dict[str, FileKind] = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"), "picture"),
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".csv"), "sheet"),
    **dict.fromkeys((".pdf", ".doc", ".docx", ".ppt", ".pptx"), "document"),
}
_BY_START: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"%PDF-", ".pdf"),
    (b"PK\x03\x04", ".zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".ole"),
    (b"MZ", ".exe"),
    (b"\x7fELF", ".elf"),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file somebody sent: the platform's reference to it, never its bytes.

    `ref` is what the platform gives it out for (WeCom media_id, 3 days; DingTalk downloadCode).
    `kind` is what its name says, "picture" for one sent as such; `name` is "" if it has none.
    "unnamed": the platform tells the name only with the bytes (WeCom's smart bot).
    """

    kind: FileKind
    ref: str
    name: str = ""


def kind_of(name: str) -> FileKind:
    """What kind of file a name promises: "客户.xlsx" is a "sheet"."""
    return _BY_SUFFIX.get(PurePath(name).suffix.lower(), "other")


def sort_of(content: bytes) -> str:
    """The suffix the first bytes stand for, "" for text or anything unknown.

    Office files are archives (".zip"), the old ones and encrypted ones ".ole".
    """
    return next((suffix for start, suffix in _BY_START if content.startswith(start)), "")
