"""The reminder that an errand waits for its person, and what becomes of it."""

from __future__ import annotations

from datetime import datetime

from cards.deadlines import limit
from cards.model import Button, Card, Menu
from engine.deadlines_due import Due

RESUME = "unfinished.resume"
DROP = "unfinished.drop"
LAST = "这是最后一次提醒"
WHY = "这件事是您发起的，还差一步没有完成，到了时限就提醒您本人。"


def reminder(errand: Due, act: str, *, due: datetime, last: bool) -> Card:
    """What is missing, how long it has waited, the way on and the way out.

    `due` is in the zone of whoever reads it. The card is one of its own: the question itself
    stays where it is.
    """
    key = _key(errand.id, act)
    args = {"flow": errand.subject_id, "card": key, "about": errand.about}
    return Card(
        key=key,
        title=errand.about,
        subtitle=LAST if last else "",
        facts=(("时限", limit(errand, due)),),
        buttons=(
            Button("接着办", RESUME, args, "primary"),
            Button("不登记了", DROP, args),
        ),
        tone="warning",
        menu=Menu(WHY, f"unfinished/{errand.id}"),
    )


def finished(deadline: str, act: str, about: str) -> Card:
    """The reminder once its errand has come to an end some other way."""
    return over(_key(deadline, act), about)


def over(card: str, about: str) -> Card:
    """A card that asked for something which is done."""
    return Card(key=card, title=about, done="已办完")


def resume(errand: Due) -> Button:
    """The way on for a digest, which is nobody's card to lock."""
    return Button("接着办", RESUME, {"flow": errand.subject_id})


def resumed(card: str, about: str) -> Card:
    """The reminder once the question has been sent again."""
    return Card(key=card, title=about, done="已接着办")


def dropped(card: str, about: str) -> Card:
    """The reminder, or the question, once the person has let the errand go."""
    return Card(key=card, title=about, done="不登记了")


def _key(deadline: str, act: str) -> str:
    return f"unfinished/{deadline}/{act}"
