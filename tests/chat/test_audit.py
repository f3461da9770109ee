"""`/审计`, `/验链`, `/回到`: who did what, whether it is whole, how it was (B15, N5, N6)."""

import re

import pytest

from engine import audit
from engine.audit_guard import guard, unguard
from engine.unit import Occasion
from sales.customers import TOLD as CUSTOMER_TOLD
from sales.people import TOLD as PERSON_TOLD

OPPORTUNITY_TOLD = ("number", "customer_id", "owner_id", "source", "stage", "effort_ms")


def forge(office, statement):
    def work(db):
        for one in (*unguard(db.dialect_name), statement, *guard(db.dialect_name)):
            db.drive(one)

    office.demo.service.database.writer.run(work)


def test_what_a_person_did_reads_newest_first_to_the_second(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    office.says("张三", "/客户 某阀门制造", "dingtalk")
    [card] = office.says("周合规", "/审计 张三")
    newest, before = card["text"].splitlines()[1:3]
    assert re.fullmatch(r"11-23 10:\d\d:\d\d 查看 某阀门制造（钉钉）", newest)
    assert before.endswith("登记了商机 OPP-20261123-0001（企业微信）")


def test_what_happened_to_a_customer_names_who_looked(office):
    office.says("王经理", "/客户 华东泵业")
    [card] = office.says("周合规", "/审计 华东泵业")
    assert "王经理 查看（企业微信）" in card["text"]


def test_older_rows_are_a_tap_away(office):
    for number in range(9):
        office.says("张三", f"/客户 {'某阀门制造' if number else '华东泵业'}")
        office.wait("1m")
    [card] = office.says("周合规", "/审计 张三")
    assert "华东泵业" not in card["text"]
    [older] = office.presses("周合规", card, "更早的")
    assert "查看 华东泵业" in older["text"]


def test_rows_of_one_moment_are_all_there_page_by_page(office):
    def work(db):
        db.occasion = Occasion("zhangsan", "wecom")
        for number in range(12):
            audit.record(db, "errand.dropped", ("flow", f"f{number}"), at=office.demo.now())

    office.demo.service.database.writer.run(work)
    [card] = office.says("周合规", "/审计 张三")
    first = re.search(r"编号 (\d+)–(\d+)", card["text"])
    [older] = office.presses("周合规", card, "更早的")
    second = re.search(r"编号 (\d+)–(\d+)", older["text"])
    assert int(second[2]) == int(first[1]) - 1


@pytest.mark.parametrize("line", ["/审计 张三", "/验链", "/回到 今天 某阀门制造"])
def test_the_trail_is_not_for_everybody(office, line):
    [card] = office.says("李四", line)
    assert "权限" in card["text"]


def test_an_unknown_name_says_what_can_be_asked_for(office):
    [card] = office.says("周合规", "/审计 不存在的公司")
    assert "没有找到「不存在的公司」" in card["text"]


def test_an_honest_trail_is_whole_and_a_forged_one_is_not(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    [card] = office.says("周合规", "/验链")
    assert "留痕完整，没有被改动" in card["text"]
    [row] = office.rows("audit", action="opportunity.created")
    forge(office, f"UPDATE audit SET actor = 'lisi' WHERE seq = {row['seq']}")
    [card] = office.says("周合规", "/验链")
    assert f"第 {row['seq']} 条和当时写下的不一样" in card["text"]
    assert "备份" in card["text"]


def test_the_days_head_goes_to_the_head_of_compliance_and_shows_a_cut_end(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    office.wait("9h")
    [anchor] = [m for m in office.sees("吴主管") if "留痕已核对" in m["title"]]
    assert not [m for m in office.sees("周合规") if "留痕已核对" in m["title"]]
    [good] = office.presses("吴主管", anchor, "对照现在")
    assert "留痕完整，没有被改动" in good["text"]

    kept = max(row["seq"] for row in office.rows("audit")) // 2
    forge(office, f"DELETE FROM audit WHERE seq > {kept}")
    assert "留痕完整" in office.says("吴主管", "/验链")[0]["text"]
    [cut] = office.presses("吴主管", anchor, "对照现在")
    assert "被截掉" in cut["text"]


def test_a_fingerprint_can_be_typed_from_a_card_of_any_day(office):
    end = max(office.rows("audit"), key=lambda row: row["seq"])
    [good] = office.says("周合规", f"/验链 {end['seq']} {end['hash'][:12]}")
    assert "留痕完整，没有被改动" in good["text"]
    [bad] = office.says("周合规", f"/验链 {end['seq']} 0123456789ab")
    assert "和当时写下的不一样" in bad["text"]
    [wrong] = office.says("周合规", "/验链 最后 abc")
    assert "前 8 位" in wrong["text"]


def test_a_broken_chain_alarms_compliance_director_and_admin_by_itself(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    [row] = office.happened(action="customer.created")
    forge(office, f"DELETE FROM audit WHERE seq = {row['seq']}")
    office.wait("9h")
    for person in ("吴主管", "陈总", "管理员"):
        assert [m for m in office.sees(person) if "留痕对不上" in m["title"]]


def test_any_object_as_it_was_at_a_moment(office):
    office.wait("1h")
    office.says("张三", "/商机 某阀门制造 北方泵业")
    office.wait("1h")
    [card] = office.says("周合规", "/回到 2026-11-23 11:30 北方泵业")
    assert "北方泵业 在 2026-11-23 11:" in card["text"]
    assert "负责人：张三" in card["text"] or {"name": "负责人", "value": "张三"} in card["fields"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/回到 2026-11-23 09:30 某阀门制造", "2026-11-23 09:30:00 的时候还没有「某阀门制造」"),
        ("/回到 昨天 某阀门制造", "的时候还没有「某阀门制造」"),
        ("/回到 2027-01-01 某阀门制造", "还没有到"),
        ("/回到 今天 23:59 某阀门制造", "还没有到"),
        ("/回到 今天 23：59 某阀门制造", "还没有到"),
        ("/回到 三月初 某阀门制造", "看不懂时间"),
        ("/回到 今天 没有这家", "没有找到「没有这家」"),
        ("/回到 今天 没有这家", "编号，或者规则的名称，如 分配规则"),
    ],
)
def test_what_cannot_be_shown_is_said(office, line, answer):
    [card] = office.says("周合规", line)
    assert answer in card["text"]


def read(card):
    rows = "\n".join(f"{one['name']}：{one['value']}" for one in card["fields"])
    return f"{card['title']}\n{card['text']}\n{rows}"


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_a_lead_as_it_was_reads_as_people_say_it(office, platform):
    office.says("冯运营", "/线索 新建 长江精密 华东 医疗 预算12万 官网表单 王总 13800138111")
    owner_id = office.rows("lead")[0]["owner_id"]
    owner = next(row["name"] for row in office.rows("person") if row["id"] == owner_id)
    office.wait("1h")
    office.says(owner, "/线索 详情 LD-20261123-0001")
    office.says(owner, "/线索 已联系 LD-20261123-0001 30分钟前")
    office.wait("1h")
    [card] = office.says("陈总", "/回到 2026-11-23 12:00 LD-20261123-0001", platform)
    said = read(card)
    assert "预算：¥120,000" in said
    assert "超时：否" in said
    assert "录入人：冯运营" in said
    assert f"负责人：{owner}" in said
    assert re.search(r"联系记下于：2026-11-23 11:\d\d:\d\d", said)
    assert re.search(r"联系发生在：2026-11-23 10:\d\d:\d\d", said)
    assert not re.search(r"[a-z_]{4,}：|False|True|\dZ|：[a-z]{4,}", said)


def test_a_rule_as_it_held_at_a_moment(office):
    office.wait("1h")
    office.says("冯运营", "/规则 改 分配规则 在手上限 40")
    office.says("冯运营", "/规则 发布 分配规则 旺季人手不够")
    office.wait("1h")
    first = read(office.says("陈总", "/回到 2026-11-23 10:30 分配规则")[0])
    assert "分配规则 在 2026-11-23 10:30:00" in first
    assert "当时是第 1 版" in first
    assert "在手上限：40 条" not in first
    then = read(office.says("陈总", "/回到 2026-11-23 11:59 分配规则")[0])
    assert re.search(r"当时是第 2 版，冯运营 2026-11-23 11:\d\d 发布", then)
    assert "在手上限：40 条" in then
    assert "原因：旺季人手不够" in then
    assert "当时是第 2 版" in read(office.says("周合规", "/回到 今天 分配规则")[0])


def test_a_version_that_was_planned_and_called_off_never_held(office):
    office.says("冯运营", "/规则 改 分配规则 在手上限 40")
    office.says("冯运营", "/规则 发布 分配规则 试一试 从 2026-12-01 起")
    assert "当时是第 1 版" in read(office.says("陈总", "/回到 今天 分配规则")[0])
    office.says("冯运营", "/规则 撤回 分配规则")
    office.wait("240h")
    assert "当时是第 1 版" in read(office.says("陈总", "/回到 今天 分配规则")[0])


def test_several_of_that_name_are_a_tap_from_how_they_were(office):
    [card] = office.says("周合规", "/回到 今天 阀门")
    assert "指的是哪一个" in card["title"]
    [then] = office.presses("周合规", card, "1.")
    assert re.search(r"在 2026-11-23 10:\d\d", then["title"])


def test_the_trail_of_a_rule_is_found_by_its_name(office):
    office.says("冯运营", "/规则 改 分配规则 在手上限 40")
    assert "起草了规则" in office.says("周合规", "/审计 分配规则")[0]["text"]


def test_the_state_rebuilt_from_the_trail_equals_the_row_for_now(office):
    office.says("张三", "/商机 某阀门制造 北方泵业")
    tags: dict[str, list[str]] = {}
    for row in office.rows("customer_tag"):
        tags.setdefault(row["customer_id"], []).append(row["tag"])
    told = {"person": PERSON_TOLD, "customer": CUSTOMER_TOLD, "opportunity": OPPORTUNITY_TOLD}
    for kind, fields in told.items():
        rebuilt: dict[str, dict] = {}
        for row in sorted(office.rows("audit", subject_type=kind), key=lambda row: row["seq"]):
            rebuilt.setdefault(row["subject_id"], {}).update(row["detail"].get("set", {}))
        rows = {row["id"]: row for row in office.rows(kind)}
        assert set(rebuilt) == set(rows)
        for key, row in rows.items():
            row["tags"] = sorted(tags.get(key, []))
            now = {field: rebuilt[key].get(field, "unknown") for field in fields}
            if "tags" in now:
                now["tags"] = sorted(now["tags"])
            assert now == {field: row[field] for field in fields}
