"""`/消息 为什么没收到`: everybody about themselves, administrators about a colleague."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from cards import deliveries
from cards import messages as cards
from cards.model import Content
from engine import audit, calendar_days
from engine.errors import Refusal
from engine.unit import Unit
from handlers.api import Ask, Ctx, Routes
from sales import people, policy, staff

routes = Routes("messages")

OWN, OTHERS = "messages", "operations"
WORD = "消息 为什么没收到"
LEFT = "已离职，不再发消息。"
NO_ACCOUNT = "没有绑定账号，消息没有地方去。请管理员用 /同事 绑定。"
AWAY = "正在请假，每日待办不发。"


class GoneMessage(Refusal):
    """It was put away, is on its way, or is not for this person."""

    code = "gone_message"
    text = "这条消息已经在路上，或者太旧了，不能再发。"


class SecretMessage(Refusal):
    """A number is shown to who may see it now, not to who could see it then."""

    code = "secret_message"
    text = "带号码的消息不能重发，请在卡片上再点一次「查看号码」。"


@routes.query(WORD, alias="message why", summary="消息发到哪里了，没收到是为什么",
              example="/消息 为什么没收到", permission=OWN)  # fmt: skip
def why(
    ctx: Ctx, name: Annotated[str, Ask("谁没收到？", "同事", "不写就是您自己")] = ""
) -> Content:  # fmt: skip
    """What became of one's own messages; with a name, of a colleague's.

    Raises:
        NotAllowed: only administrators may ask about somebody else.
        UnknownColleague: `name` is nobody.
    """
    person_id, whose, left = ctx.who.id, "", False
    if name and name != ctx.who.name:
        policy.require(ctx.db, ctx.who, OTHERS, WORD)
        found = staff.find(ctx.db, name, policy.subordinates(ctx.who, OTHERS))
        person_id, whose, left = found.id, found.name, not found.active
    sent = deliveries.of_person(ctx.db, person_id, most=cards.LISTED, now=ctx.now)
    standing = LEFT if left else _standing(ctx.db, person_id, ctx.now)
    zone = ctx.calendars.zone
    return cards.report(whose, standing, sent, now=ctx.now, zone=zone, flow=ctx.flow)


@routes.action(OWN)
def resend(ctx: Ctx, *, delivery: str) -> Content:
    """Bring a message once more, where it was sent to.

    Raises:
        GoneMessage: there is nothing to bring.
        SecretMessage: it shows a number.
        NotAllowed: it is somebody else's.
    """
    sent = deliveries.one(ctx.db, delivery, now=ctx.now)
    if sent is None:
        raise GoneMessage
    if sent.to.person_id != ctx.who.id:
        policy.require(ctx.db, ctx.who, OTHERS, WORD)
    if sent.tells_secret:
        raise SecretMessage
    if not deliveries.again(ctx.db, sent, now=ctx.now):
        raise GoneMessage
    audit.record(ctx.db, "message.resent", ("card", sent.posted.card_id), at=ctx.now)
    return cards.resent(sent.title, flow=ctx.flow)


def _standing(db: Unit, person_id: str, now: datetime) -> str:
    """What keeps messages from somebody who is with us."""
    if people.usual_address(db, person_id) is None:
        return NO_ACCOUNT
    return AWAY if calendar_days.leaves(db, person_id, now, now) else ""
