"""The smart bot's error codes, sorted by what to do next (docs 90313, 101463)."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias

from bot.platforms.api import Undelivered
from cards.unreached import FIRST_CONTACT

REFUSED = frozenset({853000, 846601})
"""Wrong bot id or secret; the long connection is switched off in the console."""

TOO_LATE = frozenset({846604, 846605, 846608})
"""The req_id is over or unknown: this can no longer be a reply."""

REPLIED = 846606
"""This req_id has its reply: what we repeat has arrived the first time."""

UNSUBSCRIBED = 846609
TAKEN_TASK = 846625
"""The task_id is in use, and ours name one message each: it has arrived the first time."""

NOT_PUSHABLE = 846607
"""Sources differ: the person never wrote to the bot, or the conversation is over its rate."""

SOON = timedelta(seconds=3)
NEXT_MINUTE = timedelta(minutes=1)
NOW_AND_THEN = timedelta(hours=1)
"""How often it is tried whether somebody who has not written can be reached after all."""

_Rule: TypeAlias = tuple[str, timedelta | None, bool]  # reason, retry_after, spent
_INVALID: _Rule = ("card_invalid", None, True)
_NEVER_TAKEN = frozenset({40004, 40005, 40006, 45001})
"""The sort, the type or the size of a file."""
_NO_MEDIA: _Rule = ("media_expired", SOON, True)
_RULES: dict[int, _Rule] = {
    -1: ("channel_down", SOON, True),
    6000: ("channel_down", SOON, True),
    45009: ("rate_limited", NEXT_MINUTE, False),
    45033: ("rate_limited", SOON, False),
    UNSUBSCRIBED: ("channel_down", SOON, False),
    40003: ("user_left", None, True),
    60111: ("user_left", None, True),
    81013: ("user_out_of_scope", None, True),
    **dict.fromkeys((40007, 40145), _NO_MEDIA),
    **dict.fromkeys((40008, 40058, 42014, 45002, 93006), _INVALID),
    **dict.fromkeys(range(42017, 42052), _INVALID),
}


def not_uploaded(code: int) -> Undelivered:
    """What an answer other than 0 means for a step of an upload: it begins anew, or never will."""
    if code in _NEVER_TAKEN:
        return Undelivered("card_invalid", str(code))
    reason, retry_after, spent = _RULES.get(code, _INVALID)
    if reason == "card_invalid":  # our place in the upload is lost, or a piece of it
        reason, retry_after = "channel_down", SOON
    return Undelivered(reason, str(code), retry_after=retry_after, spent=spent)


def failure(code: int, *, has_written: bool) -> Undelivered:
    """What an answer other than 0 means for a message to somebody.

    `has_written`: we have seen words of theirs, so that 846607 can only be the rate.
    """
    if code == NOT_PUSHABLE and has_written:
        return Undelivered("rate_limited", str(code), retry_after=NEXT_MINUTE, spent=False)
    if code == NOT_PUSHABLE:
        return Undelivered(FIRST_CONTACT, str(code), retry_after=NOW_AND_THEN, spent=False)
    reason, retry_after, spent = _RULES.get(code, ("channel_down", NEXT_MINUTE, True))
    return Undelivered(reason, str(code), retry_after=retry_after, spent=spent)
