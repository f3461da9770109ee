"""The rules leads are given out by: tried on the last month, replayed, held by cases (N2, N8)."""

from __future__ import annotations

import io
import re

import pytest
from openpyxl import load_workbook

from sales.lead_replay import HEADINGS

COMPANIES = ("长江精密", "太湖光电", "渤海精工", "东湖制药", "云岭物流", "金陵仪表")
EDUCATION = "规则 教育单：行业=教育 → 区域=华南；其余：全部 → 任何人"

EVERYTHING_SOUTH = "规则 全归华南：全部 → 区域=华南"


@pytest.fixture
def month(office):
    """Six leads given out by the rules as they come with the product."""
    for n, company in enumerate(COMPANIES):
        industry = "教育" if n < 2 else "医疗"
        office.says("王经理", f"/线索 新建 {company} 华东 {industry} 官网表单")
    assert {row["state"] for row in office.rows("lead")} == {"assigned"}
    return office


def change(office, words):
    """A draft of the assignment rules."""
    return office.says("冯运营", f"/规则 改 分配规则 {words}")[0]


def tried(office, words):
    """What a draft would have made different."""
    office.presses("冯运营", change(office, words), "试算")
    return next(m for m in reversed(office.sees("冯运营")) if "试算" in m["title"])["text"]


def sheet(office, message):
    found = load_workbook(io.BytesIO(office.downloads(message))).active
    return list(found.iter_rows(values_only=True))


def owners(office):
    return {row["company"]: row["owner_id"] for row in office.rows("lead")}


def test_the_rules_of_then_give_the_same_and_a_draft_says_who_would_have_had_what(month):
    """N3: 100 % as it was; N2, B85: per rep, the list of changed leads, nothing written."""
    before = owners(month)
    said = tried(month, EDUCATION)
    assert "按规则分过 6 条，用当时的规则重放，6 条和当时一样" in said
    assert "按草稿有 2 条会变" in said
    assert "赵六 0 → 2 条" in said
    assert "LD-20261123-0001 长江精密：" in said
    assert "→ 赵六" in said
    assert owners(month) == before
    assert len(month.rows("assignment")) == 6


def test_all_that_would_change_comes_as_a_file_and_is_on_the_trail(month):
    """B85: the card has room for a few, the file has every lead; taking it away is noted."""
    month.presses("冯运营", change(month, EVERYTHING_SOUTH), "试算")
    card = next(m for m in reversed(month.sees("冯运营")) if "试算" in m["title"])
    said = month.presses("冯运营", card, "全部变化")
    assert "正在做表" in said[0]["text"]
    mark, headings, *rows = sheet(month, said[-1])
    assert headings == HEADINGS
    assert "用途：试算分配规则" in mark[0]
    assert {row[1] for row in rows} == set(COMPANIES)
    assert {row[3] for row in rows} == {"赵六"}
    [noted] = month.rows("audit", action="lead.exported")
    assert (noted["detail"]["rows"], noted["detail"]["purpose"]) == (6, "试算分配规则")
    assert len(month.rows("assignment")) == 6


def test_how_uneven_it_is_before_and_after_is_said(month):
    """N2: the most and the fewest somebody gets, and the Gini coefficient."""
    said = tried(month, EVERYTHING_SOUTH)
    assert "按草稿：最多 赵六 6 条，最少 " in said
    before, after = (float(one) for one in re.findall(r"基尼系数 (\d\.\d\d)", said))
    assert before < after
    assert "基尼系数 0 是每人一样多" in said


def test_who_may_change_rules_but_not_take_lists_away_gets_no_file(month):
    month.says("管理员", f"/规则 改 分配规则 {EVERYTHING_SOUTH}")
    [card] = month.says("管理员", "/规则 试算 分配规则")
    assert "按草稿有 6 条会变" in card["text"]
    assert not [b for b in card["buttons"] if b["text"].startswith("全部变化")]


def test_of_a_draft_that_is_no_more_there_is_no_file(month):
    month.presses("冯运营", change(month, EVERYTHING_SOUTH), "试算")
    card = next(m for m in reversed(month.sees("冯运营")) if "试算" in m["title"])
    month.says("冯运营", "/规则 发布 分配规则 试一试")
    [said] = month.presses("冯运营", card, "全部变化")
    assert "草稿" in said["text"]
    assert month.rows("audit", action="lead.exported") == []


def test_a_draft_that_changes_nobody_says_so(month):
    assert "按草稿一条也不变" in tried(month, "在手上限 40")


