"""What a finger can press and pick on a message as the phone shows it."""

from __future__ import annotations

import re

from bot.simulator.http import Refused
from bot.simulator.page.model import Face, FaceInput
from bot.simulator.phones import Message

_KEY = re.compile(r"[0-9]{1,4}\.(?:form|[0-9]{1,2}|[a-z]+)")


def check_action(message: Message, seen: Face, action: str) -> None:
    """A tap may come late, on an earlier face of a card; never on what was not there at all.

    Raises:
        Refused: nothing on the message is pressed by `action`.
    """
    offered = seen.actions + seen.menu
    button = next((b for b in offered if b.action == action), None)
    if button is not None and button.url:
        raise Refused("这个按钮打开网页，请用 /sim/api/open")
    late = message.state == "updated" and _KEY.fullmatch(action)
    if not late and (button is None or not button.enabled):
        known = "、".join(b.action for b in offered if b.enabled and not b.url) or "没有"
        raise Refused(f"这条消息上没有这个按钮。能按的：{known}")


def picked(seen: Face, name: str, value: str) -> str:
    """The value an input takes: options by their ids or, as a person picks, by their words.

    Raises:
        Refused: there is no such input or option, or it takes one option and several came.
    """
    one = next((i for i in seen.inputs if i.name == name), None)
    if one is None:
        names = "、".join(i.name for i in seen.inputs) or "没有"
        raise Refused(f"这条消息上没有这个输入项。有：{names}")
    if not one.options or value in {o.id for o in one.options}:
        return value
    several = one.kind == "checkbox" and one.many
    wanted = [v for v in value.split(",") if v] if several else [value]
    return ",".join(_option(one, each) for each in wanted)


def _option(one: FaceInput, value: str) -> str:
    ids = [o.id for o in one.options if o.id == value] or [
        o.id for o in one.options if o.text == value
    ]
    if len(ids) != 1:
        raise Refused(f"{one.label or one.name} 里没有这个选项")
    return ids[0]
