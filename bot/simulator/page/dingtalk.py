"""How DingTalk's app shows a message: our card template, ActionCards, markdown and text."""

from __future__ import annotations

from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.simulator.page import markdown
from bot.simulator.page.markdown import Line, plain
from bot.simulator.page.model import (
    ButtonStyle,
    Face,
    FaceButton,
    FaceField,
    FaceInput,
    InputKind,
    Option,
    Picture,
    Tone,
)
from bot.simulator.page.reading import Unreadable, embedded, objects, text
from bot.simulator.phones import Message

_STYLES: dict[str, ButtonStyle] = {"primary": "primary", "danger": "danger"}
_TONES: dict[str, Tone] = {"good": "green", "warning": "orange", "bad": "red"}
_KINDS: dict[str, InputKind] = {
    "SELECT": "select",
    "MULTI_SELECT": "checkbox",
    "MULTI_CHECKBOX_GROUP": "checkbox",
    "CHECKBOX_GROUP": "checkbox",
    "CHECKBOX": "switch",
    "SWITCH": "switch",
    "TEXT_AREA": "area",
    "NUMBER": "number",
    "DATE": "date",
}
_LONGEST_LABEL = 20  # 字
_MOST_ACTIONS = 6


def face(message: Message) -> Face:
    """The face of a DingTalk message to the person.

    Raises:
        Unreadable: a part that must be JSON is not.
    """
    wire = message.wire
    match message.kind:
        case "card":
            return _card(wire, message.chosen)
        case "actionCard":
            lines = markdown.dingtalk(text(wire, "text"))
            return Face(
                "card",
                title=text(wire, "title"),
                lines=lines,
                fields=_fields(lines),
                buttons=_actions(wire),
                across=bool(text(wire, "buttonTitle1")),
            )
        case "link":
            return Face(
                "card",
                title=text(wire, "title"),
                lines=markdown.literal(text(wire, "text")),
                pictures=(Picture(text(wire, "picUrl")),) if text(wire, "picUrl") else (),
                link=text(wire, "messageUrl"),
            )
        case "markdown":
            return Face(
                "bubble",
                title=text(wire, "title"),
                lines=markdown.dingtalk(text(wire, "text")),
            )
        case _:
            return Face("bubble", lines=markdown.literal(text(wire, "content")))


def _card(wire: dict[str, Any], chosen: dict[str, str]) -> Face:
    done, tone = text(wire, "done"), text(wire, "tone")
    parts = (text(wire, name) for name in ("picture", "markdown", "links"))
    lines = tuple(line for part in parts for line in markdown.dingtalk(part))
    form = _object(wire, "form")
    active = not done and text(wire, "form_status") != "disabled"
    return Face(
        "card",
        title=text(wire, "title"),
        subtitle=text(wire, "subtitle"),
        tone=_TONES.get(tone, "grey"),
        lines=lines,
        fields=_fields(lines),
        inputs=tuple(
            _input(one, chosen, enabled=active)
            for one in objects(form, "fields")
            if not one.get("hidden")
        ),
        buttons=(FaceButton("", done, enabled=False),) if done else _buttons(wire, "buttons"),
        submit=_submit(wire, form, enabled=active) if form and not done else None,
        menu=() if done else _buttons(wire, "menu"),
        locked=bool(done),
    )


def _object(wire: dict[str, Any], key: str) -> dict[str, Any]:
    value = embedded(wire, key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unreadable(f"{key} 不是 JSON 对象")
    return value


def _fields(lines: tuple[Line, ...]) -> tuple[FaceField, ...]:
    """The lines "标签：值" among `lines`."""
    pairs = (plain(line).partition("：") for line in lines if line.kind == "paragraph")
    return tuple(
        FaceField(name, value)
        for name, _, value in pairs
        if 0 < len(name) <= _LONGEST_LABEL and value
    )


def _buttons(wire: dict[str, Any], name: str) -> tuple[FaceButton, ...]:
    return tuple(
        FaceButton(
            text(one, "key"),
            text(one, "text"),
            _STYLES.get(text(one, "style"), "normal"),
            enabled=text(one, "disabled").lower() != "true",
            confirm=text(one, "confirm"),
        )
        for one in objects({name: embedded(wire, name)}, name)
    )


def _input(wire: dict[str, Any], chosen: dict[str, str], *, enabled: bool) -> FaceInput:
    name = text(wire, "name")
    default = wire.get("defaultValue")
    beforehand = (
        ",".join(map(str, default)) if isinstance(default, list) else text(wire, "defaultValue")
    )
    return FaceInput(
        name,
        text(wire, "label"),
        _KINDS.get(text(wire, "type"), "text"),
        tuple(Option(text(o, "value"), text(o, "text")) for o in objects(wire, "options")),
        chosen.get(name, beforehand),
        required=wire.get("required") is True,
        enabled=enabled and not wire.get("readOnly"),
        many=text(wire, "type") != "CHECKBOX_GROUP",
        placeholder=text(wire, "placeholder"),
    )


def _submit(wire: dict[str, Any], form: dict[str, Any], *, enabled: bool) -> FaceButton:
    keys = (text(f, "defaultValue") for f in objects(form, "fields") if f.get("name") == "_key")
    label = text(wire, "form_btn_text") or "提交"
    return FaceButton(next(keys, ""), label, "primary", enabled=enabled)


def _actions(wire: dict[str, Any]) -> tuple[FaceButton, ...]:
    numbered = ((f"actionTitle{n}", f"actionURL{n}") for n in range(1, _MOST_ACTIONS + 1))
    across = ((f"buttonTitle{n}", f"buttonUrl{n}") for n in (1, 2))
    names = chain((("singleTitle", "singleURL"),), numbered, across)
    return tuple(_action(text(wire, t), text(wire, u)) for t, u in names if text(wire, t))


def _action(title: str, url: str) -> FaceButton:
    """An ActionCard's button: a `dtmd` link says a line, whose last word is the press's key."""
    try:
        parts = urlsplit(url)
    except ValueError as problem:
        raise Unreadable(f"按钮「{title}」的网址") from problem
    query = parse_qs(parts.query)
    if parts.scheme == "dtmd":
        words = query.get("content", [""])[0].split()
        return FaceButton(words[-1] if words else "", title, "link", enabled=bool(words))
    page = query.get("url", [url])[0] if parts.scheme == "dingtalk" else url
    return FaceButton(page, title, "link", enabled=bool(page), url=page)
