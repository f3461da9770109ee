"""`/规则 …` at its edges: dates, what is called off, a long history, numbers in words."""

import pytest

from tests.chat.test_rules import (
    PICK,
    RULE,
    audited,
    comes,
    publishes,
    say,
    shown,
    texts,
    waiting,
)


def test_a_date_named_before_the_reason_is_kept_for_it(office):
    """B81: the form says from when, and the answer does not publish at once."""
    say(office, f"改 {RULE} 首次提醒 3小时", "陈总")
    [form] = say(office, f"发布 {RULE} 从12月1号起", "陈总", "dingtalk")
    assert shown(form)["生效"] == "2026-12-01 起，到时自动换"
    [done] = office.presses("陈总", form, "发布", {"reason": "新规施行"})
    assert shown(done)["生效"] == "2026-12-01 起，到时自动换"
    comes(office, "2026-12-01T00:00:00+08:00")

    [form] = say(office, f"回滚 {RULE} 1 从后天起", "陈总", "dingtalk")
    assert shown(form)["生效"] == "2026-12-03 起，到时自动换"
    [done] = office.presses("陈总", form, "改回", {"reason": "太慢 从 2026-12-05 9点起"})
    assert shown(done)["生效"] == "2026-12-05 09:00 起，到时自动换", "said last"
    [listed] = say(office, "列表")
    assert shown(listed)[RULE] == "第 2 版，12-05 09:00 起换第 3 版"


def test_words_that_may_be_a_date_publish_nothing(office):
    say(office, f"改 {RULE} 首次提醒 3小时")
    for words in ("从下周一起", "12-01 生效", "自20261201起"):
        [told] = say(office, f"发布 {RULE} 新规施行 {words}")
        assert "要写成：从 2026-12-01 起" in told["text"]
    assert shown(say(office, "列表")[0])[RULE] == "第 1 版，随产品提供"
    [done] = say(office, f"发布 {RULE} 新规施行 从今天起")
    assert shown(done)["生效"].startswith("现在起")


def test_calling_off_means_the_version_on_the_card_and_names_what_still_comes(office):
    publishes(office, f"{RULE} 首次提醒 3小时", "新规施行 从 2026-12-01 起")
    [old] = say(office, f"看 {RULE}")
    publishes(office, f"{RULE} 首次提醒 4小时", "再放宽 从 2026-12-05 起", "陈总")
    [told] = office.presses("冯运营", old, "撤回第 2 版")
    assert "没有撤回" in told["text"]
    assert "第 2 版（2026-12-01 00:00 起）、第 3 版（2026-12-05 00:00 起）" in told["text"]

    [one] = say(office, f"看 {RULE}")
    assert "2026-12-01 起换第 2 版" in one["text"]
    assert "2026-12-05 起换第 3 版" in one["text"]
    [gone] = office.presses("冯运营", one, "撤回第 3 版")
    assert gone["title"] == f"已撤回：{RULE} · 第 3 版"
    assert "2026-12-01 起仍会换第 2 版" in gone["text"]
    assert "仍用现在的版本" not in gone["text"]
    comes(office, "2026-12-01T00:00:00+08:00")
    office.says("张三", PICK)
    assert waiting(office)[-1] == (180, 2)
    [late] = office.presses("冯运营", old, "撤回第 2 版")
    assert "没有定好以后生效的版本" in late["text"]


def test_what_was_published_is_no_draft_to_give_up(office):
    [draft] = say(office, f"改 {RULE} 首次提醒 3小时")
    say(office, f"发布 {RULE} 新规施行 从 2026-12-01 起")
    [told] = office.presses("冯运营", draft, "放弃")
    assert "第 2 版已经发布了，没有可放弃的" in told["text"]
    assert shown(say(office, "列表")[0])[RULE] == "第 1 版，12-01 起换第 2 版"


def test_drafts_and_what_was_called_off_do_not_push_the_history_out(office):
    publishes(office, f"{RULE} 首次提醒 3小时", "放宽")
    publishes(office, f"{RULE} 首次提醒 4小时", "再放宽 从 2026-12-01 起")
    say(office, f"撤回 {RULE}")
    for minutes in range(60, 70):
        say(office, f"改 {RULE} 首次提醒 {minutes}分钟")
    say(office, f"改 {RULE} 首次提醒 5小时", "陈总")
    [past] = say(office, f"历史 {RULE}")
    told = [line.partition("（")[0] for line in past["text"].splitlines() if "版（" in line]
    assert told == ["第 13 版", "第 3 版", "第 2 版", "第 1 版"], "one's own draft, not others'"
    assert "回到第 1 版" in texts(past)
    [which] = say(office, f"回滚 {RULE}")
    assert texts(which) == ["回到第 1 版"]
    [diff] = say(office, f"对比 {RULE}")
    assert diff["title"] == f"{RULE}：第 1 版 → 第 2 版"


@pytest.mark.parametrize("number", ["9" * 10, "9" * 25, "１" * 4400, "第99999999999999999999版"])
def test_a_number_no_version_can_have_is_answered_with_one_that_can(office, number):
    for line in (f"看 {RULE} {number}", f"对比 {RULE} 1 {number}", f"回滚 {RULE} {number} 再来"):
        [told] = say(office, line)
        assert "不是版本号，要写数字，如 2" in told["text"]
    assert "没有发布过第 999999999 版" in say(office, f"回滚 {RULE} {'9' * 9} 再来")[0]["text"]


def test_a_number_in_a_reason_is_masked_before_it_is_kept_for_ever(office):
    done = publishes(office, f"{RULE} 首次提醒 3小时", "客户 138-0013-8000 要求")
    assert shown(done)["原因"] == "客户 138****8000 要求"
    [stored] = office.rows("document", kind="sla", version="2")
    assert stored["reason"] == "客户 138****8000 要求"
    [(_, _, detail)] = audited(office, "rule.published")
    assert detail["reason"] == "客户 138****8000 要求"


def test_what_people_wrote_is_not_kept_for_years(office):
    [draft] = say(office, "改 保留天数 来信原文 31")
    assert "来信原文最多 30 天：里面有个人信息，办完就不该久留" in draft["text"]