def test_a_rule_that_never_had_anybody_is_named_so_that_nobody_wonders_why_nothing_changes(month):
    """N2, N4: nobody has closed anything yet."""
    said = tried(month, "规则 老手：行业=教育 → 成单率>65%；其余：全部 → 任何人")
    assert "规则「老手」合适 2 条，一次也没有销售符合，接着看的是后面的规则或兜底" in said
    assert "「其余」" not in said


def test_an_old_decision_is_replayed_by_the_version_that_made_it(month):
    change(month, EDUCATION)
    month.says("冯运营", "/规则 发布 分配规则 教育归华南")
    month.says("王经理", "/线索 新建 西湖学堂 华东 教育 官网表单")
    assert "7 条和当时一样" in tried(month, "规则 其余：全部 → 任何人")


def test_a_condition_that_says_nothing_of_most_leads_is_warned_about_and_may_be_published(office):
    """B26: 92 of 100 without a budget."""
    lines = "公司,来源,行业,区域,预算\n" + "".join(
        f"某某{chr(0x4E00 + 97 * n)}厂,官网,教育,华东,{'80000' if n < 8 else ''}\n"
        for n in range(100)
    )
    looked = office.sends("冯运营", "线索.csv", lines.encode())[-1]
    office.presses("冯运营", looked, "导入")
    assert len(office.rows("lead")) == 100
    card = change(office, "规则 大单：预算>5万 且 行业=教育 → 任何人；其余：全部 → 任何人")
    assert "留意：规则「大单」的「预算>5万」对 92% 的线索无法判断" in card["text"]
    assert "预算=未知" in card["text"]
    [done] = office.says("冯运营", "/规则 发布 分配规则 先试一周")
    assert done["title"].startswith("已发布")


CASES = "用例 行业=教育 且 预算=12万 → 教育中单；行业=医疗 → 其余"
LINES = "规则 教育中单：行业=教育 且 预算≤20万 → 任何人；其余：全部 → 任何人"


def test_a_case_is_kept_with_the_rule_and_stops_a_version_that_breaks_it(office):
    """N8."""
    change(office, LINES)
    assert "要先改好" not in change(office, CASES)["text"]
    office.says("冯运营", "/规则 发布 分配规则 写下用例")
    card = change(
        office,
        "规则 其余：行业=教育 或 行业=医疗 → 任何人；教育中单：行业=教育 且 预算≤20万 → 任何人",
    )
    assert "用例「行业=教育 且 预算=12万 → 教育中单」：现在是「其余」" in card["text"]
    [refused] = office.says("冯运营", "/规则 发布 分配规则 换个顺序")
    assert refused["title"].startswith("没有发布")
    assert change(office, "用例 没有")["title"].startswith("分配规则 · 第")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("行业=教育", "要写成"),
        ("行业≠教育 → 其余", "只能用 = 和 且"),
        ("行业=教育 或 行业=医疗 → 其余", "只能用 = 和 且"),
        ("天气=晴 → 其余", "天气"),
    ],
)
def test_a_case_nobody_can_read_says_how_to_write_one(office, words, why):
    assert why in change(office, f"用例 {words}")["text"]


def test_a_tag_is_a_condition_with_a_count_of_the_last_month(month):
    """B10: 高潜 = 教育 and more than 200,000 yuan."""
    rule = "线索标签"
    month.says("冯运营", f"/规则 改 {rule} 标签 高潜：行业=教育 且 预算>20万；医院：行业=医疗")
    [said] = month.says("冯运营", f"/规则 试算 {rule}")
    assert "过去 30 天进来 6 条线索" in said["text"]
    assert "医院 4 条，现在 0 条" in said["text"]
    month.says("冯运营", f"/规则 发布 {rule} 按客户说的分")
    month.says("王经理", "/线索 新建 西湖学堂 华东 教育 预算30万 官网表单")
    assert month.rows("lead")[-1]["tags"] == "高潜"
    [page] = month.says("王经理", "/线索 列表 高潜")
    assert page["title"] == "在手和待分配 高潜：1 条"
    assert "高潜" in str(month.says("王经理", "/线索 详情 LD-20261123-0007")[0]["fields"])


