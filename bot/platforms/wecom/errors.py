"""WeCom's error codes, sorted by what to do next (docs 90313, 90236, 94888)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeAlias

from bot.platforms.api import Undelivered

STALE_TOKEN = frozenset({40001, 40014, 42001})
"""The access_token is refused: ask for a new one and repeat the call once."""

BAD_LOGIN = frozenset({40029, 42022})
"""The OAuth code is unknown, older than five minutes or already used."""

WRONG_SECRET = frozenset({40001, 40013, 40091})
"""gettoken does not know the corp or the secret; ten of these lock our address out for 1 h."""

NO_MEDIA = frozenset({40007, 40145})
"""The media_id is none, or over three days old."""

BRIEFLY = timedelta(seconds=10)
NEXT_MINUTE = timedelta(minutes=1)
AFTER_REPAIR = timedelta(minutes=10)
"""How long a wrong secret is left alone."""

_Rule: TypeAlias = tuple[str, timedelta | None, bool]  # reason, retry_after, spent
_CONFIG: _Rule = ("config", NEXT_MINUTE, True)  # somebody must change something first
_BUSY: _Rule = ("channel_down", BRIEFLY, True)
_CROWDED: _Rule = ("rate_limited", BRIEFLY, False)
_LIMITED: _Rule = ("rate_limited", NEXT_MINUTE, False)
_INVALID: _Rule = ("card_invalid", None, True)
_UNKNOWN: _Rule = ("channel_down", NEXT_MINUTE, True)


def _table(*rows: tuple[Iterable[int], _Rule]) -> dict[int, _Rule]:
    return {code: rule for codes, rule in rows for code in codes}


_RULES = _table(
    ((-1, 6000), _BUSY),
    ((45009,), _LIMITED),  # lasts as long as the window it filled: a minute, an hour or a day
    ((45033, 45035), _CROWDED),
    (WRONG_SECRET, ("config", AFTER_REPAIR, True)),
    # Token, callback address, permissions, app asleep, trusted domain and address, app id, menu.
    ((40014, 41001, 42001, 43012, 48002, 48006, 48011), _CONFIG),
    ((50001, 60011, 60020, 301002), _CONFIG),
    (range(40016, 40028), _CONFIG),
    ((50002, 60021, 81013), ("user_out_of_scope", None, True)),
    ((40003, 60111), ("user_left", None, True)),
    (NO_MEDIA, ("media_expired", BRIEFLY, True)),
    ((45001,), ("media_too_large", None, True)),
    ((40008, 40058, 40206, 41033, 44004, 45002, 45008), _INVALID),
    ((82001, 82002, 82003), _INVALID),
    ((42014, *range(42017, 42021), *range(42027, 42052)), _INVALID),
    ((42015, 42016, 60140), ("not_updatable", None, True)),
)
_ADDRESS = re.compile(r"from ip: ?([0-9A-Fa-f.:]{2,45})")


def errcode(answer: dict[str, Any]) -> int:
    """The error code of an answer; success may leave it out."""
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else -1


def check(answer: dict[str, Any]) -> None:
    """Refuse an answer that reports a failure.

    Raises:
        Undelivered: typed by what to do next; `detail` begins with the errcode.
    """
    code = errcode(answer)
    if code == 0:
        return
    reason, retry_after, spent = _RULES.get(code, _UNKNOWN)
    # The rest of errmsg is for eyes only and not ours to keep; the address is what the
    # administrator must paste into 企业可信IP.
    address = _ADDRESS.search(str(answer.get("errmsg", "")))
    detail = f"{code} from ip {address[1].rstrip('.')}" if address else str(code)
    raise Undelivered(
        reason, detail, retry_after=retry_after, spent=spent, everybody=reason == "rate_limited"
    )
