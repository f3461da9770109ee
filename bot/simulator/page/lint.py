"""Badges of the card gallery: what a platform would refuse, and what its clients would cut."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from bot.simulator.dingtalk.cards import VALUE_BYTES, template_variables
from bot.simulator.dingtalk.checks import PARAM_BYTES
from bot.simulator.phones import Message
from bot.simulator.wecom.advice import advice
from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.messages import TEXT_BYTES
from bot.simulator.wecom.rules import check_card

_TABLE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*\|", re.MULTILINE)


class Finding(NamedTuple):
    """One badge: "bad" is refused or not shown, "warn" is cut or shortened."""

    level: Literal["bad", "warn"]
    words: str


def findings(message: Message) -> tuple[Finding, ...]:
    """What is wrong with a message's wire form, worst first."""
    judge = _wecom if message.platform == "wecom" else _dingtalk
    return tuple(sorted(judge(message)))


def _wecom(message: Message) -> Iterator[Finding]:
    wire = message.wire
    if message.kind == "text" and len(str(wire.get("content", "")).encode()) > TEXT_BYTES:
        yield Finding("warn", f"content > {TEXT_BYTES} 字节")
    if message.kind != "template_card":
        return
    try:
        check_card(wire, update="task_id" not in wire and wire.get("card_type") != "text_notice")
    except Refused as refused:
        yield Finding("bad", str(refused))
    yield from (Finding("warn", words) for words in advice(wire))


def _dingtalk(message: Message) -> Iterator[Finding]:
    wire = message.wire
    if message.kind == "card":
        for name, value in wire.items():
            if name not in template_variables():
                yield Finding("bad", f"模板里没有变量 {name}")
            if name != "form" and len(str(value).encode()) > VALUE_BYTES:
                yield Finding("warn", f"{name} > {VALUE_BYTES} 字节")
    elif len(json.dumps(wire, ensure_ascii=False).encode()) > PARAM_BYTES:
        yield Finding("bad", f"msgParam > {PARAM_BYTES} 字节")
    for name in ("markdown", "text"):
        if _TABLE.search(str(wire.get(name, ""))):
            yield Finding("bad", f"{name} 里有表格，手机上不显示")
