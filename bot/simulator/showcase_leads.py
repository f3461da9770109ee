"""The cards of the lead loop with sample facts, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.simulator.world import PHONE_ZONE
from cards import (
    lead_conflicts,
    lead_late,
    lead_merging,
    lead_moves,
    lead_news,
    lead_reminders,
    lead_times,
    lead_why,
    leads,
    opportunities,
)
from cards.model import Content
from engine.deadlines_due import Due
from engine.vault import State
from sales import lead_times_report
from sales.contacts import Known
from sales.customers import Named
from sales.finding import Twin
from sales.lead_assign import Decided
from sales.lead_conflicts import Conflict, Ours, Told
from sales.lead_convert import Converted
from sales.lead_decisions import Kept
from sales.lead_doubles import Double, Why
from sales.lead_hands import Move
from sales.lead_intake import Taken
from sales.lead_late import Late
from sales.lead_lists import Chosen, Page, Shown
from sales.lead_merge import Plan
from sales.lead_times_report import Share, Slow
from sales.lead_traces import Candidate, Compared, Considered, Present, Same, Trace
from sales.rules.lead_times import LeadTimes

AT = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
LEAD = Shown(
    "l1", "LD-20261123-0001", "海河医疗器械有限公司", "官网表单", "医疗", "华东", 12_000_000,
    "想了解设备维保，月底前要方案", {}, "高潜", "opened", "zhangsan", AT, None, late=False,
    protected_until=None, next_step="送样品", next_on=date(2026, 12, 1),
    credit_code=None, contact_id="k9",
    created_by="wangjingli", created_at=AT, pooled_at=None, owner="张三", owner_region="华东",
    merged_into=None, opportunity=None, invalid_reason="",
)  # fmt: skip
CALLED = replace(
    LEAD, state="contacted", contacted_at=AT, contact_happened_at=AT - timedelta(hours=19)
)
FREE = replace(LEAD, state="pooled", owner_id=None, owner=None, owner_region=None, budget_fen=None)
PLAN = Plan(CALLED, (
    replace(LEAD, id="l2", number="LD-20261123-0002", owner_id="lisi", owner="李四"),
    replace(FREE, id="l3", number="LD-20261123-0003"),
), named=False)  # fmt: skip
TIMES = lead_times_report.Report(
    30, LeadTimes(), 40, timedelta(hours=8, minutes=12), timedelta(minutes=3),
    Share(2, 42), Share(1, 41), Share(3, 20), Share(6, 20),
    (Slow("来源", "展会扫码", 12, timedelta(hours=26)),
     Slow("区域", "未知", 9, timedelta(hours=30))),
)  # fmt: skip
WANG = Known("k9", None, LEAD.company, State.KEPT, {"name": "王芳", "phone": "13800138111"})
DOUBLE = Double(
    "lead", "l0", "LD-20261122-0007", "海河医疗", "contacted", "lisi", "李四", "华东", "zhangsan",
    AT, Why.PHONE,
)  # fmt: skip
WAITED = Due(
    "d2", "lead_contact", "lead", "l1", "zhangsan", "LD-20261123-0001 海河医疗", "wall", AT,
    72 * 3600, AT + timedelta(days=3), [], 0, provisional=False,
)  # fmt: skip
PEOPLE = tuple(
    Present(name, name, count, AT)
    for name, count in (("张三", 7), ("李四", 2), ("王五", 8), ("赵六", 3))
)  # fmt: skip
BIG = Considered(
    "教育中单", "行业=教育 且 预算≤20万", "成单率>65% 且 待办<8", fits=True,
    candidates=(
        Candidate("张三", "", (Compared("成单率>65%", "66%", holds=True),)),
        Candidate("李四", "candidate_fail", (Compared("成单率>65%", "65%", holds=False),)),
        Candidate("王五", "candidate_fail", (Compared("待办<8", "8", holds=False),)),
        Candidate("赵六", "", (Compared("成单率>65%", "70%", holds=True),)),
    ),
)  # fmt: skip
ASSIGNED = Kept("l1", 1, AT, 4, "assigned", "赵六", Trace(
    {"source": "官网表单"}, owner="赵六", runner_up="张三", capacity=50, fallback="公共池",
    considered=(BIG,), people=PEOPLE,
))  # fmt: skip
NOT_LISTED = Kept("l1", 1, AT, 4, "source_not_whitelisted", None, Trace({"source": "官网表单"}))
UNKNOWN = Kept("l1", 1, AT, 4, "condition_null", None, Trace(
    {}, fallback="公共池", people=PEOPLE,
    considered=(Considered("大单", "预算≥5万", "任何人", None, (Compared("预算≥5万", "", None),)),),
))  # fmt: skip
TWICE = Kept("l1", 1, AT, 4, "duplicate_of", None, Trace(
    {}, same=Same("lead", "l0", "LD-20261122-0007", "海河医疗", "李四", "华东", "phone"),
))  # fmt: skip
AGAINST = Conflict(
    "c1", "l1", LEAD.number, LEAD.company, "contacted", "张三",
    Told("未联系", "未沟通", "华东线索跟进表.xlsx", 3), "冯运营", AT + timedelta(hours=1),
)  # fmt: skip
MAY = leads.May(work=True, claim=True, reveal=True, invalidate=True)

LATE = Late(
    "d2", "lead_contact", LEAD.number, LEAD.company, "zhangsan", "张三", AT + timedelta(days=3),
    None, AT, None,
)  # fmt: skip

CARDS: Mapping[str, Content] = {
    "线索 请看规则": lead_why.asked(FREE, "source_not_whitelisted", "王经理"),
    "线索 对不上": lead_conflicts.conflict(
        AGAINST, Ours("contacted", AT, "张三"), zone=PHONE_ZONE, pushed=True
    ),
    "线索 核对过": lead_conflicts.trusted(AGAINST, "张三"),
    "线索 要核对的": lead_conflicts.waiting([AGAINST, AGAINST], 7, 0, flow="flow/1"),
    "线索 没有要核对的": lead_conflicts.waiting([], 0, 0, flow="flow/1"),
    "线索 一批对不上": lead_conflicts.several([AGAINST, AGAINST]),
    "线索": leads.lead(
        LEAD, WANG, MAY, due=AT + timedelta(days=3), zone=PHONE_ZONE, card="lead/l1"
    ),
    "线索 已联系": leads.lead(
        CALLED, WANG, MAY, due=None, zone=PHONE_ZONE, card="lead/l1"
    ),
    "线索 更多": leads.more(CALLED, WANG, MAY, zone=PHONE_ZONE, flow="flow/1"),
    "线索 无效": leads.lead(
        replace(FREE, state="invalid", invalid_reason="客户说公司已经注销，以后不再采购设备了"),
        WANG, leads.May(), due=None, zone=PHONE_ZONE, card="flow/1",
    ),
    "线索 已转商机": leads.lead(
        replace(CALLED, state="converted", opportunity="OPP-20261123-0001"), WANG,
        leads.May(work=True, reveal=True), due=None, zone=PHONE_ZONE, card="flow/1",
    ),
    "线索 转商机": opportunities.converted(
        Converted(
            "OPP-20261123-0001", "c6", LEAD.company, new=True, owner="张三", lead_id="l1",
            lead=LEAD.number, source="官网表单",
            filled=(("industry", "医疗"), ("region", "华东")),
            missing=("credit_code", "address", "size_band", "rating"),
        ),
        flow="flow/1",
    ),
    "线索 疑似同一客户": opportunities.lead_customer(
        CALLED,
        (Twin(Named("c4", "海河医疗器械", "华东"), "张三", "华东", visible=True),
         Twin(Named("c5", "海河医疗", "华南"), "赵六", "华南", visible=False)),
        flow="flow/1",
    ),
    "线索 已有进展": lead_moves.moved(CALLED, "overdue/d2"),
    "线索 公共池": leads.lead(FREE, None, MAY, due=None, zone=PHONE_ZONE, card="flow/1"),
    "线索 已收": leads.taken(
        LEAD, Taken("l1", new=True, decided=Decided("assigned", "zhangsan")), flow="flow/1"
    ),
    "线索 疑似重复": leads.taken(
        FREE,
        Taken("l1", new=True, unread=("budget",), doubles=(DOUBLE,),
              decided=Decided("duplicate_of", None)),
        flow="flow/1",
    ),
    "线索 列表": leads.listing(
        Page((LEAD, FREE, LEAD, FREE, LEAD), 12, 0), Chosen("超时", "华东"), flow="flow/1"
    ),
    "线索 合并": lead_merging.merged(LEAD, PLAN.gone, flow="flow/1"),
    "线索 合并前": lead_merging.ask(PLAN, flow="flow/1"),
    "线索 点名合并": lead_merging.ask(replace(
        PLAN, gone=(replace(PLAN.gone[0], owner_id=LEAD.owner_id, owner=LEAD.owner),), named=True,
    ), flow="flow/1"),
    "线索 并进来": lead_merging.gained(PLAN, "王经理"),
    "线索 并出去": lead_merging.lost(PLAN, [PLAN.gone[0]], "王经理"),
    "线索 办好": leads.done(LEAD, "已交给 李四", flow="flow/1"),
    "线索 待回访": leads.done(LEAD, "待回访，保护到 12-08 零点", flow="flow/1",
                          note=leads.cut(date(2027, 1, 5), 14)),
    "线索 为什么": lead_why.why(
        ASSIGNED, LEAD, [Move(AT + timedelta(hours=2), "王经理", "lead.transferred", "张三")],
        sources=[], may_rule=True, may_keep=True, zone=PHONE_ZONE, flow="flow/1",
    ),
    "线索 为什么 白名单": lead_why.why(
        NOT_LISTED, FREE, [], sources=["展会扫码"], may_rule=True, may_keep=True,
        zone=PHONE_ZONE, flow="flow/1",
    ),
    "线索 为什么 未知": lead_why.why(
        UNKNOWN, FREE, [], sources=[], may_rule=True, may_keep=True, zone=PHONE_ZONE, flow="flow/1"
    ),
    "线索 为什么 重复": lead_why.why(
        TWICE, FREE, [], sources=[], may_rule=True, may_keep=True, zone=PHONE_ZONE, flow="flow/1"
    ),
    "新线索": lead_news.given(LEAD, "按规则分配"),
    "新线索 几条": lead_news.several([LEAD, FREE, LEAD]),
    "没有分配": lead_news.stuck(FREE, "no_candidate"),
    "没有分配 几条": lead_news.several_stuck([
        (FREE, Taken("l2", new=True, decided=Decided(code, None)))
        for code in ("no_candidate", "no_candidate", "source_not_whitelisted")
    ]),
    "一个客户几条": lead_news.split(LEAD, [DOUBLE], "张三"),
    "线索 超时": lead_reminders.overdue(LEAD, WAITED, due=WAITED.due_at, copy=False),
    "线索 抄送": lead_reminders.overdue(LEAD, WAITED, due=WAITED.due_at, copy=True),
    "线索 没人接手": lead_reminders.unassigned(FREE, WAITED, due=WAITED.due_at),
    "线索 快收回": lead_reminders.warned(LEAD, WAITED, due=WAITED.due_at),
    "线索 已收回": lead_reminders.recycled(LEAD, WAITED, due=WAITED.due_at),
    "线索 超时 谁": lead_late.top(
        [lead_late.Case(LATE, sent=True, arrived=True)], 30, now=AT + timedelta(days=4),
        flow="flow/1",
    ),
    "线索 时效": lead_times.report(TIMES, flow="flow/1"),
    "线索 分得慢": lead_times.slow(TIMES, "lead-times/slow"),
    "商机 结果": opportunities.closed("OPP-20261123-0001", "北方泵业", won=True, flow="flow/1"),
}  # fmt: skip
