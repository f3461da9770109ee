"""Reading JSON somebody else wrote: typed looks into it, and no error but BadCallback."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from bot.platforms.api import BadCallback

_LONGEST_ID = 128
# The platform counts milliseconds; years past 9999 do not fit a datetime.
_LAST_MOMENT = 253_402_300_799_000


def loads(raw: str | bytes) -> dict[str, Any]:
    """The JSON object in `raw`.

    Raises:
        BadCallback: reason "json": not UTF-8, not JSON, nested too deeply, or no object.
    """
    try:
        value = json.loads(raw.decode() if isinstance(raw, bytes) else raw)
    except (ValueError, RecursionError):
        raise BadCallback("json") from None
    if not isinstance(value, dict):
        raise BadCallback("json")
    return value


def obj(value: Any) -> dict[str, Any]:
    """`value` as an object, also one written as a JSON string; {} if it is neither."""
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        try:
            return loads(value)
        except BadCallback:
            return {}
    return {}


def items(value: Any) -> list[Any]:
    """`value` as a list, [] if it is none."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """`value` as text a database takes: no NUL, no lone surrogates; "" if it is no text."""
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode(errors="replace").decode()


def identifier(value: Any) -> str:
    """An id as the platform writes them, "" if there is none.

    Raises:
        BadCallback: reason "fields": longer than any id of the platform.
    """
    found = text(value).strip()
    if len(found) > _LONGEST_ID:
        raise BadCallback("fields")
    return found


def milliseconds(value: Any) -> int | None:
    """A moment in ms since 1970, written as a number or as digits; None if it is neither."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LAST_MOMENT:
        return value
    return None


def moment(value: Any, otherwise: datetime) -> datetime:
    """The moment `value` names in ms since 1970, or `otherwise`."""
    found = milliseconds(value)
    return otherwise if found is None else datetime.fromtimestamp(found / 1000, UTC)


def digest(*parts: Any) -> str:
    """An identity for an event the platform gave none: the same parts, the same 64 characters.

    Raises:
        BadCallback: reason "json": nested too deeply.
    """
    try:
        canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise BadCallback("json") from None
    return hashlib.sha256(canonical.encode()).hexdigest()
