"""What people type and forward about a lead, in the many ways they do (B4, B9)."""

from __future__ import annotations

import pytest

from tests.chat.test_leads import lead, new

NUMBER = "LD-20261123-0001"


@pytest.mark.parametrize(
    ("said", "fen"),
    [
        ("预算120,000", 12_000_000), ("¥120,000", 12_000_000), ("预算 1，200，000", 120_000_000),
        ("￥１２０，０００.50", 12_000_050), ("预算十二万", 12_000_000), ("十二万五", 12_500_000),
        ("预算12万，官网", 12_000_000), ("预算120元,000客户", 12_000),
    ],
)  # fmt: skip
def test_a_comma_between_groups_of_three_belongs_to_the_amount(office, said, fen):
    new(office, f"/线索 新建 长江精密 华东 医疗 {said} 要维保")
    assert lead(office)["budget_fen"] == fen
    assert lead(office)["need"].removeprefix("000客户 ") == "要维保"


def test_an_amount_added_later_is_read_the_same_way(office):
    new(office, "/线索 新建 长江精密 华东 医疗")
    office.says("王经理", f"/线索 补充 {NUMBER} 预算120,000")
    assert (lead(office)["budget_fen"], lead(office)["need"]) == (12_000_000, "")
