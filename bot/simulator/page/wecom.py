"""How WeCom's app shows a message: template cards, markdown and text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.simulator.page import markdown
from bot.simulator.page.model import (
    ButtonStyle,
    Face,
    FaceButton,
    FaceField,
    FaceInput,
    Option,
    Picture,
    Tone,
)
from bot.simulator.page.reading import obj, objects, text
from bot.simulator.phones import Message

_STYLES: dict[str, ButtonStyle] = {"1": "primary", "2": "danger", "3": "link", "4": "normal"}
_TONES: dict[str, Tone] = {"0": "grey", "1": "black", "2": "red", "3": "green"}
_URL_BUTTON = "1"


def face(message: Message) -> Face:
    """The face of a WeCom message to the person; kinds it does not draw stay empty."""
    match message.kind:
        case "template_card":
            return _card(message.wire, message.chosen)
        case "markdown":
            return Face("bubble", lines=markdown.wecom(text(message.wire, "content")))
        case _:
            return Face("bubble", lines=markdown.wecom_text(text(message.wire, "content")))


def _card(wire: dict[str, Any], chosen: dict[str, str]) -> Face:
    main, source, submit = (obj(wire, k) for k in ("main_title", "source", "submit_button"))
    quote, emphasis = obj(wire, "quote_area"), obj(wire, "emphasis_content")
    title, sub_title = text(main, "title"), text(wire, "sub_title_text")
    done = text(wire, "replace_text") or text(wire, "replace_name")
    button = FaceButton(text(submit, "key"), text(submit, "text") or "提交", "primary")
    return Face(
        "card",
        title=title or sub_title,
        subtitle=text(main, "desc"),
        source=text(source, "desc"),
        tone=_TONES.get(text(source, "desc_color"), "grey"),
        lines=markdown.literal(sub_title if title else ""),
        fields=tuple(map(_field, objects(wire, "horizontal_content_list"))),
        sections=tuple(
            (text(one, "title"), text(one, "desc"))
            for one in objects(wire, "vertical_content_list")
        ),
        pictures=tuple(_pictures(wire)),
        quote=(text(quote, "title"), text(quote, "quote_text")),
        quote_link=text(quote, "url"),
        emphasis=(text(emphasis, "title"), text(emphasis, "desc")),
        inputs=_inputs(wire, chosen, enabled=not done),
        buttons=(_grey(done),) if done else tuple(map(_button, objects(wire, "button_list"))),
        submit=button if submit and not done else None,
        jumps=tuple(map(_jump, objects(wire, "jump_list"))),
        menu=tuple(
            FaceButton(text(one, "key"), text(one, "text"))
            for one in objects(obj(wire, "action_menu"), "action_list")
        ),
        link=text(obj(wire, "card_action"), "url"),
        locked=bool(done),
    )


def _field(wire: dict[str, Any]) -> FaceField:
    """A row; files and members are blue, too, but open nothing here."""
    linked = text(wire, "type") in {"1", "2", "3"}
    return FaceField(text(wire, "keyname"), text(wire, "value"), linked, text(wire, "url"))


def _section(wire: dict[str, Any]) -> tuple[str, str]:
    return text(wire, "title"), text(wire, "desc")


def _pictures(wire: dict[str, Any]) -> Iterator[Picture]:
    if whole := obj(wire, "card_image"):
        ratio = whole.get("aspect_ratio")
        shown = float(ratio) if isinstance(ratio, int | float) else Picture._field_defaults["ratio"]
        yield Picture(text(whole, "url"), shown)
    if beside := obj(wire, "image_text_area"):
        words = (text(beside, name) for name in ("title", "desc", "url"))
        yield Picture(text(beside, "image_url"), 1, *words)


def _grey(done: str) -> FaceButton:
    return FaceButton("", done, enabled=False)


def _button(wire: dict[str, Any]) -> FaceButton:
    style = _STYLES.get(text(wire, "style"), "primary")  # WeCom takes 1 for none or a wrong one
    if text(wire, "type") == _URL_BUTTON:
        url = text(wire, "url")
        return FaceButton(url, text(wire, "text"), style, url=url)
    return FaceButton(text(wire, "key"), text(wire, "text"), style)


def _jump(wire: dict[str, Any]) -> FaceButton:
    url = text(wire, "url")
    return FaceButton(url, text(wire, "title"), "link", enabled=bool(url), url=url)


def _inputs(
    wire: dict[str, Any], chosen: dict[str, str], *, enabled: bool
) -> tuple[FaceInput, ...]:
    drop_downs = [obj(wire, "button_selection"), *objects(wire, "select_list")]
    checkbox = obj(wire, "checkbox")
    found = [_drop_down(one, chosen, enabled=enabled) for one in drop_downs if one]
    if checkbox:
        found.append(_checkbox(checkbox, chosen, enabled=enabled))
    return tuple(found)


def _drop_down(wire: dict[str, Any], chosen: dict[str, str], *, enabled: bool) -> FaceInput:
    name, options = text(wire, "question_key"), _options(wire)
    first = options[0].id if options else ""  # a WeCom drop-down always has a value
    return FaceInput(
        name,
        text(wire, "title"),
        "select",
        options,
        chosen.get(name) or text(wire, "selected_id") or first,
        enabled=enabled and not wire.get("disable"),
    )


def _checkbox(wire: dict[str, Any], chosen: dict[str, str], *, enabled: bool) -> FaceInput:
    name = text(wire, "question_key")
    ticked = [text(o, "id") for o in objects(wire, "option_list") if o.get("is_checked")]
    return FaceInput(
        name,
        text(wire, "title"),
        "checkbox",
        _options(wire),
        chosen.get(name, ",".join(ticked)),
        enabled=enabled and not wire.get("disable"),
        many=text(wire, "mode") == "1",
    )


def _options(wire: dict[str, Any]) -> tuple[Option, ...]:
    return tuple(Option(text(o, "id"), text(o, "text")) for o in objects(wire, "option_list"))
