"""Finding the row of headings, and which column of the file is which of ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sheet_cells import shown
from connectors.sheet_model import Cell, Column, SheetError

LOOKED_AT = 20  # titles and notes stand above the headings, never a whole page of them
UNITS = {"": 1, "元": 1, "人民币元": 1, "千元": 1_000, "万": 10_000, "万元": 10_000, "亿元": 10**8}
NOTES = {"必填", "选填", "可选", "可不填"}

_PARENTHESIS = re.compile(r"\(([^()]*)\)\W*$")


@dataclass(frozen=True, slots=True)
class Place:
    """Our `column` in the file: at `index` (from 0), under `heading`; `scale` for bare money."""

    column: Column
    index: int
    heading: str
    scale: int


@dataclass(frozen=True, slots=True)
class Header:
    """The row of headings: its number from 1, the places found, the headings of no column."""

    row: int
    places: tuple[Place, ...]
    ignored: tuple[str, ...]


def find(rows: Sequence[Sequence[Cell]], columns: Sequence[Column]) -> Header:
    """The row among the first 20 that names most of our columns.

    Raises:
        SheetError: no such row, a required column is missing, or two headings mean the same.
    """
    headers = [_header(number, row, columns) for number, row in enumerate(rows[:LOOKED_AT], 1)]
    best = max(headers, key=lambda header: len(header.places), default=None)
    if best is None:
        raise SheetError("表格里什么也没有。")
    found = "、".join([*(one.heading for one in best.places), *best.ignored]) or "无"
    missing = [c for c in columns if c.required and c not in {p.column for p in best.places}]
    if not best.places or missing:
        wanted = "；".join(_wanted(column) for column in missing or columns)
        raise SheetError(f"缺少列：{wanted}。第 {best.row} 行有：{found[:200]}。")
    for one in best.places:
        same = [p.heading for p in best.places if p.column == one.column]
        if len(same) > 1:
            raise SheetError(f"「{'」和「'.join(same)}」是同一列。留下一列，删掉其余的。")
    return best


def _header(number: int, row: Sequence[Cell], columns: Sequence[Column]) -> Header:
    places: list[Place] = []
    ignored: list[str] = []
    for index, cell in enumerate(row):
        heading = shown(cell)
        found = place(index, heading, columns)
        if found:
            places.append(found)
        elif heading:
            ignored.append(heading)
    return Header(number, tuple(places), tuple(ignored))


def place(index: int, heading: str, columns: Sequence[Column]) -> Place | None:
    """Which of our columns a heading means; None for none of them."""
    text = unicodedata.normalize("NFKC", heading)
    note = _PARENTHESIS.search(text)
    unit = note[1].strip() if note else ""
    name = _key(text[: note.start()] if note else text)
    for column in columns:
        if name and name in {_key(word) for word in (column.name, *column.synonyms)}:
            if column.kind not in {"money", "estimate"} or unit in NOTES:
                return Place(column, index, heading, scale=1)
            if unit in UNITS:  # an amount in an unknown unit is no amount of ours
                return Place(column, index, heading, UNITS[unit])
    return None


def _key(text: str) -> str:
    """What two spellings of a heading share: no width, case, space or punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def _wanted(column: Column) -> str:
    others = "、".join(column.synonyms[1:4])
    return f"{column.label}（也可以叫 {others}）" if others else column.label
