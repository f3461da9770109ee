"""The questions in between and the ends of errands, with sample facts, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.simulator.world import PHONE_ZONE
from cards import (
    audit,
    customers,
    help,  # noqa: A004  the topic's own name
    operations,
    privacy,
    pushes,
    rules,
    rules_drafts,
    unfinished,
)
from cards.help import Line
from cards.model import Content, Menu
from sales.customers import Named
from sales.finding import Found
from sales.history import Thing
from sales.rules.all import KINDS
from sales.rules.drafts import Changed
from sales.rules.editing import CalledOff, DraftOver
from sales.rules.reading import Edition
from sales.rules.unfinished import UNFINISHED, UnfinishedTimes

AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
FOUND = Found((Named("c2", "恒信机电设备", "华东"), Named("c3", "恒信阀门", "华东")))
THINGS = (Thing(("customer", "c2"), "恒信机电设备"), Thing(("person", "lisi"), "李四"))
WAITS = "北方泵业 的登记还差一步：选介绍人"
PROVIDED = Edition(1, "former", "", AT, "随产品提供", AT, "")
CHANGES = (Changed("首次提醒", "3 小时", "2 小时"),)

CARDS: Mapping[str, Content] = {
    "客户 哪一家": customers.which("恒信", FOUND),
    "留痕 哪一个": audit.which("恒信", THINGS, audit.SHOW, {}, flow="flow/1"),
    "指令 一个话题": help.topic("规则", (
        Line("规则 列表", "所有规则", "/规则 列表", "rules.overview"),
        Line("规则 看", "一条规则现在怎么定的", "/规则 看 未办完提醒", "rules.show"),
    ), flow="flow/1"),
    "是不是本人": help.was_it_you("/死信", "operations.dead_letter_list", {}, flow="flow/1"),
    "死信 已处理": operations.decided(2, 3, again=True, key="flow/1", by="管理员"),
    "隐私 导出": privacy.exported("k1"),
    "规则 一版": rules.version(
        UNFINISHED, PROVIDED, UnfinishedTimes(), zone=PHONE_ZONE, flow="flow/1"
    ),
    "回到 规则": rules.then(
        UNFINISHED, PROVIDED, UnfinishedTimes(), AT, zone=PHONE_ZONE, flow="flow/1"
    ),
    "规则 哪一条": rules.which(KINDS, rules.SHOW, flow="flow/1"),
    "规则 哪一项": rules.which_item(UNFINISHED, UnfinishedTimes(), flow="flow/1"),
    "规则 哪一版": rules.which_version(
        UNFINISHED, (PROVIDED,), zone=PHONE_ZONE, flow="flow/1"
    ),
    "规则 对比": rules.difference(UNFINISHED, 1, 2, CHANGES, flow="flow/1"),
    "规则 改成什么": rules_drafts.new_value(UNFINISHED, "first_after_minutes", 120, flow="flow/1"),
    "规则 为什么改回": rules_drafts.why_back(
        UNFINISHED, 1, CHANGES, None, zone=PHONE_ZONE, flow="flow/1"
    ),
    "规则 草稿放弃": rules_drafts.given_up(DraftOver(UNFINISHED, 2, 1), flow="flow/1"),
    "规则 撤回": rules_drafts.called_off(
        CalledOff(UNFINISHED, 4, ()), zone=PHONE_ZONE, flow="flow/1"
    ),
    "还差一步 已接着办": unfinished.resumed("unfinished/d1/remind", WAITS),
    "还差一步 不登记": unfinished.dropped("unfinished/d1/remind", WAITS),
    "还差一步 已办完": unfinished.finished("d1", "remind", WAITS),
    "还差一步 别处办完": unfinished.over("flow/1", WAITS),
    "稍后": pushes.comes_again(AT, "2 小时"),
    "今天不再提醒": pushes.quiet(WAITS),
    "为什么找我": pushes.reason(Menu(unfinished.WHY, "unfinished/d1")),
}  # fmt: skip
