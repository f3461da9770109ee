"""What we say in an acknowledgement, the same over Stream and HTTP."""

from __future__ import annotations

from typing import Any

from bot.platforms.api import Answer
from cards.render.dingtalk import card_params
from cards.render.slot import Slot

BY_KEY = {"updateCardDataByKey": True, "updatePrivateDataByKey": True}
"""Both default to false on the platform, which then overwrites every variable not named."""


def card_answer(answer: Answer) -> dict[str, Any]:
    """The response to a card press: the card's new face, or {} when an update will follow.

    The private part stays empty on purpose: it would lie over every later update, and each
    of our cards has one reader anyway.
    """
    if answer.card is None:
        return {}
    # A template's variables do not hold the card's own id, so no ref is needed here.
    params = card_params(answer.card, Slot("", answer.version))
    if answer.card.picture and answer.card.picture.media:
        del params["picture"]  # delivery knows where it is; by key it stays as it was sent
    return {
        "cardUpdateOptions": BY_KEY,
        "cardData": {"cardParamMap": params},
        "userPrivateData": {"cardParamMap": {}},
    }
