"""The directories' changes on a phone: what is different, who is new, too many gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cards.model import Button, Card
from cards.operations import OTHER_REASON, REASONS
from cards.words import PLATFORMS
from sales.directory import Order, Place
from sales.directory_changes import Change, Report, Sort
from sales.people import ROLE_NAMES, Role

SYNC, APPLY, PROCEED, POSTPONE = (
    "directory.sync", "directory.apply", "directory.proceed", "directory.postpone",
)  # fmt: skip
NEWCOMER, ADMIT, ATTACH, PASS_OVER = (
    "directory.newcomer", "directory.admit", "directory.attach", "directory.pass_over",
)  # fmt: skip
SHOWN = 12
"""Changes named on a card; the numbers count all."""
ASKED = 5
"""Newcomers with a button of their own."""
OFFERED = (Role.REP, Role.MANAGER)
"""Roles one tap gives a newcomer; any other with /同事 改."""
NAMES: Mapping[Sort, str] = {
    Sort.JOIN: "新增", Sort.ASK: "待定", Sort.RENAME: "改名", Sort.MOVE: "换部门",
    Sort.MANAGER: "换上级", Sort.LEAVE: "离职", Sort.UNBIND: "停用账号", Sort.RETURN: "又出现",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stranger:
    """An account of the directory that is nobody's; `alike` is a colleague of the same name."""

    place: Place
    account: str
    name: str
    department: str = ""
    manager: str = ""
    alike: str = ""
    alike_id: str = ""


def reading(platform: str, *, flow: str) -> Card:
    """It takes a while; what came of it follows."""
    of = PLATFORMS.get(platform, "、".join(PLATFORMS.values()))
    return Card(key=flow, title="正在读通讯录", subtitle=f"{of}，读完告诉您结果")


def result(reports: Sequence[Report], order: Order, *, flow: str) -> Card:
    """What a reading came to, for whoever asked."""
    failed = next((one for one in reports if one.failed), None)
    if failed is not None:
        return Card(
            key=flow, title="通讯录没有读成",
            subtitle=f"{REASONS.get(failed.failed, OTHER_REASON)}，什么都没有改",
            buttons=(Button("再读一次", SYNC, {"platform": order.platform}, "primary"),),
            tone="bad",
        )  # fmt: skip
    changes = [one for report in reports for one in report.changes]
    held = [report for report in reports if report.held is not None]
    buttons = [Button("按这份办", APPLY, {"platform": order.platform}, "primary")]
    return Card(
        key=flow,
        title=_title(changes, dry=order.dry, held=bool(held)),
        facts=tuple(fact for report in reports for fact in _counts(report)),
        quote=_lines(changes),
        buttons=(
            *(buttons if order.dry and changes else ()),
            *(_go_on(report, flow) for report in held if not _empty(report)),
            *_strangers(reports, dry=order.dry),
        ),
        tone="warning" if held or any(one.blocked for one in changes) else "good",
    )


def news(report: Report, *, key: str) -> Card:
    """What a reading nobody asked for has changed, with the newcomers to decide about."""
    asked = sum(one.sort is Sort.ASK for one in report.changes)
    words = f"{asked} 位新人要您定" if asked else f"{len(report.changes)} 处变化，已办好"
    return Card(
        key=key,
        title=f"{PLATFORMS[report.place[0]]}通讯录：{words}",
        facts=_counts(report),
        quote=_lines(report.changes),
        buttons=_strangers([report], dry=False),
        tone="warning" if asked or any(one.blocked for one in report.changes) else "plain",
    )


def held(report: Report, *, key: str) -> Card:
    """Too many are gone at once: nothing was done, an administrator decides."""
    empty = _empty(report)
    go_on = () if empty else (_go_on(report, key),)
    platform = PLATFORMS[report.place[0]]
    return Card(
        key=key,
        title=f"{platform}通讯录是空的，没有同步" if empty else f"{platform}通讯录少了很多人",
        subtitle="多半是应用的可见范围被改了，请先到管理后台核对" if empty else
        "还没有办离职。先核对应用的可见范围，确实走了再确认",
        facts=_counts(report),
        buttons=(*go_on, Button("先不办", POSTPONE, {"card": key})),
        tone="bad",
    )  # fmt: skip


def held_key(report: Report) -> str:
    """One decision for the same accounts, however often they are found missing."""
    mark = "" if report.held is None else report.held.fingerprint
    return f"directory/held/{report.place[0]}/{mark}"


