"""What a file that people really keep turns into."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook

from connectors.sheets import Column, Problem, SheetError, errors_file, read
from tests.connectors.kit import BUDGET, COLUMNS, NAME, saved, xlsx


def test_headings_are_found_by_any_of_their_names_below_a_title() -> None:
    file = xlsx(
        ["二季度客户"], [], ["* 公司 （必填）", "金 额", "备注"], ["恒信阀门", 1200, "老客户"]
    )

    sheet = read(file, "客户.xlsx", COLUMNS)

    assert sheet.header_row == 3
    assert [(row.number, row.values) for row in sheet.rows] == [
        (4, {"name": "恒信阀门", "budget": 120_000})
    ]
    assert sheet.ignored == ("备注",)


def required(column: Column) -> Column:
    return replace(column, required=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_chinese_programs_write(encoding: str) -> None:
    lines = [["单位", "标签"], ['"华东泵业"', '"泵、阀,管"']]
    file = "\r\n".join(",".join(line) for line in lines).encode(encoding)
    assert read(file, "客户.csv", COLUMNS).rows[0].values == {
        "name": "华东泵业",
        "tags": ("泵", "阀", "管"),
    }


def test_a_file_on_disk_reads_like_its_bytes(tmp_path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(xlsx(["公司"], ["恒信阀门"]))
    assert read(path, "客户.xlsx", [NAME]).rows[0].values["name"] == "恒信阀门"
    with pytest.raises(SheetError, match="文件读不了"):
        read(tmp_path / "gone", "客户.xlsx", [NAME])


def test_a_phone_number_kept_as_a_number_comes_back_as_digits() -> None:
    phone = Column("phone", ("电话",))
    for kept in (13800138000, 13800138000.0, "13800138000", "13800138000.0"):
        sheet = read(xlsx(["电话"], [kept]), "x.xlsx", [phone])
        assert sheet.rows[0].values["phone"] == "13800138000"


def test_a_number_too_long_for_excel_is_reported_instead_of_believed() -> None:
    code = Column("code", ("信用代码",))
    for kept in (330106199001011234, "3.30106E+17"):
        sheet = read(xlsx(["信用代码"], [kept]), "x.xlsx", [code])
        assert sheet.rows == ()
        assert "已被 Excel 改写" in sheet.problems[0].text


def test_a_heading_in_ten_thousands_multiplies_bare_amounts_only() -> None:
    sheet = read(xlsx(["公司", "预算（万元）"], ["甲", 1.2], ["乙", "3千"]), "x.xlsx", COLUMNS)
    assert [row.values["budget"] for row in sheet.rows] == [1_200_000, 300_000]


def test_an_amount_in_another_currency_is_not_taken_for_ours() -> None:
    with pytest.raises(SheetError, match=r"缺少列：预算.*预算（美元）"):
        read(xlsx(["公司", "预算（美元）"], ["甲", 1]), "x.xlsx", [NAME, required(BUDGET)])


def test_a_missing_column_is_named_with_what_was_found() -> None:
    with pytest.raises(SheetError) as caught:
        read(xlsx(["联系人", "电话"], ["张三", "1"]), "x.xlsx", COLUMNS)
    words = str(caught.value)
    assert "客户名称（也可以叫 公司、单位）" in words
    assert "联系人、电话" in words


def test_two_headings_for_one_column_are_refused() -> None:
    with pytest.raises(SheetError, match="「公司」和「单位」是同一列"):
        read(xlsx(["公司", "单位"], ["甲", "乙"]), "x.xlsx", COLUMNS)


def test_every_bad_cell_is_reported_with_its_row_and_column_and_good_rows_stay() -> None:
    file = xlsx(
        ["公司", "预算", "合作日期", "标签"],
        ["甲", "12000", "2026-01-31", "泵"],
        [],
        ["", "一万", "2026-02-30", "这个标签太长了"],
        ["乙" * 21, None, None, None],
    )
    sheet = read(file, "x.xlsx", COLUMNS)

    assert [row.number for row in sheet.rows] == [2]
    assert sheet.rows[0].values["since"] == date(2026, 1, 31)
    assert [(p.row, p.column) for p in sheet.problems] == [
        (4, "公司"),
        (4, "预算"),
        (4, "合作日期"),
        (4, "标签"),
        (5, "公司"),
    ]
    assert sheet.problems[-1].text == "最多 20 个字，现在有 21 个"


def test_worksheets_that_were_not_read_are_named_and_hidden_ones_passed_over() -> None:
    book = Workbook()
    book.active.title = "草稿"
    book.active.sheet_state = "hidden"
    for title, name in (("客户", "甲"), ("去年", "乙")):
        page = book.create_sheet(title)
        page.append(["公司"])
        page.append([name])
    sheet = read(saved(book), "x.xlsx", COLUMNS)
    assert sheet.rows[0].values["name"] == "甲"
    assert sheet.unread == ("去年",)


def test_the_errors_file_is_the_same_table_with_the_complaints_in_red() -> None:
    file = xlsx(["公司", "预算"], ["=1+1", 13800138000.0], ["", "0.001"])
    sheet = read(file, "x.xlsx", COLUMNS)
    copy = errors_file(sheet, [*sheet.problems, Problem(2, "", "已有这家客户")])

    page = load_workbook(io.BytesIO(copy)).active
    cells = [[cell.value for cell in row] for row in page.iter_rows()]
    assert cells == [
        ["公司", "预算", "错误"],
        ["=1+1", "13800138000", "已有这家客户"],
        [None, "0.001", "公司：不能空；预算：金额最多写到分"],
    ]
    assert page["C3"].font.color.rgb == "00C00000"
    assert all(cell.data_type != "f" for row in page.iter_rows() for cell in row)


def test_the_errors_file_of_a_corrected_errors_file_has_one_error_column() -> None:
    first = read(xlsx(["公司", "预算"], ["甲", "x"]), "x.xlsx", COLUMNS)
    again = read(errors_file(first, first.problems), "x.xlsx", COLUMNS)
    assert again.problems == first.problems
    assert again.ignored == ()
    page = load_workbook(io.BytesIO(errors_file(again, again.problems))).active
    assert [cell.value for cell in page[1]] == ["公司", "预算", "错误"]


def test_a_csv_with_control_characters_still_gets_its_errors_file() -> None:
    sheet = read("公司\n恒\x07信\n".encode(), "x.csv", COLUMNS)
    assert sheet.problems == (Problem(2, "公司", "里面有看不见的控制字符"),)
    page = load_workbook(io.BytesIO(errors_file(sheet, sheet.problems))).active
    assert page["A2"].value == "恒信"
