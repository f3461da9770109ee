"""`/线索 …`: bringing leads in, looking at them, and why they are whose they are (B4, B22)."""

from __future__ import annotations

from typing import Annotated

from cards import lead_moves, lead_news, lead_why, pushes
from cards import leads as cards
from cards.leads import May
from cards.model import Content
from engine.errors import Refusal
from engine.ids import as_numbered, is_ulid
from engine.jobs import Urgency
from handlers.api import Ask, Ctx, Routes
from sales import (
    contacts,
    dictionary,
    lead_care,
    lead_clocks,
    lead_decisions,
    lead_hands,
    lead_lists,
    lead_outcome,
    lead_people,
    lead_words,
    people,
    policy,
)
from sales.contacts import Known
from sales.desk import Desk
from sales.lead_clocks import UNOPENED
from sales.lead_decisions import Kept
from sales.lead_intake import RawLead, take_in
from sales.lead_lists import LISTS, Chosen, Shown
from sales.rules.assigning_checks import ASSIGNING
from sales.rules.lead_tags import LEAD_TAGS
from sales.rules.lead_tags import lines as tag_lines
from sales.rules.terms import REGIONS

routes = Routes("lead")
READ = lead_lists.READ
CREATE, ASSIGN = "lead.create", "lead.assign"


def _number(ctx: Ctx, given: str) -> str:
    """A lead given by its id, as people call it."""
    if is_ulid(given):
        return lead_lists.get(ctx.db, given, ctx.who).number
    return as_numbered(given) or given


Number = Annotated[str, Ask("哪条线索？", "编号", "如 LD-20261123-0001", named=_number)]


class UnknownList(Refusal):
    """There is no such list, and no such region."""

    code = "unknown_lead_list"
    text = "没有「{words}」这个列表。可以写：{lists}，后面可以再写区域，如 /线索 列表 未分配 华东。"


class NoCompany(Refusal):
    """A forwarded text in which no company can be seen."""

    code = "no_company_seen"
    text = "这段话里有电话，没看出是哪家公司。请发：/线索 新建 公司名称，再把这段话接在后面。"


class NeverDecided(Refusal):
    """The lead came before there were decisions."""

    code = "never_decided"
    text = "线索 {number} 没有分配记录。"


def desk(ctx: Ctx) -> Desk:
    """What the use-cases of leads work with."""
    return Desk(ctx.vault, ctx.rules, ctx.calendars.current(ctx.db), ctx.now, ctx.today)


@routes.command("线索 新建", alias="lead new", summary="录一条线索", permission=CREATE,
                example="/线索 新建 海河医疗 华东 医疗 预算12万 官网表单")  # fmt: skip
def create(
    ctx: Ctx, company: Annotated[str, Ask("哪家公司？", "公司", "公司名称")],
    more: Annotated[str, Ask("还知道什么？", "其他", "华东 医疗 预算12万 官网表单 王总 电话")] = "",
) -> Content:  # fmt: skip
    """The words in any order; whatever is not understood is kept.

    Raises:
        BadCompany: no company name is among them.
    """
    raw = lead_words.read(f"{company} {more}", ctx.rules, ctx.now, source=lead_words.OWN)
    return _take(ctx, raw)


@routes.said(CREATE, "转发线索", lead_words.looks_forwarded)
def forwarded(ctx: Ctx, *, said: str) -> Content:
    """A customer's own words with a telephone number in them (B4).

    Raises:
        NoCompany: it does not say of which company.
    """
    raw = lead_words.read(said, ctx.rules, ctx.now, source=lead_words.FORWARDED, typed=False)
    if not raw.company:
        raise NoCompany
    return _take(ctx, raw)


@routes.command("线索 详情", alias="lead show", summary="看一条线索，负责人第一次看开始计时",
                example="/线索 详情 LD-20261123-0001", permission=READ)  # fmt: skip
def show(ctx: Ctx, number: Number, *, card: str = "") -> Content:
    """One lead; its owner's clock starts when they first look (B13).

    Raises:
        Gone: there is none this person may see.
    """
    found = lead_lists.get(ctx.db, number, ctx.who)
    if lead_care.view(ctx.db, found, ctx.who, desk(ctx)):
        lead_moves.done(ctx.db, found.id, [UNOPENED], now=ctx.now)
        found = lead_lists.get(ctx.db, number, ctx.who)
    return shown(ctx, found, card)


@routes.action(READ, changes=False)
def more(ctx: Ctx, *, number: str) -> Content:
    """更多: the buttons the lead's card had no room for.

    Raises:
        Gone: there is no such lead this person may see.
    """
    found = lead_lists.get(ctx.db, number, ctx.who)
    zone = ctx.calendars.current(ctx.db).zone
    return cards.more(found, *_who(ctx, found), zone=zone, flow=ctx.flow)


def shown(ctx: Ctx, found: Shown, card: str) -> Content:
    """The card of a lead, with what this person may do."""
    contact, may = _who(ctx, found)
    due = None
    if found.owner_since is not None and found.contacted_at is None:
        due = lead_clocks.contact_due(ctx.db, found.id, found.owner_since)
    zone = ctx.calendars.current(ctx.db).zone
    return cards.lead(found, contact, may, due=due, zone=zone, card=card or ctx.flow)


