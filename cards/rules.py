"""Cards about the company's own rules: what holds, what is drafted, what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cards.model import Button, Card, Field, Form
from engine.workers import Running
from sales.rules.api import Kind
from sales.rules.editing import Changed, Draft, Published, Turned
from sales.rules.reading import Edition, Standing

OVERVIEW, SHOW, CHANGE, TRY = "rules.overview", "rules.show", "rules.change", "rules.dry_run"
PUBLISH, GIVE_UP, CALL_OFF = "rules.publish", "rules.give_up", "rules.call_off"
ROLL_BACK, HISTORY = "rules.roll_back", "rules.history"
SHORT = 30
"""Characters a row shows on WeCom; what is longer stands in the quote."""
ROLES: Mapping[str, str] = {"all": "进程", "web": "收消息的进程", "worker": "发消息的进程"}
STATUS: Mapping[str, str] = {
    "draft": "草稿",
    "planned": "等着生效",
    "current": "正在用",
    "former": "用过",
    "dropped": "没有用过",
}
WHY = "为什么改？"
WHY_HINT = "写给以后的人看；要定时就接着写：从 2026-12-01 起"
_REASON = Field("reason", WHY, "text", placeholder=WHY_HINT)


def overview(found: Sequence[Standing], *, zone: ZoneInfo, flow: str) -> Card:
    """Every rule with its version, what is planned, and whether every process has it."""
    behind = [
        f"{one.kind.title}：{'、'.join(map(_process, one.behind))}还没有用上最新的一版"
        for one in found
        if one.behind
    ]
    processes = found[0].processes
    everybody = f"{processes} 个进程都已用上" if processes else "还没有进程报到"
    return Card(
        key=flow,
        title=f"{len(found)} 条规则",
        subtitle=everybody if not behind else "",
        facts=tuple((one.kind.title, _standing(one, zone)) for one in found),
        quote="\n".join(behind),
        buttons=_each(SHOW, [one.kind for one in found], {}),
        tone="warning" if behind or not processes else "plain",
    )


def show(one: Standing, *, zone: ZoneInfo, may_edit: bool, flow: str) -> Card:
    """One rule as it holds now."""
    values = _values(one.kind, one.body)
    planned = _planned(one.planned, zone) if one.planned else ""
    edit = (
        Button("改", CHANGE, {"rule": one.kind.title}, "primary"),
        *([Button("撤回定好的", CALL_OFF, {"rule": one.kind.title})] if one.planned else []),
    )
    return Card(
        key=flow,
        title=f"{one.kind.title} · 第 {one.current.number} 版",
        subtitle=_published(one.current, zone),
        facts=_short(values),
        quote="\n".join(filter(None, (*_long(values), one.kind.meaning, planned))),
        buttons=(
            *(edit if may_edit else ()),
            Button("以前的版本", HISTORY, {"rule": one.kind.title}),
            Button("所有规则", OVERVIEW),
        ),
    )


def version(kind: Kind[Any], edition: int, body: Any, *, flow: str) -> Card:
    """What one version says."""
    values = _values(kind, body)
    return Card(
        key=flow,
        title=f"{kind.title} · 第 {edition} 版",
        facts=_short(values),
        quote="\n".join(_long(values)),
        buttons=(Button("以前的版本", HISTORY, {"rule": kind.title}),),
    )


def which(kinds: Sequence[Kind[Any]], action: str, *, flow: str) -> Card:
    """The question which rule; a button goes on with `action`."""
    return Card(
        key=flow,
        title="哪一条规则？",
        facts=tuple((kind.title, kind.meaning) for kind in kinds),
        buttons=_each(action, kinds, {}),
    )


def which_item(kind: Kind[Any], body: Any, *, flow: str) -> Card:
    """The question which of its items."""
    values = _values(kind, body)
    return Card(
        key=flow,
        title=f"{kind.title}：改哪一项？",
        facts=_short(values),
        quote="\n".join(_long(values)),
        buttons=tuple(
            Button(item.title, CHANGE, {"rule": kind.title, "item": item.title})
            for item in kind.items.values()
        ),
    )


def new_value(kind: Kind[Any], name: str, now: Any, *, flow: str) -> Card:
    """The question what an item shall be; `now` is what it is."""
    item = kind.items[name]
    present = f"现在：{item.value.words(now)}"
    hint = f"写法：{item.value.example}"
    field = Field("value", "改成", "text", placeholder=hint, most=item.value.longest)
    return Card(
        key=flow,
        title=f"{kind.title} · {item.title}",
        subtitle=present if len(present) <= SHORT else "",
        facts=(("说明", item.meaning), ("写法", item.value.example)),
        quote=present if len(present) > SHORT else "",
        form=Form(CHANGE, (field,), args={"rule": kind.title, "item": item.title}),
    )


def draft(made: Draft, *, flow: str) -> Card:
    """A draft, what it changes, and what is wrong with it."""
    told = _long_changes(made.changes)
    return Card(
        key=flow,
        title=f"{made.kind.title} · 第 {made.version} 版草稿",
        subtitle=f"在第 {made.base} 版上改的，还没有发布",
        facts=_short_changes(made.changes),
        quote="\n".join((*told, *(f"要先改好：{fault}" for fault in made.faults))),
        buttons=_ways_on(made, tried=False),
        tone="warning" if made.faults else "plain",
    )


def trial(made: Draft, lines: Sequence[str], *, flow: str) -> Card:
    """What a draft would have made different."""
    return Card(
        key=flow,
        title=f"试算：{made.kind.title} · 第 {made.version} 版草稿",
        subtitle=made.kind.begins,
        facts=_short_changes(made.changes),
        quote="\n".join((*lines, *(f"要先改好：{fault}" for fault in made.faults))),
        buttons=_ways_on(made, tried=True),
        tone="warning" if made.faults else "plain",
    )


def why(made: Draft, *, flow: str) -> Card:
    """The question for the reason of a draft."""
    args = {"rule": made.kind.title, "draft": made.version}
    title = f"发布 {made.kind.title} · 第 {made.version} 版"
    return _why(title, made.changes, Form(PUBLISH, (_REASON,), "发布", args), flow)


def why_back(kind: Kind[Any], version: int, changes: Sequence[Changed], *, flow: str) -> Card:
    """The question why to go back to a version."""
    args = {"rule": kind.title, "version": str(version)}
    title = f"{kind.title} 改回第 {version} 版"
    return _why(title, changes, Form(ROLL_BACK, (_REASON,), "改回并发布", args), flow)


def _why(title: str, changes: Sequence[Changed], form: Form, flow: str) -> Card:
    return Card(
        key=flow,
        title=title,
        facts=_short_changes(changes),
        quote="\n".join(_long_changes(changes)),
        form=form,
    )


def published(done: Published, *, zone: ZoneInfo, flow: str) -> Card:
    """What holds from now on, or from when."""
    starts = done.effective_from
    since = (
        "现在起，10 秒内各进程都用上" if starts is None else f"{_when(starts, zone)} 起，到时自动换"
    )
    return Card(
        key=flow,
        title=f"已发布：{done.kind.title} · 第 {done.version} 版",
        facts=(("生效", since), *_short_changes(done.changes), ("原因", done.reason)),
        quote="\n".join((*_long_changes(done.changes), done.kind.begins)),
        buttons=(Button("看这条规则", SHOW, {"rule": done.kind.title}, fresh=True),),
        tone="good",
    )


def turned(refused: Turned, *, flow: str) -> Card:
    """Every reason why it was not published."""
    made = refused.draft
    return Card(
        key=flow,
        title=f"没有发布：{made.kind.title} · 第 {made.version} 版",
        facts=_short_changes(made.changes),
        quote="\n".join(refused.reasons),
        buttons=(
            Button("重新改", CHANGE, {"rule": made.kind.title}, "primary"),
            Button("看现在的", SHOW, {"rule": made.kind.title}),
        ),
        tone="bad",
    )


def given_up(kind: Kind[Any], number: int, *, flow: str) -> Card:
    """The draft once its author has let it go."""
    return Card(key=flow, title=f"{kind.title} · 第 {number} 版草稿", done="已放弃")


def called_off(kind: Kind[Any], number: int, *, flow: str) -> Card:
    """What will not come into effect."""
    return Card(
        key=flow,
        title=f"已撤回：{kind.title} · 第 {number} 版",
        subtitle="到时不会换，仍用现在的版本",
        buttons=(Button("看这条规则", SHOW, {"rule": kind.title}, fresh=True),),
        tone="good",
    )


def history(
    kind: Kind[Any], found: Sequence[Edition], *, zone: ZoneInfo, may_edit: bool, flow: str
) -> Card:  # fmt: skip
    """Who changed it when and why, the newest first."""
    former = [one for one in found if one.status == "former"]
    return Card(
        key=flow,
        title=f"{kind.title}：谁在什么时候改的",
        quote="\n".join(_edition(one, zone) for one in found),
        buttons=(
            *(_back_to(kind, one) for one in former[:4] if may_edit),
            Button("看这条规则", SHOW, {"rule": kind.title}),
        ),
    )


def which_version(kind: Kind[Any], found: Sequence[Edition], *, zone: ZoneInfo, flow: str) -> Card:
    """The question which version to go back to."""
    former = [one for one in found if one.status == "former"]
    return Card(
        key=flow,
        title=f"{kind.title}：回到哪一版？" if former else f"{kind.title} 没有更早的版本可回",
        quote="\n".join(_edition(one, zone) for one in former),
        buttons=tuple(_back_to(kind, one) for one in former),
    )


def difference(
    kind: Kind[Any], first: int, second: int, changes: Sequence[Changed], *, flow: str
) -> Card:  # fmt: skip
    """What two versions say differently."""
    return Card(
        key=flow,
        title=f"{kind.title}：第 {first} 版 → 第 {second} 版",
        subtitle="" if changes else "两版说的一样",
        facts=_short_changes(changes),
        quote="\n".join(_long_changes(changes)),
        buttons=(Button("以前的版本", HISTORY, {"rule": kind.title}),),
    )


def _ways_on(made: Draft, *, tried: bool) -> tuple[Button, ...]:
    args = {"rule": made.kind.title, "draft": made.version}
    publish = [] if made.faults else [Button("发布", PUBLISH, args, "primary")]
    other = Button("再改一项", CHANGE, {"rule": made.kind.title})
    return (
        *publish,
        *([] if tried else [Button("试算", TRY, args)]),
        other,
        Button("放弃", GIVE_UP, args),
    )


def _each(action: str, kinds: Sequence[Kind[Any]], args: Mapping[str, Any]) -> tuple[Button, ...]:
    return tuple(Button(kind.title, action, {"rule": kind.title, **args}) for kind in kinds)


def _back_to(kind: Kind[Any], one: Edition) -> Button:
    args = {"rule": kind.title, "version": str(one.number)}
    return Button(f"回到第 {one.number} 版", ROLL_BACK, args)


def _values(kind: Kind[Any], body: Any) -> list[tuple[str, str]]:
    return [
        (item.title, item.value.words(getattr(body, name))) for name, item in kind.items.items()
    ]


def _short(values: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, words) for name, words in values if len(words) <= SHORT)


def _long(values: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{name}：{words}" for name, words in values if len(words) > SHORT]


def _short_changes(changes: Sequence[Changed]) -> tuple[tuple[str, str], ...]:
    lines = ((one.item, f"{one.before} → {one.after}") for one in changes)
    return tuple((name, words) for name, words in lines if len(words) <= SHORT)


def _long_changes(changes: Sequence[Changed]) -> list[str]:
    lines = []
    for one in changes:
        if len(f"{one.before} → {one.after}") > SHORT:
            lines += [f"{one.item} 原来：{one.before}", f"{one.item} 改成：{one.after}"]
    return lines


def _standing(one: Standing, zone: ZoneInfo) -> str:
    current = one.current
    since = f"{_day(current.at, zone)} 起" if current.by else current.reason
    planned = one.planned
    if planned is None or planned.effective_from is None:
        return f"第 {current.number} 版，{since}"
    then = _day(planned.effective_from, zone)
    return f"第 {current.number} 版，{then} 起换第 {planned.number} 版"


def _planned(one: Edition, zone: ZoneInfo) -> str:
    then = "" if one.effective_from is None else _when(one.effective_from, zone)
    return f"{then} 起换第 {one.number} 版（{one.by}：{one.reason}）"


def _published(one: Edition, zone: ZoneInfo) -> str:
    if not one.by:
        return one.reason
    return f"{one.by} {_when(one.at, zone)} 发布"


def _edition(one: Edition, zone: ZoneInfo) -> str:
    starts = one.effective_from if one.status == "planned" else None
    since = f"，{_when(starts, zone)} 起" if starts else ""
    who = f"{one.by} {_when(one.at, zone)}" if one.by else ""
    told = "，".join(part for part in (who, one.reason) if part)
    return f"第 {one.number} 版（{STATUS[one.status]}{since}）{told}"


def _process(one: Running) -> str:
    return f"{ROLES.get(one.role, one.role)} …{one.id[-4:]} "


def _when(at: datetime, zone: ZoneInfo) -> str:
    """A moment to the minute; midnight is a day."""
    here = at.astimezone(zone)
    return f"{here:%Y-%m-%d}" if here.time() == time() else f"{here:%Y-%m-%d %H:%M}"


def _day(at: datetime, zone: ZoneInfo) -> str:
    """The same where there is little room."""
    here = at.astimezone(zone)
    return f"{here:%m-%d}" if here.time() == time() else f"{here:%m-%d %H:%M}"
