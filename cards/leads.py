"""Cards of leads: one lead, a list, and what became of a new one (C1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cards import contacts
from cards.lead_words import DOUBLE, UNREAD, code_words, owner_words, tags
from cards.model import Button, Card
from cards.words import day
from sales.contacts import Known
from sales.lead_intake import Taken
from sales.lead_lists import PAGE, Chosen, Page, Shown
from sales.lead_states import (
    ASSIGNED,
    CONTACTED,
    EVENTS,
    OPENED,
    OWNED,
    QUALIFIED,
    REVISIT,
    STATE_NAMES,
)
from sales.leads import POOLED

SHOW, WHY, CLAIM, CONTACT, LIST = (
    "lead.show", "lead.why", "lead.claim", "lead.contacted", "lead.listing",
)  # fmt: skip
GIVE_BACK, TRANSFER, CALL_BACK, PLAN = (
    "lead.give_back", "lead.transfer", "lead.revisit", "lead.plan",
)  # fmt: skip
QUALIFY, INVALIDATE, REOPEN, CONVERT, MORE = (
    "lead.qualify", "lead.invalidate", "lead.reopen", "lead.convert", "lead.more",
)  # fmt: skip
LISTED = 12
"""Characters of a company's name in a list."""
ROOM = 6
"""Buttons a card has on every platform beside its rows."""


@dataclass(frozen=True, slots=True)
class May:
    """What whoever looks may do with a lead."""

    work: bool = False
    claim: bool = False
    reveal: bool = False
    invalidate: bool = False
    reopen: bool = False


def key(lead_id: str) -> str:
    """The card a lead has with its owner."""
    return f"lead/{lead_id}"


def lead(
    shown: Shown, contact: Known | None, may: May, *, due: datetime | None, zone: ZoneInfo,
    card: str,
) -> Card:  # fmt: skip
    """One lead: its tags, who to talk to, until when, and what can be done."""
    known = [] if contact is None else [("联系人", contacts.line(contact))]
    return Card(
        key=card,
        title=shown.company,
        subtitle=f"{shown.number} · {state(shown, zone)}",
        facts=(
            ("负责人", shown.owner or ("公共池" if shown.state == POOLED else "没有")),
            ("标签", tags(shown)),
            *known,
            *(
                []
                if due is None
                else [("联系期限", f"{due.astimezone(zone):%m-%d %H:%M}（自打开算起）")]
            ),
            *_contacted(shown, zone),
            *([] if shown.next_on is None else [("下一步", _next(shown))]),
            *([] if shown.opportunity is None else [("商机", shown.opportunity)]),
            *([("无效原因", shown.invalid_reason)] if shown.invalid_reason else []),
        ),
        quote=shown.need,
        buttons=_fitting(shown, _buttons(shown, contact, may, card)),
        tone="warning" if shown.late else "plain",
        about=(("lead", shown.id),),
    )


def more(shown: Shown, contact: Known | None, may: May, *, zone: ZoneInfo, flow: str) -> Card:
    """What else can be done with a lead: the buttons its card had no room for."""
    return Card(
        key=flow,
        title=shown.company,
        subtitle=f"{shown.number} · {state(shown, zone)}",
        buttons=_buttons(shown, contact, may, "")[ROOM - 1 :],
        about=(("lead", shown.id),),
    )


def state(shown: Shown, zone: ZoneInfo) -> str:
    """How it stands, in words."""
    name = STATE_NAMES[shown.state]
    if shown.merged_into is not None:
        return f"{name}到 {shown.merged_into}"
    if shown.protected_until is not None:
        return f"{name}，保护到 {shown.protected_until.astimezone(zone):%m-%d %H:%M}"
    return f"{name}（超时后才联系）" if shown.late else name


def _contacted(shown: Shown, zone: ZoneInfo) -> list[tuple[str, str]]:
    """When the customer was contacted, if that was written down later."""
    written, happened = shown.contacted_at, shown.contact_happened_at
    if written is None or happened is None or happened == written:
        return []
    then, later = (f"{at.astimezone(zone):%m-%d %H:%M}" for at in (happened, written))
    return [("联系于", f"{then}（{later} 记下）")]


def _next(shown: Shown) -> str:
    on = "" if shown.next_on is None else day(shown.next_on)
    return f"{on} {shown.next_step}".strip()


def _fitting(shown: Shown, found: tuple[Button, ...]) -> tuple[Button, ...]:
    """As many as there is room for; the others are one press away."""
    if len(found) <= ROOM:
        return found
    return *found[: ROOM - 1], Button("更多", MORE, {"number": shown.id}, fresh=True)


