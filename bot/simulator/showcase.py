"""The product's own cards with sample facts, rendered for both platforms, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bot.simulator.phones import Message, PlatformName
from cards import customers, help, opportunities  # noqa: A004  the topic's own name
from cards.model import Card, Choice, Content, Field, Form
from cards.render import dingtalk, wecom
from cards.render.slot import Slot
from sales.customers import Named, Order, Profile
from sales.finding import Found, Twin
from sales.opportunities import Created

AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
SLOT = Slot("01SHOWCASE", 1, "http://127.0.0.1:8787/h5/form/01SHOWCASE")
VALVES = Named("c1", "某阀门制造", "华东")
FOUND = Found((Named("c2", "恒信机电设备", "华东"), Named("c3", "恒信阀门", "华东")))
MANY = Found(tuple(Named(f"m{i}", f"恒信机械第{i}分公司", "华东") for i in range(1, 11)), more=True)

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
        ), may_refer=True),
    "帮助": help.commands([
        ("商机", "登记老客户转介绍的新商机", "/商机 某阀门制造 华东泵业二期", "opportunity.create"),
        ("客户", "查看一家客户", "/客户 某阀门制造", "customer.show"),
        ("帮助", "看看您能用的指令", "/帮助", "help.commands"),
    ]),
    "是不是要找": help.did_you_mean(
        "/客护", "/客户 某阀门", "customer.show", {"name": "某阀门"}, flow="flow/1"
    ),
    "出错": help.say(help.INCIDENT, number="E42"),
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
