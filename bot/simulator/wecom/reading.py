"""Picking values out of a request that may have any shape, with WeCom's codes for misfits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bot.simulator.wecom.errors import Refused

ILLEGAL = 40058
"""Parameter illegal: bad JSON, wrong type, too long, too many."""


def body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a request.

    Raises:
        Refused: 40058, as WeCom says it.
    """
    try:
        parsed = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(ILLEGAL, "Warning: wrong json format.") from None
    return obj({"body": parsed}, "body")


def obj(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """The object `name`, {} if there is none."""
    found: dict[str, Any] = _typed(holder, name, dict, {})
    return found


def objects(
    holder: dict[str, Any], name: str, least: int, most: int, code: int
) -> list[dict[str, Any]]:
    """The list `name` of `least` to `most` objects; anything else is refused with `code`."""
    items: list[Any] = _typed(holder, name, list, [])
    if not least <= len(items) <= most:
        raise Refused(code, f"{name} must have {least}..{most} entries")
    if not all(isinstance(item, dict) for item in items):
        raise Refused(ILLEGAL, f"{name} must hold objects")
    return items


def text(holder: dict[str, Any], name: str) -> str:
    """The text `name`, "" if there is none."""
    return str(_typed(holder, name, str, ""))


def needed(holder: dict[str, Any], name: str, code: int, most_bytes: int = 0) -> str:
    """The text `name`, refused with `code` if it is missing, empty or too long."""
    value = text(holder, name)
    if not value or (most_bytes and len(value.encode(errors="replace")) > most_bytes):
        raise Refused(code, f"{name} missing or too long")
    return value


def number(holder: dict[str, Any], name: str, default: int, allowed: Iterable[int]) -> int:
    """The integer `name`, one of `allowed`."""
    value: int = _typed(holder, name, int, default)
    if isinstance(value, bool) or value not in allowed:
        raise Refused(ILLEGAL, f"{name} not allowed")
    return value


def unique(keys: list[str], name: str, code: int) -> None:
    """Refuse with `code` if one of `keys` stands twice."""
    if len(set(keys)) < len(keys):
        raise Refused(code, f"{name} must be unique")


def _typed(holder: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    value = holder.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise Refused(ILLEGAL, f"{name} has the wrong type")
    return value
