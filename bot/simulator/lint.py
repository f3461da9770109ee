"""What of the sample cards does not fit: each drawn for both platforms in every state.

Two judges. The renderers tell what they had to cut or leave out (`cards.render.text.watched`),
and what they made is held against the platforms' documented rules, read a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from bot.simulator.showcase import SLOT
from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.rules import check_card
from cards.model import Card, Content, Text
from cards.render import dingtalk, plain, wecom
from cards.render.text import clean, watched

PARAM_BYTES, VALUE_BYTES = 15_000, 1024
LARGER = frozenset({"form", "buttons", "menu"})
"""Variables whose JSON is longer in the platform's own examples too (reference §4.1)."""
SHOWN = 24
"""Characters of a text that are quoted in a finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong with a card on one platform, and the limit it breaks."""

    builder: str
    platform: str
    what: str
    limit: str


class Drawn(NamedTuple):
    """A card drawn once: by which platform, in which state."""

    platform: str
    wire: dict[str, Any]
    update: bool = False


def findings(samples: Mapping[str, Content]) -> list[Finding]:
    """Everything that is wrong with the sample cards, card by card."""
    return [found for name, content in samples.items() for found in _of(name, content)]


def wires(content: Content) -> dict[str, Any]:
    """The wire JSON of a card as it is sent, platform by platform; "text" is the words alone."""
    sent: dict[str, Any] = {
        "wecom": wecom.render(content, SLOT),
        "dingtalk": dingtalk.render(content, SLOT, template=True),
        "dingtalk_message": dingtalk.render(content, SLOT, template=False),
    }
    return {**sent, "text": _words(content)}


def _words(content: Content) -> str:
    match content:
        case Card():
            return plain.words(content, SLOT)
        case Text():
            return clean(content.text)
    return content.filename


def _of(name: str, content: Content) -> Iterator[Finding]:
    seen = set()
    for face in _faces(content):
        drawings = [
            partial(_wecom, face), partial(_dingtalk, face, template=True),
            partial(_dingtalk, face, template=False),
        ]  # fmt: skip
        if isinstance(face, Card):
            drawings.append(partial(_changed, face))
        for draw in drawings:
            with watched() as losses:
                drawn = draw()
            found = [
                Finding(name, drawn.platform, f"「{_short(one.what)}」放不下",
                        f"最多 {one.limit} {one.unit}")
                for one in losses
            ]  # fmt: skip
            for one in (*found, *_broken(name, drawn)):
                if one not in seen:
                    seen.add(one)
                    yield one


def _faces(content: Content) -> Iterator[Content]:
    """The card as it comes, as it asks, and locked."""
    yield content
    if isinstance(content, Card):
        for index, button in enumerate(content.buttons):
            if button.confirm:
                yield replace(content, asking=index)
        yield replace(content, done=content.done or "已处理")


def _wecom(content: Content) -> Drawn:
    return Drawn("企业微信", wecom.render(content, SLOT))


def _changed(card: Card) -> Drawn:
    update = wecom.render_update(card, SLOT)
    return Drawn("企业微信", {"msgtype": "template_card", "template_card": update}, update=True)


def _dingtalk(content: Content, *, template: bool) -> Drawn:
    name = "钉钉" if template else "钉钉 没有模板"
    return Drawn(name, dingtalk.render(content, SLOT, template=template))


def _broken(name: str, drawn: Drawn) -> Iterator[Finding]:
    """What the platform would refuse."""
    wire = drawn.wire
    if wire.get("msgtype") == "template_card":
        try:
            check_card(wire["template_card"], update=drawn.update)
        except Refused as refused:
            yield Finding(name, drawn.platform, "平台不收", str(refused))
    for variable, value in wire.get("card", {}).get("cardParamMap", {}).items():
        if variable not in LARGER and len(value.encode()) > VALUE_BYTES:
            yield Finding(name, drawn.platform, f"变量 {variable}", f"最多 {VALUE_BYTES} 字节")
    if len(dingtalk.compact(wire.get("msgParam", {})).encode()) > PARAM_BYTES:
        yield Finding(name, drawn.platform, "消息", f"最多 {PARAM_BYTES} 字节")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}…"
