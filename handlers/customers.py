"""`/客户`: one customer at a glance."""

from __future__ import annotations

from typing import Annotated

from cards import customers as cards
from cards.model import Content
from engine.ids import is_ulid
from handlers.api import Ask, Ctx, Routes
from handlers.choices import visible_customers
from sales import contacts, customers, finding, names, policy
from sales.customers import Profile, UnknownCustomer

routes = Routes("customer")


@routes.query(
    "客户",
    alias="customer",
    summary="查看一家客户",
    example="/客户 某阀门制造",
    permission="customer.read",
)
def show(
    ctx: Ctx, name: Annotated[str, Ask("哪家客户？", "客户", "", visible_customers)]
) -> Content:
    """The customer's card, or the ones the words could mean.

    Raises:
        UnknownCustomer: nothing like `name` among the customers this person may see.
    """
    if is_ulid(name) and (profile := _profile(ctx, name)) is not None:
        return _card(ctx, profile)
    scope = policy.visible(ctx.who)
    found = finding.find(ctx.db, name, scope)
    if not found.customers:
        found = finding.nearest(ctx.db, name, scope)
    if len(found.customers) > 1:
        return cards.which(names.clean(name), found)
    if not found.customers or (profile := _profile(ctx, found.customers[0].id)) is None:
        raise UnknownCustomer(name=names.clean(name))
    return _card(ctx, profile)


def _profile(ctx: Ctx, customer_id: str) -> Profile | None:
    hidden = policy.hidden(ctx.db, ctx.who, customer_id)
    return customers.profile(ctx.db, customer_id, policy.visible(ctx.who), hidden)


def _card(ctx: Ctx, profile: Profile) -> Content:
    people = contacts.of_customer(ctx.db, ctx.vault, profile.id)
    return cards.profile(
        profile, people, may_refer=policy.may(ctx.who, cards.CREATE),
        may_reveal=bool(people) and contacts.may_reveal(ctx.db, ctx.who, profile.id),
    )  # fmt: skip
