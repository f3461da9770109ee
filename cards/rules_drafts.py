"""Cards about changing a rule: the question, the draft, its trial, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cards.model import Button, Card, Field, Form
from cards.rules import (
    CHANGE,
    ROLL_BACK,
    SHORT,
    SHOW,
    long_changes,
    odd,
    short_changes,
    when,
)
from sales.rules.api import Kind
from sales.rules.drafts import Changed, Draft
from sales.rules.editing import CalledOff, DraftOver, Published, Turned
from sales.rules.values import Amended

TRY, PUBLISH, GIVE_UP = "rules.dry_run", "rules.publish", "rules.give_up"
WHOLE = "lead_export.trial"
"""The list of leads a draft would have given to somebody else."""
WHY = "为什么改？"
WHY_HINT = "写给以后的人看"
LATER = "要定时就在原因后面接着写：从 2026-12-01 起"
_REASON = Field("reason", WHY, "text", placeholder=WHY_HINT)


def new_value(kind: Kind[Any], name: str, now: Any, *, flow: str) -> Card:
    """The question what an item shall be; `now` is what it is."""
    item = kind.items[name]
    present = f"现在：{item.value.words(now)}"
    amending = item.value.amending if isinstance(item.value, Amended) else ""
    hint = f"写法：{amending or item.value.example}"
    field = Field("value", "改成", "text", placeholder=hint, most=item.value.longest)
    return Card(
        key=flow,
        title=f"{kind.title} · {item.title}",
        subtitle=present if len(present) <= SHORT else "",
        facts=(
            ("说明", item.meaning),
            ("写法", item.value.example),
            *([("只加减几个", amending)] if amending else []),
        ),
        quote=present if len(present) > SHORT else "",
        form=Form(CHANGE, (field,), args={"rule": kind.title, "item": item.title}),
    )


def draft(made: Draft, *, flow: str) -> Card:
    """A draft, what it changes, and what is wrong with it."""
    return Card(
        key=flow,
        title=f"{made.kind.title} · 第 {made.version} 版草稿",
        subtitle=f"在第 {made.base} 版上改的，还没有发布",
        facts=short_changes(made.changes),
        quote="\n".join((*_todo(made), *long_changes(made.changes))),
        buttons=_ways_on(made, tried=False),
        tone="warning" if made.faults else "plain",
    )


def trial(made: Draft, lines: Sequence[str], *, listed: bool, flow: str) -> Card:
    """What a draft would have made different; `listed`: all of it can be had as a file."""
    whole = Button("全部变化 Excel", WHOLE, {"draft": made.version}, fresh=True)
    return Card(
        key=flow,
        title=f"试算：{made.kind.title} · 第 {made.version} 版草稿",
        subtitle=made.kind.begins,
        facts=short_changes(made.changes),
        quote="\n".join((*_todo(made), *lines)),
        buttons=(*_ways_on(made, tried=True), *([whole] if listed else [])),
        tone="warning" if made.faults else "plain",
    )


def why(made: Draft, starts: datetime | None, *, zone: ZoneInfo, flow: str) -> Card:
    """The question for the reason of a draft; `starts` is kept for the answer."""
    args = {"rule": made.kind.title, "draft": made.version}
    title = f"发布 {made.kind.title} · 第 {made.version} 版"
    form = Form(PUBLISH, (_REASON,), "发布", args | _kept(starts))
    return _why(title, made.changes, form, _then(starts, zone), flow)


def why_back(
    kind: Kind[Any], version: int, changes: Sequence[Changed], starts: datetime | None, *,
    zone: ZoneInfo, flow: str,
) -> Card:  # fmt: skip
    """The question why to go back to a version; `starts` is kept for the answer."""
    args = {"rule": kind.title, "version": str(version)}
    title = f"{kind.title} 改回第 {version} 版"
    form = Form(ROLL_BACK, (_REASON,), "改回并发布", args | _kept(starts))
    return _why(title, changes, form, _then(starts, zone), flow)


def _why(title: str, changes: Sequence[Changed], form: Form, then: str, flow: str) -> Card:
    return Card(
        key=flow,
        title=title,
        subtitle="" if then else LATER,
        facts=(*((("生效", then),) if then else ()), *short_changes(changes)),
        quote="\n".join(long_changes(changes)),
        form=form,
    )


def _kept(starts: datetime | None) -> dict[str, str]:
    return {} if starts is None else {"starts": starts.isoformat()}


def _then(starts: datetime | None, zone: ZoneInfo) -> str:
    return "" if starts is None else f"{when(starts, zone)} 起，到时自动换"


def published(done: Published, *, zone: ZoneInfo, flow: str) -> Card:
    """What holds from now on, or from when."""
    since = _then(done.effective_from, zone) or "现在起，10 秒内各进程都用上"
    return Card(
        key=flow,
        title=f"已发布：{done.kind.title} · 第 {done.version} 版",
        facts=(("生效", since), *short_changes(done.changes), ("原因", done.reason)),
        quote="\n".join((*long_changes(done.changes), done.kind.begins)),
        buttons=(Button("看这条规则", SHOW, {"rule": done.kind.title}, fresh=True),),
        tone="good",
    )


def turned(refused: Turned, *, flow: str) -> Card:
    """Every reason why it was not published."""
    made = refused.draft
    return Card(
        key=flow,
        title=f"没有发布：{made.kind.title} · 第 {made.version} 版",
        facts=short_changes(made.changes),
        quote="\n".join(refused.reasons),
        buttons=(
            Button("重新改", CHANGE, {"rule": made.kind.title}, "primary"),
            Button("看现在的", SHOW, {"rule": made.kind.title}),
        ),
        tone="bad",
    )


def given_up(over: DraftOver, *, flow: str) -> Card:
    """The draft once its author has let it go."""
    why = f"和第 {over.same} 版一样了，没有什么要发布的" if over.same else ""
    title = f"{over.kind.title} · 第 {over.version} 版草稿"
    return Card(key=flow, title=title, subtitle=why, done="已放弃")


def called_off(done: CalledOff, *, zone: ZoneInfo, flow: str) -> Card:
    """What will not come into effect, and what still does."""
    title = done.kind.title
    coming = [f"{when(starts, zone)} 起仍会换第 {number} 版" for number, starts in done.coming]
    return Card(
        key=flow,
        title=f"已撤回：{title} · 第 {done.version} 版",
        subtitle="" if coming else "到时不会换，仍用现在的版本",
        quote="\n".join(coming),
        buttons=(Button("看这条规则", SHOW, {"rule": title}, fresh=True),),
        tone="good",
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


def _todo(made: Draft) -> list[str]:
    todo = [f"要先改好：{fault}" for fault in made.faults]
    return todo + [odd(warning) for warning in made.warnings]
