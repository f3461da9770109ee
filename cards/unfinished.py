"""The reminder that an errand waits for its person, and what becomes of it."""

from __future__ import annotations

from datetime import datetime

from cards.deadlines import limit
from cards.model import Button, Card
from engine.deadlines_due import Due

RESUME = "unfinished.resume"
DROP = "unfinished.drop"
LAST = "这是最后一次提醒"


def reminder(errand: Due, act: str, *, due: datetime, last: bool) -> Card:
    """What is missing, how long it has waited, the way on and the way out.

    `due` is in the zone of whoever reads it. The card is one of its own: the question itself
    stays where it is.
    """
    key = f"unfinished/{errand.id}/{act}"
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
    )


def resume(errand: Due) -> Button:
    """The way on for a digest, which is nobody's card to lock."""
    return Button("接着办", RESUME, {"flow": errand.subject_id})


def resumed(card: str, about: str) -> Card:
    """The reminder once the question has been sent again."""
    return Card(key=card, title=about, done="已接着办")


def dropped(card: str, about: str) -> Card:
    """The reminder, or the question, once the person has let the errand go."""
    return Card(key=card, title=about, done="不登记了")
