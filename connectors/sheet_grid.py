"""A file as a grid of raw cells, or a clear reason why it cannot be one."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import PurePath

from connectors.sheet_model import Cell, SheetError
from connectors.sheet_zip import check_extent, checked

MAX_BYTES = 10 * 1024 * 1024
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old .xls, and every encrypted workbook
REFUSED = {
    ".xls": "这是旧版 .xls。用 Excel 另存为 .xlsx 再传。",
    ".xlsm": "文件里有宏。另存为不带宏的 .xlsx 再传。",
}


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows of cells from row 1 on, and the names of the visible worksheets not read."""

    rows: list[list[Cell]]
    unread: tuple[str, ...] = ()


def grid(data: bytes, filename: str) -> Grid:
    """The first visible worksheet of an .xlsx, or a .csv in UTF-8 or GB18030.

    Raises:
        SheetError: too large, empty, another format, a password, macros, or damaged.
    """
    suffix = PurePath(filename).suffix.lower()
    if suffix in REFUSED:
        raise SheetError(REFUSED[suffix])
    if suffix not in {".xlsx", ".csv"}:
        raise SheetError("只能读 .xlsx 和 .csv 文件。")
    if not data:
        raise SheetError("文件是空的。")
    if len(data) > MAX_BYTES:
        raise SheetError(f"文件超过 {MAX_BYTES // 1024 // 1024} MB。分成几个文件再传。")
    if suffix == ".csv":
        return _from_csv(data)
    if data.startswith(OLE):
        raise SheetError("文件有密码，或是改了后缀的 .xls。去掉密码，另存为 .xlsx 再传。")
    if not data.startswith(ZIP):
        raise SheetError("后缀是 .xlsx，内容却不是。用 Excel 另存为 .xlsx 再传。")
    return _from_xlsx(checked(data))


def _from_xlsx(workbook: bytes) -> Grid:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum  # as in `sheets`

    try:
        with CalamineWorkbook.from_object(io.BytesIO(workbook)) as book:
            names = [
                sheet.name
                for sheet in book.sheets_metadata
                if sheet.visible == SheetVisibleEnum.Visible
                and sheet.typ == SheetTypeEnum.WorkSheet
            ]
            rows: list[list[Cell]] = []
            for name in names[:1]:
                rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except BaseException as error:  # a panic of the Rust parser is no Exception
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise SheetError("表格内容读不出来。用 Excel 打开后另存为 .xlsx 再传。") from error
    return Grid(rows, tuple(names[1:]))


def _from_csv(data: bytes) -> Grid:
    if data.startswith((ZIP, OLE)):
        raise SheetError("后缀是 .csv，内容却是 Excel。把后缀改回来再传。")
    rows: list[list[Cell]] = []
    columns = 0
    reader = csv.reader(io.StringIO(_decoded(data), newline=""), strict=True)
    try:
        for row in reader:
            rows.append(list(row))
            columns = max(columns, len(row))
            check_extent(len(rows), columns)
    except csv.Error as error:
        raise SheetError(f"第 {reader.line_num} 行的引号不成对，或这一格太长。") from error
    return Grid(rows)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("认不出文字编码。用 Excel 另存为「CSV UTF-8」再传。")
