"""What pick lists offer."""

from __future__ import annotations

from collections.abc import Sequence

from cards.model import Choice
from handlers.api import Ctx
from sales import customers, finding, policy


def visible_customers(ctx: Ctx, typed: str) -> Sequence[Choice]:
    """The customers this person may see, narrowed by what is typed; see `finding.suggest`."""
    found = finding.suggest(ctx.db, typed, policy.visible(ctx.who))
    return [Choice(c.id, c.name) for c in found]


def customer_name(ctx: Ctx, given: str) -> str:
    """A customer given by its id or in words, as people read it."""
    picked = customers.get(ctx.db, given, policy.visible(ctx.who))
    return given if picked is None else picked.name
