"""A28: two facts make a standard opportunity, three ways, one transaction."""

import threading
from datetime import UTC, datetime

import pytest

from sales import customers

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
TAGS = "增值税专票、工程项目、年度框架、阀门"


@PLATFORMS
def test_one_line_creates_customer_opportunity_introducer_and_copied_tags(office, platform):
    [card] = office.says("张三", "/商机 某阀门制造 北方泵业", platform)

    [opportunity] = office.rows("opportunity")
    assert opportunity["number"] == "OPP-20261123-0001"
    assert opportunity["number"] in card["text"]
    assert TAGS in card["text"]
    [customer] = office.rows("customer", name="北方泵业")
    assert customer["owner_id"] == "zhangsan"
    assert (customer["region"], customer["address"]) == ("华东", "unknown")
    assert customer["sources"] == {
        "industry": "介绍客户 某阀门制造",
        "region": "介绍客户 某阀门制造",
    }
    assert opportunity["customer_id"] == customer["id"]
    assert opportunity["introducer_id"] == office.rows("customer", name="某阀门制造")[0]["id"]
    assert "、".join(opportunity["tags"]) == TAGS
    assert [row["action"] for row in office.happened()] == [
        "customer.created",
        "opportunity.created",
    ]


@PLATFORMS
def test_an_ambiguous_introducer_is_picked_with_one_tap(office, platform):
    [pick] = office.says("张三", "/商机 恒信 西部机电", platform)
    assert office.rows("opportunity") == []

    office.presses("张三", pick, "2.")

    [card] = [m for m in office.sees("张三") if m["id"] == pick["id"]]
    assert "商机已建" in card["title"]
    assert ("介绍人", "恒信阀门") in {(f["name"], f["value"]) for f in card["fields"]}


@PLATFORMS
def test_pressing_twice_leaves_one_opportunity(office, platform):
    [pick] = office.says("张三", "/商机 恒信 西部机电", platform)
    office.presses("张三", pick, "1.")
    again = office.http.post(
        "/sim/api/press",
        json={"person": "张三", "message": pick["id"], "action": "1.1", "values": {}},
    )
    assert again.status_code in (200, 400, 404)
    assert len(office.rows("opportunity")) == 1


def test_a_homophone_finds_the_introducer(office):
    [card] = office.says("张三", "/商机 某发门制造 北方泵业")
    assert "某阀门制造" in card["text"]


def test_an_unknown_introducer_gets_the_nearest_names(office):
    [card] = office.says("张三", "/商机 恒通阀门 北方泵业")
    assert "没有叫「恒通阀门」的客户" in card["title"]
    assert any("恒信阀门" in button["text"] for button in card["buttons"])
    assert office.rows("opportunity") == []


def test_half_of_the_characters_are_enough_to_offer_a_name(office):
    [card] = office.says("张三", "/商机 华东阀门 北方泵业")
    offered = " ".join(button["text"] for button in card["buttons"])
    assert "华东泵业" in offered
    assert "恒信阀门" in offered


def test_a_cut_list_says_that_there_is_more(office):
    _add_customers(office, 11)
    [pick] = office.says("张三", "/商机 批量客户 北方泵业")
    assert "还有更多，请多打几个字" in str(pick["raw"])
    [pick] = office.says("张三", "/商机 恒信 北方泵业")
    assert "还有更多" not in str(pick["raw"])


@PLATFORMS
def test_a_form_of_more_than_fifty_customers_says_how_to_name_the_others(office, platform):
    _add_customers(office, 60)
    [form] = office.says("张三", "/商机", platform)
    assert "只列出前 50 家，其余请直接发：/商机 <介绍人> <新客户>" in form["text"]
    if platform == "dingtalk":
        assert len(form["inputs"][0]["options"]) == 50
    office.reset()
    [form] = office.says("张三", "/商机", platform)
    assert "只列出前" not in form["text"]