def test_a_tag_with_a_word_of_no_dictionary_names_what_was_meant(office):
    [said] = office.says("冯运营", "/规则 改 线索标签 标签 高潜：行业=教肓")
    assert "是否为「教育」？" in said["text"]


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ("甲：行业=教育 且 行业=医疗 → 任何人",
         "「甲」永远轮不到，因为「行业=教育 且 行业=医疗」不可能成立"),
        ("甲：预算>20万 且 预算<5万 → 任何人", "「预算>20万 且 预算<5万」不可能成立"),
        ("甲：行业=教育 → 区域=华南 且 区域=华东", "「甲」永远没有人合适"),
        ("甲：非 (行业≠教育 或 行业=教育) → 任何人", "「甲」永远轮不到"),
        ("甲：预算>5万 → 任何人；乙：预算>20万 且 行业=教育 → 区域=华东",
         "「乙」永远轮不到，因为「甲」已经收下这样的线索"),
        ("甲：行业=教育 → 任何人；乙：行业=医疗 → 任何人；丙：行业=医疗 或 行业=教育 → 任何人",
         "「丙」永远轮不到，因为前面的规则加起来"),
        ("甲：全部 → 任何人；乙：行业=教育 → 任何人；丙：行业=医疗 → 任何人",
         "「丙」永远轮不到，因为「甲」已经收下全部"),
    ],
)  # fmt: skip
def test_a_rule_that_can_never_fire_is_not_published(office, rules, why):
    """N4."""
    assert why in change(office, f"规则 {rules}")["text"]
    [refused] = office.says("冯运营", "/规则 发布 分配规则 试一试")
    assert refused["title"].startswith("没有发布")


def test_faults_of_every_sort_are_said_at_once(office):
    """What a dictionary, the fallback and a case have against it, not one after the other."""
    change(office, LINES)
    change(office, CASES)
    change(office, "兜底 没有这个人")
    text = change(office, "规则 甲：行业=教肓 → 任何人")["text"]
    assert "是否为「教育」？" in text
    assert "兜底的「没有这个人」" in text
    assert "用例「行业=教育 且 预算=12万 → 教育中单」：现在是「兜底」" in text


@pytest.mark.parametrize(
    "rules",
    [
        "甲：预算>5万 → 区域=华东；乙：预算>20万 → 任何人",
        "甲：预算>5万 → 任何人；乙：预算≥5万 → 任何人",
        "甲：行业=教育 或 行业≠教育 → 任何人；乙：行业=未知 → 任何人",
    ],
)
def test_a_rule_that_may_still_fire_is_let_be(office, rules):
    assert "要先改好" not in change(office, f"规则 {rules}")["text"]


def test_a_rule_nobody_fits_today_is_warned_about_and_may_be_published(office):
    """N4: only the company's own people tell; tomorrow somebody may be hired."""
    card = change(office, "规则 泵：全部 → 职级=实习生 且 产品线=泵；其余：全部 → 任何人")
    assert "留意：规则「泵」现在没有一位销售符合「职级=实习生 且 产品线=泵」" in card["text"]
    assert office.says("冯运营", "/规则 发布 分配规则 先写好")[0]["title"].startswith("已发布")
    card = change(office, "规则 忙：全部 → 区域=华东 且 待办<1；其余：全部 → 任何人")
    assert "留意" not in card["text"]


@pytest.mark.parametrize("dash", ["–", "-", "—", "~", "～", "至", "到", "－"])
def test_the_band_of_a_budget_is_a_condition_as_cards_show_it(office, dash):
    [*_, card] = office.says("冯运营", f"/规则 改 分配规则 规则 中单：预算=5{dash}20万 → 任何人")
    assert "中单：预算≥5万 且 预算≤20万 → 任何人" in card["text"]


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ("甲：全部 → 成单率>0.65", "「0.65」是百分之几，要写成 65%。"),
        ("甲：预算=很多 → 任何人", "¥120,000.50 的样子。"),
        ("甲：全部 → 华东的人", "要写成 区域=华东 且 待办<8 的样子。"),
        ("甲：预算=20–5万 → 任何人", "从小到大写，如 预算=5万–20万。"),
        ("甲：预算>5–20万 → 任何人", "范围写成 预算=5万–20万。"),
    ],
)
def test_what_cannot_be_read_is_answered_with_what_can_stand_there(office, rules, why):
    text = change(office, f"规则 {rules}")["text"]
    assert text.endswith(why)
    assert "。。" not in text


def test_days_are_hours_where_hours_are_counted(office):
    [card] = office.says("冯运营", "/规则 改 线索时限 未联系 3天")
    assert "和第 1 版一样" in str(card["raw"]), "72 hours"
    [card] = office.says("冯运营", "/规则 改 线索时限 未联系 ４ 天")
    assert "96 小时" in str(card["raw"])


def test_a_tag_no_lead_can_have_is_not_published(office):
    [card] = office.says("冯运营", "/规则 改 线索标签 标签 怪：行业=教育 且 行业=医疗")
    assert "「怪」永远贴不上" in card["text"]
