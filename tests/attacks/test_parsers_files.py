"""D13: files and notices are read exactly, or refused in words."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import cache
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.import_columns import CUSTOMERS, PEOPLE
from connectors import notice
from connectors.notice import NoticeError
from connectors.sheet_cells import BadCell, value
from connectors.sheets import Column, SheetError, errors_file, read
from engine.calendar import Day
from tests.attacks.strategies import awkward, junk, mutated


@cache
def workbook():
    book = Workbook()
    book.active.append(["客户名称", "负责人", "标签"])
    book.active.append(["恒信阀门", "张三", "阀门、泵"])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def with_sheet(xml):
    """The workbook with another first sheet."""
    made = BytesIO()
    with ZipFile(BytesIO(workbook())) as old, ZipFile(made, "w") as new:
        for part in old.infolist():
            sheet = part.filename == "xl/worksheets/sheet1.xml"
            new.writestr(part.filename, xml if sheet else old.read(part))
    return made.getvalue()


def sheet_xml():
    with ZipFile(BytesIO(workbook())) as book:
        return book.read("xl/worksheets/sheet1.xml")


CSV = "客户名称,负责人,统一社会信用代码\r\n恒信阀门,张三,91310000000000000X\r\n".encode()
SHEETS = {
    "xlsx": ("a.xlsx", lambda: st.one_of(junk, mutated(workbook()))),
    "xlsx sheet": ("a.xlsx", lambda: mutated(sheet_xml()).map(with_sheet)),
    "csv": ("a.csv", lambda: st.one_of(junk, mutated(CSV))),
    "csv gbk": ("a.csv", lambda: mutated(CSV.decode().encode("gb18030"))),
}


@pytest.mark.parametrize("name", SHEETS)
def test_d13_a_spreadsheet_is_read_or_refused_in_words(name):
    filename, hostile = SHEETS[name]

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(hostile())
    def try_it(data):
        for columns in (CUSTOMERS, PEOPLE):
            with suppress(SheetError):
                sheet = read(data, filename, columns)
                errors_file(sheet, sheet.problems)

    try_it()


@given(
    st.one_of(awkward, st.floats(), st.integers(), st.booleans(), st.datetimes(), st.dates(),
              st.times(), st.timedeltas(timedelta(-9999), timedelta(9999))),
    st.sampled_from(["text", "money", "date", "list"]),
    st.sampled_from([1, 1000, 10_000, 10**8]),
)  # fmt: skip
def test_d13_a_cell_is_exact_or_refused(cell, kind, scale):
    """Money is whole 分 within bounds: no NaN, no exponent, no underscore, no third decimal."""
    with suppress(BadCell):
        found = value(cell, Column("x", kind=kind), scale)
        if kind == "money" and found is not None:
            assert isinstance(found, int)
            assert abs(found) <= 10**15
            assert "e" not in str(cell).lower()
            assert "_" not in str(cell)


@given(st.integers(0, 10**13))
def test_d13_an_amount_comes_back_as_it_was_written(fen):
    written = f"{fen // 100:,}.{fen % 100:02d}"
    assert value(written, Column("x", kind="money"), 1) == fen
    wide = written.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789,."})
    assert value(wide, Column("x", kind="money"), 1) == fen


@pytest.mark.parametrize(
    "words", ["NaN", "1e3", "1_000", "0.001", "五万", "1.2.3", "∞", "0x10", ""]
)
def test_d13_what_is_no_amount_is_no_amount(words):
    with pytest.raises(BadCell):
        value(words, Column("x", kind="money", required=True), 1)


NOTICE = (
    "国务院办公厅关于2026年部分节假日安排的通知\n元旦：1月1日（周四）至3日（周六）放假，共3天。"
)


@given(st.one_of(awkward, mutated(NOTICE.encode()).map(lambda b: b.decode(errors="replace"))))
def test_d13_a_holiday_notice_is_read_or_refused_in_words(text):
    with suppress(NoticeError):
        assert all(isinstance(day, Day) for day in notice.parse(text).days.values())
