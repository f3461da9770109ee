"""What pick lists offer."""

from __future__ import annotations

from collections.abc import Sequence

from cards.model import Choice
from handlers.api import Ctx
from sales import customers, policy


def visible_customers(ctx: Ctx, typed: str) -> Sequence[Choice]:
    """The customers this person may see, narrowed by what is typed."""
    found = customers.suggest(ctx.db, typed, policy.visible(ctx.who))
    return [Choice(c.id, c.name) for c in found]
