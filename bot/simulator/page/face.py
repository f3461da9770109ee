"""The one reading of a message, shared by the page, the JSON API, the gallery and the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.simulator.page import dingtalk, wecom
from bot.simulator.page.markdown import literal
from bot.simulator.page.model import Face, FaceButton, FaceInput, Option
from bot.simulator.page.reading import Unreadable, text
from bot.simulator.phones import Message

__all__ = ["Face", "FaceButton", "FaceInput", "Option", "face"]

_READ: dict[str, Callable[[Message], Face]] = {
    "wecom": wecom.face,
    "dingtalk": dingtalk.face,
    "wecom_bot": wecom.face,
}


def face(message: Message) -> Face:
    """What the person sees of `message`; a message no phone could draw says so in words."""
    if message.state == "recalled":
        return Face("bubble", lines=literal("消息已撤回"))
    if not message.outgoing:
        return _said(message)
    try:
        seen = _READ[message.platform](message)
    except Unreadable as problem:
        return Face("bubble", lines=literal(f"这条消息显示不了：{problem}"))
    if seen.lines or seen.title:
        return seen
    return replace(seen, lines=literal(f"不支持的消息类型：{message.kind}"))


def _said(message: Message) -> Face:
    """The person's own bubble: what was typed, or the name of the file that was sent."""
    words = text(message.wire, "content") or text(message.wire, "filename")
    return Face("bubble", lines=literal(words or f"[{message.kind}]"))
