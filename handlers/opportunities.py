"""`/商机`: two words, a pick, an H5 page or a DingTalk form, all the same errand (A28)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from cards import opportunities as cards
from cards.model import Card, Choice, Content
from engine.errors import Refusal
from engine.ids import as_numbered, is_ulid
from engine.masking import holds_number
from handlers.api import Ask, Ctx, Routes
from handlers.choices import customer_name, visible_customers
from handlers.unfinished import asked, finished
from sales import customers, finding, names, opportunities, policy
from sales.customers import Named, UnknownCustomer
from sales.opportunities import By
from sales.rules.forms import ReferralForm
from sales.stems import SHORTEST

routes = Routes("opportunity")

FORM = ReferralForm()
"""As the product brings it; the house may have chosen other words."""
LONGEST = 60
"""Characters of a company name; the longest registered ones have about 50."""


class BadName(Refusal):
    """The new customer's name is too short, too long, or punctuation only."""

    code = "bad_name"
    text = "新客户名称要有 2 到 60 个字，并且有汉字、字母或数字，请重新填写。"


class NumberInName(Refusal):
    """A telephone number in a company's name would be seen by everybody who sees the company."""

    code = "number_in_name"
    text = "客户名称里有电话号码。这里只写公司名称；电话请放进导入表的「电话」列，会加密保存。"


class UnknownResult(Refusal):
    """An opportunity is won or lost."""

    code = "unknown_result"
    text = "结果只能写「赢」或「输」，不能写「{word}」。"


RESULTS = {"赢": opportunities.WON, "输": opportunities.LOST}


def _results(_: Ctx, typed: str) -> Sequence[Choice]:
    return [Choice(word, word) for word in RESULTS if typed in word]


@routes.command(
    "商机",
    alias="opportunity",
    summary=FORM.title,
    example="/商机 某阀门制造 华东泵业二期",
)
def create(
    ctx: Ctx,
    introducer: Annotated[
        str,
        Ask(
            FORM.introducer_label, "介绍人", FORM.introducer_hint, visible_customers, customer_name
        ),
    ],
    name: Annotated[str, Ask(FORM.name_label, "新客户", FORM.name_hint)],
    *,
    confirmed: bool = False,
    same_as: str = "",
) -> Content:
    """Two facts are enough: who introduced, and what the new customer is called.

    Raises:
        BadName: `name` is no company name.
        NumberInName: somebody's number is part of it.
        OwnIntroducer: the new customer is its own introducer.
        UnknownCustomer: nothing like `introducer` among the customers this person may see.
    """
    if not ctx.begins and (done := opportunities.of_flow(ctx.db, ctx.flow)) is not None:
        return cards.created(done, flow=ctx.flow)
    shown = names.clean(name)
    if not SHORTEST <= len(shown) <= LONGEST or not names.says_something(shown):
        raise BadName
    if holds_number(shown):
        raise NumberInName
    vouching = _introducer(ctx, introducer, shown)
    if isinstance(vouching, Card):
        return asked(ctx, vouching, f"{shown} 的登记还差一步：选介绍人")
    new = which_customer(
        ctx, shown, lambda: _twins(ctx, shown, vouching), confirmed=confirmed, same_as=same_as
    )
    if isinstance(new, Card):
        return asked(ctx, new, f"{shown} 的登记还差一步：看是不是同一客户")
    by = By(
        person_id=ctx.who.id, flow=ctx.flow, now=ctx.now, today=ctx.today,
        opened_at=ctx.opened_at,
    )  # fmt: skip
    created = opportunities.refer(ctx.db, vouching, new, by)
    if not ctx.begins:
        finished(ctx)
    return cards.created(created, flow=ctx.flow)


@routes.command("商机 结果", alias="opportunity result", summary="商机赢了还是输了",
                permission=opportunities.CREATE,
                example="/商机 结果 OPP-20261123-0001 赢")  # fmt: skip
def close(
    ctx: Ctx, number: Annotated[str, Ask("哪个商机？", "编号", "如 OPP-20261123-0001")],
    result: Annotated[str, Ask("赢了还是输了？", "结果", "赢或输", _results)],
) -> Content:  # fmt: skip
    """Won or lost; a colleague's win rate counts it from here on (B11).

    Raises:
        UnknownResult: neither of the two.
        NotOpen: no open opportunity of this number among theirs.
    """
    if (stage := RESULTS.get(result.strip())) is None:
        raise UnknownResult(word=result.strip()[:10])
    name = opportunities.close(ctx.db, number, stage, ctx.who, now=ctx.now)
    return cards.closed(
        as_numbered(number) or number, name, won=stage == opportunities.WON, flow=ctx.flow
    )


def _introducer(ctx: Ctx, words: str, new: str) -> Named | Card:
    """The one customer meant by `words` (an id from a pick, or a name), or a card that asks."""
    scope = policy.visible(ctx.who)
    if is_ulid(words) and (picked := customers.get(ctx.db, words, scope)) is not None:
        return picked
    found = finding.find(ctx.db, words, scope)
    if len(found.customers) == 1:
        return found.customers[0]
    if found.customers:
        return cards.which_introducer(words, found, new=new, flow=ctx.flow)
    if (near := finding.nearest(ctx.db, words, scope)).customers:
        return cards.nearest_introducers(words, near, new=new, flow=ctx.flow)
    raise UnknownCustomer(name=names.clean(words))


def which_customer(
    ctx: Ctx, name: str, ask: Callable[[], Card | None], *, confirmed: bool, same_as: str
) -> str | Named | Card:
    """The name to create, the existing customer it is, or what `ask` asks: which it is."""
    if confirmed:
        return name
    if same_as:
        same = customers.get(ctx.db, same_as, policy.visible(ctx.who))
        if same is not None:
            return same
    return ask() or name


def _twins(ctx: Ctx, name: str, introducer: Named) -> Card | None:
    twins = finding.similar(ctx.db, name, policy.visible(ctx.who))
    return cards.same_customer(name, introducer, twins, flow=ctx.flow) if twins else None