def test_an_introducer_like_nothing_we_know_is_refused_with_the_way_out(office):
    [answer] = office.says("张三", "/商机 ＱＱＱ 北方泵业")
    assert "没有「ＱＱＱ」" in answer["text"] or "没有「QQQ」" in answer["text"]
    assert "导入" in answer["text"]


@PLATFORMS
def test_a_name_close_to_a_customer_asks_before_creating(office, platform):
    [ask] = office.says("张三", "/商机 某阀门制造 华东泵业有限公司", platform)
    assert ask["title"] == "疑似同一客户"
    assert office.rows("opportunity") == []

    office.presses("张三", ask, "仍要新建")
    assert len(office.rows("customer", name="华东泵业有限公司")) == 1
    assert len(office.rows("opportunity")) == 1


def test_it_is_the_same_customer_makes_an_opportunity_but_no_customer(office):
    before = len(office.rows("customer"))
    [ask] = office.says("张三", "/商机 某阀门制造 华东泵业有限公司")
    office.presses("张三", ask, "就是它")
    assert len(office.rows("customer")) == before
    [opportunity] = office.rows("opportunity")
    [customer] = office.rows("customer", name="华东泵业")
    assert opportunity["customer_id"] == customer["id"]


def test_a_customer_is_not_offered_as_introduced_by_itself(office):
    [ask] = office.says("张三", "/商机 华东泵业 华东泵业有限公司")
    assert ask["title"] == "疑似同一客户"
    assert [b["text"] for b in ask["buttons"]] == ["仍要新建"]


@pytest.mark.parametrize(
    "name",
    [
        "浙江恒信阀门有限公司",
        "上海恒信阀门",
        "恒信阀门（上海）有限公司",
        "华东泵业上海分公司",
        "华东泵业销售有限公司",
        "恒星阀门",
        "华东泵",
    ],
)
def test_a_place_a_branch_or_a_slip_asks_before_creating(office, name):
    [ask] = office.says("张三", f"/商机 某阀门制造 {name}")
    assert ask["title"] == "疑似同一客户"
    assert office.rows("opportunity") == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("北方泵业", "南方泵业"),
        ("批量客户001号", "批量客户002号"),
        ("新客户甲", "新客户乙"),
        ("测试01甲", "测试02甲"),
        ("西部机电", "东方阀业"),
    ],
)
def test_two_names_with_other_marks_are_two_customers(office, first, second):
    for name in (first, second):
        [card] = office.says("张三", f"/商机 某阀门制造 {name}")
        assert card["title"] == f"商机已建：{name}"


@pytest.mark.parametrize("name", ["华东泵业二期", "华东泵业2", "北方泵业", "南方泵业"])
def test_a_serial_mark_or_another_region_makes_another_customer(office, name):
    [card] = office.says("张三", f"/商机 某阀门制造 {name}")
    assert card["title"] == f"商机已建：{name}"


def test_a_colleagues_customer_outside_my_team_shows_only_its_owner_masked(office):
    [ask] = office.says("张三", "/商机 某阀门制造 南粤阀业")
    assert ask["title"] == "疑似同一客户"
    assert "赵*" in ask["text"]
    assert [b["text"] for b in ask["buttons"]] == ["仍要新建"]


def test_the_new_customers_card_opens_even_when_it_has_a_namesake(office):
    [ask] = office.says("张三", "/商机 某阀门制造 恒信阀门")
    office.presses("张三", ask, "仍要新建")
    [created] = [m for m in office.sees("张三") if m["id"] == ask["id"]]
    office.presses("张三", created, "看客户")
    card = office.sees("张三")[-1]
    assert card["title"] == "恒信阀门"
    assert {"name": "负责人", "value": "张三"} in card["fields"]


def test_the_result_names_only_what_is_really_unknown(office):
    [card] = office.says("张三", "/商机 某阀门制造 北方泵业")
    assert "联系人、电话、地址、规模、信用代码、信用评级" in str(card["raw"])
    [ask] = office.says("张三", "/商机 某阀门制造 恒信阀门")
    office.presses("张三", ask, "就是它")
    [same] = [m for m in office.sees("张三") if m["id"] == ask["id"]]
    assert "地址、规模、信用代码" in str(same["raw"])
    assert "信用评级" not in str(same["raw"])
    assert "联系人" not in str(same["raw"])


