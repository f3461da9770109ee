"""What a spreadsheet is to us: described columns, typed rows, and problems with an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["text", "money", "estimate", "date", "list"]
Cell: TypeAlias = str | int | float | bool | date | datetime | time | timedelta
Value: TypeAlias = str | int | date | tuple[str, ...] | None


class SheetError(Exception):
    """The file as a whole cannot be read; the text is a Chinese sentence to show as it is."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column the importer knows.

    `name` is the key in `Row.values` and a heading too; `synonyms` are the headings people
    write, the first is the one they are told. `kind` "money" gives integer 分, "estimate"
    as well, or the words where they are no amount, "list" a tuple split at 、 , ; | and line
    ends. `max_len` counts characters, of each item in a list.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    kind: Kind = "text"
    max_len: int = 200

    @property
    def label(self) -> str:
        """The heading people are told."""
        return self.synonyms[0] if self.synonyms else self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row: `row` as Excel counts it (from 1), `column` as in the file.

    An empty `column` means the whole row.
    """

    row: int
    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One good row; `values` has every known column found in the file, None for an empty cell."""

    number: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read.

    `rows` are the rows without a problem, `problems` say everything about the others.
    `understood` are the headings of known columns, `columns` their names, `ignored` the headings
    of no known column and `unread` further visible worksheets: all for the answer to the person,
    so that nothing is left out unsaid.
    """

    filename: str
    header_row: int
    understood: tuple[str, ...]
    columns: frozenset[str]
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[str, ...]
    unread: tuple[str, ...]
    source: bytes = field(repr=False)
