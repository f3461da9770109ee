"""`/话术 …`: three ready answers per industry, looked after by marketing (B16, B17)."""

import re

import httpx
import pytest

from bot.simulator.seed_talk import TRACKS
from sales.talk_editing import MOST_TEXT

TITLES, TEXTS = list(TRACKS["医疗"]), list(TRACKS["医疗"].values())
NEW = "保养周期看使用强度：每天开机超过 8 小时的每季度一次，其余半年一次。把型号发我，我来排。"
PLATFORMS = pytest.mark.parametrize("platform", ["wecom", "dingtalk"])


def market(office, line):
    return office.says("郑市场", f"/话术 {line}", "dingtalk")


def publishes(office, line):
    [draft] = market(office, line)
    return office.presses("郑市场", draft, "发布")


def uses(office):
    return {(row["track"], row["version"], row["person_id"]): row["uses"]
            for row in office.rows("talk_use")}  # fmt: skip


def shown(message):
    """The rows of a card; WeCom shows one without buttons as text."""
    lines = (line.split("：", 1) for line in message["text"].splitlines() if "：" in line)
    return {field["name"]: field["value"] for field in message["fields"]} or dict(lines)


def news(office, person):
    return [m for m in office.sees(person) if "话术有新版" in f"{m['title']}{m['text']}"]


@PLATFORMS
def test_b16_an_industry_has_three_tracks_and_a_tap_gives_the_whole_text_alone(office, platform):
    [card] = office.says("张三", "/话术 医疗", platform)
    assert card["title"] == "医疗 · 3 条话术"
    assert list(shown(card).values()) == TITLES
    assert "维保周期" in TITLES[0]

    [copy] = office.presses("张三", card, "第 1 条全文")
    assert (copy["kind"], copy["text"]) == ("text", TEXTS[0])
    assert not set("*#>`<[") & set(copy["text"])
    office.presses("张三", card, "第 1 条全文")
    assert uses(office) == {
        ("医疗/1", 1, "zhangsan"): 2, ("医疗/2", 1, "zhangsan"): 0, ("医疗/3", 1, "zhangsan"): 0,
    }  # fmt: skip
    [again] = office.says("李四", "/话术 医疗")
    assert "用过 2 次" in shown(again)["第 1 条"]


def test_a_number_behind_the_industry_gives_the_text_at_once(office):
    [copy] = office.says("张三", "/话术 医疗 2")
    assert copy["text"] == TEXTS[1]
    [refusal] = office.says("张三", "/话术 医疗 4")
    assert "1 到 3" in refusal["text"]


@pytest.mark.parametrize("words", ["医药", "医疗行业", "医 疗"])
def test_other_names_of_an_industry_are_understood(office, words):
    [card] = office.says("张三", f"/话术 {words}")
    assert card["title"] == "医疗 · 3 条话术"


def test_an_unknown_industry_is_answered_with_those_there_are(office):
    [refusal] = office.says("张三", "/话术 航天")
    assert "没有「航天」这个行业" in refusal["text"]
    assert "医疗、教育、制造" in refusal["text"]


def test_without_an_industry_it_is_asked_for(office):
    [form] = office.says("张三", "/话术")
    assert "医疗" in str(form["inputs"])


def test_b17_a_new_version_is_everybodys_at_once_and_its_readers_are_told_once(office):
    office.says("张三", "/话术 医疗")
    office.says("李四", "/话术 教育")
    market(office, "医疗")  # the author knows
    [draft] = market(office, f"改 医疗 1 {NEW}")
    assert draft["title"] == "医疗第 1 条 · 第 2 版草稿"
    assert "1 位近 7 天看过旧版的同事" in draft["text"]
    [before] = office.says("赵六", "/话术 医疗 1", "dingtalk")
    assert before["text"] == TEXTS[0]  # nothing holds before it is published

    done = office.presses("郑市场", draft, "发布")
    assert "已通知 2 位" in f"{done}"  # 赵六 has just read it, too
    [card] = news(office, "张三")
    assert NEW in card["text"]
    assert news(office, "李四") == news(office, "郑市场") == []
    [copy] = office.presses("张三", card, "全文")
    assert copy["text"] == NEW
    [after] = office.says("李四", "/话术 医疗 1")
    assert after["text"] == NEW
    assert uses(office)["医疗/1", 2, "zhangsan"] == 1


def test_b17_who_took_the_text_a_moment_ago_is_told_too_and_of_each_version_once(office):
    office.says("赵六", "/话术 医疗 1", "dingtalk")
    publishes(office, f"改 医疗 1 {NEW}")
    assert len(news(office, "赵六")) == 1
    publishes(office, f"改 医疗 1 {NEW}再加一句。")
    assert len(news(office, "赵六")) == 2  # the notice is a reading of no version
    office.wait("169h")
    publishes(office, "改 医疗 1 又换了一种说法，看看谁收到。")
    assert len(news(office, "赵六")) == 2


LINES = "一般每半年一次。\n\n高强度的每季度一次：\n1. 每天 8 小时以上\n2. 三班倒"


@PLATFORMS
def test_the_lines_of_a_text_stay_as_they_were_typed(office, platform):
    """Regression: typed in one message, the lines became one."""
    publishes(office, f"改 医疗 1 {LINES}")
    publishes(office, f"新建 零售 旺季能不能保供\n{LINES}")
    for where in ("医疗", "零售"):
        [copy] = office.says("张三", f"/话术 {where} 1", platform)
        assert copy["text"] == LINES


