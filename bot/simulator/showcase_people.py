"""The cards about colleagues and about the trail, with sample facts, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.simulator.world import PHONE_ZONE
from cards import audit, people
from cards.model import Content
from engine.audit import Broken, Head
from sales.history import Entry, Past, Thing
from sales.people import Role
from sales.staff import Colleague

AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
UNTIL = AT + timedelta(days=4)
LI = Colleague(
    "lisi", "李四", Role.REP, "wangjingli", "王经理", "华东", "active", (("wecom", "lisi"),), 3, 12
)
ZHANG = Colleague(
    "zhangsan", "张三", Role.REP, "wangjingli", "王经理", "华东", "active",
    (("wecom", "zhangsan"), ("dingtalk", "staff_zhangsan")), 4, 20,
)  # fmt: skip
VALVES = Thing(("customer", "c1"), "某阀门制造")
ROWS = [
    Entry(1207, AT, "王经理", "wecom", "7f3a", "read.customer.show", "某阀门制造", {}),
    Entry(1180, AT - timedelta(hours=2), "张三", "dingtalk", "9c1b", "contact.revealed", "", {}),
    Entry(31, AT - timedelta(days=9), "", "cli", "ops@host", "customer.created", "某阀门制造", {}),
]
END = Head(1207, "24a71237c621df705fd87f1962223ea8e278895e13bbbce28356b8b8bc75e805")
WAS = {"name": "某阀门制造", "owner_id": "李四", "industry": "制造", "region": "华东",
       "rating": "B", "tags": ["阀门", "年度框架"]}  # fmt: skip

CARDS: Mapping[str, Content] = {
    "同事 列表": people.listed(
        [("张三", "rep", "active"), ("王经理", "manager", "active"), ("赵七", "rep", "left")],
        flow="flow/1",
    ),
    "同事 一位": people.colleague(ZHANG, may_manage=True, flow="flow/1"),
    "同事 离职": people.sure(LI, ZHANG, flow="flow/1"),
    "同事 已离职": people.done("李四 已离职", "3 个客户、12 个商机已交给 张三", flow="flow/1"),
    "委托": people.handed("李四", "d1", UNTIL, now=AT, flow="flow/1"),
    "请您代办": people.asked_to_stand_in("张三", UNTIL, now=AT, key="delegation/d1"),
    "请假": people.away(AT, UNTIL, now=AT, flow="flow/1"),
    "留痕": audit.entries(VALVES, ROWS, zone=PHONE_ZONE, flow="flow/1"),
    "留痕 完整": audit.whole(END, 1207, 0, flow="flow/1"),
    "留痕 对不上": audit.broken(Broken(1180, "changed"), flow="flow/1"),
    "留痕 留底": audit.anchored(END, 86, AT),
    "回到": audit.past(Past(VALVES, WAS, 2, 1), AT, zone=PHONE_ZONE, flow="flow/1"),
}
