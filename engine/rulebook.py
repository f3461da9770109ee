"""The published documents in the memory of one process: reading a rule is a dict look-up.

`refresh` asks the database for what was published after the last one known; it costs one
indexed query that finds nothing. Whoever runs a process calls it every few seconds and after
its own commits. A version that is planned for later is here before its time and comes into
effect by the moment a reader gives, on every process at once, with nobody doing anything.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from engine import documents
from engine.documents import Name, Stored
from engine.unit import Unit

B = TypeVar("B")
B_co = TypeVar("B_co", covariant=True)


class Sort(Protocol[B_co]):
    """What a rulebook must know of a document: which it is, and what its body means."""

    @property
    def name(self) -> Name:
        """Which document it is."""

    def read(self, body: Mapping[str, Any]) -> B_co:
        """The body of any version, as written by whatever version of the product; {}: defaults."""


@dataclass(frozen=True, slots=True)
class Version(Generic[B]):
    """A published version; 0 is the number of what holds when nothing was ever published."""

    number: int
    body: B


class Rulebook:
    """What is published, as this process last read it; one object for all threads."""

    def __init__(self) -> None:
        self._refreshing = threading.Lock()
        self._known: dict[Name, tuple[Stored, ...]] = {}
        self._read: dict[tuple[Name, int], Version[Any]] = {}
        self.publication = 0
        """The newest change this process knows."""

    def refresh(self, db: Unit) -> bool:
        """Take in what was published since the last look; whether there was something."""
        with self._refreshing:
            news = list(documents.published_since(db, self.publication))
            if not news:
                return False
            known = {name: {row.version: row for row in rows} for name, rows in self._known.items()}
            for row in news:
                versions = known.setdefault(Name(row.kind, row.key), {})
                if row.retired_at is not None and row.retired_at < row.effective_from:
                    versions.pop(row.version, None)
                else:
                    versions[row.version] = row
            self._known = {
                name: tuple(rows[number] for number in sorted(rows, reverse=True))
                for name, rows in known.items()
            }
            self.publication = news[-1].publication
            return True

    def reread(self, db: Unit) -> None:
        """Forget everything and read it anew: the database holds another history now."""
        with self._refreshing:
            self._known, self._read, self.publication = {}, {}, 0
        self.refresh(db)

    def at(self, sort: Sort[B], now: datetime) -> Version[B]:
        """The version in effect at a moment."""
        for row in self._known.get(sort.name, ()):
            if row.effective_from <= now:
                return self._version(sort, row)
        return Version(0, sort.read({}))

    def version(self, db: Unit, sort: Sort[B], number: int) -> Version[B]:
        """The version that work has begun with and is held to.

        Another process may have begun it with one that is not here yet; then it is looked up.

        Raises:
            LookupError: there is no such version.
        """
        for row in self._known.get(sort.name, ()):
            if row.version == number:
                return self._version(sort, row)
        if number == 0:
            return Version(0, sort.read({}))
        if (stored := documents.one(db, sort.name, number)) is None:
            raise LookupError(f"{sort.name} has no version {number}")
        return Version(number, sort.read(stored.body))

    def _version(self, sort: Sort[B], row: Stored) -> Version[B]:
        found = self._read.get((sort.name, row.version))
        if found is None:
            found = self._read[sort.name, row.version] = Version(row.version, sort.read(row.body))
        return found
