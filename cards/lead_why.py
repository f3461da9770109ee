"""为什么: a stored decision in words, with the button that fixes its cause (B22, N1).

Nothing is worked out again: the card says what was seen when it was decided, by which version.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from cards.audit_words import action
from cards.lead_words import DOUBLE, REASONS, code_words, tags
from cards.model import Button, Card, Menu
from cards.words import masked
from sales import figure_doubts
from sales.figure_doubts import Doubt
from sales.lead_decisions import Kept
from sales.lead_doubles import Why
from sales.lead_hands import Move
from sales.lead_lists import Shown
from sales.lead_traces import Candidate, Compared, Considered, Present
from sales.leads import POOLED
from sales.rules.assigning import OURS

RULE_SHOW, RULE_CHANGE = "rules.show", "rules.change"
COMPLETE, AGAIN, MERGE, TRANSFER = (
    "lead.complete", "lead.again", "lead.merge", "lead.transfer",
)  # fmt: skip
ASK, WHY = "lead.ask_ops", "lead.why"
BY_RULES = frozenset({
    "source_not_whitelisted", "no_candidate", "no_rule_matched", "condition_null",
})  # fmt: skip
"""Reasons for which a rule may have to change."""
WHY_ASKED = "分配规则由您维护，有人请您看一条线索为什么没分出去。"
RULE, WHITELIST, OPEN_FROM = "分配规则", "来源白名单", "待办取自"
SHOWN = 8
"""Candidates told of; the rest is counted."""
TAGS = {"source": "来源", "industry": "行业", "region": "区域", "budget": "预算"}


def why(
    kept: Kept, lead: Shown, moves: Sequence[Move], *, sources: Sequence[str], may_rule: bool,
    may_keep: bool, zone: ZoneInfo, flow: str,
) -> Card:  # fmt: skip
    """Why a lead is whose it is: the decision, and the `moves` after it.

    `sources` is the whitelist as it stands.
    """
    names = {one.id: one.name for one in kept.trace.people}
    code = code_words(kept.code)
    if kept.trace.owner:
        code = f"{code}：{names.get(kept.trace.owner, '')}"
    version = f"{RULE}第 {kept.rule_version} 版" if kept.rule_version else f"{RULE}，随产品提供"
    return Card(
        key=flow,
        title=f"{lead.company}：{code}",
        subtitle=f"{lead.number} · {kept.at.astimezone(zone):%m-%d %H:%M:%S} · {version}",
        facts=_facts(kept),
        quote="\n".join((*(_move(one, zone) for one in moves), *_lines(kept, names))),
        buttons=_fixes(kept, lead, sources, may_rule=may_rule, may_keep=may_keep),
        tone="good" if kept.trace.owner else "warning",
        about=(("lead", lead.id),),
    )


def asked(lead: Shown, code: str, by: str) -> Card:
    """Somebody who may not change the rules asks who may (B23): the reason, and the way there."""
    return Card(
        key=f"ask/{lead.id}",
        title=f"请看分配规则：{lead.company}",
        subtitle=f"{by} 请您看：{lead.number} {code_words(code)}",
        facts=(("标签", tags(lead)),),
        buttons=(Button("为什么，怎么办", WHY, {"number": lead.id}, "primary", fresh=True),),
        tone="warning",
        menu=Menu(WHY_ASKED, "ask/rules"),
        about=(("lead", lead.id),),
    )


def _move(one: Move, zone: ZoneInfo) -> str:
    who, to = one.who or "系统", f"，给 {one.to}" if one.to else ""
    return f"后来 {one.at.astimezone(zone):%m-%d %H:%M} {who}{action(one.action)}{to}"


def _facts(kept: Kept) -> tuple[tuple[str, str], ...]:
    same = kept.trace.same
    if same is not None:
        owner = f"{same.owner_region} {masked(same.owner)}" if same.owner else "公共池"
        what = DOUBLE[Why(same.why)]
        return ((what, f"{same.number or '已有客户'}，{owner}"),)
    if kept.code == "source_not_whitelisted":
        return (("来源", f"{kept.trace.lead.get('source', '未注明')}，不在{WHITELIST}里"),)
    if not kept.trace.owner:
        return (("兜底", kept.trace.fallback),)
    people = {one.id: one for one in kept.trace.people}
    chosen, second = people.get(kept.trace.owner), people.get(kept.trace.runner_up)
    pick = [] if chosen is None else [("选他", f"{_standing(chosen)}，在手最少、等得最久的优先")]
    other = [] if second is None else [("其次", f"{second.name}，{_standing(second)}")]
    return (*pick, *other)


def _standing(one: Present) -> str:
    return f"在手 {one.open} 条"


def _lines(kept: Kept, names: dict[str, str]) -> list[str]:
    lines = [str(doubt)] if (doubt := _doubt(kept)) is not None else []
    for one in kept.trace.considered:
        lines.append(f"「{one.name}」{_verdict(one)}")
        told = one.candidates[:SHOWN]
        lines += [f"· {names.get(each.id, each.id)}：{_reason(each, kept)}" for each in told]
        if (more := len(one.candidates) - len(told)) > 0:
            lines.append(f"· 还有 {more} 人")
    return lines


def _doubt(kept: Kept) -> Doubt | None:
    """That 待办 was not what it was taken for, by what was seen at the moment (B24)."""
    if not kept.trace.open_from or not kept.trace.considered:
        return None
    pairs = {
        one.id: (said, one.open)
        for one in kept.trace.people
        if isinstance(said := (one.record or {}).get("open"), int)
    }
    names = {one.id: one.name for one in kept.trace.people}
    return figure_doubts.between(kept.trace.open_from, pairs, names)


def _verdict(one: Considered) -> str:
    if one.fits:
        return f"合适：{one.when}，给 {one.who}"
    words = "无法判断" if one.fits is None else "不合适"
    wanted = None if one.fits is None else False
    return f"{words}：{'，'.join(_met(each) for each in one.compared if each.holds is wanted)}"


def _reason(one: Candidate, kept: Kept) -> str:
    words = REASONS[one.reason]
    if one.reason == "capacity_full":
        present = next((each.open for each in kept.trace.people if each.id == one.id), 0)
        return f"{words}（{present} 条，上限 {kept.trace.capacity}）"
    wanted = {"candidate_fail": False, "no_sample": None}.get(one.reason, True)
    found = [_met(each) for each in one.compared if each.holds is wanted]
    return f"{words}{'：' if found else ''}{'，'.join(found)}"


def _met(one: Compared) -> str:
    """What was asked and what it met: 待办<8（8）."""
    return f"{one.asked}（{one.met or '未知'}）"


def _fixes(
    kept: Kept, lead: Shown, sources: Sequence[str], *, may_rule: bool, may_keep: bool
) -> tuple[Button, ...]:  # fmt: skip
    """What would have led elsewhere, for whoever may do it."""
    found: list[Button] = []
    if may_rule and _doubt(kept) is not None:
        args = {"rule": RULE, "item": OPEN_FROM, "value": OURS}
        found.append(Button("待办改由系统数", RULE_CHANGE, args, "primary", fresh=True))
    if lead.state != POOLED:
        look = Button("看规则", RULE_SHOW, {"rule": RULE}, fresh=True)
        return (*found, look) if may_rule else ()
    it = {"number": lead.id}
    if kept.trace.same is not None and may_keep:
        if kept.trace.same.kind == "lead":
            found.append(Button("合并成一条", MERGE, it, "primary", fresh=True))
        found.append(Button("不是同一家，照常分配", AGAIN, {**it, "apart": True}, fresh=True))
        return tuple(found)
    if kept.code == "source_not_whitelisted" and may_rule and lead.source not in sources:
        value = "、".join((*sources, lead.source))
        args = {"rule": RULE, "item": WHITELIST, "value": value}
        found.append(Button("加入白名单", RULE_CHANGE, args, "primary", fresh=True))
    if kept.code == "condition_null":
        found.append(Button("补充资料", COMPLETE, it, "primary", fresh=True))
    if kept.code in BY_RULES - {"source_not_whitelisted"} and may_rule:
        found.append(Button("改规则", RULE_CHANGE, {"rule": RULE}, fresh=True))
    if kept.code in BY_RULES and may_keep and not may_rule:
        found.append(Button("请运营改规则", ASK, it, fresh=True))
    if may_keep:
        found += [Button("重新分配", AGAIN, it, fresh=True),
                  Button("指派给一个人", TRANSFER, it, fresh=True)]  # fmt: skip
    return tuple(found)
