"""Cards about files sent in chat, and about what is sent and what it costs, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.simulator.world import PHONE_ZONE
from cards import directory, gathered, imports, lead_export, messages, operations, quota
from cards.deliveries import Sent
from cards.imports import Look
from cards.model import Button, Content
from cards.outbox import Posted
from cards.quota import Gauge
from engine.quota import CALLS, Meter
from sales.economy import Step
from sales.importing import Outcome
from sales.people import Address

NOON = datetime.fromisoformat("2026-11-23T12:00:00+08:00")
FILE, FLOW = "客户.xlsx", "flow/1"
GOOD = Look(118, 0, (), ("客户名称", "负责人", "行业", "区域"), ("备注",), (), "客户")
LEADS = Look(
    118, 0, (), ("公司名称", "来源", "行业", "预算", "电话"), ("备注",), (), "线索",
    ("第 5 行：没认出「航天」，先记下原话", "第 9 行：可能已有：客户，由 华东 张* 跟进"),
)  # fmt: skip
BAD = Look(
    116, 2, ("第 7 行 负责人：没有叫「李思」的同事", "第 9 行 客户名称：空着"),
    ("客户名称", "负责人"), (), ("Sheet2",), "客户",
)  # fmt: skip
OUTCOME = Outcome(created=112, completed=4, unchanged=2)
LISI = Address("lisi", "wecom", "wwjianliudemo", "lisi")
SENT = Sent("d1", Posted("c1", "flow/9", 1), LISI, "商机已建：北方泵业", NOON, "shown", "",
            "msg-20261123-0001", tells_secret=False, done_at=NOON)  # fmt: skip
LOST = Sent("d2", Posted("c2", "message/c2", 1), LISI, "今天有 3 件事等您", NOON, "failed",
            "user_out_of_scope", "", tells_secret=False)  # fmt: skip
GAUGE = Gauge(Meter("dingtalk:ding", CALLS, 3512, 5000), 4900, Step.MERGED)

CARDS: Mapping[str, Content] = {
    "文件 已收到": imports.reading(FILE),
    "文件 检查通过": imports.checked(FILE, GOOD, OUTCOME, "b1", flow=FLOW),
    "文件 线索表": imports.checked("线索.xlsx", LEADS, OUTCOME, "b1", flow=FLOW),
    "线索 导出": lead_export.making(120, "华东"),
    "规则 试算 明细": lead_export.trying(3),
    "线索 导出 没做成": lead_export.failed("E42"),
    "文件 有错": imports.refused(FILE, BAD, flow=FLOW),
    "文件 读不了": imports.unreadable(FILE, "内容不是表格，请另存为 .xlsx 再发。", flow=FLOW),
    "文件 正在导入": imports.running(FILE, flow=FLOW),
    "文件 已导入": imports.imported(FILE, GOOD, OUTCOME, flow=FLOW),
    "文件 没处理成": imports.failed(FILE, "E42", flow=FLOW),
    "文件 只导入了一部分": imports.broken_off(
        "线索.xlsx", OUTCOME, "编号 E42，已经记录下来。请再发一次。", flow=FLOW
    ),
    "消息 都到了": messages.report("", "", [SENT], now=NOON, zone=PHONE_ZONE, flow=FLOW),
    "消息 没送到": messages.report("李四", "", [LOST, SENT], now=NOON, zone=PHONE_ZONE, flow=FLOW),
    "消息 已再发": messages.resent("今天有 3 件事等您", flow=FLOW),
    "额度 省着用": quota.notice(GAUGE, "quota/1"),
    "额度 用完": quota.used_up(GAUGE.meter, "quota/2"),
    "汇总 提醒": gathered.gathered(
        None, [("北方泵业 的登记还差一步：选介绍人", Button("接着办", "unfinished.resume"))], "g/1"
    ),
    "消息 没转过来": operations.not_received("over_quota", "dingtalk", now=NOON),
    "同步 已办好": directory.done("周八 已加入", "上级 王经理", flow=FLOW),
}
