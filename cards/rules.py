"""Cards about the company's own rules: what holds, what is planned, what was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cards.model import Button, Card
from cards.render.text import cut
from engine.workers import Running
from sales.rules.api import Kind
from sales.rules.drafts import Changed
from sales.rules.reading import Edition, Standing

OVERVIEW, SHOW, COMPARE, HISTORY = (
    "rules.overview", "rules.show", "rules.compare", "rules.history",
)  # fmt: skip
CHANGE, CALL_OFF, ROLL_BACK = "rules.change", "rules.call_off", "rules.roll_back"
SHORT = 30
"""Characters a row shows on WeCom; what is longer stands in the quote."""
ROLES: Mapping[str, str] = {"all": "进程", "web": "收消息的进程", "worker": "发消息的进程"}
REASON = 20
"""Characters of a reason in a list; all of it stands with its version."""
STATUS: Mapping[str, str] = {
    "draft": "草稿",
    "planned": "等着生效",
    "current": "正在用",
    "former": "用过",
    "dropped": "没有用过",
}
MUCH, BEGINNING = 200, 24
"""Characters of all long values that still fit a card, and of each when they do not."""


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


def show(
    one: Standing, warnings: Sequence[str], *, zone: ZoneInfo, may_edit: bool, flow: str
) -> Card:  # fmt: skip
    """One rule as it holds now, and what is odd about it as things stand."""
    values = _values(one.kind, one.body)
    planned = [_planned(each, zone) for each in one.planned]
    edit = (
        Button("改", CHANGE, {"rule": one.kind.title}, "primary"),
        *(_call_off(one.kind, last) for last in one.planned[-1:]),
    )
    return Card(
        key=flow,
        about=_about(one.kind),
        title=f"{one.kind.title} · 第 {one.current.number} 版",
        subtitle=_published(one.current, zone),
        facts=_short(values),
        quote="\n".join(
            filter(None, (one.kind.meaning, *planned, *_begins(values), *map(odd, warnings)))
        ),
        tone="warning" if warnings else "plain",
        buttons=(
            *(edit if may_edit else ()),
            Button("以前的版本", HISTORY, {"rule": one.kind.title}),
            Button("所有规则", OVERVIEW),
        ),
    )


def version(
    kind: Kind[Any], edition: Edition, body: Any, *, zone: ZoneInfo, flow: str
) -> Card:  # fmt: skip
    """What one version says, and why it was published."""
    values = _values(kind, body)
    return Card(
        key=flow,
        about=_about(kind),
        title=f"{kind.title} · 第 {edition.number} 版",
        subtitle=f"{STATUS[edition.status]}，{_published(edition, zone)}",
        facts=_short(values),
        quote="\n".join((*_begins(values), *([f"原因：{edition.reason}"] if edition.by else []))),
        buttons=(Button("以前的版本", HISTORY, {"rule": kind.title}),),
    )


def then(
    kind: Kind[Any], edition: Edition, body: Any, moment: datetime, *, zone: ZoneInfo, flow: str
) -> Card:  # fmt: skip
    """The version that held at a moment: what it said, who published it, and why (N5)."""
    values = _values(kind, body)
    return Card(
        key=flow,
        about=_about(kind),
        title=f"{kind.title} 在 {moment.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        subtitle=f"当时是第 {edition.number} 版，{_published(edition, zone)}",
        facts=_short(values),
        quote="\n".join((*([f"原因：{edition.reason}"] if edition.by else []), *_long(values))),
    )


def which(kinds: Sequence[Kind[Any]], action: str, *, flow: str) -> Card:
    """The question which rule; a button goes on with `action`."""
    return Card(
        key=flow,
        title="哪一条规则？",
        subtitle="每条管什么，发 /规则 列表 看",
        buttons=_each(action, kinds, {}),
    )


def which_item(kind: Kind[Any], body: Any, *, flow: str) -> Card:
    """The question which of its items."""
    values = _values(kind, body)
    return Card(
        key=flow,
        title=f"{kind.title}：改哪一项？",
        facts=_short(values),
        quote="\n".join(_begins(values)),
        buttons=tuple(
            Button(item.title, CHANGE, {"rule": kind.title, "item": item.title})
            for item in kind.items.values()
        ),
    )


def history(
    kind: Kind[Any], found: Sequence[Edition], *, zone: ZoneInfo, may_edit: bool, flow: str
) -> Card:  # fmt: skip
    """Who changed it when and why, the newest first."""
    former = [one for one in found if one.status == "former"]
    return Card(
        key=flow,
        about=_about(kind),
        title=f"{kind.title}：谁在什么时候改的",
        quote="\n".join(_edition(one, zone) for one in found),
        buttons=(
            *(_back_to(kind, one) for one in former[:4] if may_edit),
            Button("看这条规则", SHOW, {"rule": kind.title}),
        ),
    )


def which_version(
    kind: Kind[Any], former: Sequence[Edition], *, zone: ZoneInfo, flow: str
) -> Card:  # fmt: skip
    """The question which version to go back to."""
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
        about=_about(kind),
        title=f"{kind.title}：第 {first} 版 → 第 {second} 版",
        subtitle="" if changes else "两版说的一样",
        facts=short_changes(changes),
        quote="\n".join(long_changes(changes)),
        buttons=(Button("以前的版本", HISTORY, {"rule": kind.title}),),
    )


def _each(action: str, kinds: Sequence[Kind[Any]], args: Mapping[str, Any]) -> tuple[Button, ...]:
    return tuple(Button(kind.title, action, {"rule": kind.title, **args}) for kind in kinds)


def _about(kind: Kind[Any]) -> tuple[tuple[str, str], ...]:
    return (("rule", str(kind.name)),)


def _back_to(kind: Kind[Any], one: Edition) -> Button:
    args = {"rule": kind.title, "version": str(one.number)}
    return Button(f"回到第 {one.number} 版", ROLL_BACK, args)


def _call_off(kind: Kind[Any], one: Edition) -> Button:
    return Button(f"撤回第 {one.number} 版", CALL_OFF, {"rule": kind.title, "version": one.number})


def _values(kind: Kind[Any], body: Any) -> list[tuple[str, str]]:
    return [
        (item.title, item.value.words(getattr(body, name))) for name, item in kind.items.items()
    ]


def _short(values: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, words) for name, words in values if len(words) <= SHORT)


def _begins(values: Sequence[tuple[str, str]]) -> list[str]:
    """Long values by how they begin, where there are many; changing one shows it whole."""
    many = sum(map(len, _long(values))) > MUCH
    return [line if len(line) <= BEGINNING or not many else f"{line[:BEGINNING]}…"
            for line in _long(values)]  # fmt: skip


def _long(values: Sequence[tuple[str, str]]) -> list[str]:
    return [f"{name}：{words}" for name, words in values if len(words) > SHORT]


def short_changes(changes: Sequence[Changed]) -> tuple[tuple[str, str], ...]:
    """The changes that fit into a row."""
    lines = ((one.item, f"{one.before} → {one.after}") for one in changes)
    return tuple((name, words) for name, words in lines if len(words) <= SHORT)


def long_changes(changes: Sequence[Changed]) -> list[str]:
    """The other ones, two lines each."""
    lines = []
    for one in changes:
        if len(f"{one.before} → {one.after}") > SHORT:
            lines += [f"{one.item} 原来：{one.before}", f"{one.item} 改成：{one.after}"]
    return lines


def _standing(one: Standing, zone: ZoneInfo) -> str:
    current = one.current
    since = f"{_day(current.at, zone)} 起" if current.by else current.reason
    for planned in one.planned:
        if planned.effective_from is not None:
            then = _day(planned.effective_from, zone)
            return f"第 {current.number} 版，{then} 起换第 {planned.number} 版"
    return f"第 {current.number} 版，{since}"


def _planned(one: Edition, zone: ZoneInfo) -> str:
    then = "" if one.effective_from is None else when(one.effective_from, zone)
    return f"{then} 起换第 {one.number} 版（{one.by}：{one.reason}）"


def _published(one: Edition, zone: ZoneInfo) -> str:
    if not one.by:
        return one.reason
    return f"{one.by} {when(one.at, zone)} 发布"


def _edition(one: Edition, zone: ZoneInfo) -> str:
    starts = one.effective_from if one.status == "planned" else None
    since = f"，{when(starts, zone)} 起" if starts else ""
    who = f"{one.by} {when(one.at, zone)}" if one.by else ""
    told = "，".join(part for part in (who, cut(one.reason, REASON)) if part)
    return f"第 {one.number} 版（{STATUS[one.status]}{since}）{told}"


def _process(one: Running) -> str:
    return f"{ROLES.get(one.role, one.role)} …{one.id[-4:]} "


def odd(warning: str) -> str:
    """What is allowed and perhaps not meant."""
    return f"留意：{warning}"


def when(at: datetime, zone: ZoneInfo) -> str:
    """A moment to the minute; midnight is a day."""
    here = at.astimezone(zone)
    return f"{here:%Y-%m-%d}" if here.time() == time() else f"{here:%Y-%m-%d %H:%M}"


def _day(at: datetime, zone: ZoneInfo) -> str:
    """The same where there is little room."""
    here = at.astimezone(zone)
    return f"{here:%m-%d}" if here.time() == time() else f"{here:%m-%d %H:%M}"
