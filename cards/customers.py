"""The customer card and the pick card in front of it."""

from __future__ import annotations

from collections.abc import Sequence

from cards import contacts
from cards.model import Button, Card
from cards.words import FIELD_NAMES, MORE, day, yuan
from sales.contacts import Known
from sales.customers import UNKNOWN, Profile
from sales.finding import Found

SHOW = "customer.show"
CREATE = "opportunity.create"


def profile(
    customer: Profile, people: Sequence[Known], *, may_refer: bool, may_reveal: bool
) -> Card:
    """Who it is, whose it is, who is there, what it bought last; buttons only who may use them."""
    refer = Button("由它介绍新客户", CREATE, {"introducer": customer.id}, "primary")
    facts = {
        "owner": ("负责人", customer.owner),
        "region": (FIELD_NAMES["region"], customer.region),
        "industry": (FIELD_NAMES["industry"], customer.industry),
        "rating": (FIELD_NAMES["rating"], customer.rating),
    }
    shown = [fact for field, fact in facts.items() if field not in customer.hidden]
    return Card(
        title=customer.name,
        subtitle="、".join(customer.tags) or "还没有交易标签",
        facts=(
            *((name, "未知" if value == UNKNOWN else value) for name, value in shown),
            *contacts.facts(people),
        ),
        quote=_orders(customer),
        buttons=(
            *((refer,) if may_refer else ()),
            *(contacts.buttons(people) if may_reveal else ()),
        ),
        about=(("customer", customer.id),),
    )


def _orders(customer: Profile) -> str:
    if "orders" in customer.hidden:
        return "订单和评级只有销售看得到"
    lines = (f"{day(o.ordered_on)} {o.product} {yuan(o.amount_fen)}" for o in customer.orders)
    return "\n".join(("最近订单", *lines)) if customer.orders else "还没有订单"


def which(words: str, found: Found) -> Card:
    """Several customers fit; one tap shows one."""
    return Card(
        title=f"「{words}」是哪一家？",
        subtitle=MORE if found.more else "",
        facts=tuple((f"{i}", c.name) for i, c in enumerate(found.customers, 1)),
        buttons=tuple(
            Button(f"{i}. {c.name}", SHOW, {"name": c.id}) for i, c in enumerate(found.customers, 1)
        ),
        about=tuple(("customer", c.id) for c in found.customers),
    )
