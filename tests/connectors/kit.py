"""Workbooks made for a test, honest and crooked."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

from connectors.sheets import Column

NAME = Column("name", ("客户名称", "公司", "单位"), required=True, max_len=20)
BUDGET = Column("budget", ("预算", "金额"), kind="money")
SINCE = Column("since", ("合作日期",), kind="date")
TAGS = Column("tags", ("标签",), kind="list", max_len=5)
COLUMNS = (NAME, BUDGET, SINCE, TAGS)

SHEET = "xl/worksheets/sheet1.xml"
WORKSHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData>{}</sheetData></worksheet>"
)


def xlsx(*rows: Sequence[Any]) -> bytes:
    """A workbook with one worksheet of these rows; strings stay strings."""
    book = Workbook()
    for number, row in enumerate(rows, 1):
        for index, content in enumerate(row, 1):
            cell = book.active.cell(number, index, content)
            if isinstance(content, str):
                cell.data_type = "s"
    return saved(book)


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The same archive with one part put in or replaced."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    return zipped((parts | {name: content}).items())


def zipped(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """An archive of these parts."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return written.getvalue()


def with_cells(cells: str) -> bytes:
    """A workbook whose worksheet holds this XML."""
    return with_part(xlsx(["x"]), SHEET, WORKSHEET.format(cells).encode())
