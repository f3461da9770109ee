"""`/规则 …`: a rule is changed from chat, alone, with no restart, and it is on record."""

import json

import pytest

from sales.rules import editing, reading
from sales.rules.all import KINDS
from sales.rules.editing import By
from sales.rules.unfinished import UNFINISHED
from tests.crash.corp import until

RULE = "未办完提醒"
PICK = "/商机 恒信 西部机电"


def say(office, line, person="冯运营", platform="wecom"):
    return office.says(person, f"/规则 {line}", platform)


def publishes(office, change, reason="试一试", person="冯运营"):
    """Draft one change and publish it, with two lines."""
    say(office, f"改 {change}", person)
    [done] = say(office, f"发布 {change.split()[0]} {reason}", person)
    return done


def shown(message):
    """The rows of a card; WeCom has none beside a drop-down, they are lines of its text there."""
    lines = (line.split("：", 1) for line in message["text"].splitlines() if "：" in line)
    return {field["name"]: field["value"] for field in message["fields"]} or dict(lines)


def texts(message):
    return [button["text"] for button in message["buttons"]]


def waiting(office):
    """(minutes, version of the rule) of every errand, in the order they were begun."""
    rows = sorted(office.rows("deadline"), key=lambda row: row["id"])
    return [(row["allowance_s"] // 60, row["rule_version"]) for row in rows]


def comes(office, moment):
    office._post("/sim/api/clock", {"to": moment})


def audited(office, action):
    return [(row["actor"], row["subject_id"], row["detail"]) for row in
            office.rows("audit", action=action)]  # fmt: skip


def test_a3_somebody_without_server_access_makes_three_hours_two(office):
    """A3: change, dry run, publish; no restart; on record."""
    publishes(office, f"{RULE} 首次提醒 3小时", "先放宽")
    office.says("张三", PICK)
    assert waiting(office) == [(180, 2)]
    office.wait("24h")

    [draft] = say(office, f"改 {RULE} 首次提醒 2")
    assert draft["title"] == f"{RULE} · 第 3 版草稿"
    assert shown(draft) == {"首次提醒": "3 小时 → 2 小时"}
    assert texts(draft) == ["发布", "试算", "再改一项", "放弃"]
    [tried] = office.presses("冯运营", draft, "试算")
    assert "过去 30 天 1 件等过人的事，首次提醒：提前 1 件" in tried["text"]
    [form] = office.presses("冯运营", tried, "发布")
    assert form["title"] == f"发布 {RULE} · 第 3 版"
    [done] = say(office, f"发布 {RULE} 客户等不了那么久")
    assert done["title"] == f"已发布：{RULE} · 第 3 版"
    assert "已经在等的事不变" in done["text"]

    office.says("李四", "/商机 恒信 东方阀业")
    assert (waiting(office)[0], waiting(office)[-1]) == ((180, 2), (120, 3))
    _, (who, subject, detail) = audited(office, "rule.published")
    assert (who, subject) == ("fengyunying", "sla/unfinished")
    assert detail["version"] == 3
    assert detail["reason"] == "客户等不了那么久"
    [stored] = office.rows("document", kind="sla", version="3")
    assert detail["sha256"] == stored["sha256"]
    assert json.dumps(stored["body"]).count("120") == 1
    assert [len(audited(office, f"rule.{step}")) for step in ("drafted", "checked")] == [2, 2]


def test_the_trail_says_which_rule_in_words(office):
    publishes(office, f"{RULE} 首次提醒 3小时")
    say(office, f"看 {RULE}")
    [trail] = office.says("陈总", "/审计 冯运营")
    assert f"发布了规则 {RULE}（企业微信）" in trail["text"]
    assert f"查看 {RULE}（企业微信）" in trail["text"]


def test_an_open_errand_keeps_the_times_it_began_with_to_its_end(office):
    """B80: also its next question, asked when the rule says something else."""
    [pick] = office.says("张三", "/商机 恒信 华东泵业有限公司")
    publishes(office, f"{RULE} 首次提醒 3小时")
    office.wait("1h")
    office.presses("张三", pick, "2.")
    assert waiting(office) == [(120, 1), (120, 1)]
    office.wait("24h")
    titles = [m["title"] for m in office.sees("张三")]
    assert "华东泵业有限公司 的登记还差一步：看是不是同一客户" in titles

    office.says("张三", PICK)
    assert waiting(office)[-1] == (180, 2)


@pytest.mark.parametrize("platform", ["wecom", "dingtalk"])
def test_everything_is_reached_by_pressing_from_the_list(office, platform):
    [listed] = say(office, "列表", "陈总", platform)
    assert listed["title"] == f"{len(KINDS)} 条规则"
    assert "第 1 版，随产品提供" in shown(listed)[RULE]
    [one] = office.presses("陈总", listed, RULE)
    assert shown(one) == {"首次提醒": "2 小时", "再次提醒": "7.5 小时"}
    [items] = office.presses("陈总", one, "改")
    [asked] = office.presses("陈总", items, "再次提醒")
    assert "现在：7.5 小时" in asked["text"]
    if platform == "wecom":  # the page behind the button is a browser's business
        assert texts(asked) == ["打开填写"]
        return
    [draft] = office.presses("陈总", asked, "提交", {"value": "5小时"})
    [why] = office.presses("陈总", draft, "发布")
    assert shown(why) == {"再次提醒": "7.5 小时 → 5 小时"}
    [done] = office.presses("陈总", why, "发布", {"reason": "提前一点"})
    assert done["title"] == f"已发布：{RULE} · 第 2 版"
    assert [row["state"] for row in office.rows("deadline")] == ["met"], "nobody is reminded"
    [row] = audited(office, "rule.published")
    assert row[0] == "chenzong"


def test_a_version_for_a_day_comes_into_effect_then_and_not_before(office):
    """B81: effective 2026-12-01 00:00 +08, with nobody doing anything."""
    done = publishes(office, f"{RULE} 首次提醒 3小时", "新规施行 从 2026-12-01 起")
    assert shown(done)["生效"] == "2026-12-01 起，到时自动换"
    [listed] = say(office, "列表")
    assert "第 1 版，12-01 起换第 2 版" in shown(listed)[RULE]
    comes(office, "2026-11-30T23:59:00+08:00")
    office.says("张三", PICK)
    assert waiting(office)[-1] == (120, 1)
    comes(office, "2026-12-01T00:00:00+08:00")
    office.says("李四", PICK)
    assert waiting(office)[-1] == (180, 2)
    [listed] = say(office, "列表")
    assert shown(listed)[RULE].startswith("第 2 版")


def test_a_rule_is_shown_also_beside_its_publication(office):
    """Asked a moment before another version took effect, read a moment after."""
    before = office.demo.service.clock.now()
    office.wait("1s")
    publishes(office, f"{RULE} 首次提醒 3小时")
    with office.demo.service.database.reading() as db:
        standing = reading.standing(db, UNFINISHED, now=before)
    assert (standing.current.number, standing.planned) == (2, ())


def test_what_is_planned_can_be_called_off_and_nothing_goes_before_it(office):
    publishes(office, f"{RULE} 首次提醒 3小时", "新规施行 从 2026-12-01 起")
    turned = publishes(office, f"{RULE} 再次提醒 5小时", "马上改")
    assert turned["title"].startswith("没有发布")
    assert "第 2 版已定在 2026-12-01 00:00 生效，不能插在它前面" in turned["text"]

    [one] = say(office, f"看 {RULE}")
    assert "2026-12-01 起换第 2 版（冯运营：新规施行）" in one["text"]
    [gone] = office.presses("冯运营", one, "撤回")
    assert gone["title"] == f"已撤回：{RULE} · 第 2 版"
    assert audited(office, "rule.called_off")
    office.wait("10d")
    office.says("张三", PICK)
    assert waiting(office)[-1] == (120, 1)
    [none] = say(office, f"撤回 {RULE}")
    assert "没有定好以后生效的版本" in none["text"]
    assert publishes(office, f"{RULE} 再次提醒 5小时")["title"].startswith("已发布")


def test_of_two_editors_the_second_is_told_who_was_quicker(office):
    say(office, f"改 {RULE} 首次提醒 3小时", "冯运营")
    say(office, f"改 {RULE} 首次提醒 4小时", "陈总")
    say(office, f"发布 {RULE} 客户多", "冯运营")
    [turned] = say(office, f"发布 {RULE} 我觉得", "陈总")
    assert turned["title"] == f"没有发布：{RULE} · 第 3 版"
    assert "现在最新的是第 2 版（冯运营 2026-11-23 10:00 发布：客户多）" in turned["text"]
    [(who, _, detail)] = audited(office, "rule.refused")
    assert who == "chenzong"
    assert (detail["version"], len(detail["reasons"])) == (3, 1)
    [again] = say(office, f"改 {RULE} 首次提醒 4小时", "陈总")
    assert shown(again) == {"首次提醒": "3 小时 → 4 小时"}
    [done] = say(office, f"发布 {RULE} 两个人商量过", "陈总")
    assert done["title"] == f"已发布：{RULE} · 第 4 版"


def test_what_would_be_wrong_is_refused_with_every_reason(office):
    [draft] = say(office, "改 每人限额 一口气 700")
    assert "发布" not in texts(draft)
    [draft] = say(office, "改 每人限额 看号码 0")
    assert shown(draft) == {"一口气": "20 条 → 700 条", "看号码": "50 个 → 0 个"}
    [turned] = say(office, "发布 每人限额 好")
    for reason in (
        "一口气最多 600 条",
        "看号码最少 1 个：要全部禁止请收回权限",
        "原因要有 2 到 200",
    ):
        assert reason in turned["text"]
    assert office.rows("document", kind="limits", state="published")[0]["version"] == 1

    for item, words, why in (
        ("首次提醒", "两小时", "要写工作时间，如 2 小时"),
        ("首次提醒", "2小时", "和第 1 版一样"),
        ("第三次", "2小时", "没有「第三次」这一项。有：首次提醒、再次提醒"),
    ):
        [told] = say(office, f"改 {RULE} {item} {words}")
        assert why in told["text"]
    [told] = say(office, "改 未办事 首次提醒 1")
    assert (
        "没有叫「未办事」的规则。有：未办完提醒、稍后提醒、每人限额、平台额度、固定用语、商机表单"
        in told["text"]
    )
    [told] = say(office, f"发布 {RULE} 没有草稿")
    assert "没有您的草稿" in told["text"]
    [told] = say(office, f"发布 {RULE} 从 2026-13-01 起")
    assert "看不懂从什么时候起：「从 2026-13-01 起」" in told["text"]


def test_the_sentences_are_the_houses_own_and_filled_in_never_run(office):
    """D21: no template comes out of the database."""
    [asked] = say(office, "改 固定用语 没听懂")
    assert "现在：没听懂「{line}」" in asked["text"]
    for words, why in (
        ("没看懂", "缺少 {line}"),
        ("没看懂 {line} {name}", "不认识 {name}"),
        ("{{7*7}} {line}", "不认识 {7*7}"),
        ("{line.__class__} {line}", "不认识 {line.__class__}"),
        ("{line}，请打 13800001234", "不要写个人的号码"),
        ("{line}，请打 138-0000-1234", "不要写个人的号码"),
    ):
        [draft] = say(office, f"改 固定用语 没听懂 {words}")
        assert why in draft["text"], words
        assert "发布" not in texts(draft)
    [draft] = say(office, "改 固定用语 没听懂 没看懂「{line}」，请问冯运营。")
    [tried] = office.presses("冯运营", draft, "试算")
    assert "没听懂：没看懂「/商几」，请问冯运营。" in tried["text"]
    say(office, "发布 固定用语 大家都来问我")
    [told] = office.says("张三", "这是什么{line}")
    assert told["text"] == "没看懂「这是什么{line}」，请问冯运营。"


def test_a_form_asks_in_the_houses_words(office):
    publishes(office, "商机表单 问新客户 新公司的全称？")
    publishes(office, "商机表单 标题 登记转介绍")
    [form] = office.says("陈总", "/商机", "dingtalk")
    assert form["title"] == "登记转介绍"
    assert "谁介绍的？" in str(form["raw"])
    assert "新公司的全称？" in str(form["raw"])


def test_who_when_and_why_and_the_way_back(office):
    publishes(office, f"{RULE} 首次提醒 3小时", "放宽")
    office.wait("1h")
    publishes(office, f"{RULE} 首次提醒 4小时", "再放宽", "陈总")
    [past] = say(office, f"历史 {RULE}")
    lines = past["text"].splitlines()
    assert any("第 3 版（正在用）陈总 2026-11-23 11:00，再放宽" in line for line in lines)
    assert any("第 2 版（用过）冯运营 2026-11-23 10:00，放宽" in line for line in lines)
    assert any("第 1 版（用过）随产品提供" in line for line in lines)
    [second] = say(office, f"看 {RULE} 2")
    assert "用过，冯运营 2026-11-23 10:00 发布" in second["text"]
    assert "原因：放宽" in second["text"]
    [diff] = say(office, f"对比 {RULE} 1 3")
    assert shown(diff) == {"首次提醒": "2 小时 → 4 小时"}
    [diff] = say(office, f"对比 {RULE}")
    assert diff["title"] == f"{RULE}：第 2 版 → 第 3 版"

    [why] = office.presses("冯运营", past, "回到第 1 版")
    assert shown(why) == {"首次提醒": "4 小时 → 2 小时"}
    [done] = say(office, f"回滚 {RULE} 1 太慢了")
    assert done["title"] == f"已发布：{RULE} · 第 4 版"
    [(who, _, detail)] = audited(office, "rule.rolled_back")
    assert (who, detail["to"], detail["version"]) == ("fengyunying", 1, 4)
    office.says("张三", PICK)
    assert waiting(office)[-1] == (120, 4)
    for line, why in (("回滚 {} 1 再来", "和第 4 版一样"), ("回滚 {} 9 没有", "没有发布过第 9 版"),
                      ("对比 {} 一 二", "不是版本号")):  # fmt: skip
        [told] = say(office, line.format(RULE))
        assert why in told["text"]


def test_a_draft_let_go_can_no_longer_be_published(office):
    [draft] = say(office, f"改 {RULE} 首次提醒 3小时")
    [gone] = office.presses("冯运营", draft, "放弃")
    assert "已放弃" in str(gone["raw"])
    [told] = say(office, f"发布 {RULE} 还是要")
    assert "没有您的草稿" in told["text"]
    states = {row["version"]: row["state"] for row in office.rows("document", kind="sla")}
    assert states == {1: "published", 2: "retired"}


def test_a_draft_that_says_again_what_holds_is_let_go_and_said_so(office):
    """A wrong fallback taken back must not stay behind as a draft."""
    say(office, "改 分配规则 兜底 没有这个人")
    [gone] = say(office, "改 分配规则 兜底 公共池")
    assert "和第 1 版一样了，没有什么要发布的" in str(gone["raw"])
    [told] = say(office, "发布 分配规则 还是要")
    assert "没有您的草稿" in told["text"]
    [told] = say(office, "改 分配规则 兜底 公共池")
    assert "和第 1 版一样，没有什么要发布的" in told["text"]


def test_a_draft_is_let_go_by_a_line_too(office):
    say(office, "改 分配规则 在手上限 40")
    [gone] = say(office, "放弃 分配规则")
    assert "已放弃" in str(gone["raw"])
    [told] = say(office, "放弃 分配规则")
    assert "没有您的草稿" in told["text"]
    [which] = say(office, "放弃")
    assert which["title"] == "哪一条规则？"


def test_who_may_look_and_who_may_change(office):
    [told] = say(office, "列表", "张三")
    assert "需要销售经理、销售总监、销售运营、管理员的权限" in told["text"]
    [told] = say(office, f"改 {RULE} 首次提醒 1", "王经理")
    assert "需要销售总监、销售运营、管理员的权限" in told["text"]
    [one] = say(office, f"看 {RULE}", "王经理")
    assert texts(one) == ["以前的版本", "所有规则"]
    assert office.rows("document", version="2") == []


def test_the_next_unit_of_the_process_that_published_goes_by_it(office):
    """Not soon: at once, whatever the loops are doing."""
    service = office.demo.service
    by = By("fengyunying", service.clock.now(), service.clock.zone)

    def publish(db):
        draft = editing.change(db, UNFINISHED, "first_after_minutes", "3小时", by)
        editing.publish(db, UNFINISHED, by, version=draft.version, reason="马上", since=None)

    service.database.writer.run(publish)
    known = service.database.writer.run(lambda _: service.rules.at(UNFINISHED, by.now))
    assert (known.number, known.body.first_after_minutes) == (2, 180)


def test_the_bare_word_lists_what_this_person_may_do_with_it(office):
    [card] = say(office, "", "冯运营")
    [choice] = card["inputs"]
    assert [option["text"] for option in choice["options"]] == [
        f"/规则 {part}"
        for part in ("列表", "看", "改", "试算", "发布", "放弃", "撤回", "对比", "回滚", "历史")
    ]
    [card] = say(office, "", "王经理")
    assert texts(card) == [f"/规则 {part}" for part in ("列表", "看", "对比", "历史")]


def test_the_list_says_whether_every_process_has_it(office):
    publishes(office, f"{RULE} 首次提醒 3小时")
    until(lambda: "1 个进程都已用上" in say(office, "列表")[0]["text"], 20)


def test_a_name_is_added_to_a_word_list_or_taken_out_without_typing_it_anew(office):
    """B25."""
    [draft] = say(office, "改 来源词典 来源词 +自拓：扫楼、扫街")
    assert draft["text"].endswith("→ 自拓：陌拜、自己找的、扫楼、扫街")
    [draft] = say(office, "改 来源词典 来源词 －自拓：扫楼、陌拜；+转发：朋友转")
    assert draft["text"].endswith("转发：微信转发、朋友转；自拓：自己找的、扫街")
    [told] = say(office, "改 来源词典 来源词 -自拓：没这个")
    assert "「自拓」没有「没这个」这个叫法，有：自己找的、扫街" in told["text"]
    [told] = say(office, "改 来源词典 来源词 +自拓：扫楼；转发")
    assert "加减要每段都写 + 或 -" in told["text"]
    [draft] = say(office, "改 区域词典 区域词 +海外：香港、新加坡；-东北")
    assert draft["text"].endswith("区域词 改成：海外：香港、新加坡")
    assert "区域词 原来：东北：东三省、" in draft["text"]
    [draft] = say(office, "改 状态词典 状态词 +未联系：打不通")
    assert draft["text"].endswith("、打不通")


@pytest.mark.parametrize(
    ("rule", "example", "amending"),
    [
        ("来源词典", "官网表单：官网、网站；展会扫码：","+官网表单：别的叫法；-官网表单：官网"),
        ("区域词典", "华东：江浙沪、上海；华南：广东、广西", "+华东：别的叫法；-华东：江浙沪"),
    ],
)  # fmt: skip
def test_the_form_of_a_word_list_shows_its_own_words_and_how_to_add_one(
    office, rule, example, amending
):
    [form] = say(office, f"改 {rule} 词")
    assert example in str(form["raw"])
    assert amending in str(form["raw"])
