"""`/隐私 …`: export, erase and freeze a contact's data, and keep the consent register (B58)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cards import erasing
from cards import privacy as cards
from cards.model import Card, Choice, Content
from engine.errors import Refusal
from engine.vault import State
from handlers.api import Ask, Ctx, Routes
from sales import consents, contacts, privacy
from sales.contacts import Erased, Known
from sales.privacy import Basis

routes = Routes("privacy", privileged=True)

LONGEST_EXPORT = 1800
"""Bytes a WeCom text surely holds (2,048, doc 90236) with the line above it."""
Person = Annotated[str, Ask("哪位联系人？", "联系人", "电话、邮箱或客户名称")]
MAY = "privacy"


class TooLong(Refusal):
    """The bundle does not fit into a message."""

    code = "export_too_long"
    text = (
        "这位联系人的资料太长，一条消息放不下。请在服务器上运行 jianliu export contact {contact}。"
    )


def scopes(ctx: Ctx, typed: str) -> Sequence[Choice]:
    """What one can agree to."""
    del ctx, typed
    return [Choice(one, name) for one, name in consents.SCOPE_NAMES.items()]


@routes.query("隐私 查看", alias="privacy show", summary="看一位联系人的资料怎么用",
              example="/隐私 查看 某阀门制造", permission=MAY)  # fmt: skip
def show(ctx: Ctx, who: Person) -> Content:
    """What is kept, the state, the consents, and a button for every right."""
    found = _meant(ctx, who, "show")
    return found if isinstance(found, Card) else _overview(ctx, found)


@routes.command("隐私 导出", alias="privacy export", summary="导出一位联系人的资料",
                example="/隐私 导出 某阀门制造", permission=MAY)  # fmt: skip
def export(ctx: Ctx, who: Person) -> Content:
    """The bundle in a message to whoever asks; sealed until it is drawn.

    Raises:
        Refusal: nobody is meant, nothing is left, or it is too long for a message.
    """
    found = _meant(ctx, who, "export")
    if isinstance(found, Card):
        return found
    given = privacy.exported(ctx.db, ctx.vault, found.id, now=ctx.now)
    if len(given.encode()) > LONGEST_EXPORT:
        raise TooLong(contact=found.id)
    return cards.exported(found.id)


@routes.command("隐私 冻结", alias="privacy freeze", summary="只保存、不再使用一位联系人的资料",
                example="/隐私 冻结 某阀门制造", permission=MAY)  # fmt: skip
def freeze(ctx: Ctx, who: Person) -> Content:
    """Nobody sees the number any more; nothing is lost."""
    return _frozen(ctx, who, "freeze", "已冻结")


@routes.command("隐私 解冻", alias="privacy thaw", summary="重新使用一位联系人的资料",
                example="/隐私 解冻 某阀门制造", permission=MAY)  # fmt: skip
def thaw(ctx: Ctx, who: Person) -> Content:
    """The opposite of `freeze`."""
    return _frozen(ctx, who, "thaw", "已解冻")


@routes.query("隐私 删除", alias="privacy erase", summary="删除一位联系人的资料",
              example="/隐私 删除 某阀门制造", permission=MAY)  # fmt: skip
def erase(ctx: Ctx, who: Person) -> Content:
    """Say what would happen; the tap on a reason does it."""
    found = _meant(ctx, who, "erase")
    return found if isinstance(found, Card) else cards.confirm(found, flow=ctx.flow)


@routes.action(MAY)
def erase_for(ctx: Ctx, *, who: str, basis: str) -> Content:
    """Erase for the reason pressed.

    Raises:
        Refusal: it was done already.
    """
    found = _meant(ctx, who, "erase_for")
    if isinstance(found, Card):
        return found
    wiped = erasing.erase(ctx.db, ctx.vault, found.id, Basis(basis), now=ctx.now)
    return cards.erased(found, basis, wiped, flow=ctx.flow)


@routes.command("隐私 同意", alias="privacy consent", summary="登记联系人的同意",
                example="/隐私 同意 某阀门制造 营销 11-20 的邮件", permission=MAY)  # fmt: skip
def agree(
    ctx: Ctx, who: Person,
    scope: Annotated[str, Ask("同意什么？", "范围", "聊天存档、会议记录或营销", scopes)],
    proof: Annotated[str, Ask("凭什么？", "凭据", "例如 2026-11-20 的邮件")],
) -> Content:  # fmt: skip
    """One more consent, with what proves it."""
    of = consents.scope(scope)
    found = _meant(ctx, who, "agree", scope=scope, proof=proof)
    if isinstance(found, Card):
        return found
    consents.give(ctx.db, ctx.vault, found.id, of, proof=proof, now=ctx.now)
    return _overview(ctx, found, f"已登记同意：{consents.SCOPE_NAMES[of]}")


@routes.command("隐私 撤回", alias="privacy withdraw", summary="撤回联系人的同意，立即生效",
                example="/隐私 撤回 某阀门制造 营销", permission=MAY)  # fmt: skip
def withdraw(
    ctx: Ctx, who: Person,
    scope: Annotated[str, Ask("撤回哪一项？", "范围", "聊天存档、会议记录或营销", scopes)],
) -> Content:  # fmt: skip
    """The consent ends now."""
    of = consents.scope(scope)
    found = _meant(ctx, who, "withdraw", scope=scope)
    if isinstance(found, Card):
        return found
    consents.withdraw(ctx.db, found.id, of, now=ctx.now)
    return _overview(ctx, found, f"已撤回同意：{consents.SCOPE_NAMES[of]}")


def _frozen(ctx: Ctx, who: str, action: str, told: str) -> Content:
    found = _meant(ctx, who, action)
    if isinstance(found, Card):
        return found
    privacy.freeze(ctx.db, found.id, frozen=action == "freeze", now=ctx.now)
    return _overview(ctx, found, told)


def _meant(ctx: Ctx, who: str, name: str, **args: str) -> Known | Card:
    """The contact meant, or a card to pick one and go on with the action `name`.

    A name that only sounds alike, or fits several companies, is asked back even for one contact:
    rights over a person are never used on a guess.

    Raises:
        UnknownContact: nobody is meant.
        Erased: the one meant is not there any more.
    """
    found, sure = privacy.find(ctx.db, ctx.vault, who)
    if len(found) > 1 or not sure:
        return cards.which(found, f"{routes.topic}.{name}", args, flow=ctx.flow)
    if found[0].state is State.DESTROYED:
        raise Erased
    return found[0]


def _overview(ctx: Ctx, contact: Known, note: str = "") -> Card:
    now = contacts.get(ctx.db, ctx.vault, contact.id) or contact
    given = consents.of_contact(ctx.db, contact.id)
    zone = ctx.calendars.current(ctx.db).zone
    return cards.overview(now, given, zone=zone, flow=ctx.flow, note=note)
