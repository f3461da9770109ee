"""Leads in words: tags, reasons, and who has what may be the same."""

from __future__ import annotations

from collections.abc import Mapping

from cards.words import masked, yuan
from sales.lead_doubles import Double, Why
from sales.lead_lists import Shown
from sales.leads import BANDS, band

CODES: Mapping[str, str] = {
    "assigned": "按规则分配",
    "fallback_used": "没有规则合适，交给了兜底的人",
    "source_not_whitelisted": "来源不在分配白名单里，没有分配",
    "duplicate_of": "和已有的是同一客户，先不分配",
    "protected_owner": "和待回访的线索是同一客户，受保护，没有分配",
    "no_rule_matched": "没有一条规则合适，留在公共池",
    "condition_null": "规则要看的内容还不知道，留在公共池",
    "no_candidate": "规则合适，但没有人符合条件，留在公共池",
}
"""The reason codes of requirements §6 as people read them."""
REASONS: Mapping[str, str] = {
    "": "符合", "on_leave": "请假中", "no_sample": "没有样本，算不出来",
    "candidate_fail": "不符合", "capacity_full": "在手已满",
}  # fmt: skip
DOUBLE: Mapping[Why, str] = {
    Why.PHONE: "电话相同", Why.CODE: "信用代码相同", Why.NAME: "名称相同", Why.NEAR: "名称相近",
}  # fmt: skip
UNREAD: Mapping[str, str] = {
    "industry": "行业", "region": "区域", "source": "来源", "budget": "预算",
}  # fmt: skip


def code_words(code: str) -> str:
    """A reason code as people read it."""
    return CODES.get(code, code)


def tags(lead: Shown) -> str:
    """Source, industry, region and budget band, what nobody knows said so (B9)."""
    budget = BANDS[band(lead.budget_fen)]
    exact = "" if lead.budget_fen is None else f"（{yuan(lead.budget_fen)}）"
    known = (lead.source, lead.industry or "行业未知", lead.region or "区域未知")
    more = (lead.tags,) if lead.tags else ()
    return "、".join((*known, f"{budget}{exact}", *more))


def owner_words(double: Double) -> str:
    """Who has what may be the same, masked; nothing else of it is shown (beyond.md)."""
    what = double.number or "已有客户"
    if double.owner is None:
        return f"{what}，在公共池"
    return f"{what}，已由{double.owner_region} {masked(double.owner)} 跟进"
