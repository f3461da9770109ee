"""`/线索 …`: what people do with leads: claim, contact, hand on, give back, protect, merge."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from cards import lead_merging, lead_moves, lead_news
from cards import leads as cards
from cards.lead_words import code_words
from cards.model import Content
from cards.words import near
from handlers import moments
from handlers.api import Ask, Ctx, Routes
from handlers.leads import ASSIGN, CREATE, Number, desk, show, shown
from sales import lead_care, lead_lists, lead_merge, lead_people, lead_words
from sales.lead_care import WORK
from sales.lead_clocks import IDLE
from sales.lead_merge import MERGE

routes = Routes("lead", privileged=True)
CLAIM = "lead.claim"
When = Annotated[str, Ask("哪一天？", "日期", "明天，或 12-01")]
Other = Annotated[str, Ask("和哪一条合并？", "另一条", "编号，不写就找一定是同一客户的")]
Then = Annotated[str, Ask("什么时候联系的？", "时间", "昨天 15:00、11-20、2小时前，不写就是现在")]


@routes.command("线索 认领", alias="lead claim", summary="从公共池认领一条",
                example="/线索 认领 LD-20261123-0001", permission=CLAIM)  # fmt: skip
def claim(ctx: Ctx, number: Number, *, card: str = "") -> Content:
    """Of many who claim at once one has it, and has opened it (B5).

    Raises:
        Refusal: somebody has it, it rests, or it was enough for today.
    """
    found = _get(ctx, number, anyones=True)
    lead_care.claim(ctx.db, found, ctx.who, desk(ctx))
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    return show(ctx, number, card=card)


@routes.command("线索 已联系", alias="lead contacted", summary="记下已经联系了客户",
                example="/线索 已联系 LD-20261123-0001", permission=WORK)  # fmt: skip
def contacted(ctx: Ctx, number: Number, when: Then = "", *, card: str = "") -> Content:
    """From here nobody reminds of the first contact; late stays on record as late (B3, B14).

    Raises:
        NoMoment: `when` is none.
        Refusal: not theirs, said before, or it cannot have been then.
    """
    found = _get(ctx, number)
    then = moments.past(when, ctx.now, ctx.calendars.current(ctx.db).zone)
    lead_care.contacted(ctx.db, found, ctx.who, desk(ctx), then)
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    return shown(ctx, _get(ctx, number), card)


@routes.command("线索 转交", alias="lead transfer", summary="交给另一位销售",
                example="/线索 转交 LD-20261123-0001 李四", permission=WORK)  # fmt: skip
def transfer(
    ctx: Ctx, number: Number, to: Annotated[str, Ask("交给谁？", "交给", "如 李四")]
) -> Content:
    """The new owner's clock starts when they first look; whether they are here today is said.

    Raises:
        Refusal: not theirs, over, or nobody of that name.
    """
    found = _get(ctx, number)
    heir = lead_care.transfer(ctx.db, found, to, ctx.who, desk(ctx))
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    reason = f"{ctx.who.name} 交给您的"
    lead_news.hand_over(ctx.db, found.id, heir, reason, now=ctx.now)
    back, name = lead_people.back(ctx.db, heir, desk(ctx)), to.strip()
    note = "" if back is None else cards.away(name, back.astimezone(ctx.calendars.zone))
    return cards.done(found, f"已交给 {name}", flow=ctx.flow, note=note)


@routes.command("线索 退回", alias="lead return", summary="退回公共池，写明原因",
                example="/线索 退回 LD-20261123-0001 不是我的区域", permission=WORK)  # fmt: skip
def give_back(
    ctx: Ctx, number: Number, reason: Annotated[str, Ask("为什么退回？", "原因", "写给下一个人看")]
) -> Content:
    """Back to the pool; those who look after it hear of it by its clock.

    Raises:
        Refusal: not theirs, protected, or over.
    """
    found = _get(ctx, number)
    lead_care.give_back(ctx.db, found, reason, ctx.who, desk(ctx))
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    return cards.done(found, "已退回公共池", flow=ctx.flow)


@routes.command("线索 待回访", alias="lead revisit", summary="约好哪天回访，期间别人不能认领",
                example="/线索 待回访 LD-20261123-0001 12-01", permission=WORK)  # fmt: skip
def revisit(ctx: Ctx, number: Number, when: When) -> Content:
    """Protected until that day is over, as far as the company protects (B5).

    Raises:
        Refusal: not theirs, the customer was not contacted yet, or the day is over.
    """
    found, on = _get(ctx, number), _day(ctx, when)
    kept = lead_care.revisit(ctx.db, found, on, ctx.who, desk(ctx))
    lead_moves.settle(ctx.db, found.id, now=ctx.now)
    words = f"待回访，保护到 {near(kept.until, ctx.today)} 零点"
    note = "" if kept.most_days is None else cards.cut(on, kept.most_days)
    return cards.done(found, words, flow=ctx.flow, note=note)


@routes.command("线索 下一步", alias="lead next", summary="记下下一步做什么、哪天",
                example="/线索 下一步 LD-20261123-0001 12-01 送样品", permission=WORK)  # fmt: skip
def plan(
    ctx: Ctx, number: Number, when: When,
    step: Annotated[str, Ask("做什么？", "下一步", "如 送样品")],
) -> Content:  # fmt: skip
    """What comes next, dated.

    Raises:
        Refusal: not theirs, over, or the day is.
    """
    found, on = _get(ctx, number), _day(ctx, when)
    lead_care.plan(ctx.db, found, ctx.who, desk(ctx), step=step, on=on)
    lead_moves.done(ctx.db, found.id, [IDLE], now=ctx.now)
    return cards.done(found, f"下一步：{near(on, ctx.today)} {step[:20]}", flow=ctx.flow)


@routes.command("线索 合并", alias="lead merge", summary="把同一客户的几条合成一条",
                example="/线索 合并 LD-20261123-0001", permission=MERGE)  # fmt: skip
def merge(ctx: Ctx, number: Number, other: Other = "", *, agreed: str = "") -> Content:
    """`other`, or all leads that surely are the same customer, become one with this (A50).

    Before somebody loses theirs, and where only a person says so, it is asked; `agreed` names
    what was.

    Raises:
        Refusal: it is over, or there is no other this person may touch.
    """
    second = _get(ctx, other) if other else None
    plan = lead_merge.plan(ctx.db, _get(ctx, number), second, ctx.who, desk(ctx))
    if (plan.lost or plan.named) and agreed != plan.mark:
        return lead_merging.ask(plan, flow=ctx.flow)
    kept = lead_merge.merge(ctx.db, plan, ctx.who, desk(ctx))
    lead_merging.tell(ctx.db, plan, ctx.who, now=ctx.now)
    return lead_merging.merged(kept, plan.gone, flow=ctx.flow)


@routes.command("线索 补充", alias="lead complete", summary="补上行业、区域、预算、来源",
                example="/线索 补充 LD-20261123-0001 教育 预算12万", permission=CREATE)  # fmt: skip
def complete(
    ctx: Ctx, number: Number, said: Annotated[str, Ask("补充什么？", "内容", "教育 预算12万 华东")]
) -> Content:
    """What was not known is known now; a lead of the pool is decided about anew.

    Raises:
        Gone: there is no such lead this person may see.
    """
    found = _get(ctx, number)
    raw = lead_words.read(f"- {said}", ctx.rules, ctx.now, source="")
    lead_care.complete(ctx.db, found, raw, desk(ctx))
    return _again(ctx, number, apart=False)


@routes.action(ASSIGN)
def again(ctx: Ctx, *, number: str, apart: bool = False) -> Content:
    """重新分配: by the rules as they are now; `apart`: it is not the same customer as another.

    Raises:
        Moved: it is not in the pool any more.
    """
    return _again(ctx, number, apart=apart)


def _again(ctx: Ctx, number: str, *, apart: bool) -> Content:
    found = _get(ctx, number)
    if found.owner_id is not None:
        return shown(ctx, found, "")
    decided = lead_care.again(ctx.db, found, desk(ctx), apart=apart)
    if decided.owner_id is not None:
        lead_moves.settle(ctx.db, found.id, now=ctx.now)
        reason = code_words(decided.code)
        lead_news.hand_over(ctx.db, found.id, decided.owner_id, reason, now=ctx.now)
    now = _get(ctx, number)
    words = f"已分给 {now.owner}" if now.owner else code_words(decided.code)
    return cards.done(now, words, flow=ctx.flow)


def _get(ctx: Ctx, number: str, *, anyones: bool = False) -> lead_lists.Shown:
    who = lead_lists.SYSTEM if anyones else ctx.who
    return lead_lists.get(ctx.db, number, who)


def _day(ctx: Ctx, words: str) -> date:
    zone = ctx.calendars.current(ctx.db).zone
    return moments.moment(words, ctx.today, zone).date()
