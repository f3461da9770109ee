"""Cards of the two-field form and what comes of it (requirements A28), or of a lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cards.leads import CONVERT, SHOW
from cards.model import Button, Card
from cards.words import FIELD_NAMES, MORE, masked
from sales.customers import UNKNOWN, Named
from sales.finding import Found, Twin
from sales.lead_convert import Converted
from sales.lead_lists import Shown
from sales.opportunities import Created

CREATE = "opportunity.create"
OFFERED = 3
ROWS = 6
"""Facts a card has rows for on every platform."""


def created(opportunity: Created, *, flow: str) -> Card:
    """The result of the errand: number, copied tags, what was filled in, what is missing."""
    filled = tuple(
        (FIELD_NAMES[field], f"{value}（来自{source}）")
        for field, value, source in opportunity.filled
    )
    return Card(
        key=flow,
        title=f"商机已建：{opportunity.customer}",
        subtitle=opportunity.number,
        facts=(
            ("介绍人", opportunity.introducer),
            ("带出标签", "、".join(opportunity.tags) or "介绍人还没有交易标签"),
            *filled,
            *_wanted(opportunity.missing),
        ),
        buttons=(
            Button("看客户", "customer.show", {"name": opportunity.customer_id}),
            Button("再建一个", CREATE, fresh=True),
        ),
        tone="good",
    )


def converted(made: Converted, *, flow: str) -> Card:
    """The opportunity a lead became: of which customer, whose, what came along, what is missing."""
    carried = "、".join(value for _, value in made.filled)
    return Card(
        key=flow,
        title=f"商机已建：{made.customer}",
        subtitle=made.number,
        facts=(
            ("来自线索", f"{made.lead} · {made.source}"),
            ("客户", "新建" if made.new else "已有客户"),
            ("负责人", made.owner),
            *([("带过来", carried)] if carried else []),
            *_wanted(made.missing),
        ),
        buttons=(
            Button("看客户", "customer.show", {"name": made.customer_id}, fresh=True),
            Button("看线索", SHOW, {"number": made.lead_id}, fresh=True),
        ),
        tone="good",
    )


def which_introducer(words: str, found: Found, *, new: str, flow: str) -> Card:
    """Several customers fit what was typed; one tap goes on with the errand."""
    return Card(
        key=flow,
        title=f"「{words}」是哪一家？",
        subtitle=f"点一下介绍人，继续为 {new} 建商机" + (f"；{MORE}" if found.more else ""),
        facts=_listed(found.customers),
        buttons=_picks(found.customers, new),
    )


def nearest_introducers(words: str, near: Found, *, new: str, flow: str) -> Card:
    """No customer is called that; the closest ones, one tap each."""
    return Card(
        key=flow,
        title=f"没有叫「{words}」的客户",
        subtitle=f"是下面哪一家吗？点一下介绍人，继续为 {new} 建商机；都不是，请核对名称后重发",
        facts=_listed(near.customers),
        buttons=_picks(near.customers, new),
        tone="warning",
    )


def same_customer(new: str, introducer: Named, twins: Sequence[Twin], *, flow: str) -> Card:
    """疑似同一客户: nothing is created before the person has said which it is.

    The introducer cannot be introduced by itself.
    """
    args = {"introducer": introducer.id, "name": new}
    why = f"要新建的「{new}」与下面的已有客户名称相近，还没有建商机"
    return _which(why, twins, Button("", CREATE, args), but=introducer.id, flow=flow)


def lead_customer(lead: Shown, twins: Sequence[Twin], *, flow: str) -> Card:
    """疑似同一客户: the lead is one of theirs, or a new one."""
    why = f"「{lead.company}」与下面的已有客户电话、信用代码相同或名称相近，还没有建商机"
    return _which(why, twins, Button("", CONVERT, {"number": lead.id}), flow=flow)


def _which(why: str, twins: Sequence[Twin], go_on: Button, *, flow: str, but: str = "") -> Card:
    """Which of the twins it is, or none; `go_on` is what any answer presses.

    A twin the person may not see shows only its owner, masked, and cannot be taken over.
    """
    may_be = (twin.customer for twin in twins if twin.visible)
    open_twins = [customer for customer in may_be if customer.id != but][:OFFERED]
    itself = tuple(
        replace(
            go_on,
            text="就是它" if len(open_twins) == 1 else f"就是{twin.name}",
            args={**go_on.args, "same_as": twin.id},
            style="primary",
        )
        for twin in open_twins
    )
    anew = replace(go_on, text="仍要新建", args={**go_on.args, "confirmed": True})
    return Card(
        key=flow,
        title="疑似同一客户",
        subtitle=why,
        facts=tuple((f"{i}", _twin(twin)) for i, twin in enumerate(twins, 1)),
        buttons=(*itself, anew),
        tone="warning",
    )


def closed(number: str, customer: str, *, won: bool, flow: str) -> Card:
    """An opportunity that is won or lost."""
    return Card(
        key=flow,
        title=f"{'赢单' if won else '输单'}：{customer}",
        subtitle=number,
        tone="good" if won else "plain",
        done="已记下",
    )


def _wanted(missing: Sequence[str]) -> tuple[tuple[str, str], ...]:
    words = "、".join(name for field, name in FIELD_NAMES.items() if field in missing)
    return (("待补充", words),) if words else ()


def _twin(twin: Twin) -> str:
    if twin.visible:
        return _place(twin.customer)
    return f"已由{twin.owner_region} {masked(twin.owner)} 跟进"


def _listed(found: Sequence[Named]) -> tuple[tuple[str, str], ...]:
    """Who they are, as long as a card has rows for them; their buttons name them anyway."""
    if len(found) > ROWS:
        return ()
    return tuple((f"{i}", _place(c)) for i, c in enumerate(found, 1))


def _picks(found: Sequence[Named], new: str) -> tuple[Button, ...]:
    return tuple(
        Button(f"{i}. {c.name}", CREATE, {"introducer": c.id, "name": new})
        for i, c in enumerate(found, 1)
    )


def _place(customer: Named) -> str:
    return customer.name if customer.region == UNKNOWN else f"{customer.name} · {customer.region}"
