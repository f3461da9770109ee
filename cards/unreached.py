"""Who cannot be told anything yet: WeCom's smart bot writes to nobody who has not written to it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from cards import outbox
from cards.model import Button, Card, Menu
from engine import waiting
from engine.unit import Unit
from sales import unreached

FIRST_CONTACT = "first_contact"
"""Why a message waits until its reader has written to the bot for the first time."""
SHOWN = 5
"""Names on a card."""
WHY = "您是管理员；同事收不到，提醒和审批就停在那里。"
_TODO = "请他们在机器人的聊天里随便发一句，等着的消息会按顺序发出。"


class Unreached(NamedTuple):
    """The people messages wait for, and how many messages."""

    names: tuple[str, ...]
    messages: int


NOBODY = Unreached((), 0)


def find(db: Unit) -> Unreached:
    """Everybody whose messages wait for their first words and who has no app beside the bot."""
    names: list[str] = []
    messages = 0
    for channel, tenant, home in unreached.alone(db):
        held = waiting.held_up(db, outbox.lane(channel, tenant), FIRST_CONTACT)
        for name, account in unreached.holders(db, home, tenant, held):
            names.append(name)
            messages += held[account]
    return Unreached(tuple(names), messages)


def notice(found: Unreached, today: date) -> Card:
    """Who is to be asked to say a word; the key is the week's, so it is said once a week."""
    year, week, _ = today.isocalendar()
    return Card(
        key=f"unreached/{year}-{week}",
        title=f"{len(found.names)} 位同事还收不到消息",
        subtitle="他们没和机器人说过话，企业微信不让机器人先开口",
        facts=(("同事", _some(found.names)), ("等着的消息", f"{found.messages} 条")),
        quote=_TODO,
        buttons=(Button("看看还有谁", "health.show"),),
        tone="warning",
        menu=Menu(WHY, "unreached"),
    )


def words(found: Unreached) -> str:
    """What to do about it, as `/体检` says it."""
    return f"{_some(found.names)}没和机器人说过话，{found.messages} 条消息在等，请他们先发一句。"


def _some(names: tuple[str, ...]) -> str:
    more = f"等 {len(names)} 位" if len(names) > SHOWN else ""
    return "、".join(names[:SHOWN]) + more