def _who(ctx: Ctx, found: Shown) -> tuple[Known | None, May]:
    """Whom a lead is about, and what this person may do with it."""
    contact = None
    if found.contact_id is not None:
        contact = contacts.get(ctx.db, ctx.vault, found.contact_id)
    return contact, May(
        work=found.owner_id is not None and lead_care.may_work(ctx.db, found, ctx.who),
        claim=policy.may(ctx.who, "lead.claim"),
        reveal=contact is not None and contacts.may_reveal_lead(ctx.db, ctx.who, contact.id),
        invalidate=lead_outcome.may_invalidate(ctx.db, found, ctx.who),
        reopen=lead_outcome.may_reopen(ctx.db, found, ctx.who),
    )


@routes.query("线索 为什么", alias="lead why", summary="为什么分给他，或为什么没有分配",
              example="/线索 为什么 LD-20261123-0001", permission=READ)  # fmt: skip
def why(ctx: Ctx, number: Number) -> Content:
    """The stored decision in words (B22).

    Raises:
        Gone: there is no such lead this person may see.
        NeverDecided: nothing was decided about it.
    """
    found, kept = _decided(ctx, number)
    return lead_why.why(
        kept, found, lead_hands.since(ctx.db, found.id, kept.at),
        sources=ctx.rules.at(ASSIGNING, ctx.now).body.sources,
        may_rule=policy.may(ctx.who, "rules"), may_keep=policy.may(ctx.who, ASSIGN),
        zone=ctx.calendars.current(ctx.db).zone, flow=ctx.flow,
    )  # fmt: skip


def _decided(ctx: Ctx, number: str) -> tuple[Shown, Kept]:
    found = lead_lists.get(ctx.db, number, ctx.who)
    kept = lead_decisions.newest(ctx.db, found.id)
    if kept is None:
        raise NeverDecided(number=found.number)
    return found, kept


@routes.action(ASSIGN)
def ask_ops(ctx: Ctx, *, number: str) -> Content:
    """请运营改规则: whoever keeps the rules hears of a lead they left to nobody (B23).

    Raises:
        Gone: there is no such lead this person may see.
        NeverDecided: nothing was decided about it.
    """
    found, kept = _decided(ctx, number)
    card = lead_why.asked(found, kept.code, ctx.who.name)
    asked = lead_people.rule_keepers(ctx.db)
    for person in asked:
        to = people.usual_address(ctx.db, person)
        if to is not None:
            pushes.push(ctx.db, card, [to], now=ctx.now, urgency=Urgency.SOON)
    names = "、".join(people.names(ctx.db, asked).values())
    return cards.done(found, f"已请 {names} 看分配规则", flow=ctx.flow)


@routes.query("线索 列表", alias="lead list", summary="在手的、未分配的、超时的线索",
              example="/线索 列表 未分配 华东", permission=READ)  # fmt: skip
def listing(
    ctx: Ctx, which: Annotated[str, Ask("哪个列表？", "列表", "我的、未分配、超时")] = "",
    region: Annotated[str, Ask("哪个区域或标签？", "区域")] = "",
) -> Content:  # fmt: skip
    """The first page.

    Raises:
        UnknownList: there is no such list, region or tag.
    """
    return _page(ctx, _chosen(ctx, f"{which} {region}"), 0)


def _chosen(ctx: Ctx, words: str) -> Chosen:
    tags = [name for name, _ in tag_lines(ctx.rules.at(LEAD_TAGS, ctx.now).body.lines)]
    regions = dictionary.of(ctx.rules.at(REGIONS, ctx.now).body.terms)
    found = Chosen()
    for word in words.split():
        if word in LISTS:
            found = found._replace(which=word)
        elif word in tags:
            found = found._replace(tag=word)
        elif (match := regions.match(word)) is not None:
            found = found._replace(region=match.term)
        else:
            lists = "、".join((*LISTS, *tags))
            raise UnknownList(words=words.strip()[:20], lists=lists)
    return found


@routes.action(READ, changes=False)
def turn(ctx: Ctx, *, page: int, which: str = "", region: str = "", tag: str = "") -> Content:
    """下一页, in place of the one before."""
    return _page(ctx, Chosen(which, region, tag), page)


def _page(ctx: Ctx, chosen: Chosen, number: int) -> Content:
    found = lead_lists.page(ctx.db, ctx.who, chosen, number=number, now=ctx.now)
    return cards.listing(found, chosen, flow=ctx.flow)


def _take(ctx: Ctx, raw: RawLead) -> Content:
    taken = take_in(ctx.db, raw, desk(ctx), origin=ctx.flow, by=ctx.who.id)
    lead_news.tell(ctx.db, [taken], zone=ctx.calendars.zone, now=ctx.now)
    return cards.taken(lead_lists.get(ctx.db, taken.lead_id, ctx.who), taken, flow=ctx.flow)
