"""DingTalk's JSON becomes `Inbound`: pure, for Stream and HTTP alike.

Source: reference dingtalk.md §2.1, §2.5, §4.3–4.4.

When are two events the same? A robot message: its `msgId`, which survives redelivery. A
card press on Stream: the frame's `messageId`, so a redelivered frame is the same press and
a second deliberate tap another one. A card press over HTTP, where the platform gives no id:
a hash of card, person and everything pressed, so equal taps are one; the key in it names the
card's version, which makes a tap on a new face a new event.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.platforms.api import BadCallback, Inbound
from bot.platforms.dingtalk.fields import digest, identifier, items, moment, obj, text
from bot.settings import DingTalkSettings
from cards.model import BACK, ENTRIES
from cards.render.dingtalk import FORM_KEY
from cards.render.dingtalk_message import PRESS_WORD
from engine.files import Attachment, kind_of

NAME = "dingtalk"
_OVER_QUOTA = (20001, "20001")
_PRESS = re.compile(
    rf"{PRESS_WORD}\s+(?P<ref>\S{{1,100}})\s+"
    rf"(?P<key>[0-9]{{1,6}}\.(?:[0-9]{{1,3}}|form|{BACK}|{'|'.join(ENTRIES)}))"
    r"(?:\s+(?P<values>.*))?",
    re.DOTALL,
)
_NAMED = re.compile(r"(?:^|\s)([A-Za-z][A-Za-z0-9_]*)[=＝]")

_LONGEST_NAME = 255  # characters of a file name
_LONGEST_CODE = 2048  # characters of a downloadCode
_MOST_PICTURES = 50

TAP_SECONDS = 10
"""In HTTP mode the same press within this span is a repetition, afterwards a new tap."""


def robot_message(body: Mapping[str, Any], settings: DingTalkSettings, now: datetime) -> Inbound:
    """What a person said to the robot.

    Text, rich text and recognised speech are kind "text"; a line an ActionCard's button
    made the phone say is kind "press"; a picture or a file kind "file"; everything else kind
    "other" with the platform's message type as `text`. Kind "event" are "over_quota" (the
    month's pushes are used up: no words came) and "not_published" (the app has no published
    version: nobody knows who spoke).

    Raises:
        BadCallback: meant for another robot or organisation (403), or an id is malformed.
    """
    _expect(body.get("robotCode"), settings.robot_code)
    _expect(body.get("chatbotCorpId"), settings.corp_id)
    said = _words(body)
    account = identifier(body.get("senderStaffId"))
    event: dict[str, Any] = {
        "platform": NAME,
        "tenant": settings.tenant,
        "event_key": identifier(body.get("msgId")) or digest(body),
        "account": account,
        "at": moment(body.get("createAt"), now),
    }
    if said is None and (body.get("errorCode") or body.get("errCode")) in _OVER_QUOTA:
        return Inbound(**event, kind="event", text="over_quota")
    if not account:
        return Inbound(**event, kind="event", text="not_published")
    event["attachments"] = files = _attachments(body)
    if said is None and files:
        return Inbound(**event, kind="file")
    if said is None:
        return Inbound(**event, kind="other", text=identifier(body.get("msgtype")))
    if press := _PRESS.fullmatch(said):
        values = _named_values(press["values"] or "")
        return Inbound(**event, kind="press", ref=press["ref"], key=press["key"], values=values)
    return Inbound(**event, kind="text", text=said)


def card_press(
    body: Mapping[str, Any], settings: DingTalkSettings, now: datetime, *, message_id: str = ""
) -> Inbound:
    """A press on a button or the submit of a form; `message_id` is the Stream frame's.

    The presser is the `userId` the platform vouches for, never one inside the parameters.

    Raises:
        BadCallback: another organisation (403), or card, person or key is missing (400).
    """
    _expect(body.get("corpId"), settings.corp_id)
    pressed = obj(obj(body.get("content") or body.get("value")).get("cardPrivateData"))
    params = obj(pressed.get("params"))
    form = obj(params.get("form"))
    actions = [text(action) for action in items(pressed.get("actionIds"))]
    ref, account = identifier(body.get("outTrackId")), identifier(body.get("userId"))
    keys = (form.get(FORM_KEY), params.get(FORM_KEY), params.get("key"), *actions)
    key = next(filter(None, map(identifier, keys)), "")
    if not (ref and account and key):
        raise BadCallback("fields")
    tap = int(now.timestamp()) // TAP_SECONDS  # HTTP names no event; later it is another tap
    return Inbound(
        platform=NAME,
        tenant=settings.tenant,
        event_key=identifier(message_id) or digest(ref, account, actions, params, tap),
        account=account,
        at=now,
        kind="press",
        ref=ref,
        key=key,
        values={text(n): _value(v) for n, v in form.items() if not n.startswith("_")},
    )


def event(
    body: Mapping[str, Any], headers: Mapping[str, Any], settings: DingTalkSettings, now: datetime
) -> Inbound:
    """A change in the organisation, kind "event" with the event's type as `text`.

    `headers` are the Stream frame's, or the decrypted body itself over HTTP. `values` keep
    the event's plain facts, lists joined by ",".

    Raises:
        BadCallback: another organisation (403), or there is no event type (400).
    """
    _expect(headers.get("eventCorpId") or headers.get("CorpId"), settings.corp_id)
    sort = identifier(headers.get("eventType") or headers.get("EventType"))
    if not sort:
        raise BadCallback("fields")
    people = items(body.get("userId"))
    return Inbound(
        platform=NAME,
        tenant=settings.tenant,
        event_key=identifier(headers.get("eventId")) or digest(body, sort),
        account=identifier(people[0]) if people else identifier(body.get("staffId")),
        at=moment(headers.get("eventBornTime") or headers.get("TimeStamp"), now),
        kind="event",
        text=sort,
        values={text(name): _value(value) for name, value in body.items()},
    )


def _expect(given: Any, ours: str) -> None:
    """Refuse what names another receiver; some pushes name none."""
    if ours and given and given != ours:
        raise BadCallback("receiver", 403)


def _words(body: Mapping[str, Any]) -> str | None:
    """What was said, without the space a group puts before it; None if there are no words."""
    content = obj(body.get("content"))
    match body.get("msgtype"):
        case "text" if isinstance(body.get("text"), dict):
            return text(obj(body.get("text")).get("content")).strip()
        case "richText":
            parts = [text(obj(part).get("text")) for part in items(content.get("richText"))]
            return "".join(parts).strip() or None
        case "audio":
            return text(content.get("recognition")).strip() or None
    return None


def _attachments(body: Mapping[str, Any]) -> tuple[Attachment, ...]:
    """The pictures or the file of a message, as far as there is something to fetch them by."""
    content = obj(body.get("content"))
    match body.get("msgtype"):
        case "picture":
            sent = [Attachment("picture", _download_code(content))]
        case "file":
            name = text(content.get("fileName"))[:_LONGEST_NAME]
            sent = [Attachment(kind_of(name), _download_code(content), name)]
        case "richText":
            parts = [obj(part) for part in items(content.get("richText"))[:_MOST_PICTURES]]
            pictures = (part for part in parts if part.get("type") == "picture")
            sent = [Attachment("picture", _download_code(part)) for part in pictures]
        case _:
            return ()
    return tuple(one for one in sent if one.ref)


def _download_code(content: Mapping[str, Any]) -> str:
    code = text(content.get("downloadCode"))
    return code if len(code) <= _LONGEST_CODE else ""


def _named_values(line: str) -> dict[str, str]:
    """The values of "customer=c_1 note=已发 报价": a value ends where the next name begins."""
    _, *found = _NAMED.split(line)
    return {n: v.strip() for n, v in zip(found[::2], found[1::2], strict=True)}


def _value(value: Any) -> str:
    """One input as text: a drop-down gives {"index", "value"}, several values are joined."""
    if isinstance(value, dict):
        value = value.get("value")
    return ",".join(map(_scalar, value)) if isinstance(value, list) else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else text(value)
