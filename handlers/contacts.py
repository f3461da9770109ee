"""查看号码: one press, one number, to one person."""

from __future__ import annotations

from cards import contacts as cards
from cards.model import Content
from handlers.api import Ctx, Routes
from sales import contacts
from sales.rules.limits import LIMITS

routes = Routes("contact")


@routes.action("contact.reveal")
def reveal(ctx: Ctx, *, contact: str) -> Content:
    """The number in a message to whoever presses; counted and audited (D30).

    Raises:
        Refusal: not theirs, erased, frozen, or enough for today.
    """
    most = ctx.rules.at(LIMITS, ctx.now).body.reveals_per_day
    customer, left = contacts.reveal(
        ctx.db, ctx.who, contact, most=most, today=ctx.today, now=ctx.now
    )  # fmt: skip
    return cards.revealed(contact, customer, left=left)
