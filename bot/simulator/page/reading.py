"""Reading JSON that may have any shape: a phone shows what it can and never crashes."""

from __future__ import annotations

import json
from typing import Any


class Unreadable(Exception):
    """A part of a message's wire form that no phone could draw; the text says which."""


def obj(wire: Any, key: str) -> dict[str, Any]:
    """The object under `key`, {} if there is none."""
    value = wire.get(key)
    return value if isinstance(value, dict) else {}


def text(wire: Any, key: str) -> str:
    """The text under `key`, "" if there is none; numbers are shown as written."""
    value = wire.get(key)
    return "" if value is None or isinstance(value, dict | list) else str(value)


def objects(wire: Any, key: str) -> list[dict[str, Any]]:
    """The objects in the list under `key`, [] if there is none."""
    value = wire.get(key)
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def embedded(wire: Any, key: str) -> Any:
    """The JSON inside the string under `key` (DingTalk nests so), None if it is empty.

    Raises:
        Unreadable: the string is not JSON.
    """
    body = text(wire, key)
    if not body:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"{key} 不是合法的 JSON") from problem
