"""The product's own cards with sample facts, rendered for both platforms, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from bot.simulator import (
    showcase_blocks,
    showcase_directory,
    showcase_leads,
    showcase_people,
    showcase_rest,
    showcase_talk,
    showcase_traffic,
)
from bot.simulator.phones import Message, PlatformName
from bot.simulator.world import PHONE_ZONE
from cards import (
    calendar,
    contacts,
    customers,
    deadlines,
    health,
    help,  # noqa: A004  the topic's own name
    morning,
    operations,
    opportunities,
    privacy,
    rules,
    rules_drafts,
    unfinished,
    unreached,
)
from cards.dead_letters import Told
from cards.help import Line
from cards.model import Card, Choice, Content, Field, Form
from cards.render import dingtalk, wecom
from cards.render.slot import Slot
from cards.unreached import Unreached
from engine.deadlines_due import Due
from engine.runs import Record, Run
from engine.slots import Outcome
from engine.vault import State
from engine.vitals import Lane, Vitals
from engine.workers import Running
from sales.consents import Given, Scope
from sales.contacts import Known
from sales.customers import Named, Order, Profile
from sales.finding import Found, Twin
from sales.opportunities import Created
from sales.privacy import Basis
from sales.rules.drafts import Changed, Draft
from sales.rules.editing import Published, Turned
from sales.rules.limits import LIMITS, PersonLimits
from sales.rules.reading import Edition, Standing
from sales.rules.retention import RETENTION, RetentionDays
from sales.rules.texts import SENTENCES, Sentences
from sales.rules.unfinished import UNFINISHED, UnfinishedTimes

AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
SLOT = Slot("01SHOWCASE", 1, "http://127.0.0.1:8787/h5/form/01SHOWCASE")
VALVES = Named("c1", "某阀门制造", "华东")
FOUND = Found((Named("c2", "恒信机电设备", "华东"), Named("c3", "恒信阀门", "华东")))
MANY = Found(tuple(Named(f"m{i}", f"恒信机械第{i}分公司", "华东") for i in range(1, 11)), more=True)
ERRAND = Due(
    "d1", "unfinished", "flow", "flow/1", "zhangsan", "北方泵业 的登记还差一步：选介绍人",
    "working", AT, 7200, datetime.fromisoformat("2026-11-23T13:30:00+08:00"), [], 0,
    provisional=True,
)  # fmt: skip
UNREACHED = Unreached(("张三", "李四", "王经理", "冯运营", "赵六", "周合规", "管理员"), 12)
RUN = Run(AT - timedelta(hours=1), Outcome.DONE, "清理 1,203 行", timedelta(seconds=0.4))
RUNS = tuple(Record(name, RUN.slot, RUN, 0) for name in health.JOB_NAMES)
FINE = health.Found(
    "sqlite", 12_300_000, Vitals((), 0, timedelta(), {}, {("all", "0.1.0"): 1}), RUNS,
    date(2027, 12, 31), None,
)  # fmt: skip
ILL = health.Found(
    "postgresql", 1_480_000_000,
    Vitals((Lane("outbox:wecom:ww", open=12, dead=3, late=timedelta(minutes=8)),), 0,
           timedelta(), {}, {("web", "0.1.0"): 2, ("worker", "0.2.0"): 1}),
    (Record("retention", AT, replace(RUN, outcome=Outcome.FAILED, detail="OSError: disk full"), 2),
     *RUNS[1:]),
    date(2026, 12, 31), 2027,
)  # fmt: skip

WANG = Known(
    "01KAQ5T8XQ9W5Z2V7K4M6N8P0R", "c1", "某阀门制造", State.KEPT,
    {"name": "王建国", "phone": "13800138000", "email": "wang@valve.example"},
)  # fmt: skip
LIU = Known("k2", "c1", "某阀门制造", State.KEPT, {"name": "刘敏", "phone": "13900139000"})
LETTERS = tuple(
    Told(40 + i, "outbox:wecom:ww", reason == "channel_down", who, what, reason, AT)
    for i, (who, what, reason) in enumerate((
        ("张三", "商机已建：北方泵业", "channel_down"),
        ("王经理", "今天有 3 件事等您", "channel_down"),
        ("李四", "疑似同一客户", "user_left"),
    ))
)  # fmt: skip

DECEMBER = datetime.fromisoformat("2026-12-01T00:00:00+08:00")
PROVIDED = Edition(1, "current", "", AT, "随产品提供", AT, "")
CHANGED = Edition(3, "current", "冯运营", AT, "客户等不了那么久", AT, "")
PLANNED = Edition(4, "planned", "陈总", AT, "新规施行", DECEMBER, "")
EDITIONS = (
    PLANNED, CHANGED, replace(CHANGED, number=2, status="former", reason="先放宽"),
    replace(PROVIDED, status="former"),
)  # fmt: skip
STANDINGS = (
    Standing(UNFINISHED, CHANGED, (PLANNED,), UnfinishedTimes(), (), 4),
    Standing(LIMITS, PROVIDED, (), PersonLimits(), (), 4),
    Standing(SENTENCES, PROVIDED, (), Sentences(), (), 4),
    Standing(RETENTION, PROVIDED, (), RetentionDays(), (), 4),
)
LAGS = replace(STANDINGS[0], behind=(Running("01K8Z4F2A", "web", 6),))
SHORTER = Draft(UNFINISHED, 5, 4, {}, (Changed("首次提醒", "3 小时", "2 小时"),), ())
NO_PLACE = Draft(
    SENTENCES, 2, 1, {},
    (Changed("不认识", Sentences().stranger, "您好，请先联系销售运营开通账号，之后再发一次。"),),
    ("不认识缺少 {account}，少了它看的人不知道说的是什么",),
)  # fmt: skip

OVERTAKEN = (
    "这份草稿是在第 4 版上改的，现在最新的是第 6 版"
    "（陈总 2026-11-23 10:05 发布：新规施行）。请在新的上面重新改"
)

CARDS: Mapping[str, Content] = {
    "商机已建": opportunities.created(
        Created(
            "OPP-20261123-0001", "c6", "北方泵业", "某阀门制造",
            ("增值税专票", "工程项目", "阀门"),
            (("industry", "制造", "介绍客户 某阀门制造"),
             ("region", "华东", "介绍客户 某阀门制造")),
            ("credit_code", "address", "size_band", "contact", "phone", "rating"),
        ),
        flow="flow/1",
    ),
    "选介绍人": opportunities.which_introducer("恒信", FOUND, new="西部机电", flow="flow/1"),
    "选介绍人 多": opportunities.which_introducer("恒信", MANY, new="西部机电", flow="flow/1"),
    "没有这个介绍人": opportunities.nearest_introducers(
        "恒通阀门", FOUND, new="西部机电", flow="flow/1"
    ),
    "疑似同一客户": opportunities.same_customer(
        "华东泵业有限公司", VALVES,
        (Twin(Named("c4", "华东泵业", "华东"), "张三", "华东", visible=True),
         Twin(Named("c5", "华东泵业", "华南"), "赵六", "华南", visible=False)),
        flow="flow/1",
    ),
    "两项表单": Card(
        key="flow/1", title="登记老客户转介绍的新商机",
        subtitle="填 2 项就好，也可以直接发：/商机 某阀门制造 华东泵业二期",
        form=Form("opportunity.create", (
            Field("introducer", "谁介绍的？", "select",
                  (Choice("c1", "某阀门制造"), Choice("c3", "恒信阀门")), "输入老客户名称"),
            Field("name", "新客户叫啥？", "text", placeholder="公司名称"),
        )),
    ),
    "客户": customers.profile(
        Profile(
            "c1", "某阀门制造", "张三", "制造", "华东", "A", ("阀门", "年度框架", "工程项目"),
            (Order(date(2026, 10, 15), "闸阀 PN4.0", 31_800_000),
             Order(date(2026, 6, 30), "闸阀 PN2.5", 24_350_000)),
        ), (WANG, LIU), may_refer=True, may_reveal=True),
    "查看号码": contacts.revealed("k1", "某阀门制造", left=49),
    "隐私": privacy.overview(
        WANG, (Given("g1", Scope.MARKETING, AT - timedelta(days=90), None),
               Given("g2", Scope.CHAT_ARCHIVE, AT - timedelta(days=90), AT)),
        zone=PHONE_ZONE, flow="flow/1",
    ),
    "隐私 哪一位": privacy.which((WANG, LIU), "privacy.show", {}, flow="flow/1"),
    "隐私 删除": privacy.confirm(WANG, flow="flow/1"),
    "隐私 已删除": privacy.erased(WANG, Basis.REQUEST, 2, flow="flow/1"),
    "隐私 已冻结": privacy.overview(
        replace(WANG, state=State.FROZEN), (), zone=PHONE_ZONE, flow="flow/1", note="已冻结"
    ),
    **showcase_people.CARDS,
    **showcase_directory.CARDS,
    **showcase_leads.CARDS,
    **showcase_rest.CARDS,
    **showcase_talk.CARDS,
    **showcase_traffic.CARDS,
    **showcase_blocks.CARDS,
    "帮助": help.commands(Sentences().help_title, [
        Line("商机", "登记老客户转介绍的新商机", "/商机 某阀门制造 华东泵业二期",
             "opportunity.create"),
        Line("客户", "查看一家客户", "/客户 某阀门制造", "customer.show"),
    ], 0, flow="flow/1"),
    "是不是要找": help.did_you_mean(
        "/客护", "/客户 某阀门", "customer.show", {"name": "某阀门"}, flow="flow/1"
    ),
    "还差一步": unfinished.reminder(ERRAND, "remind", due=ERRAND.due_at, last=False),
    "还差一步 最后一次": unfinished.reminder(ERRAND, "last", due=ERRAND.due_at, last=True),
    "几件一起提醒": deadlines.digest([(ERRAND.about, unfinished.resume(ERRAND))] * 8),
    "今天的事": morning.waiting([(ERRAND.about, unfinished.resume(ERRAND))] * 3, AT.date()),
    "日历快到头": calendar.ends_soon(2027, date(2026, 12, 31), AT.date()),
    "有人收不到": unreached.notice(UNREACHED, AT.date()),
    "体检": health.report(FINE, now=AT, zone=PHONE_ZONE, flow="flow/1"),
    "体检 有人收不到": health.report(
        replace(FINE, unreached=UNREACHED), now=AT, zone=PHONE_ZONE, flow="flow/1"
    ),
    "体检 有问题": health.report(ILL, now=AT, zone=PHONE_ZONE, flow="flow/1"),
    "规则": rules.overview(STANDINGS, zone=PHONE_ZONE, flow="flow/1"),
    "规则 有进程没用上": rules.overview((LAGS, *STANDINGS[1:]), zone=PHONE_ZONE, flow="flow/1"),
    "规则 一条": rules.show(STANDINGS[0], (), zone=PHONE_ZONE, may_edit=True, flow="flow/1"),
    "规则 用语": rules.show(STANDINGS[2], (), zone=PHONE_ZONE, may_edit=True, flow="flow/1"),
    "规则 草稿": rules_drafts.draft(SHORTER, flow="flow/1"),
    "规则 草稿要改": rules_drafts.draft(NO_PLACE, flow="flow/1"),
    "规则 试算": rules_drafts.trial(
        SHORTER, ["过去 30 天 41 件等过人的事，首次提醒：提前 29 件，多提醒 6 件"],
        listed=True, flow="flow/1",
    ),
    "规则 为什么改": rules_drafts.why(SHORTER, None, zone=PHONE_ZONE, flow="flow/1"),
    "规则 已发布": rules_drafts.published(
        Published(UNFINISHED, 5, SHORTER.changes, "客户等不了那么久", DECEMBER),
        zone=PHONE_ZONE, flow="flow/1",
    ),
    "规则 没有发布": rules_drafts.turned(
        Turned(SHORTER, (OVERTAKEN,)),
        flow="flow/1",
    ),
    "规则 历史": rules.history(
        UNFINISHED, EDITIONS, zone=PHONE_ZONE, may_edit=True, flow="flow/1"
    ),
    "不确定是否送达": operations.notice(LETTERS[:2], LETTERS[0].lane, now=AT),
    "死信": operations.letters(LETTERS, flow="flow/1"),
    "死信 一封": operations.letter(LETTERS[0], flow="flow/1"),
    "出错": help.say(Sentences().incident, number="E42"),
}  # fmt: skip


def samples() -> dict[str, dict[str, Message]]:
    """Card name → platform and state → a message as a phone would hold it."""
    return {name: _shown(content) for name, content in CARDS.items()}


def _shown(content: Content) -> dict[str, Message]:
    shown = {"企业微信": _wecom(content), "钉钉": _dingtalk(content, template=True)}
    if isinstance(content, Card):
        locked = replace(content, done="已处理")
        update = wecom.render_update(locked, SLOT)
        shown |= {
            "钉钉 没有模板": _dingtalk(content, template=False),
            "企业微信 已处理": _message("wecom", "template_card", update),
            "钉钉 已处理": _dingtalk(locked, template=True),
        }
    return shown


def _wecom(content: Content) -> Message:
    request = wecom.render(content, SLOT)
    return _message("wecom", request["msgtype"], request[request["msgtype"]])


def _dingtalk(content: Content, *, template: bool) -> Message:
    request = dingtalk.render(content, SLOT, template=template)
    if "card" in request:
        return _message("dingtalk", "card", request["card"]["cardParamMap"])
    kind = {"sampleText": "text", "sampleMarkdown": "markdown"}.get(request["msgKey"])
    return _message("dingtalk", kind or "actionCard", request["msgParam"])


def _message(platform: PlatformName, kind: str, wire: dict[str, Any]) -> Message:
    return Message("m1", AT, platform, "zhangsan", outgoing=True, kind=kind, wire=wire)
