"""What the platforms keep of pictures and files: by a reference, for a while."""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath

PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp"})


@dataclass(frozen=True, slots=True)
class Kept:
    """One file: how it was named, what is in it, until when it is there."""

    name: str
    content: bytes
    until: datetime

    @property
    def suffix(self) -> str:
        """The end of its name in small letters, with the dot."""
        return PurePath(self.name).suffix.lower()

    @property
    def picture(self) -> bool:
        """Whether a phone shows it as a picture."""
        return self.suffix in PICTURES

    @property
    def media_type(self) -> str:
        """What a browser is told it is."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"


class Shelf:
    """The files of one platform."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: dict[str, Kept] = {}

    def keep(self, name: str, content: bytes, life: timedelta, *, prefix: str = "") -> str:
        """Keep a file; the reference to it, which nobody can guess."""
        ref = f"{prefix}{secrets.token_urlsafe(32)}"
        self._kept[ref] = Kept(name, content, self._now() + life)
        return ref

    def get(self, ref: str) -> Kept | None:
        """The file, None once its time is over."""
        kept = self._kept.get(ref)
        return kept if kept is not None and self._now() < kept.until else None

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
