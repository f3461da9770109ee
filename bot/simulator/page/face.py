"""The one reading of a message, shared by the page, the JSON API, the gallery and the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from bot.simulator.page import dingtalk, wecom
from bot.simulator.page.markdown import literal
from bot.simulator.page.model import (
    Face,
    FaceButton,
    FaceField,
    FaceFile,
    FaceInput,
    Option,
)
from bot.simulator.page.reading import Unreadable, text
from bot.simulator.phones import Message

__all__ = ["Face", "FaceButton", "FaceField", "FaceInput", "Option", "face"]

_PICTURES, _FILES = frozenset({"image", "picture", "imageMsg"}), frozenset({"file"})

_READ: dict[str, Callable[[Message], Face]] = {
    "wecom": wecom.face,
    "dingtalk": dingtalk.face,
    "wecom_bot": wecom.face,
}


def face(message: Message) -> Face:
    """What the person sees of `message`; a message no phone could draw says so in words."""
    if message.state == "recalled":
        return Face("bubble", lines=literal("消息已撤回"))
    if (sent := _file(message)) is not None:
        return Face("bubble", lines=literal(f"[{'图片' if sent.picture else '文件'}] {sent.name}"),
                    file=sent)  # fmt: skip
    if not message.outgoing:
        return _said(message)
    try:
        seen = _READ[message.platform](message)
    except Unreadable as problem:
        return Face("bubble", lines=literal(f"这条消息显示不了：{problem}"))
    if seen.lines or seen.title:
        return replace(seen, trouble=message.trouble)
    return replace(seen, lines=literal(f"不支持的消息类型：{message.kind}"))


def _said(message: Message) -> Face:
    """The person's own bubble."""
    return Face("bubble", lines=literal(text(message.wire, "content") or f"[{message.kind}]"))


def _file(message: Message) -> FaceFile | None:
    """The picture or file of a message, whoever sent it."""
    if message.kind not in _PICTURES | _FILES:
        return None
    refs = (text(message.wire, name) for name in ("media_id", "mediaId", "photoURL"))
    name = text(message.wire, "filename") or text(message.wire, "fileName") or "图片"
    url = f"/sim/files/{message.platform}/{quote(next(filter(None, refs), ''), safe='')}"
    return FaceFile(name, url, message.kind in _PICTURES)
