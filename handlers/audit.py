"""`/审计`, `/验链`, `/回到`: who did what, is the trail whole, how was it then (B15, N5, N6)."""

from __future__ import annotations

from typing import Annotated

from cards import audit as cards
from cards import rules as rule_cards
from cards.model import Content
from engine import audit
from engine.audit import START, Head, Subject
from engine.errors import Refusal
from handlers.api import Ask, Ctx, Routes
from handlers.moments import moment, split, timed
from sales import history
from sales.history import Thing, UnknownObject
from sales.rules import reading

routes = Routes("audit", privileged=True)

PERMISSION = "audit"
MOST = 200_000
"""Rows one question checks, the newest of them; `jianliu audit verify` checks all."""

What = Annotated[str, Ask("谁，或者什么？", "同事、客户、编号或规则", "如 张三")]


class Future(Refusal):
    """What will be is not on the trail."""

    code = "future"
    text = "{words} 还没有到，只能看过去的样子。"


class NoFingerprint(Refusal):
    """The head to compare with is not one."""

    code = "no_fingerprint"
    text = "请写留底卡片上的条数和指纹，如 /验链 1024 9f86d081…，指纹至少写前 8 位。"


@routes.query(
    "审计", alias="audit", summary="谁对谁做过什么", example="/审计 张三", permission=PERMISSION
)
def show(
    ctx: Ctx, what: What, *, kind: str = "", subject: str = "", before: int = audit.END
) -> Content:
    """The newest rows about a colleague, a customer or an opportunity, a page at a time.

    Raises:
        UnknownObject: nobody and nothing is called so.
    """
    found = _thing(ctx, what, (kind, subject), cards.SHOW)
    if not isinstance(found, Thing):
        return found
    rows = history.entries(ctx.db, found, before=before)
    return cards.entries(found, rows, zone=ctx.calendars.zone, flow=ctx.flow)


@routes.query(
    "验链", alias="verify", summary="核对留痕有没有被改动", example="/验链", permission=PERMISSION
)
def check(
    ctx: Ctx,
    seq: Annotated[str, Ask("留底到第几条？", "条数")] = "",
    fingerprint: Annotated[str, Ask("指纹是什么？", "指纹")] = "",
) -> Content:
    """Whether the newest rows are as they were written, and go through a head kept elsewhere."""
    end = audit.head(ctx.db)
    if seq or fingerprint:
        anchor = _anchor(ctx, str(seq), fingerprint)
        if (cut := audit.compare(ctx.db, [anchor])) is not None:
            return cards.broken(cut, flow=ctx.flow)
    start = _start(ctx, end)
    good, wrong = audit.check(ctx.db, start)
    if wrong is not None:
        return cards.broken(wrong, flow=ctx.flow)
    return cards.whole(good, good.seq - start.seq, start.seq, flow=ctx.flow)


@routes.query(
    "回到", alias="back", summary="看某个时刻的样子", example="/回到 2026-11-23 10:30 某阀门制造",
    permission=PERMISSION,
)  # fmt: skip
def back(
    ctx: Ctx, when: Annotated[str, Ask("回到什么时候？", "时间", "如 2026-11-23 10:30")],
    what: What, *, kind: str = "", subject: str = "",
) -> Content:  # fmt: skip
    """An object as it was, rebuilt from the trail; a rule as the version said that held then.

    Raises:
        NoMoment: `when` is no moment.
        Future: it has not come yet.
        UnknownObject: nothing is called so.
        NothingYet: the trail knew nothing of it by then.
    """
    when, what = split(when, what)
    zone = ctx.calendars.zone
    then = moment(when, ctx.today, zone)
    if then > ctx.now and (timed(when) or then.date() > ctx.today):
        raise Future(words=when)
    found = _thing(ctx, what, (kind, subject), cards.BACK, when=when)
    if not isinstance(found, Thing):
        return found
    then = min(then, ctx.now)
    if found.subject[0] == history.RULE:
        rule = reading.find(found.name)
        edition, body = reading.held(ctx.db, rule, then)
        return rule_cards.then(rule, edition, body, then, zone=zone, flow=ctx.flow)
    past = history.past(ctx.db, found, then, now=ctx.now)
    return cards.past(past, then, zone=zone, flow=ctx.flow)


def _thing(ctx: Ctx, what: str, known: Subject, action: str, **args: str) -> Thing | Content:
    if all(known):
        return history.one(ctx.db, known)
    found = history.things(ctx.db, what)
    if not found:
        raise UnknownObject(name=what)
    return found[0] if len(found) == 1 else cards.which(what, found, action, args, flow=ctx.flow)


def _anchor(ctx: Ctx, seq: str, fingerprint: str) -> Head:
    """The head somebody kept; its first digits will do, the chain has the rest."""
    digits, shortest = fingerprint.rstrip("…").lower(), 8
    if not seq.isdecimal() or len(digits) < shortest:
        raise NoFingerprint
    known = audit.at(ctx.db, int(seq))
    if known is not None and known.hash.startswith(digits):
        return known
    return Head(int(seq), digits)


def _start(ctx: Ctx, end: Head) -> Head:
    """Where to begin: the whole chain if it is short."""
    if end.seq <= MOST:
        return START
    return audit.at(ctx.db, end.seq - MOST) or START
