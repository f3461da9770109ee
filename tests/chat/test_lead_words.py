"""What people type and forward about a lead, in the many ways they do (B4, B9)."""

from __future__ import annotations

import pytest

from tests.chat.test_leads import fields, lead, new, the_card

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


PHONE = "13800138111"


SUZHOU = "苏州金鸡湖医疗器械有限公司"


@pytest.mark.parametrize(
    ("text", "company"),
    [
        (f"王总说他们公司{SUZHOU}想了解维保，预算12万左右 电话{PHONE}", SUZHOU),
        (f"我们客户：{SUZHOU}，{PHONE} 需要培训", SUZHOU),
        (f"我们是无锡第一人民医院想采购两台CT {PHONE}", "无锡第一人民医院"),
        (f"杭州某某企业管理有限公司 想问一下价格 王女士 {PHONE}", "杭州某某企业管理有限公司"),
        (f"宁波恒信阀门厂要订200台泵，{PHONE}", "宁波恒信阀门厂"),
        (f"转：恒信阀门有限公司上海分公司 李工 {PHONE}", "恒信阀门有限公司上海分公司"),
        (f"我是上海理想汽车有限公司的李总，手机{PHONE}", "上海理想汽车有限公司"),
        (f"我们公司是成都锦江学校，想了解 {PHONE}", "成都锦江学校"),
    ],
)  # fmt: skip
def test_the_company_of_a_forwarded_text_is_its_whole_name_and_nothing_else(office, text, company):
    """B4."""
    office.says("陈总", text)
    assert lead(office)["company"] == company


@pytest.mark.parametrize(
    "text", ["我想问下我们公司的设备维保", "想了解你们的数据中心", "给医院用的"]
)
def test_a_text_about_a_company_without_a_name_is_asked_about(office, text):
    [answer] = office.says("陈总", f"{text} {PHONE}")
    assert "没看出是哪家公司" in answer["text"]
    assert office.rows("lead") == []


def test_a_forwarded_text_gives_the_budget_and_the_region_of_the_city(office):
    office.says("陈总", f"王总说他们公司苏州金鸡湖医疗器械有限公司想了解维保预算12万左右 {PHONE}")
    row = lead(office)
    assert (row["region"], row["budget_fen"], row["source"]) == ("华东", 12_000_000, "转发")
    assert row["raw"]["region"] == "苏州"


@pytest.mark.parametrize(
    ("city", "region"), [("沈阳", "东北"), ("深圳市", "华南"), ("西安", "西北")]
)
def test_a_city_stands_for_its_region(office, city, region):
    new(office, f"/线索 新建 长江精密 {city}")
    assert (lead(office)["region"], lead(office)["need"]) == (region, "")


@pytest.mark.parametrize("said", ["来源抖音", "来源：抖音", "来源 抖音", "抖音"])
def test_a_source_nobody_knows_is_kept_and_said_and_never_becomes_another(office, said):
    new(office, f"/线索 新建 长江精密 华东 {said} 要维保")
    assert (lead(office)["source"], lead(office)["need"]) == ("抖音", "要维保")
    assert fields(the_card(office, "王经理", "线索已收"))["没看懂"].startswith("来源")


def test_a_company_that_is_called_like_a_source_is_a_company(office):
    new(office, "/线索 新建 京东 华东 官网")
    assert (lead(office)["company"], lead(office)["source"]) == ("京东", "官网表单")


def test_a_buyers_name_and_wechat_are_the_contact_and_nowhere_in_clear(office):
    """D30."""
    text = f"无锡恒信阀门厂 采购李明 {PHONE} 微信 liming_88 想了解高压泵"
    office.says("陈总", text)
    row = lead(office)
    assert row["need"] == "采购李* 想了解高压泵"
    stored = str(office.rows("lead")) + str(office.rows("card")) + str(office.rows("audit"))
    assert "李明" not in stored
    assert "liming_88" not in stored
    office.says("管理员", "/同事 改 李四 区域 华北")
    [card] = office.says("陈总", f"/线索 详情 {NUMBER}")
    assert "李*" in str(card["fields"])