@pytest.mark.parametrize("name", ["？？", "——", "！", "*" * 5])
def test_a_name_of_punctuation_is_refused(office, name):
    [answer] = office.says("张三", f"/商机 某阀门制造 {name}")
    assert "汉字、字母或数字" in answer["text"]
    assert office.rows("opportunity") == []


def test_a_name_stays_as_it_was_typed(office):
    [card] = office.says("张三", "／商机　某阀门制造　恒信（上海）泵业Ａ")
    assert card["title"] == "商机已建：恒信（上海）泵业Ａ"
    assert len(office.rows("customer", name="恒信（上海）泵业Ａ")) == 1


def test_two_taps_on_a_guess_make_one_opportunity(office):
    [guess] = office.says("张三", "/尚机 某阀门制造 北方泵业")
    message = office.demo.phones.message(guess["id"])
    for _ in range(2):
        office.finger(office.demo.wecom.press(message, "1.0", {}))
    assert len(office.rows("opportunity")) == 1


def test_a_bare_command_opens_the_h5_form_on_wecom(office):
    [form] = office.says("张三", "/商机")
    [button] = form["buttons"]
    assert button["text"] == "提交" or "填写" in button["text"]
    assert "/h5/form/" in str(form["raw"])


def test_the_workbench_menu_leads_to_the_same_form(office):
    [form] = office.taps_menu("张三", "商机")
    [typed] = office.says("张三", "/商机")
    assert (form["title"], form["text"]) == (typed["title"], typed["text"])


def test_dingtalk_sends_its_native_form_with_this_reps_customers(office):
    [form] = office.says("张三", "/商机", "dingtalk")
    select, text = form["inputs"]
    assert (select["kind"], text["kind"]) == ("select", "text")
    names = {option["text"] for option in select["options"]}
    assert {"某阀门制造", "恒信阀门"} <= names
    assert "南粤阀业" not in names

    chosen = next(o for o in select["options"] if o["text"] == "某阀门制造")
    values = {"introducer": chosen.get("value") or chosen.get("id"), "name": "北方泵业"}
    office.presses("张三", form, form["buttons"][0]["action"], values)

    [opportunity] = office.rows("opportunity")
    assert opportunity["effort_ms"] >= 0
    [card] = [m for m in office.sees("张三") if m["id"] == form["id"]]
    assert "商机已建" in card["title"]


def test_a_role_without_the_right_is_refused_and_told_who_could(office):
    [answer] = office.says("钱财务", "/商机 某阀门制造 北方泵业")
    assert "销售" in answer["text"]
    assert office.rows("opportunity") == []
    assert office.rows("audit")[-1]["action"] == "refused.not_allowed"


def test_the_same_customer_on_both_platforms_in_parallel(office):
    lines = [
        (f"/商机 某阀门制造 并行客户{i:02d}甲", ("wecom", "dingtalk")[i % 2]) for i in range(12)
    ]
    threads = [threading.Thread(target=office.says, args=("张三", *line)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(row["number"] for row in office.rows("opportunity"))
    assert numbers == [f"OPP-20261123-{i:04d}" for i in range(1, 13)]


def _add_customers(office, count):
    def add(db):
        names = (f"批量客户{i:03d}号" for i in range(count))
        drafts = [customers.draft(n, owner_id="zhangsan", now=NOW, facts={}) for n in names]
        customers.add(db, drafts)

    office.demo.service.database.writer.run(add)


def test_the_same_native_form_twice_leaves_one_opportunity(office):
    [form] = office.says("张三", "/商机", "dingtalk")
    values = {"introducer": "某阀门制造", "name": "北方泵业"}
    submit = form["buttons"][0]["action"]
    office.presses("张三", form, submit, values)
    office.presses("张三", form, submit, {"introducer": "x", "name": "西方泵业"})
    assert len(office.rows("opportunity")) == 1
