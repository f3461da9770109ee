"""Cards of the two-field form and what comes of it (requirements A28)."""

from __future__ import annotations

from collections.abc import Sequence

from cards.model import Button, Card
from cards.words import FIELD_NAMES, MORE, masked
from sales.customers import UNKNOWN, Named
from sales.finding import Found, Twin
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
    missing = "、".join(name for field, name in FIELD_NAMES.items() if field in opportunity.missing)
    return Card(
        key=flow,
        title=f"商机已建：{opportunity.customer}",
        subtitle=opportunity.number,
        facts=(
            ("介绍人", opportunity.introducer),
            ("带出标签", "、".join(opportunity.tags) or "介绍人还没有交易标签"),
            *filled,
            *([("待补充", missing)] if missing else []),
        ),
        buttons=(
            Button("看客户", "customer.show", {"name": opportunity.customer_id}),
            Button("再建一个", CREATE, fresh=True),
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

    A twin the person may not see shows only its owner, masked, and cannot be taken over; the
    introducer cannot be introduced by itself.
    """
    args = {"introducer": introducer.id, "name": new}
    may_be = (twin.customer for twin in twins if twin.visible)
    open_twins = [customer for customer in may_be if customer.id != introducer.id][:OFFERED]
    itself = tuple(
        Button(
            "就是它" if len(open_twins) == 1 else f"就是{twin.name}",
            CREATE,
            {**args, "same_as": twin.id},
            "primary",
        )
        for twin in open_twins
    )
    return Card(
        key=flow,
        title="疑似同一客户",
        subtitle=f"要新建的「{new}」与下面的已有客户名称相近，还没有建商机",
        facts=tuple((f"{i}", _twin(twin)) for i, twin in enumerate(twins, 1)),
        buttons=(*itself, Button("仍要新建", CREATE, {**args, "confirmed": True})),
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
