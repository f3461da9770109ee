"""The trail's head in a file outside the database, so that a cut end is seen (B15, N6).

One line of JSON per hour in which something happened, only ever added to. Whoever can write
the database but not this file cannot take rows back unseen; keep it on another disk, or let a
log collector carry it away (docs/operators.md).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import URL

from bot.clock import Clock
from bot.settings import Settings
from engine import audit
from engine.audit import START, Head
from engine.database import Database

log = structlog.get_logger(__name__)

EVERY = 3600.0
SUFFIX = ".heads"


def place(settings: Settings, url: URL) -> Path | None:
    """Where the file is: as configured, else beside a SQLite database; else there is none."""
    if settings.audit.heads:
        return Path(settings.audit.heads)
    return Path(f"{url.database}{SUFFIX}") if url.get_backend_name() == "sqlite" else None


def set_aside(file: Path | None, now: datetime) -> Path | None:
    """Begin a new file: the heads so far are of a trail that another one has taken the place of."""
    if file is None or not file.exists():
        return None
    return file.rename(f"{file}.before-restore-{now:%Y%m%d-%H%M%S}")


class Heads:
    """Keeps the file of this process up to date."""

    def __init__(self, database: Database, clock: Clock, file: Path) -> None:
        self._database = database
        self._clock = clock
        self._file = file
        self._last = START

    async def run(self) -> None:
        """Write the head down every hour until cancelled, and once more then."""
        try:
            while True:
                await asyncio.to_thread(self.keep)
                await asyncio.sleep(EVERY)
        finally:
            self.keep()

    def keep(self) -> None:
        """Write the head down if it moved; a full disk must not stop the service."""
        with self._database.reading() as db:
            head = audit.head(db)
        if head == self._last:
            return
        try:
            append(self._file, head, self._clock.now())
        except OSError as failure:
            log.warning("audit.head_not_kept", reason=failure.strerror)
        else:
            self._last = head


def append(file: Path, head: Head, at: datetime) -> None:
    """Add one head to the file.

    Raises:
        OSError: it cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as written:
        line = {"at": at.isoformat(timespec="seconds"), "seq": head.seq, "hash": head.hash}
        written.write(f"{json.dumps(line)}\n")


def read(file: Path) -> Iterator[Head]:
    """The heads in a file; a line that was cut off by a crash is left out.

    Raises:
        OSError: it cannot be read.
    """
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                told = json.loads(line)
                yield Head(int(told["seq"]), str(told["hash"]))
            except (ValueError, KeyError, TypeError):
                log.warning("audit.head_unreadable", file=file.name)
