"""Reading what sales people keep: .xlsx and .csv, into typed rows with exact complaints.

The reader knows columns, not customers: the importer says which columns it wants, under
which headings. One bad cell never hides another; every problem comes back with its row and
column, and `errors_file` gives the person the same table with the complaints in red.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import sheet_heading
from connectors.sheet_cells import BadCell, shown, value
from connectors.sheet_grid import MAX_BYTES, grid
from connectors.sheet_heading import Header
from connectors.sheet_model import Cell, Column, Problem, Row, Sheet, SheetError, Value

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell as ExcelCell
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

__all__ = [
    "Column", "Problem", "Row", "Sheet", "SheetError", "Value", "errors_file", "read", "table_file",
]  # fmt: skip

COMPLAINTS = "错误"
MAX_CELL = 32_767  # characters in one cell of an .xlsx
RED = "C00000"


def read(source: Path | bytes, filename: str, columns: Sequence[Column]) -> Sheet:
    """The rows of a file; `filename` tells its format, whatever `source` is called.

    Rows without any content are skipped. A row with a problem is in `problems` only.

    Raises:
        SheetError: the file as a whole cannot be used; the text says why and what to do.
    """
    data = source if isinstance(source, bytes) else _bytes(source)
    table = grid(data, filename)
    header = sheet_heading.find(table.rows, columns)
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, cells in enumerate(table.rows[header.row :], header.row + 1):
        if not any(shown(cell) for cell in cells):
            continue
        values, wrong = _row(number, cells, header)
        if wrong:
            problems += wrong
        else:
            rows.append(Row(number, values))
    return Sheet(
        filename=filename,
        header_row=header.row,
        understood=tuple(place.heading for place in header.places),
        columns=frozenset(place.column.name for place in header.places),
        rows=tuple(rows),
        problems=tuple(problems),
        ignored=tuple(heading for heading in header.ignored if heading != COMPLAINTS),
        unread=table.unread,
        source=data,
    )


def errors_file(sheet: Sheet, problems: Iterable[Problem]) -> bytes:
    """An .xlsx copy of the file with a red column 错误, to correct and send again.

    Every cell is text, so that nothing a stranger typed becomes a formula, and a long number
    stays as it is. A column 错误 of an earlier copy is replaced.
    """
    from openpyxl import Workbook  # 8 MB, which only a file needs

    complaints: dict[int, list[str]] = {}
    for problem in problems:
        words = f"{problem.column}：{problem.text}" if problem.column else problem.text
        complaints.setdefault(problem.row, []).append(words)
    rows = grid(sheet.source, sheet.filename).rows
    heading = [shown(cell) for cell in rows[sheet.header_row - 1]]
    place = heading.index(COMPLAINTS) if COMPLAINTS in heading else max(map(len, rows))
    book = Workbook(write_only=True)
    page = book.create_sheet("导入")
    for number, cells in enumerate(rows, 1):
        texts = [shown(cell) for cell in cells] + [""] * (place + 1 - len(cells))
        texts[place] = "；".join(complaints.get(number, []))
        if number == sheet.header_row:
            texts[place] = COMPLAINTS
        page.append([_text(page, text, red=i == place) for i, text in enumerate(texts)])
    return _saved(book)


def table_file(title: str, rows: Iterable[Sequence[str | int | Decimal]]) -> bytes:
    """An .xlsx with one sheet; words are words, whatever they begin with, numbers are numbers."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    page = book.create_sheet(title)
    for row in rows:
        page.append([
            _text(page, cell, red=False) if isinstance(cell, str) else cell for cell in row
        ])  # fmt: skip
    return _saved(book)


def _saved(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _bytes(path: Path) -> bytes:
    """The content of a file, not read when it is too large anyway."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SheetError(f"文件读不了：{path.name}") from error


def _row(
    number: int, cells: Sequence[Cell], header: Header
) -> tuple[dict[str, Value], list[Problem]]:
    values: dict[str, Value] = {}
    problems: list[Problem] = []
    for place in header.places:
        cell = cells[place.index] if place.index < len(cells) else ""
        try:
            values[place.column.name] = value(cell, place.column, place.scale)
        except BadCell as error:
            problems.append(Problem(number, place.heading, str(error)))
    return values, problems


def _text(page: WriteOnlyWorksheet, text: str, *, red: bool) -> ExcelCell | None:
    """A cell that Excel shows as it is, also when it begins with an equals sign."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font

    if not text:
        return None
    cell = WriteOnlyCell(page, ILLEGAL_CHARACTERS_RE.sub(" ", text)[:MAX_CELL])
    cell.data_type = "s"
    if red:
        cell.font = Font(color=RED, bold=True)
    return cell
