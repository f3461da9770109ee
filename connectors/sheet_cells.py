"""From a raw cell to a typed value, exactly, or with the reason it cannot be one."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from connectors.sheet_model import Cell, Column, Value
from engine.text import clean

EXACT = 10**15  # Excel keeps 15 significant digits; a longer number has been rewritten
MOST_FEN = 10**15
FIRST_YEAR, LAST_YEAR = 1990, 2099
EXCEL_DAY_ZERO = date(1899, 12, 30)  # serial 1 is 1900-01-01, counting Excel's 1900-02-29

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_FLOAT_ID = re.compile(r"(\d{7,15})\.0+", re.ASCII)
_SCIENTIFIC = re.compile(r"[+-]?\d(?:\.\d+)?E\+?\d+", re.ASCII | re.IGNORECASE)
_SEPARATORS = re.compile("[\u3001,\uff0c;\uff1b|\uff5c\n]")  # 、 and both widths of , ; |
_MONEY = re.compile(
    r"(?:¥|RMB|CNY|人民币)?(?P<sign>-?)(?P<whole>\d{1,3}(?:,\d{3})+|\d{1,15})"
    r"(?P<part>\.\d{1,10})?(?P<unit>[千万亿]?)元?",
    re.ASCII | re.IGNORECASE,
)
_DATE = re.compile(
    r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
    r"(?:[ T]?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?",
    re.ASCII,
)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?", re.ASCII)
_SCALE = {"": 1, "千": 1_000, "万": 10_000, "亿": 100_000_000}


class BadCell(ValueError):
    """A cell that is not what its column holds; the text says why, in Chinese."""


def value(cell: Cell, column: Column, scale: int) -> Value:
    """The typed value of a cell; None (an empty tuple for a list) for an empty one.

    `scale` multiplies a bare amount of money: 10,000 under a heading "金额(万元)".

    Raises:
        BadCell: empty but required, of another type, too long, or damaged by Excel.
    """
    text = shown(cell)
    if isinstance(cell, str) and _CONTROL.search(cell):
        raise BadCell("里面有看不见的控制字符")
    if not text:
        if column.required:
            raise BadCell("不能空")
        return () if column.kind == "list" else None
    if column.kind == "money":
        return _fen(text, scale)
    if column.kind == "estimate":
        return _estimate(text, column, scale)
    if column.kind == "date":
        return _day(cell, text)
    if _SCIENTIFIC.fullmatch(text):
        raise BadCell("这个编号已被 Excel 改写。把这一列设为文本，重新填")
    if column.kind == "list":
        items = (item.strip() for item in _SEPARATORS.split(text))
        return tuple(_short(item, column) for item in dict.fromkeys(items) if item)
    whole = _FLOAT_ID.fullmatch(text)
    return _short(whole[1] if whole else text, column)


def shown(cell: Cell) -> str:
    """The cell as the person sees it, without the spaces around it."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | int):
        return _digits(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return (str(cell) if isinstance(cell, timedelta) else clean(cell)).strip()


def _digits(number: float) -> str:
    """A number as Excel shows it: 15 digits, and 3.30106199001011E+17 for a longer one."""
    digits = format(number, ".15G")
    if not math.isfinite(number) or abs(number) >= EXACT:
        return digits
    return format(Decimal(digits), "f")


def _short(text: str, column: Column) -> str:
    if len(text) > column.max_len:
        raise BadCell(f"最多 {column.max_len} 个字，现在有 {len(text)} 个")
    return text


def _fen(text: str, scale: int) -> int:
    """Integer 分, by decimal arithmetic: "1.2万" is 1200000, "12,000.00" is 1200000."""
    plain = unicodedata.normalize("NFKC", text).replace(" ", "")
    amount = _MONEY.fullmatch(plain)
    if amount is None:
        raise BadCell("不是金额，例如 12000、12,000.00 或 1.2万")
    number = Decimal(amount["whole"].replace(",", "") + (amount["part"] or ""))
    fen = number * (_SCALE[amount["unit"]] if amount["unit"] else scale) * 100
    if fen != fen.to_integral_value():
        raise BadCell("金额最多写到分")
    if fen > MOST_FEN:
        raise BadCell("金额太大")
    return -int(fen) if amount["sign"] else int(fen)


def _estimate(text: str, column: Column, scale: int) -> int | str:
    """Integer 分, or the words: people write 面议 and 10–20万 where an amount belongs."""
    try:
        return _fen(text, scale)
    except BadCell:
        return _short(text, column)


def _day(cell: Cell, text: str) -> date:
    """The calendar day, from a date cell, a serial number such as 44927.0, or text."""
    if isinstance(cell, datetime):
        return _likely(cell.date())
    if isinstance(cell, date):
        return _likely(cell)
    plain = unicodedata.normalize("NFKC", text)
    try:
        if written := _DATE.fullmatch(plain) or _COMPACT_DATE.fullmatch(plain):
            return _likely(date(*(int(part) for part in written.groups() if part)))
        if serial := _SERIAL.fullmatch(plain):
            return _likely(EXCEL_DAY_ZERO + timedelta(days=int(serial[1])))
    except ValueError as error:
        if isinstance(error, BadCell):
            raise
        raise BadCell("没有这一天") from error
    raise BadCell("不是日期，例如 2026-01-31")


def _likely(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadCell(f"年份要在 {FIRST_YEAR} 到 {LAST_YEAR} 之间")
    return day
