"""`/绑定`: a code from one app, typed in the other, makes both accounts one person's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cards import binding as cards
from cards import outbox
from cards.model import Content
from engine.errors import Refusal
from engine.unit import Unit
from engine.vault import Vault
from handlers.api import Ask, Ctx, Routes
from sales import binding, people
from sales.binding import Bound, Wrong
from sales.people import Address

routes = Routes("binding", privileged=True)

BIND = "binding.bind"


class NotProven(Refusal):
    """Nobody can tell that these are the person's own words (attack D09)."""

    code = "not_proven"
    text = "从这里发的绑定码不能证明是您本人发的，请把您的账号告诉管理员，由他绑定。"


class GoneAlready(Refusal):
    """There is nothing to take back."""

    code = "not_bound_any_more"
    text = "账号 {account} 已经不在您名下了。"


@routes.command("绑定", alias="bind", summary="把企业微信和钉钉的账号绑成一个人", example="/绑定",
                permission="bind")  # fmt: skip
def bind(
    ctx: Ctx, code: Annotated[str, Ask("绑定码？", "绑定码", "没有就不写，给您一个新的")] = ""
) -> Content | None:  # fmt: skip
    """Without a code one is given; with the other app's code this account joins that person.

    Raises:
        TooManyCodes: they have had enough of them.
        Refusal: the two cannot be one, as `sales.binding.redeem` says.
    """
    if not code:
        binding.issue(ctx.db, ctx.vault, ctx.who.id, now=ctx.now)
        return cards.code(ctx.who.id)
    return of_stranger(ctx.db, ctx.vault, code, ctx.address, now=ctx.now)


def of_stranger(
    db: Unit, vault: Vault, code: str, at: Address, *, now: datetime
) -> Content | None:  # fmt: skip
    """A code typed from an account, whoever it was until now.

    Whose it is changes under way, so what came of it is posted to who it is then.

    Raises:
        Refusal: see `bind`.
    """
    came = binding.redeem(db, vault, code, at, now=now)
    if isinstance(came, Wrong):
        return cards.wrong(came.left)
    if came.merged:
        outbox.hand_over(db, came.merged, came.person_id)
    _tell_the_others(db, came, at, now)
    to = Address(came.person_id, at.platform, at.tenant, at.account)
    outbox.post(db, cards.bound(came.name, at), [to], now=now)
    return None


@routes.action("bind")
def not_me(ctx: Ctx, *, platform: str, tenant: str, account: str) -> Content:
    """Somebody else typed the code: the account is nobody's at once.

    Raises:
        GoneAlready: it is not this person's any more.
    """
    to = Address(ctx.who.id, platform, tenant, account)
    if not binding.unbind(ctx.db, to, now=ctx.now, reason="本人说不是自己"):
        raise GoneAlready(account=account)
    return cards.undone(account, flow=ctx.flow)


def _tell_the_others(db: Unit, came: Bound, at: Address, now: datetime) -> None:
    """Where the person was known before, they learn of it and can take it back."""
    where = (at.platform, at.tenant, at.account)
    for to in people.addresses(db, came.person_id):
        if (to.platform, to.tenant, to.account) != where:
            outbox.post(db, cards.was_it_you(at), [to], now=now)