def decided(words: str, *, key: str) -> Card:
    """Somebody has decided; the same with everybody who was asked."""
    return Card(key=key, title=words, done="已处理", tone="good")


def newcomer(one: Stranger, *, flow: str) -> Card:
    """One stranger's account, and what can become of it."""
    args = {"platform": one.place[0], "tenant": one.place[1], "account": one.account}
    join = [
        Button(f"加为{ROLE_NAMES[role]}", ADMIT, {**args, "role": role.value}) for role in OFFERED
    ]
    same = Button(f"就是{one.alike}，绑定", ATTACH, {**args, "person": one.alike_id}, "primary")
    facts = (
        ("账号", f"{PLATFORMS[one.place[0]]} {one.account}"), ("部门", one.department or "没有"),
        ("上级", one.manager or "没有"),
    )  # fmt: skip
    return Card(
        key=flow,
        title=one.name,
        subtitle=f"已有一位同事叫「{one.alike}」，请核实是不是同一个人" if one.alike else
        "通讯录里的新账号，还不是建流的同事",
        facts=facts,
        buttons=(*([same] if one.alike else []), *join, Button("不加", PASS_OVER, args, "danger")),
    )  # fmt: skip


def waiting(strangers: Sequence[Stranger], *, flow: str) -> Card:
    """The accounts nobody has decided about."""
    if not strangers:
        return Card(key=flow, title="没有等您定的新人", tone="good")
    return Card(
        key=flow,
        title=f"{len(strangers)} 位新人要您定",
        buttons=tuple(_choice(one.name, one.place, one.account) for one in strangers),
    )


def done(title: str, words: str = "", *, flow: str) -> Card:
    """It was done; nothing is left to press."""
    return Card(key=flow, title=title, subtitle=words, done="已办好", tone="good")


def inherited(change: Change, *, key: str) -> Card:
    """Told to who got a leaver's work."""
    return Card(
        key=key, title=f"{change.name} 已离职，名下的转给您了",
        subtitle=f"{change.was}。发送 /客户 看看", tone="warning",
    )  # fmt: skip


def line(change: Change) -> str:
    """One change in words, with why it was not made."""
    arrow = " → ".join(filter(None, (change.was, change.becomes)))
    match change.sort:
        case Sort.LEAVE:
            words = f"{change.name}{f'，交给 {change.becomes}' if change.becomes else ''}"
        case Sort.RETURN:
            words = f"{change.name}，要恢复请发 /同事 复职 {change.name}"
        case _:
            words = f"{change.name} {arrow}".strip()
    failed = f"（没有办：{change.blocked}）" if change.blocked else ""
    return f"【{NAMES[change.sort]}】{words}{failed}"


def _lines(changes: Sequence[Change]) -> str:
    more = len(changes) - SHOWN
    lines = [line(one) for one in changes[:SHOWN]]
    return "\n".join([*lines, *([f"另有 {more} 处没有列出"] if more > 0 else [])])


def _title(changes: Sequence[Change], *, dry: bool, held: bool) -> str:
    if held:
        return "有人数对不上的，没有同步"
    if not changes:
        return "通讯录没有变化"
    return f"通讯录有 {len(changes)} 处变化" if dry else f"通讯录已同步，{len(changes)} 处变化"


def _counts(report: Report) -> tuple[tuple[str, str], ...]:
    platform, gone = PLATFORMS[report.place[0]], report.held
    if gone is not None:
        return ((platform, f"我们有 {gone.known} 个账号，{len(gone.accounts)} 个不在了"),)
    hidden = f"，{report.hidden} 个看不到（不在应用可见范围）" if report.hidden else ""
    return ((platform, f"读到 {report.listed} 人{hidden}"),)


def _empty(report: Report) -> bool:
    return report.held is not None and report.held.empty


def _go_on(report: Report, key: str) -> Button:
    gone = report.held
    count, mark = (0, "") if gone is None else (len(gone.accounts), gone.fingerprint)
    args = {"platform": report.place[0], "confirmed": mark, "card": key}
    return Button(f"确认 {count} 人离职", PROCEED, args, "danger")


def _strangers(reports: Sequence[Report], *, dry: bool) -> tuple[Button, ...]:
    found = [
        _choice(one.name, report.place, one.account)
        for report in reports
        for one in report.changes
        if one.sort is Sort.ASK
    ]
    return () if dry else tuple(found[:ASKED])


def _choice(name: str, place: Place, account: str) -> Button:
    args = {"platform": place[0], "tenant": place[1], "account": account}
    return Button(name, NEWCOMER, args, fresh=True)
