"""A sheet says 未联系 where we know 已联系: the state stays, and people look at both (A6)."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from bot import import_sorts
from sales.lead_conflicts import ImportConflict
from tests.chat.lead_kit import NUMBER, PHONE, called, his, live, opened, say, state, trail
from tests.chat.test_leads import lead, new, publish

HEAD = "公司,手机,负责人,跟进状态"
ROW = f"长江精密,{PHONE},张三,未联系"
FILE = "华东跟进表.csv"


def sheet(*rows, head=HEAD):
    return "\n".join((head, *rows)).encode()


def send(office, *rows, head=HEAD, name=FILE):
    """What 冯运营 is told of a sheet at first sight."""
    return office.sends("冯运营", name, sheet(*rows, head=head))[-1]


def import_(office, *rows, **how):
    looked = send(office, *rows, **how)
    return office.presses("冯运营", looked, "导入")[-1]


def queue(office, person):
    message = office.says(person, "/线索 核对")[0]
    return message["title"] + message["text"]


def shown(office, person, word="对不上"):
    return [m for m in office.sees(person) if word in m["title"]]


def test_the_state_stays_and_its_owner_sees_both_with_their_evidence(office):
    called(office)
    looked = send(office, ROW)
    assert (
        "第 2 行：表里是「未联系」，系统里是「已联系」（由 华东 张* 跟进），不改" in looked["text"]
    )
    assert "其中 1 行和系统记的不一样" in looked["text"]
    assert shown(office, "张三") == []

    office.presses("冯运营", looked, "导入")
    assert state(office) == "contacted"
    assert len(office.rows("lead")) == 1, "the same customer is no second lead"
    for card in shown(office, "张三"):
        facts = {one["name"]: one["value"] for one in card["fields"]}
        assert facts["系统记的"].startswith("已联系，张三 11-23")
        assert facts["表格里"] == "未联系，华东跟进表.csv 第 2 行"
        assert facts["谁导入的"].startswith("冯运营 11-23")
        assert live(card)[:3] == ["系统是对的", "退回", "打开线索"]
    [row] = office.happened(action="lead.contradicted")
    assert row["detail"] == {"said": "未联系", "words": "未联系", "file": FILE, "line": 2}
    office.says("陈总", "/验链")


def test_of_what_is_settled_before_the_import_ends_nobody_hears(office, monkeypatch):
    called(office)
    tell = import_sorts.lead_news.tell_batch

    def settled_first(db, *batch, **how):
        db.execute(update(ImportConflict).values(settled_at=office.demo.now()))
        return tell(db, *batch, **how)

    monkeypatch.setattr(import_sorts.lead_news, "tell_batch", settled_first)
    done = import_(office, ROW)
    assert "已导入" in done["title"] + done["text"]
    assert shown(office, "张三") == []


def test_looked_at_once_it_is_over_for_everybody_and_never_asked_again(office):
    called(office)
    import_(office, ROW)
    card = shown(office, "张三")[0]
    assert "要核对的：1 条" in queue(office, "王经理")
    office.presses("张三", card, "系统是对的")
    assert shown(office, "张三") == []
    settled = shown(office, "张三", "已核对")
    assert settled
    assert all(not live(m) for m in settled)
    assert "没有要核对的" in queue(office, "王经理")
    again = send(office, ROW, name="下周的表.csv")
    assert "没有新内容" in again["text"]
    assert office.rows("import_conflict", settled_at=None) == []


def test_once_the_lead_goes_where_the_sheet_said_nobody_is_asked_any_more(office):
    opened(office)
    import_(office, f"长江精密,{PHONE},张三,已沟通")
    card = shown(office, "张三")[0]
    assert "已沟通（已联系）" in str(card["fields"])
    assert live(card)[1] == "已联系"
    office.presses("张三", card, "已联系")
    assert (state(office), shown(office, "张三")) == ("contacted", [])
    [kept] = office.rows("import_conflict")
    assert (kept["settled_at"] is not None, kept["settled_by"]) == (True, "")


def test_a_step_that_does_not_agree_leaves_the_question_open(office):
    called(office)
    import_(office, ROW)
    say(office, "有意向")
    assert shown(office, "张三") != []
    assert "系统「有意向」" in str(office.says("张三", "/线索 核对")[0]["fields"])


def test_of_many_the_owner_hears_on_one_card_and_settles_them_one_by_one(office):
    his(office)
    new(office, "/线索 新建 黄河精密 华东 医疗 预算12万 官网表单")
    rows = (ROW.replace("未联系", "有意向"), "黄河精密,,张三,已联系")
    import_(office, *rows)
    [card] = [m for m in shown(office, "张三") if m["platform"] == "wecom"]
    assert card["title"] == "2 处线索对不上"
    listed = office.presses("张三", card, "一条一条看")[-1]
    one = office.presses("张三", listed, "看第 1 条")[-1]
    office.presses("张三", one, "系统是对的")
    assert "要核对的：1 条" in queue(office, "张三")


def test_of_a_lead_nobody_has_those_hear_who_give_it_out(office):
    publish(office, "来源白名单 展会扫码")
    new(office, "/线索 新建 长江精密 华东 医疗 预算12万 官网表单")
    assert lead(office)["owner_id"] is None
    import_(office, "长江精密,,,已联系")
    assert shown(office, "王经理") != []
    card = shown(office, "冯运营")[0]
    assert live(card)[:2] == ["系统是对的", "打开线索"]
    office.presses("冯运营", card, "系统是对的")
    assert shown(office, "王经理") == []


def test_nobody_else_sees_or_settles_it(office):
    called(office)
    import_(office, ROW)
    assert "没有要核对的" in queue(office, "李四")


@pytest.mark.parametrize("words", ["未联系", "未沟通", "待跟进", ""])
def test_what_agrees_is_no_conflict(office, words):
    opened(office)
    looked = send(office, f"长江精密,{PHONE},张三,{words}")
    assert "不一样" not in looked["text"]


def test_a_word_nobody_knows_is_said_and_can_be_taught(office):
    called(office)
    looked = send(office, f"长江精密,{PHONE},张三,A类")
    assert "没认出状态「A类」" in looked["text"]
    told = office.says("管理员", "/规则 看 状态词典")[0]["text"].replace(
        "未联系：", "未联系：A类、"
    )
    assert "未联系：A类" in told


def test_a_new_lead_begins_at_the_beginning_whatever_its_sheet_says(office):
    looked = send(office, "长江精密,,,已联系", "黄河精密,,,已联系", "淮河精密,,,未联系")
    assert "表里是「已联系」：新线索从头开始" in looked["text"]
    assert "（共 2 行）" in looked["text"]
    office.presses("冯运营", looked, "导入")
    assert {row["state"] for row in office.rows("lead")} <= {"pooled", "assigned"}
    assert office.rows("import_conflict") == []


def test_its_state_is_no_part_of_what_a_row_is_known_by(office):
    head = "公司,来源,跟进状态"
    import_(office, "长江精密,展会,未联系", head=head)
    import_(office, "长江精密,展会,无效", head=head, name="下周.csv")
    assert len(office.rows("lead")) == 1
    assert [row["said"] for row in office.rows("import_conflict")] == ["无效"]


def test_a_new_company_named_twice_comes_in_once_and_nothing_is_lost(office):
    """Regression: the second row was held against a lead whose trail was not written yet."""
    rows = ("曙光新厂,13655550008,,已联系", "曙光新厂,13655550009,,已联系", "南海动力,,,")
    looked = send(office, *rows)
    assert "将新建 2 行" in looked["text"]
    done = office.presses("冯运营", looked, "导入")[-1]
    assert "已新建 2 行" in done["title"] + done["text"]
    assert "第 3 行：电话和系统里的不一样" in done["text"]
    assert office.rows("import_conflict") == []


def test_a_lead_that_is_over_is_the_same_customer_still(office):
    called(office)
    say(office, "有意向")
    say(office, "转商机")
    looked = send(office, ROW)
    assert "就是已转商机的 LD-20261123-0001，没有另建线索" in looked["text"]
    assert "系统里是「已转商机」" in looked["text"]
    office.presses("冯运营", looked, "导入")
    assert [row["said"] for row in office.rows("import_conflict")] == ["未联系"]
    assert len(office.rows("lead")) == 1


def test_what_the_lead_does_not_know_it_learns_and_the_rest_stays(office):
    new(office, "/线索 新建 黄河精密 华东 官网表单")
    head = "公司,手机,行业,区域,预算,备注,跟进状态"
    row = "黄河精密,13655550009,医疗,华南,50万,想买三台水泵,未联系"
    looked = send(office, row, head=head)
    assert "补充 1 行" in looked["text"]
    office.presses("冯运营", looked, "导入")
    [known] = office.rows("lead")
    assert (known["industry"], known["region"], known["budget_fen"], known["need"]) == (
        "医疗", "华东", 50_000_000, "想买三台水泵",
    )  # fmt: skip
    assert known["contact_id"]
    assert "13655550009" not in str(office.rows("lead") + office.rows("audit"))


def test_the_queue_has_pages(office):
    names = [f"{name}河精密" for name in "黄淮海渭汉湘"]
    for name in names:
        new(office, f"/线索 新建 {name} 华东 医疗 官网表单")
    import_(office, *(f"{name},,,已联系" for name in names))
    first = office.says("王经理", "/线索 核对")[0]
    second = office.presses("王经理", first, "下一页")[-1]
    assert "看第 6 条" in str(second["buttons"])


@pytest.mark.parametrize("words", ["无效，空号", "未接通", "已成交（12月）"])
def test_states_are_read_with_what_stands_behind_them(office, words):
    called(office)
    looked = send(office, f'长江精密,{PHONE},张三,"{words}"')
    assert "1 行和系统记的不一样" in looked["text"]


def test_customers_with_a_state_of_their_own_stay_customers(office):
    looked = send(office, "海河水务,张三,合作中", head="客户名称,负责人,状态", name="客户.csv")
    assert "客户" in str(looked["fields"])
    assert NUMBER not in str(trail(office, "lead.captured"))
