"""What a tap on a WeCom phone reports (docs 90239, 90240 and the card callbacks)."""

from __future__ import annotations

import secrets
from typing import Any

from bot.simulator.phones import Message


def said(text: str) -> dict[str, Any]:
    """A text message; its id never repeats, not even after a restart."""
    return {"MsgType": "text", "Content": text, "MsgId": secrets.randbits(62)}


def sent(kind: str, filename: str, media_id: str) -> dict[str, Any]:
    """A picture or a file; a picture also has an address, which nobody needs."""
    named = {"PicUrl": "https://picture.invalid/"} if kind == "image" else {"FileName": filename}
    return {"MsgType": kind, **named, "MediaId": media_id, "MsgId": secrets.randbits(62)}


def menu_tapped(key: str, *, opens_page: bool) -> dict[str, Any]:
    """A tap on a menu entry; `key` is the address if it opens a page."""
    return {"MsgType": "event", "Event": "view" if opens_page else "click", "EventKey": key}


def pressed(
    message: Message, key: str, chosen: dict[str, str], response_code: str
) -> dict[str, Any]:
    """A press of the button or ··· entry `key`, with what every input of the card shows."""
    menu = message.wire.get("action_menu", {}).get("action_list", ())
    in_menu = any(entry["key"] == key for entry in menu)
    fields: dict[str, Any] = {
        "MsgType": "event",
        "Event": "template_card_menu_event" if in_menu else "template_card_event",
        "EventKey": key,
        "TaskId": message.ref,
        "CardType": str(message.wire.get("card_type", "")),
        "ResponseCode": response_code,
    }
    items = [
        {"QuestionKey": question, "OptionIds": {"OptionId": ids.split(",") if ids else []}}
        for question, ids in chosen.items()
    ]
    return {**fields, "SelectedItems": {"SelectedItem": items}} if items else fields


def choices(wire: dict[str, Any], values: dict[str, str]) -> dict[str, str]:
    """What each input of the card shows: `values`, else what the card chose beforehand.

    A drop-down always has a value; a check-box may have none. Inputs the card does not have
    cannot be sent from a phone and are left out.
    """
    shown = {}
    for question in (wire.get("button_selection"), *wire.get("select_list", ())):
        if question:
            first = question.get("selected_id") or question["option_list"][0]["id"]
            shown[question["question_key"]] = first
    if checkbox := wire.get("checkbox"):
        ticked = [o["id"] for o in checkbox["option_list"] if o.get("is_checked")]
        shown[checkbox["question_key"]] = ",".join(ticked)
    return {name: values.get(name, beforehand) for name, beforehand in shown.items()}
