"""The trail on a phone: who did what, whether it is whole, and how something was (N5, N6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from cards.audit_words import FIELDS, action, channel, field
from cards.model import Button, Card, Menu
from engine.audit import Broken, Head
from sales.history import Entry, Past, Thing

SHOW, CHECK, BACK = "audit.show", "audit.check", "audit.back"
HOW = {
    "missing": "第 {seq} 条不见了，它后面的都不能再信",
    "changed": "第 {seq} 条和当时写下的不一样",
    "cut": "从第 {seq} 条起被截掉了",
}
TODO = "先不要重启和清理。把数据库和留底文件各备份一份，再找管理员核对备份。"

KEEPER = "您负责保管留痕的留底：每天一张，存在这里，谁也改不了。"
ALARM = Menu("留痕出了问题，保管留底的人、总监和管理员都要马上知道。", "audit/broken")


def entries(thing: Thing, rows: Sequence[Entry], *, zone: ZoneInfo, flow: str) -> Card:
    """The newest rows about somebody or something, newest first, to the second."""
    about = (thing.subject,)
    if not rows:
        return Card(key=flow, title=f"还没有「{thing.name}」的记录", about=about)
    subtitle = f"最近 {len(rows)} 条，编号 {rows[-1].seq}–{rows[0].seq}"
    return Card(
        key=flow,
        title=f"{thing.name} 的留痕",
        subtitle=subtitle,
        quote="\n".join(_line(row, thing, zone) for row in rows),
        buttons=(
            Button("更早的", SHOW, {"what": thing.name, "kind": thing.subject[0],
                                  "subject": thing.subject[1], "before": rows[-1].seq}),
            Button("核对留痕", CHECK),
        ),
        about=about,
    )  # fmt: skip


def which(
    words: str, found: Sequence[Thing], action: str, args: Mapping[str, str], *, flow: str
) -> Card:  # fmt: skip
    """Several objects are called so; one tap goes on with `action`, its `args` and that one."""
    return Card(
        key=flow,
        title=f"「{words}」指的是哪一个？",
        buttons=tuple(
            Button(f"{i}. {one.name}", action, {
                **args, "what": one.name, "kind": one.subject[0], "subject": one.subject[1],
            })
            for i, one in enumerate(found, 1)
        ),
    )  # fmt: skip


def whole(end: Head, checked: int, since: int, *, flow: str) -> Card:
    """The chain holds; its head to be compared with a copy kept elsewhere."""
    words = f"第 {since + 1:,}–{end.seq:,} 条" if checked else "没有新的记录"
    return Card(
        key=flow,
        title="留痕完整，没有被改动",
        facts=(("核对了", f"{words}，共 {checked:,} 条"), ("最后一条", f"第 {end.seq:,} 条")),
        quote=f"指纹\n{end.hash}",
        tone="good",
    )


def broken(found: Broken, *, flow: str) -> Card:
    """The chain does not hold; where, and what to do."""
    return Card(
        key=flow, title="留痕对不上", subtitle=HOW[found.how].format(seq=found.seq), quote=TODO,
        tone="bad",
    )  # fmt: skip


def anchored(end: Head, checked: int, day: datetime) -> Card:
    """The day's head, for somebody outside the machine to keep."""
    return Card(
        key=f"audit/{day:%Y%m%d}",
        title=f"{day:%m-%d} 的留痕已核对",
        subtitle="这张卡片就是留底，请不要删。日后有人截掉或重写留痕，对照它就能看出来。",
        facts=(("今天新增", f"{checked:,} 条"), ("最后一条", f"第 {end.seq:,} 条")),
        quote=f"指纹\n{end.hash}",
        buttons=(Button("对照现在", CHECK, {"seq": end.seq, "fingerprint": end.hash}, fresh=True),),
        tone="good",
        menu=Menu(KEEPER, "audit/anchored"),
    )


def past(found: Past, moment: datetime, *, zone: ZoneInfo, flow: str) -> Card:
    """An object as it was, said to be rebuilt and from what."""
    later = f"，之后又改过 {found.later} 次" if found.later else "，之后没有再改"
    return Card(
        key=flow,
        title=f"{found.thing.name} 在 {moment.astimezone(zone):%Y-%m-%d %H:%M:%S}",
        subtitle=f"按 {found.rows} 条留痕还原{later}",
        facts=tuple(
            (FIELDS.get(name, name), field(name, given, zone))
            for name, given in found.fields.items()
            if name != "sources"
        ),
        about=(found.thing.subject,),
    )


def _line(row: Entry, thing: Thing, zone: ZoneInfo) -> str:
    who = "" if row.who == thing.name else f"{row.who or '系统'} "
    about = "" if row.about in {"", thing.name} else f" {row.about}"
    way = f"（{channel(row.channel)}）" if row.channel else ""
    return f"{row.at.astimezone(zone):%m-%d %H:%M:%S} {who}{action(row.action)}{about}{way}"
