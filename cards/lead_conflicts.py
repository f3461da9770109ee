"""A sheet says something else of a lead than we know: both, side by side, and who decides (C24)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cards import pushes
from cards.leads import CALL_BACK, CONTACT, CONVERT, GIVE_BACK, INVALIDATE, QUALIFY, SHOW
from cards.model import Button, Card, Menu
from engine.jobs import Urgency
from engine.unit import Unit
from sales import lead_conflicts, lead_lists, lead_people, lead_states, people
from sales.lead_conflicts import PAGE, Conflict, Ours, Settled
from sales.lead_states import ASSIGNED, EVENTS, STATE_NAMES
from sales.leads import POOLED

LIST, TURN, ONE, TRUST = "lead.conflicts", "lead.conflicts_page", "lead.conflict", "lead.trust"
WHY_YOURS = "这条线索由您跟进，或者由您分配：表格和系统对不上，要请您看一眼。"
STEPS: Mapping[str, tuple[str, str, str]] = {
    "未联系": ("returned", "退回", GIVE_BACK),
    "已联系": ("contacted", "已联系", CONTACT),
    "有意向": ("qualified", "有意向", QUALIFY),
    "待回访": ("revisit_set", "待回访", CALL_BACK),
    "已转商机": ("converted", "转商机", CONVERT),
    "无效": ("invalidated", "无效", INVALIDATE),
}
"""The way on where the sheet is right: the event, its button, and what that asks for."""


def key(conflict_id: str) -> str:
    """The card of one conflict, the same for whoever may settle it."""
    return f"conflict/{conflict_id}"


def conflict(found: Conflict, known: Ours, *, zone: ZoneInfo, pushed: bool = False) -> Card:
    """What we know against what the sheet says, with when, who and where of both."""
    told, it = found.told, {"number": found.lead_id}
    event, word, step = STEPS[told.said]
    possible = found.owner is not None and found.state in EVENTS[event].after
    words = told.words if told.words == told.said else f"{told.words}（{told.said}）"
    return Card(
        key=key(found.id),
        title=f"对不上：{found.company}",
        subtitle=f"{found.number} · 系统没有改，请看一眼谁对",
        facts=(
            ("系统记的", f"{STATE_NAMES[known.state]}，{_by(known, zone)}"),
            ("表格里", f"{words}，{told.file} 第 {told.line} 行"),
            ("谁导入的", f"{found.by} {_moment(found.at, zone)}"),
            ("负责人", found.owner or "公共池"),
        ),
        buttons=(
            Button("系统是对的", TRUST, {"conflict": found.id}, "primary"),
            *([Button(word, step, it, fresh=True)] if possible else []),
            Button("打开线索", SHOW, it, fresh=True),
        ),
        tone="warning",
        menu=Menu(WHY_YOURS, "conflict") if pushed else None,
        about=(("lead", found.lead_id),),
    )


def trusted(found: Conflict, by: str) -> Card:
    """Somebody looked: it is as we know it."""
    return Card(
        key=key(found.id),
        title=f"已核对：{found.company}",
        subtitle=f"{found.number} · {STATE_NAMES[found.state]}，{by} 说系统是对的",
        done="已核对",
        about=(("lead", found.lead_id),),
    )


def waiting(found: Sequence[Conflict], total: int, page: int, *, flow: str) -> Card:
    """A page of what waits for somebody to look, a button each."""
    if not found:
        return Card(
            key=flow, title="没有要核对的", subtitle="表格和系统没有对不上的线索", tone="good"
        )
    first, pages = page * PAGE + 1, -(-total // PAGE)
    more = [Button("下一页", TURN, {"page": page + 1})] if page + 1 < pages else []
    return Card(
        key=flow,
        title=f"要核对的：{total} 条",
        subtitle=f"第 {page + 1} 页，共 {pages} 页" if pages > 1 else "表格和系统记的不一样",
        facts=tuple((f"{i}", _line(one)) for i, one in enumerate(found, first)),
        buttons=(
            *(
                Button(f"看第 {i} 条", ONE, {"conflict": one.id}, fresh=True)
                for i, one in enumerate(found, first)
            ),
            *more,
        ),
        tone="warning",
        about=tuple(("lead", one.lead_id) for one in found),
    )


def several(found: Sequence[Conflict]) -> Card:
    """What one person gets of a sheet with many: how many, the first of them, and the queue."""
    more = len(found) - PAGE
    return Card(
        key=f"conflict/many/{found[0].id}",
        title=f"{len(found)} 处线索对不上",
        subtitle="系统没有改，请看一眼谁对" + (f"，先列 {PAGE} 处" if more > 0 else ""),
        facts=tuple((f"{i}", _line(one)) for i, one in enumerate(found[:PAGE], 1)),
        buttons=(Button("一条一条看", LIST, {}, "primary", fresh=True),),
        tone="warning",
        menu=Menu(WHY_YOURS, "conflict"),
        about=tuple(("lead", one.lead_id) for one in found),
    )


def tell(db: Unit, conflicts: Iterable[str], *, zone: ZoneInfo, now: datetime) -> None:
    """Say what was contradicted to whoever works the lead, else to whoever looks after it.

    Of several that came at once a person hears on one card; of what is settled by then nobody.
    """
    theirs: defaultdict[str, list[Conflict]] = defaultdict(list)
    for conflict_id in conflicts:
        try:
            found = lead_conflicts.get(db, conflict_id, lead_lists.SYSTEM)
        except Settled:
            continue
        lead = lead_lists.get(db, found.lead_id, lead_lists.SYSTEM)
        who = [lead.owner_id] if lead.owner_id else lead_people.keepers(db, lead.region, now=now)
        for person in who:
            theirs[person].append(found)
    for person, found_of in theirs.items():
        to = people.usual_address(db, person)
        if to is None:
            continue
        first, *more = found_of
        known = lead_conflicts.ours(db, lead_states.look(db, first.lead_id))
        card = several(found_of) if more else conflict(first, known, zone=zone, pushed=True)
        pushes.push(db, card, [to], now=now, urgency=Urgency.SOON)


def _by(known: Ours, zone: ZoneInfo) -> str:
    """By whom and when; nobody has done anything to a lead that is not opened yet."""
    who = "" if known.state in {POOLED, ASSIGNED} else known.who or "系统"
    return f"{who} {_moment(known.since, zone)}".strip()


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%m-%d %H:%M}"


def _line(one: Conflict) -> str:
    return f"{one.company}：表格「{one.told.said}」，系统「{STATE_NAMES[one.state]}」"
