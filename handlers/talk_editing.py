"""`/话术 新建·改·改名·停用·历史`: marketing looks after the talk tracks (requirement B17)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from cards import pushes
from cards import talk as talk_cards
from cards import talk_editing as cards
from cards.model import Content
from cards.talk_editing import Edition
from engine.jobs import Urgency
from handlers.api import Ask, Ctx, Routes
from handlers.talk import EDIT, Industry, place
from sales import people, talk, talk_editing
from sales.rules.talk import TALK
from sales.talk import Place, Track, Used
from sales.talk_editing import MOST_TEXT, MOST_TITLE

routes = Routes("talk_editing", privileged=True)

SHOWN = 6
"""Versions on a card; it has no room for more."""
Number = Annotated[str, Ask("第几条？", "第几条", "1、2 或 3")]
Title = Annotated[str, Ask("客户会问什么？", "标题", f"最多 {MOST_TITLE} 个字")]
Words = Annotated[
    str, Ask("怎么回答？", "正文", f"最多 {MOST_TEXT} 个字", most=MOST_TEXT, lines=True)
]


@routes.command(
    "话术 新建", alias="talk new", summary="写一条新话术，看过再发布",
    example="/话术 新建 医疗 设备多久保养一次 一般每半年一次……", permission=EDIT,
)  # fmt: skip
def create(ctx: Ctx, industry: Industry, title: Title, text: Words) -> Content:
    """A draft of a further track.

    Raises:
        UnknownIndustry: the house has no such word.
        Full: the industry has three already.
        Unfit: too long, or with somebody's number in it.
    """
    term = talk.industry(ctx.rules, industry, now=ctx.now)
    made = talk_editing.create(ctx.db, term, title, text, by=ctx.who.id, now=ctx.now)
    return _draft(ctx, made)


@routes.command(
    "话术 改", alias="talk set", summary="改一条话术的正文，看过再发布",
    example="/话术 改 医疗 1 一般每半年一次……", permission=EDIT,
)  # fmt: skip
def change(ctx: Ctx, industry: Industry, number: Number, text: Words) -> Content:
    """A draft with another text.

    Raises:
        NoTrack: it is not in use.
        Unfit: too long, or with somebody's number in it.
        Unchanged: it says that already.
    """
    where = place(ctx, industry, number)
    made = talk_editing.change(ctx.db, where, text=text, by=ctx.who.id, now=ctx.now)
    return _draft(ctx, made)


@routes.command(
    "话术 改名", alias="talk rename", summary="改一条话术的标题，看过再发布",
    example="/话术 改名 医疗 1 设备多久保养一次", permission=EDIT,
)  # fmt: skip
def rename(ctx: Ctx, industry: Industry, number: Number, title: Title) -> Content:
    """A draft with another title.

    Raises:
        NoTrack: it is not in use.
        Unfit: too long, or with somebody's number in it.
        Unchanged: it is called that already.
    """
    where = place(ctx, industry, number)
    made = talk_editing.change(ctx.db, where, title=title, by=ctx.who.id, now=ctx.now)
    return _draft(ctx, made)


@routes.action(EDIT)
def publish(ctx: Ctx, *, industry: str, number: str, version: int) -> Content:
    """发布: everybody has it at once; who looked at an older one lately is told once.

    Raises:
        DraftGone: it is not open any more.
        Overtaken: somebody has published meanwhile.
    """
    track, readers = talk_editing.publish(
        ctx.db, Place(industry, int(number)), version,
        seen=_seen(ctx), by=ctx.who.id, now=ctx.now,
    )  # fmt: skip
    card, told = talk_cards.renewed(track), 0
    for reader in readers:
        if (to := people.usual_address(ctx.db, reader)) is not None:
            told += pushes.push(ctx.db, card, [to], now=ctx.now, urgency=Urgency.LATER) is not None
    return cards.published(track, told, flow=ctx.flow)


@routes.action(EDIT)
def give_up(ctx: Ctx, *, industry: str, number: str, version: int) -> Content:
    """放弃: the draft is let go.

    Raises:
        DraftGone: it is not open any more.
    """
    where = Place(industry, int(number))
    gone = talk_editing.give_up(ctx.db, where, version, by=ctx.who.id, now=ctx.now)
    return cards.given_up(gone, flow=ctx.flow)


@routes.query(
    "话术 停用", alias="talk retire", summary="停用一条话术，位置空出来",
    example="/话术 停用 医疗 1", permission=EDIT,
)  # fmt: skip
def ask_to_retire(ctx: Ctx, industry: Industry, number: Number) -> Content:
    """The question, with the text that would go.

    Raises:
        NoTrack: it is not in use.
    """
    return cards.retiring(talk.in_use(ctx.db, place(ctx, industry, number)), flow=ctx.flow)


@routes.action(EDIT)
def retire(ctx: Ctx, *, industry: str, number: str) -> Content:
    """停用: nobody sees it any more.

    Raises:
        NoTrack: somebody was quicker.
    """
    where = Place(industry, int(number))
    return cards.retired(
        talk_editing.retire(ctx.db, where, by=ctx.who.id, now=ctx.now), flow=ctx.flow
    )


@routes.query(
    "话术 历史", alias="talk history", summary="一条话术的各版，谁发布的，用过几次",
    example="/话术 历史 医疗 1", permission=EDIT,
)  # fmt: skip
def history(ctx: Ctx, industry: Industry, number: Number) -> Content:
    """The versions, and how often the text of each was taken.

    Raises:
        UnknownIndustry: the house has no such word.
    """
    where = place(ctx, industry, number)
    rows = talk_editing.history(ctx.db, where, most=SHOWN)
    used, names = talk.uses(ctx.db, where), people.names(ctx.db, {row.author for row in rows})
    zone = ctx.calendars.current(ctx.db).zone
    editions = [
        Edition(
            row.version, names.get(row.author, ""), row.published_at.astimezone(zone),
            used.get(row.version, Used()), active=talk.read(where, row).active,
        )
        for row in rows
    ]  # fmt: skip
    return cards.history(where, editions, flow=ctx.flow)


def _draft(ctx: Ctx, made: Track) -> Content:
    since = ctx.now - _seen(ctx)
    told = talk.readers(ctx.db, made, since=since, but=ctx.who.id)
    return cards.draft(made, len(told), _seen(ctx).days, flow=ctx.flow)


def _seen(ctx: Ctx) -> timedelta:
    return timedelta(days=ctx.rules.at(TALK, ctx.now).body.seen_days)
