"""Guards before an .xlsx is parsed: how big it really is inside, and what does not belong.

The parser allocates the whole rectangle up to the farthest cell, so one cell at XFD1048576
would end the process. And it need not agree with Python on what a crooked archive holds.
Therefore it is given a new archive with exactly the parts that were measured here.
"""

from __future__ import annotations

import io
import re
import zipfile
from functools import cache

from connectors.sheet_model import SheetError

MAX_PARTS = 1_000
MAX_INFLATED = 96 * 1024 * 1024
MAX_RATIO = 100
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000
SMALL = 1024 * 1024  # below this a high ratio is only a dull file
ZIP_ENCRYPTED = 0x1

# A row or cell: with its one address first, as real programs write it; else all attributes.
_TAG = re.compile(
    rb"""<(?:[^\s<>/:"']++:)?(row|c)(?:"""
    rb"""\s+r="([A-Z]{0,3})(\d{1,7})"(?:\s+[a-qs-z][\w:]*+="[^"<>]*+")*+\s*+/?>"""
    rb"""|(?=[\s/>])((?:[^<>"']++|"[^"]*+"|'[^']*+')*+))"""
)
_REF = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]*)(\d*)["']""")


def checked(data: bytes) -> bytes:
    """The workbook of `data` packed anew, with only its XML parts.

    Raises:
        SheetError: a damaged, encrypted, macro, oversized or booby-trapped file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _repacked(archive)
    except SheetError:
        raise
    except Exception as error:  # hostile bytes raise whatever zipfile and zlib know
        raise SheetError("文件打不开，可能已损坏。用 Excel 打开后另存为 .xlsx 再传。") from error


def check_extent(rows: int, columns: int) -> None:
    """Refuse a table that is too large.

    Raises:
        SheetError: more than 200,000 rows, 200 columns or 1,000,000 cells.
    """
    if rows > MAX_ROWS or columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise SheetError(
            f"表格太大：有 {rows} 行 {columns} 列；"
            f"最多 {MAX_ROWS} 行、{MAX_COLUMNS} 列，共 {MAX_CELLS // 10_000} 万格。"
            "删掉多余的空行空列，或分成几个文件。"
        )


def extent(xml: bytes) -> tuple[int, int]:
    """The farthest row and column, from 1, that any cell of a worksheet part claims.

    Cells and rows without an address stand after the one before; the count never falls short.
    """
    row = column = last_row = last_column = 0
    for tag in _TAG.finditer(xml):
        kind, letters, digits, attributes = tag.groups()
        if kind == b"row":  # counts with its first cell only: Excel keeps heights of empty rows
            numbers = [digits] if digits else [down for _, down in _REF.findall(attributes)]
            row, column = max(row + 1, last_row, *map(_number, numbers)), 0
            continue
        column += 1
        last_row = max(last_row, row)
        for far, down in [(letters, digits)] if digits else _REF.findall(attributes):
            last_row = max(last_row, _number(down))
            column = max(column, _column(far[:4]))
        last_column = max(last_column, column)
    return last_row, last_column


def _number(digits: bytes) -> int:
    return int(digits[:9] or 0)


@cache
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _repacked(archive: zipfile.ZipFile) -> bytes:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS or len({part.filename for part in parts}) < len(parts):
        raise SheetError("文件里的部件太多或重复，不像是表格。")
    if any(part.flag_bits & ZIP_ENCRYPTED for part in parts):
        raise SheetError("文件有密码。去掉密码再传。")
    if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
        raise SheetError("文件里有宏。另存为不带宏的 .xlsx 再传。")
    left = MAX_INFLATED
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for part in parts:
            if part.filename.lower().endswith((".xml", ".rels")):
                content = _inflated(archive, part, left)
                left -= len(content)
                _check_part(content)
                copy.writestr(part.filename, content)
    return packed.getvalue()


def _inflated(archive: zipfile.ZipFile, part: zipfile.ZipInfo, limit: int) -> bytes:
    with archive.open(part) as stream:
        content = stream.read(limit + 1)
    if len(content) > limit or len(content) > max(SMALL, part.compress_size * MAX_RATIO):
        raise SheetError("文件解开后太大。分成几个文件再传。")
    return content


def _check_part(content: bytes) -> None:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise SheetError("文件里有 DTD 声明，不像是 Excel 存的。")
    if b"macroEnabled" in content:
        raise SheetError("文件里有宏。另存为不带宏的 .xlsx 再传。")
    check_extent(*extent(content))