def _buttons(shown: Shown, contact: Known | None, may: May, card: str) -> tuple[Button, ...]:
    """Everything that can be done with a lead, the most wanted first."""
    it = {"number": shown.id}
    works = may.work and shown.state in OWNED
    found = list(_steps(shown, {**it, "card": card})) if works else []
    if may.claim and shown.state == POOLED:
        found.append(Button("认领", CLAIM, {**it, "card": card}, "primary"))
    if may.reveal and contact is not None:
        found += contacts.buttons([contact])
    if may.invalidate:
        found.append(Button("无效", INVALIDATE, it, fresh=True))
    if may.reopen:
        found.append(Button("判错了，恢复", REOPEN, {**it, "card": card}))
    if works:
        found.append(Button("转交", TRANSFER, it, fresh=True))
        found.append(Button("退回", GIVE_BACK, it, fresh=True))
    if shown.owner_id or shown.state == POOLED:
        why = "为什么给他" if shown.owner_id else "为什么没分配"
        found.append(Button(why, WHY, it, fresh=True))
    return tuple(found)


def _steps(shown: Shown, it: Mapping[str, Any]) -> Iterator[Button]:
    """The ways on for whoever works on it, by how far it is."""
    lead, far = {"number": shown.id}, shown.state
    if far in {ASSIGNED, OPENED}:
        yield Button("已联系", CONTACT, it, "primary")
    if far in {CONTACTED, REVISIT}:
        yield Button("有意向", QUALIFY, it, "primary")
    if far in {CONTACTED, QUALIFIED, REVISIT}:
        yield Button("转商机", CONVERT, lead, "primary" if far == QUALIFIED else "normal")
    if far in EVENTS["revisit_set"].after:
        yield Button("待回访", CALL_BACK, lead, fresh=True)
    yield Button("下一步", PLAN, lead, fresh=True)


def taken(shown: Shown, made: Taken, *, flow: str) -> Card:
    """What became of a lead somebody brought: its tags, who has it, or why nobody."""
    code = "" if made.decided is None else made.decided.code
    doubles = [(DOUBLE[one.why], owner_words(one)) for one in made.doubles[:2]]
    unread = "、".join(UNREAD[name] for name in made.unread)
    return Card(
        key=flow,
        title=f"{'线索已收' if made.new else '今天已经有了'}：{shown.company}",
        subtitle=shown.number,
        facts=(
            ("标签", tags(shown)),
            ("现在", f"已分给 {shown.owner}" if shown.owner else code_words(code) or "在公共池"),
            *doubles,
            *([("没看懂", f"{unread}，原话已留着，可以补充")] if unread else []),
        ),
        quote=shown.need,
        buttons=(
            Button("看详情", SHOW, {"number": shown.id}, fresh=True),
            Button("为什么", WHY, {"number": shown.id}, fresh=True),
        ),
        tone="good" if shown.owner else "warning",
        about=(("lead", shown.id),),
    )


def listing(found: Page, chosen: Chosen, *, flow: str) -> Card:
    """One page of a list; a button opens each, one turns the page."""
    title = " ".join(filter(None, (chosen.which or "在手和待分配", chosen.region, chosen.tag)))
    first = found.page * PAGE
    pages = -(-found.total // PAGE)
    turn = {**chosen._asdict(), "page": found.page + 1}
    return Card(
        key=flow,
        title=f"{title}：{found.total} 条",
        subtitle=f"第 {found.page + 1} 页，共 {pages} 页" if pages > 1 else "",
        facts=tuple((f"{i}", _row(one)) for i, one in enumerate(found.leads, first + 1)),
        buttons=(
            *(
                Button(f"看第 {i} 条", SHOW, {"number": one.id}, fresh=True)
                for i, one in enumerate(found.leads, first + 1)
            ),
            *([Button("下一页", "lead.turn", turn)] if found.page + 1 < pages else []),
        ),
        about=tuple(("lead", one.id) for one in found.leads),
    )


def _row(lead: Shown) -> str:
    """One lead of a list; WeCom's cards with a drop-down have little room."""
    name = lead.company if len(lead.company) <= LISTED else f"{lead.company[: LISTED - 1]}…"
    return f"{name} {STATE_NAMES[lead.state]} {lead.owner or '公共池'}"


def cut(on: date, most_days: int) -> str:
    """Said when a lead is to be called back on a day later than anything is protected."""
    return f"公司最多保护 {most_days} 天，回访日期还是 {day(on)}，到期前可以再约一次。"


def away(name: str, back: datetime) -> str:
    """Said when a lead is given to somebody who is on leave."""
    return f"{name} 今天请假，{back:%m-%d %H:%M} 回来。等不及就转交给别人。"


def done(shown: Shown, words: str, *, flow: str, note: str = "") -> Card:
    """What was done with a lead, in a sentence, and what has to be known beside."""
    return Card(
        key=flow,
        title=words,
        subtitle=f"{shown.company} · {shown.number}",
        quote=note,
        buttons=(Button("看详情", SHOW, {"number": shown.id}, fresh=True),),
        tone="good",
        about=(("lead", shown.id),),
    )
