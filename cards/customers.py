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
    orders = "\n".join(
        f"{day(o.ordered_on)} {o.product} {yuan(o.amount_fen)}" for o in customer.orders
    )
    facts = [
        ("负责人", customer.owner),
        (FIELD_NAMES["region"], customer.region),
        (FIELD_NAMES["industry"], customer.industry),
        (FIELD_NAMES["rating"], customer.rating),
    ]
    return Card(
        title=customer.name,
        subtitle="、".join(customer.tags) or "还没有交易标签",
        facts=(
            *((name, "未知" if value == UNKNOWN else value) for name, value in facts),
            *contacts.facts(people),
        ),
        quote=f"最近订单\n{orders}" if orders else "还没有订单",
        buttons=(
            *((refer,) if may_refer else ()),
            *(contacts.buttons(people) if may_reveal else ()),
        ),
    )


def which(words: str, found: Found) -> Card:
    """Several customers fit; one tap shows one."""
    return Card(
        title=f"「{words}」是哪一家？",
        subtitle=MORE if found.more else "",
        facts=tuple((f"{i}", c.name) for i, c in enumerate(found.customers, 1)),
        buttons=tuple(
            Button(f"{i}. {c.name}", SHOW, {"name": c.id}) for i, c in enumerate(found.customers, 1)
        ),
    )
