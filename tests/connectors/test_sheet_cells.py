"""One cell at a time: exact values, or the reason why not."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sheet_cells import BadCell, value
from connectors.sheets import Column

MONEY = Column("m", kind="money")
DAY = Column("d", kind="date")
TEXT = Column("t", max_len=10)
LIST = Column("l", kind="list", max_len=3)


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        ("12,000.00", 1_200_000),
        ("1.2万", 1_200_000),
        ("１．２万元", 1_200_000),
        ("¥ 499,999.99", 49_999_999),
        ("￥0.01", 1),
        ("3亿", 30_000_000_000),
        ("人民币5千元", 500_000),
        ("-20", -2_000),
        (499999.99, 49_999_999),
        (0.1 + 0.2, 30),
        (0, 0),
        (1.1 * 1.1 * 100, 12_100),
    ],
)
def test_money_becomes_exact_fen(cell, fen: int) -> None:
    assert value(cell, MONEY, scale=1) == fen


@pytest.mark.parametrize(
    "cell",
    [
        *("一万", "1,2000", "12万3", "1e5", "0.001", "--1", "$5", ".5", "12,00", "1.23456万5"),
        *("1 000 000 000 000 000 000", "99999999999999", float("nan"), float("inf"), True),
    ],
)
def test_what_is_not_clearly_money_is_refused(cell) -> None:
    with pytest.raises(BadCell):
        value(cell, MONEY, scale=1)


@given(st.integers(-(10**12), 10**12))
def test_every_amount_survives_being_a_number_or_a_text(fen: int) -> None:
    sign, (yuan, cents) = "-" * (fen < 0), divmod(abs(fen), 100)
    assert value(fen / 100, MONEY, scale=1) == fen
    assert value(f"{sign}{yuan}.{cents:02}", MONEY, scale=1) == fen
    assert value(f"{sign}{yuan:,}.{cents:02} 元", MONEY, scale=1) == fen


@pytest.mark.parametrize(
    "cell",
    [
        44927.0,
        44927,
        "44927",
        "2023-01-01",
        "2023/1/1",
        "2023.1.1",
        "2023年1月1日",
        "20230101",
        "2023-01-01 08:30",
        20230101.0,
        date(2023, 1, 1),
        datetime(2023, 1, 1, 8, 30),  # noqa: DTZ001 - a cell has no zone
    ],
)
def test_a_day_is_read_however_it_was_kept(cell) -> None:
    assert value(cell, DAY, scale=1) == date(2023, 1, 1)


@pytest.mark.parametrize(
    "cell",
    [
        *("2023-02-30", "2023-13-01", "2023", "２０２３", "2023年1月", "昨天", "1/2/2023"),
        *("0001-01-01", 2023.0, 0.5, 99999.0, time(8), timedelta(days=3), True),
    ],
)
def test_what_is_not_clearly_a_day_is_refused(cell) -> None:
    with pytest.raises(BadCell):
        value(cell, DAY, scale=1)


def test_text_keeps_formulas_as_text_and_drops_only_outer_space() -> None:
    for kept in ("=1+1", "+1", "-1", "@x", "a  b"):
        assert value(f"\u3000{kept} ", TEXT, scale=1) == kept
    assert value(True, TEXT, scale=1) == "TRUE"
    assert value(1.5, TEXT, scale=1) == "1.5"


def test_a_version_number_is_not_taken_for_a_damaged_phone() -> None:
    assert value("10.0", TEXT, scale=1) == "10.0"


def test_a_list_is_split_at_any_usual_sign_without_doubles() -> None:
    assert value("泵、阀，管；泵|闸\n井", LIST, scale=1) == ("泵", "阀", "管", "闸", "井")
    assert value("  ", LIST, scale=1) == ()
    with pytest.raises(BadCell, match="最多 3 个字"):
        value("泵、四个字呀", LIST, scale=1)


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.dates() | st.datetimes())
def test_only_a_bad_cell_is_ever_raised(cell) -> None:
    for column in (MONEY, DAY, TEXT, LIST):
        with suppress(BadCell):
            value(cell, column, scale=1)
