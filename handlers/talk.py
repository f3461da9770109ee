"""`/话术 医疗`: what to answer, ready to copy (requirements B16, B17)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

from cards import talk as cards
from cards.model import Choice, Content
from engine.errors import Refusal
from handlers.api import Ask, Ctx, Routes
from sales import policy, talk
from sales.rules.terms import INDUSTRIES
from sales.talk import TRACKS, Place, Used

routes = Routes("talk")

READ, EDIT = "talk.read", "talk.edit"


class NoSuchNumber(Refusal):
    """Tracks are numbered 1 to 3."""

    code = "talk_number"
    text = f"第几条要写 1 到 {TRACKS} 的数字，如 1。"


def industries(ctx: Ctx, typed: str) -> Sequence[Choice]:
    """The industries of the house to choose from."""
    terms = ctx.rules.at(INDUSTRIES, ctx.now).body.terms
    return [Choice(term, term) for term in terms if typed in term]


Industry = Annotated[str, Ask("哪个行业？", "行业", "如 医疗", industries)]


@routes.command(
    "话术", alias="talk", summary="一个行业的应答话术，一键复制", example="/话术 医疗",
    permission=READ,
)  # fmt: skip
def show(ctx: Ctx, industry: Industry) -> Content:
    """The three tracks of an industry; with a number behind it the text of that one.

    Raises:
        UnknownIndustry: the house has no such word.
        NoTrack: no track has this number.
    """
    words, _, number = industry.rpartition(" ")
    if words and number.isdecimal():
        return _text(ctx, place(ctx, words, number))
    term = talk.industry(ctx.rules, industry, now=ctx.now)
    tracks = talk.of_industry(ctx.db, term)
    talk.opened(ctx.db, tracks, ctx.who.id, now=ctx.now)
    used = {track.place: _all(talk.uses(ctx.db, track.place).values()) for track in tracks}
    may_edit = policy.may(ctx.who, EDIT)
    return cards.listed(term, tracks, used, may_edit=may_edit, flow=ctx.flow)


@routes.action(READ)
def take(ctx: Ctx, *, industry: str, number: str) -> Content:
    """The newest text in a message of its own, counted.

    Raises:
        NoTrack: it was taken out of use.
    """
    return _text(ctx, place(ctx, industry, number))


def place(ctx: Ctx, industry: str, number: str) -> Place:
    """The track somebody names.

    Raises:
        UnknownIndustry: the house has no such word.
        NoSuchNumber: tracks have other numbers.
    """
    digit = number.removeprefix("第").removesuffix("条").strip()
    if digit not in {str(slot) for slot in range(1, TRACKS + 1)}:
        raise NoSuchNumber
    return Place(talk.industry(ctx.rules, industry, now=ctx.now), int(digit))


def _text(ctx: Ctx, wanted: Place) -> Content:
    return cards.text(talk.take(ctx.db, wanted, ctx.who.id, now=ctx.now))


def _all(versions: Iterable[Used]) -> Used:
    used = list(versions)
    return Used(sum(one.times for one in used), sum(one.people for one in used))