def test_the_lines_of_a_text_stay_as_they_were_filled_in(office):
    [form] = office.says("陈总", "/话术 改 医疗 1")
    page = re.search(r"/h5/form/\w+", str(form["raw"])).group()
    with httpx.Client(base_url=office.address, follow_redirects=True, trust_env=False) as phone:
        phone.cookies.set("sim_phone", "chenzong")
        shown = phone.get(page).text
        assert "<textarea" in shown
        ticket = re.search(r'name="ticket" value="([^"]+)"', shown).group(1)
        phone.post(page, data={"ticket": ticket, "text": LINES.replace("\n", "\r\n")})
    office.wait("1s")
    office.presses("陈总", office.sees("陈总")[-1], "发布")
    [copy] = office.says("张三", "/话术 医疗 1")
    assert copy["text"] == LINES


@pytest.mark.parametrize("person", ["张三", "王经理", "冯运营"])
def test_b17_sales_cannot_edit(office, person):
    for line in (
        f"改 医疗 1 {NEW}",
        "新建 零售 标题 正文正文",
        "停用 医疗 1",
        "改名 医疗 1 新标题",
    ):
        [refusal] = office.says(person, f"/话术 {line}")
        assert "需要" in refusal["text"]
        assert "市场" in refusal["text"]
    assert len(office.rows("document", kind="talk")) == sum(map(len, TRACKS.values()))


def test_a_card_that_is_old_gives_the_newest_text(office):
    [card] = office.says("张三", "/话术 医疗")
    publishes(office, f"改 医疗 1 {NEW}")
    [copy] = office.presses("张三", card, "第 1 条全文")
    assert copy["text"] == NEW


def test_a_track_is_written_renamed_and_taken_out_of_use(office):
    [refusal] = market(office, "新建 医疗 第四条 没有地方放了")
    assert "已经有 3 条" in refusal["text"]
    publishes(office, "新建 零售 退换货怎么算 七天内不影响二次销售的都可以退换，运费我们出。")
    publishes(office, "改名 零售 1 能不能退换货")
    [card] = office.says("张三", "/话术 零售")
    assert shown(card) == {"第 1 条": "能不能退换货"}

    [question] = market(office, "停用 零售 1")
    office.presses("郑市场", question, "停用")
    [refusal] = office.presses("张三", card, "第 1 条全文")
    assert "可能已停用" in refusal["text"]
    [none] = office.says("张三", "/话术 零售")
    assert "还没有话术" in f"{none['title']}{none['text']}"
    actions = [row["action"] for row in office.happened(subject_type="talk")]
    assert [a for a in actions if not a.startswith(("read", "refused"))] == [
        "talk.published", "talk.published", "talk.retired",
    ]  # fmt: skip
    publishes(office, "新建 零售 旺季能不能保供 旺季前一个月给我们预估，按预估备货。")
    [history] = market(office, "历史 零售 1")
    assert list(shown(history)) == ["第 4 版", "第 3 版", "第 2 版", "第 1 版"]
    assert "停用" in shown(history)["第 3 版"]


def test_the_history_counts_who_used_which_version(office):
    office.says("张三", "/话术 医疗 1")
    office.says("张三", "/话术 医疗 1")
    office.says("王经理", "/话术 医疗")  # looked, and took nothing
    publishes(office, f"改 医疗 1 {NEW}")
    office.says("李四", "/话术 医疗 1")
    rows = shown(market(office, "历史 医疗 1")[0])
    assert rows["第 1 版"].endswith("郑市场 · 1 人用 2 次")
    assert rows["第 2 版"].endswith("郑市场 · 1 人用 1 次")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"改 医疗 1 {'长' * (MOST_TEXT + 1)}", f"现在 {MOST_TEXT + 1} 个"),
        ("改 医疗 1 有事打 13800138000 找我", "个人的号码"),
        (f"改 医疗 1 {TEXTS[0]}", "没有改动"),
        ("改 医疗 7 换一种说法", "1 到 3"),
        ("改 零售 1 换一种说法", "没有第 1 条"),
        ("新建 零售 一个太长太长太长太长太长太长的标题 正文", "标题要有"),
    ],
)
def test_what_cannot_be_a_track_is_refused_with_the_reason(office, line, why):
    [refusal] = market(office, line)
    assert why in refusal["text"]
    assert "第 2 版" not in refusal["text"]


def test_two_people_write_at_once_and_nobody_overwrites_the_other(office):
    [mine] = market(office, f"改 医疗 1 {NEW}")
    [theirs] = office.says("陈总", "/话术 改 医疗 1 陈总的说法，简单一点。")
    office.presses("陈总", theirs, "发布")
    [refusal] = office.presses("郑市场", mine, "发布")
    assert "别人发布了 医疗 第 1 条的新版" in refusal["text"]
    [copy] = office.says("张三", "/话术 医疗 1")
    assert copy["text"] == "陈总的说法，简单一点。"


def test_a_draft_published_twice_is_published_once(office):
    [draft] = market(office, f"改 医疗 1 {NEW}")
    office.presses("郑市场", draft, "发布")
    [other] = market(office, "改 医疗 2 第二条换一种说法，更短。")
    office.presses("郑市场", other, "放弃")
    assert len(list(office.happened(action="talk.published"))) == 1
    [copy] = office.says("张三", "/话术 医疗 2")
    assert copy["text"] == TEXTS[1]


def test_how_many_days_back_readers_are_told_is_a_rule(office):
    office.says("张三", "/话术 医疗")
    office.says("冯运营", "/规则 改 话术通知 近几天 1")
    office.says("冯运营", "/规则 发布 话术通知 少打扰")
    office.wait("30h")
    publishes(office, f"改 医疗 1 {NEW}")
    assert news(office, "张三") == []
