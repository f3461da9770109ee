"""media/upload and media/get: files for three days (docs 90253, 90254)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.simulator import multipart
from bot.simulator.phones import Phones
from bot.simulator.shelf import Kept
from bot.simulator.wecom.errors import Refused, ok

LIFE = timedelta(days=3)
MEGABYTE = 1 << 20
LEAST = 5
"""Bytes; a file must have more."""
MOST = {
    "image": 10 * MEGABYTE,
    "voice": 2 * MEGABYTE,
    "video": 10 * MEGABYTE,
    "file": 20 * MEGABYTE,
}
STARTS = {"image": (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"), "voice": (b"#!AMR",)}
"""How the content of some sorts begins; a file may be anything."""


class MediaDesk:
    """The files of one corp."""

    def __init__(self, phones: Phones) -> None:
        self._shelf = phones.shelf("wecom")
        self._now = phones.now
        self._ever: set[str] = set()

    def clear(self) -> None:
        """Forget everything."""
        self._shelf.clear()
        self._ever.clear()

    def upload(self, query: Mapping[str, str], raw: bytes) -> dict[str, Any]:
        """The answer to media/upload.

        Raises:
            Refused: 40004 type, 41005 no file, 40006 too short, 45001 too large, 40005 not what
                the type says.
        """
        sort = query.get("type", "")
        if sort not in MOST:
            raise Refused(40004, "invalid media type")
        file = multipart.media(raw)
        if file is None:
            raise Refused(41005, "media data missing")
        name, content = file
        if len(content) <= LEAST:
            raise Refused(40006, "invalid media size")
        if len(content) > MOST[sort]:
            raise Refused(45001, "media size out of limit")
        if not content.startswith(STARTS.get(sort, (b"",))):
            raise Refused(40005, "invalid file type")
        return ok(type=sort, media_id=self.keep(name, content),
                  created_at=str(int(self._now().timestamp())))  # fmt: skip

    def keep(self, name: str, content: bytes) -> str:
        """Keep what the service uploaded or a member sent; its media_id."""
        ref = self._shelf.keep(name, content, LIFE)
        self._ever.add(ref)
        return ref

    def get(self, query: Mapping[str, str]) -> Kept:
        """The file media/get answers with.

        Raises:
            Refused: as `find`.
        """
        return self.find(query.get("media_id", ""))

    def find(self, media_id: str) -> Kept:
        """A file that is still there.

        Raises:
            Refused: 40007 never was there, 40145 is not any more.
        """
        kept = self._shelf.get(media_id)
        if kept is not None:
            return kept
        if media_id in self._ever:
            raise Refused(40145, "media expired")
        raise Refused(40007, "invalid media_id")
