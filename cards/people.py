"""Colleagues on a phone: who there is, what somebody may, leaving and standing in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cards.model import Button, Card
from cards.words import PLATFORMS
from sales.people import ROLE_NAMES
from sales.staff import LISTED, Colleague

SHOW, LEAVE, BACK = "people.show", "people.leave", "people.come_back"
TAKE_BACK, CANCEL = "away.take_back", "away.cancel_leave"


def listed(rows: Sequence[tuple[str, str, str]], *, flow: str) -> Card:
    """Names with their roles, those who left last."""
    lines = [
        f"{name} {ROLE_NAMES[role]}{'' if status == 'active' else '（已离职）'}"
        for name, role, status in rows[:LISTED]
    ]
    more = len(rows) > LISTED
    return Card(
        key=flow,
        title=f"前 {LISTED} 位同事" if more else f"{len(rows)} 位同事",
        subtitle="还有更多，请在后面写名字里的字" if more else "",
        quote="\n".join(lines),
    )


def colleague(one: Colleague, *, may_manage: bool, flow: str) -> Card:
    """Everything an administrator needs of one person."""
    accounts = "、".join(f"{PLATFORMS[platform]} {account}" for platform, account in one.accounts)
    leaving = Button("离职交接", LEAVE, {"name": one.name}, "danger")
    returning = Button("恢复在职", BACK, {"name": one.name})
    return Card(
        key=flow,
        title=one.name,
        subtitle="在职" if one.active else "已离职",
        facts=(
            ("角色", ROLE_NAMES[one.role]),
            ("上级", one.manager or "没有"),
            ("区域", " · ".join(filter(None, (one.region, one.job))) or "没有"),
            ("账号", accounts or "还没有绑定"),
            ("名下", f"{one.customers} 个客户，{one.opportunities} 个商机，{one.leads} 条线索"),
        ),
        buttons=((leaving if one.active else returning),) if may_manage else (),
        tone="plain" if one.active else "warning",
        about=(("person", one.id),),
    )


def sure(one: Colleague, successor: Colleague, *, flow: str) -> Card:
    """What will happen when somebody leaves, before it does."""
    return Card(
        key=flow,
        title=f"{one.name} 离职，交给 {successor.name}",
        subtitle="确认后马上生效：不能再登录和操作，没办完的提醒取消，委托结束",
        facts=(
            ("客户", f"{one.customers} 个转给 {successor.name}"),
            ("商机", f"{one.opportunities} 个转给 {successor.name}"),
            ("线索", f"{one.leads} 条转给 {successor.name}"),
        ),
        buttons=(
            Button("确认离职", LEAVE,
                   {"name": one.name, "successor": successor.name, "confirmed": True}, "danger"),
            Button("再想想", SHOW, {"name": one.name}),
        ),
        tone="warning",
    )  # fmt: skip


def done(title: str, words: str = "", *, flow: str) -> Card:
    """Something was done; nothing is left to press."""
    return Card(key=flow, title=title, subtitle=words, done="已办好", tone="good")


def handed(name: str, delegation: str, until: datetime, *, now: datetime, flow: str) -> Card:
    """A delegation runs; it can be taken back."""
    return Card(
        key=flow,
        title=f"已委托 {name} 代办",
        subtitle=f"到 {_until(until, now)}。这段时间 {name} 能看您能看的客户，也能替您登记商机",
        buttons=(Button("提前收回", TAKE_BACK, {"delegation": delegation}),),
        tone="good",
    )


def asked_to_stand_in(name: str, until: datetime, *, now: datetime, key: str) -> Card:
    """Told to the stand-in, with a first step."""
    return Card(
        key=key,
        title=f"{name} 请您代办",
        subtitle=f"到 {_until(until, now)}。您现在能看 {name} 能看的客户，也能代为登记商机",
        buttons=(Button("登记商机", "opportunity.create", fresh=True),
                 Button("看客户", "customer.show", fresh=True)),
    )  # fmt: skip


def away(start: datetime, end: datetime, *, now: datetime, flow: str) -> Card:
    """A leave is noted; it can be called off."""
    return Card(
        key=flow,
        title=f"已记下：{_until(start, now)} 到 {_until(end, now)} 不在",
        subtitle="这段时间不发每日待办。要有人代办，发送 /委托 同事姓名 到哪天",
        buttons=(Button("取消请假", CANCEL, {"start": start.isoformat()}),),
        tone="good",
    )


def _until(moment: datetime, now: datetime) -> str:
    """To the minute, in the zone of `now`; with the year when it is not this one."""
    here = moment.astimezone(now.tzinfo)
    return f"{here:%m-%d %H:%M}" if here.year == now.year else f"{here:%Y-%m-%d %H:%M}"