def test_what_somebody_wants_to_buy_is_no_name(office):
    office.says("陈总", f"无锡恒信阀门厂 采购高压泵 微信同号 {PHONE}")
    assert lead(office)["need"] == "采购高压泵 微信同号"


@pytest.mark.parametrize(
    ("step", "line"),
    [
        ("无效", "/线索 无效 LD-20261123-0002 客户已经搬走"),
        ("退回", "/线索 退回 LD-20261123-0002 不是我的区域"),
        ("下一步", "/线索 下一步 LD-20261123-0002 12-01 送样品"),
        ("转交", "/线索 转交 LD-20261123-0002 李四"),
    ],
)
def test_a_form_names_the_lead_it_is_about_and_no_other(office, step, line):
    """Whoever copies the line must not change somebody else's lead."""
    for company in ("长江精密", "黄河药业"):
        new(office, f"/线索 新建 {company} 华东 医疗 官网表单")
    [form] = office.says("王经理", f"/线索 {step} LD-20261123-0002")
    assert line in str(form["raw"])
    assert "LD-20261123-0001" not in str(form["raw"]).replace(line, "")


def test_a_form_with_nothing_given_shows_the_whole_example(office):
    [form] = office.says("王经理", "/线索 转交")
    assert "/线索 转交 LD-20261123-0001 李四" in str(form["raw"])


@pytest.mark.parametrize(
    "number",
    ["LD202611230001", "ld-20261123-0001", "ＬＤ－２０２６１１２３－０００１", "LD–20261123–0001"],
)  # fmt: skip
def test_a_number_is_understood_however_it_is_typed(office, number):
    new(office, "/线索 新建 长江精密 华东 医疗")
    for line in (f"/线索 详情 {number}", f"/线索详情 {number}", f"/线索 为什么 {number}"):
        [card] = office.says("王经理", line)
        assert NUMBER in str(card["raw"])
    [form] = office.says("王经理", f"/线索 退回 {number}")
    assert f"/线索 退回 {NUMBER} 不是我的区域" in str(form["raw"])


def test_the_number_of_an_opportunity_too(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    [done] = office.says("张三", "/商机结果 opp202611230001 赢")
    assert "OPP-20261123-0001" in str(done["raw"])
    [again] = office.says("张三", "/商机 结果 OPP202611230001 输")
    assert "没有找到您能关的商机 OPP-20261123-0001，或者它已经关了。" in again["text"]


def test_a_well_written_number_one_may_not_see_is_no_lecture_about_the_form(office):
    new(office, "/线索 新建 南海动力 华南 制造 官网表单", "陈总")
    for number in (NUMBER, "ld202611239999"):
        [told] = office.says("张三", f"/线索 详情 {number}")
        assert told["text"].startswith("没有找到线索 LD-20261123-")
        assert told["text"].endswith("，或者它不归您看。")
    [told] = office.says("张三", "/线索 详情 LD-1")
    assert "编号要写成" in told["text"]


@pytest.mark.parametrize("odd", ["预算1e9", "预算-5万", "预算12abc", "预算99999999999999万"])
def test_what_is_no_amount_is_left_as_it_was_written_and_asked_about(office, odd):
    """Regression: 预算1e9 was one yuan (D30)."""
    office.says("王经理", f"/线索 新建 太湖光电 华东 教育 {odd}")
    [row] = office.rows("lead")
    assert row["budget_fen"] is None
    assert fields(the_card(office, "王经理", "线索已收"))["没看懂"].startswith("预算")


def test_the_example_of_the_help_is_given_to_somebody(office):
    """Regression: its company was a customer of the demo, so that nobody got the lead."""
    [card] = office.says("王经理", "/线索 新建 海河医疗 华东 医疗 预算12万 官网表单")
    assert "已分给" in card["text"]
