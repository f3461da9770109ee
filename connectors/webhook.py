"""Signed web hooks as the Standard Webhooks specification has them (version 1.0.0).

A sender names each delivery (`webhook-id`), says when it sends it (`webhook-timestamp`, seconds
since 1970) and signs "id.timestamp.body" with HMAC-SHA256 under a secret of its own
(`webhook-signature`: "v1,<base64>", several apart by spaces while a secret is being changed).
Nothing of a body is looked at before its signature is right.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import from_json

from connectors import sheet_heading
from connectors.sheet_cells import BadCell, value
from connectors.sheet_model import Column, Value
from engine.text import clean

PREFIX = "whsec_"
"""What a secret begins with; base64 of 24 to 64 bytes follows."""
LEAST_KEY, MOST_KEY = 24, 64
TOLERANCE = timedelta(minutes=5)
"""So much may the clocks of sender and receiver differ; what is older was recorded by somebody."""
_ID = re.compile(r"[A-Za-z0-9_:-]{1,128}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
VERSION = "v1,"


class NotAuthentic(Exception):
    """The delivery is not from who it says, or is old; `reason` is one of our own words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadBody(Exception):
    """What was signed cannot be read; the text says in Chinese why, to whoever set it up."""


def key_of(secret: str) -> bytes:
    """The bytes of a secret written as "whsec_…".

    Raises:
        ValueError: it is not written so, or has fewer than 24 or more than 64 bytes.
    """
    written = secret.removeprefix(PREFIX)
    key = b64decode(written, validate=True)
    whole = b64encode(key).decode() == written and secret.startswith(PREFIX)
    if not whole or not LEAST_KEY <= len(key) <= MOST_KEY:
        raise ValueError("not a secret of Standard Webhooks")
    return key


def signature(key: bytes, delivery: str, timestamp: str, body: bytes) -> str:
    """What a sender puts into `webhook-signature`."""
    digest = hmac.digest(key, f"{delivery}.{timestamp}.".encode() + body, "sha256")
    return VERSION + b64encode(digest).decode()


def verified(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of an authentic, fresh delivery.

    Raises:
        NotAuthentic: "headers", "signature" or "timestamp".
    """
    delivery, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not _ID.fullmatch(delivery) or not _SECONDS.fullmatch(timestamp):
        raise NotAuthentic("headers")
    right = signature(key, delivery, timestamp, body).encode()
    given = headers.get("webhook-signature", "").encode().split()
    if not [one for one in given if hmac.compare_digest(one, right)]:
        raise NotAuthentic("signature")
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > TOLERANCE:
        raise NotAuthentic("timestamp")
    return delivery


def fields(
    body: bytes, columns: Sequence[Column]
) -> tuple[dict[str, Value], tuple[str, ...]]:  # fmt: skip
    """What a body says of each column, under any of its headings, and the keys of no column.

    The body is a JSON object, or one whose `data` is. Words longer than a column takes are cut:
    somebody who fills in a form is not sent away for it.

    Raises:
        BadBody: it is no such object, or a value is none.
    """
    try:
        told: Any = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise BadBody("请求体不是 JSON") from None
    told = told.get("data", told) if isinstance(told, dict) else told
    if not isinstance(told, dict):
        raise BadBody("请求体要是一个 JSON 对象，或者 data 是")
    values: dict[str, Value] = {}
    ignored: list[str] = []
    for name, given in told.items():
        place = sheet_heading.place(0, name, columns)
        if place is None:
            ignored.append(name)
        elif place.column.name not in values and (cell := _cell(name, given)):
            cell = cell[: place.column.max_len]
            try:
                values[place.column.name] = value(cell, place.column, place.scale)
            except BadCell as wrong:
                raise BadBody(f"{name}：{wrong}") from None
    return values, tuple(ignored)


def _cell(name: str, given: Any) -> str:
    """A value as words; those of a list one after the other."""
    if isinstance(given, list):
        return "、".join(filter(None, (_cell(name, one) for one in given)))
    if given is None:
        return ""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise BadBody(f"{name}：要是文字或数字")
    return clean(str(given)).strip()
