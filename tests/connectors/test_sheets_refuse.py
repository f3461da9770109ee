"""D24: files that must be refused, quickly and in words (`attacks.md`)."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.sheet_zip import extent
from connectors.sheets import SheetError, errors_file, read
from tests.connectors.kit import COLUMNS, SHEET, WORKSHEET, with_cells, with_part, xlsx, zipped

GOOD = xlsx(["公司", "预算"], ["恒信阀门", 12.5], ["华东泵业", "1.2万"])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("data", "filename", "words"),
    [
        (b"", "a.xlsx", "文件是空的"),
        (b"", "a.csv", "文件是空的"),
        (GOOD, "a.xls", "旧版"),
        (GOOD, "a.xlsm", "宏"),
        (GOOD, "a.pdf", r"只能读 \.xlsx 和 \.csv"),
        (GOOD, "a", r"只能读 \.xlsx 和 \.csv"),
        (OLE, "a.xlsx", "有密码，或是改了后缀"),
        (OLE, "a.csv", "内容却是 Excel"),
        (GOOD, "a.csv", "内容却是 Excel"),
        ("公司\n甲".encode(), "a.xlsx", "内容却不是"),
        (b"x" * (10 * 1024 * 1024 + 1), "a.csv", "超过 10 MB"),
        (GOOD[:200], "a.xlsx", "可能已损坏"),
        (zipped([("a.txt", b"x")]), "a.xlsx", "读不出来"),
        (with_part(GOOD, "xl/vbaProject.bin", b"x"), "a.xlsx", "宏"),
        ("公司\n甲".encode("utf-16"), "a.csv", "文字编码"),
        ('公司\n"甲'.encode(), "a.csv", "引号不成对"),
        ("公司\n".encode() * 200_001, "a.csv", "表格太大"),
        (b",".join([b"x"] * 5_000), "a.csv", "表格太大"),
        (b"\n\n", "a.csv", "缺少列"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(data, filename, words) -> None:
    with pytest.raises(SheetError, match=words):
        read(data, filename, COLUMNS)


def test_a_macro_workbook_under_another_name_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        types = archive.read("[Content_Types].xml")
    macro = types.replace(b"spreadsheetml.sheet.main", b"sheet.macroEnabled.main")
    with pytest.raises(SheetError, match="宏"):
        read(with_part(GOOD, "[Content_Types].xml", macro), "a.xlsx", COLUMNS)


def test_an_encrypted_archive_is_refused() -> None:
    locked = bytearray(GOOD)
    entry = locked.find(b"PK\x01\x02")
    locked[entry + 8] |= 1
    with pytest.raises(SheetError, match="有密码"):
        read(bytes(locked), "a.xlsx", COLUMNS)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = with_part(GOOD, "xl/sharedStrings.xml", b"\0" * 20_000_000)
    with pytest.raises(SheetError, match="解开后太大"):
        read(bomb, "a.xlsx", COLUMNS)


def test_an_archive_that_lies_about_its_size_is_not_believed() -> None:
    """The central directory says 100 bytes; a parser that trusts the stream would see 5 MB."""
    liar = bytearray(with_part(GOOD, "xl/extra.xml", b" " * 5_000_000))
    entry = liar.rfind(b"PK\x01\x02", 0, liar.rfind(b"xl/extra.xml"))
    liar[entry + 24 : entry + 28] = (100).to_bytes(4, "little")
    with pytest.raises(SheetError, match="打不开"):
        read(bytes(liar), "a.xlsx", COLUMNS)


def test_a_thousand_parts_or_a_part_twice_are_refused() -> None:
    many = zipped((f"xl/{n}.xml", b"<a/>") for n in range(1_001))
    with pytest.raises(SheetError, match="太多或重复"):
        read(many, "a.xlsx", COLUMNS)
    twice = bytearray(with_part(with_part(GOOD, "xl/a.xml", b"<a/>"), "xl/b.xml", b"<b/>"))
    with pytest.raises(SheetError, match="太多或重复"):
        read(bytes(twice).replace(b"xl/b.xml", b"xl/a.xml"), "a.xlsx", COLUMNS)


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"/></row><row r="200001"><c r="A200001"/></row>',
        '<row r="1"><c r="GS1"><v>1</v></c></row>',
        "<row r='1'><c s=\">\" r='XFD1048576'><v>1</v></c></row>",
        '<row r="1"><c r="A1" r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1" s="1" r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="xfd1048576"><v>1</v></c></row>',
        '<x:row xmlns:x="y" r="9999999"><x:c/></x:row>',
        "<row>" + "<c><v>1</v></c>" * 201 + "</row>",
        "<row/>" * 200_000 + "<row><c/></row>",
        '<row r="1"><c r="CV1"/></row><row r="20001"><c r="A20001"/></row>',
    ],
)
def test_one_far_cell_cannot_make_the_parser_allocate_the_world(cells: str) -> None:
    with pytest.raises(SheetError, match="太大"):
        read(with_cells(cells), "a.xlsx", COLUMNS)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        "<!DOCTYPE x>",
    ],
)
def test_a_sheet_that_declares_entities_is_refused(declaration: str) -> None:
    evil = (declaration + WORKSHEET.format("")).encode()
    with pytest.raises(SheetError, match="DTD"):
        read(with_part(GOOD, SHEET, evil), "a.xlsx", COLUMNS)


def test_a_worksheet_in_another_encoding_shows_no_cells_we_did_not_measure() -> None:
    far = WORKSHEET.format('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32"):
        with pytest.raises(SheetError):
            read(with_part(GOOD, SHEET, far.encode(encoding)), "a.xlsx", COLUMNS)


def test_cells_without_an_address_are_counted_where_they_stand() -> None:
    assert extent(b"<row><c/><c/></row><row><c/></row>") == (2, 2)
    assert extent(b'<row r="7"><c r="C7"/><c/></row><row><c/></row>') == (8, 4)
    assert extent(b'<row r="9"><c r="A9"/></row><row r="1048576" ht="15"/>') == (9, 1)
    assert extent(b"<cols><col/></cols><cell/><rows/>") == (0, 0)


@given(st.binary(max_size=200), st.sampled_from(["a.xlsx", "a.csv", "a.xls", "客户"]))
@example(b"PK\x03\x04", "a.xlsx")
def test_nothing_but_a_sheet_error_comes_out_of_any_bytes(data: bytes, filename: str) -> None:
    try_to_read(data, filename)


@given(st.data())
@settings(max_examples=100)
def test_nothing_but_a_sheet_error_comes_out_of_a_damaged_workbook(data: st.DataObject) -> None:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        name = data.draw(st.sampled_from(archive.namelist()))
        part = archive.read(name)
    start = data.draw(st.integers(0, len(part)))
    stop = data.draw(st.integers(start, min(len(part), start + 60)))
    noise = data.draw(
        st.sampled_from([b"", b"0", b"-1", b"4294967295", b'"', b"<", b"\xff", b"]]>"])
    )
    try_to_read(with_part(GOOD, name, part[:start] + noise + part[stop:]), "a.xlsx")


def try_to_read(data: bytes, filename: str) -> None:
    try:
        sheet = read(data, filename, COLUMNS)
    except SheetError as error:
        words = str(error)
    else:
        words = "。" if errors_file(sheet, sheet.problems).startswith(b"PK") else ""
    assert words.endswith("。")
