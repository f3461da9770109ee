"""What WeCom advises for a template card's texts, in characters (doc 90236): clients cut more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_VOTE_TITLE = 16
_TEXTS = {
    "source.desc": 20,
    "main_title.title": 36,
    "main_title.desc": 44,
    "sub_title_text": 160,
    "emphasis_content.title": 14,
    "emphasis_content.desc": 22,
    "horizontal_content_list.keyname": 5,
    "horizontal_content_list.value": 30,
    "vertical_content_list.title": 38,
    "vertical_content_list.desc": 160,
    "jump_list.title": 18,
    "button_list.text": 10,
    "submit_button.text": 10,
    "button_selection.option_list.text": 16,
    "select_list.option_list.text": 16,
    "checkbox.option_list.text": 17,
}
_LONG_DESC = 160
"""Cards without other room for words may say more under their title."""


def advice(card: dict[str, Any]) -> Iterator[str]:
    """What is longer than advised: "main_title.title 40 > 36"."""
    for path, most in _limits(str(card.get("card_type"))).items():
        for words in _texts(card, path.split(".")):
            if len(words) > most:
                yield f"{path} {len(words)} > {most}"


def _limits(kind: str) -> dict[str, int]:
    if kind in ("vote_interaction", "multiple_interaction"):
        wide = _TEXTS | {"main_title.desc": _LONG_DESC}
        return wide | ({"main_title.title": _VOTE_TITLE} if kind == "vote_interaction" else {})
    return _TEXTS


def _texts(part: Any, path: list[str]) -> Iterator[str]:
    """Every text at `path`, through lists."""
    if isinstance(part, list):
        for one in part:
            yield from _texts(one, path)
    elif isinstance(part, dict) and path:
        yield from _texts(part.get(path[0]), path[1:])
    elif isinstance(part, str) and not path:
        yield part
