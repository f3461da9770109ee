"""Cards of the two-field form and what comes of it (requirements A28)."""

from __future__ import annotations

from collections.abc import Sequence

from cards.model import Button, Card
from cards.words import masked
from sales.customers import Named, Twin
from sales.opportunities import Created

CREATE = "opportunity.create"
OFFERED = 3
FIELD_NAMES = {"industry": "行业", "region": "区域"}


def created(opportunity: Created, *, flow: str) -> Card:
    """The result of the errand: number, copied tags, and what was filled in from where."""
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
            ("待补充", "联系人、电话、地址等暂记为未知，不影响跟进"),
        ),
        buttons=(
            Button("看客户", "customer.show", {"name": opportunity.customer}),
            Button("再建一个", CREATE, fresh=True),
        ),
        tone="good",
    )


def which_introducer(words: str, found: Sequence[Named], *, new: str, flow: str) -> Card:
    """Several customers fit what was typed; one tap finishes the errand."""
    return Card(
        key=flow,
        title=f"「{words}」是哪一家？",
        subtitle=f"点一下介绍人，就为 {new} 建好商机",
        facts=tuple((f"{i}", _place(c)) for i, c in enumerate(found, 1)),
        buttons=_picks(found, new),
    )


def nearest_introducers(words: str, near: Sequence[Named], *, new: str, flow: str) -> Card:
    """No customer is called that; the closest ones, one tap each."""
    return Card(
        key=flow,
        title=f"没有叫「{words}」的客户",
        subtitle=f"是下面哪一家吗？点一下就为 {new} 建好商机；都不是，请核对名称后重发",
        facts=tuple((f"{i}", _place(c)) for i, c in enumerate(near, 1)),
        buttons=_picks(near, new),
        tone="warning",
    )


def same_customer(new: str, introducer: Named, twins: Sequence[Twin], *, flow: str) -> Card:
    """疑似同一客户: nothing is created before the person has said which it is.

    A twin the person may not see shows only its owner, masked, and cannot be taken over.
    """
    args = {"introducer": introducer.id, "name": new}
    open_twins = [twin.customer for twin in twins if twin.visible][:OFFERED]
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


def _twin(twin: Twin) -> str:
    if twin.visible:
        return _place(twin.customer)
    return f"已由{twin.owner_region} {masked(twin.owner)} 跟进"


def _picks(found: Sequence[Named], new: str) -> tuple[Button, ...]:
    return tuple(
        Button(f"{i}. {c.name}", CREATE, {"introducer": c.id, "name": new})
        for i, c in enumerate(found, 1)
    )


def _place(customer: Named) -> str:
    return customer.name if customer.region == "unknown" else f"{customer.name} · {customer.region}"
