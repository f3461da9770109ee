"""`/请假` and `/委托`: being away, and who does the selling meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cards import outbox
from cards import people as cards
from cards.model import Content
from engine import calendar_days
from engine.errors import Refusal
from handlers.api import Ask, Ctx, Routes
from handlers.moments import moment, start
from sales import delegations, people, staff
from sales.policy import EVERYONE

routes = Routes("away", privileged=True)


class Backwards(Refusal):
    """The end is not after the beginning, or not after now."""

    code = "backwards"
    text = "结束时间 {until} 不在开始之后，请重新写，例如 /请假 11-25 11-27。"


class EndedAlready(Refusal):
    """There is nothing to take back."""

    code = "delegation_ended"
    text = "这个委托已经结束了，不用再收回。"


@routes.command("请假", alias="leave", summary="记下哪几天不在", example="/请假 11-25 11-27",
                permission="leave")  # fmt: skip
def take_leave(
    ctx: Ctx, since: Annotated[str, Ask("从什么时候？", "从", "如 11-25")],
    until: Annotated[str, Ask("到什么时候？", "到", "如 11-27")],
) -> Content:  # fmt: skip
    """No daily card meanwhile, and working time does not count for what is the person's own.

    Raises:
        NoMoment: one of them is no moment.
        Backwards: the end is not after the beginning.
    """
    zone = ctx.calendars.zone
    begins, ends = start(since, ctx.today, zone), moment(until, ctx.today, zone)
    if ends <= max(begins, ctx.now):
        raise Backwards(until=until)
    calendar_days.take_leave(ctx.db, ctx.who.id, begins, ends, "leave", now=ctx.now)
    return cards.away(begins, ends, now=ctx.now.astimezone(zone), flow=ctx.flow)


@routes.action("leave")
def cancel_leave(ctx: Ctx, *, start: str) -> Content:
    """The leave that begins then does not happen."""
    calendar_days.cancel_leave(ctx.db, ctx.who.id, datetime.fromisoformat(start), now=ctx.now)
    return cards.done("请假已取消", flow=ctx.flow)


@routes.command("委托", alias="delegate", summary="请同事代办您的客户、线索和商机",
                example="/委托 李四 11-27", permission="delegate")  # fmt: skip
def delegate(
    ctx: Ctx, name: Annotated[str, Ask("委托给谁？", "同事", "如 李四")],
    until: Annotated[str, Ask("到什么时候？", "到", "如 11-27")],
) -> Content:  # fmt: skip
    """The colleague may do what this person may with customers, until then.

    Raises:
        UnknownColleague: `name` is nobody.
        NoMoment: `until` is no moment.
        Backwards: it is past.
        HasLeft: `name` is not with us any more.
        ToOneself, Circular, TooFar: it would make no sense.
    """
    zone = ctx.calendars.zone
    ends = moment(until, ctx.today, zone)
    if ends <= ctx.now:
        raise Backwards(until=until)
    stand_in = staff.with_us(staff.find(ctx.db, name, EVERYONE))
    made = delegations.delegate(
        ctx.db, ctx.who.id, stand_in.id, ends, name=stand_in.name, now=ctx.now
    )
    to, here = people.usual_address(ctx.db, stand_in.id), ctx.now.astimezone(zone)
    if to is not None:
        told = cards.asked_to_stand_in(ctx.who.name, ends, now=here, key=f"delegation/{made}")
        outbox.post(ctx.db, told, [to], now=ctx.now)
    return cards.handed(stand_in.name, made, ends, now=here, flow=ctx.flow)


@routes.action("delegate")
def take_back(ctx: Ctx, *, delegation: str) -> Content:
    """The colleague's rights end at once.

    Raises:
        EndedAlready: it had ended.
    """
    if not delegations.take_back(ctx.db, delegation, ctx.who.id, now=ctx.now):
        raise EndedAlready
    return cards.done("已收回，对方不能再代办", flow=ctx.flow)
