"""`jianliu cards`: what does not fit on a phone, and what a card is on the wire."""

from __future__ import annotations

import json as jsonlib
from dataclasses import asdict
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

import typer

from bot.commands.console import MISUSE, PROBLEM, Json, fail, show

app = typer.Typer(no_args_is_help=True, help="卡片：检查放不放得下，看发给平台的原文。")


class Wire(StrEnum):
    """What a card can be drawn for."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    DINGTALK_MESSAGE = "dingtalk_message"
    TEXT = "text"


@app.command(help="逐张检查样例卡片：哪里放不下，超出了平台的哪条限制。")
def lint(*, json: Json = False) -> None:
    """One line per finding: the card, the platform, what does not fit, the limit."""
    from bot.simulator.lint import findings
    from bot.simulator.showcase import CARDS

    found = findings(CARDS)
    lines = [f"{one.builder}（{one.platform}）：{one.what}，{one.limit}" for one in found]
    words = "\n".join(lines) or f"{len(CARDS)} 张卡片在两个平台上都放得下"
    show({"cards": len(CARDS), "findings": [asdict(one) for one in found]}, words, json=json)
    if found:
        raise typer.Exit(PROBLEM)


@app.command(help="打印一张样例卡片发给平台的 JSON。")
def preview(
    name: Annotated[str, typer.Argument(help="卡片的名字，如 商机已建")],
    platform: Annotated[Wire | None, typer.Option(help="只看一种，不写就全看")] = None,
    *, json: Json = False,
) -> None:  # fmt: skip
    """The card as it is sent, for one platform or for all."""
    from bot.simulator.lint import wires
    from bot.simulator.showcase import CARDS

    if name not in CARDS:
        near = get_close_matches(name, CARDS, n=5, cutoff=0.3) or sorted(CARDS)[:5]
        fail(f"没有叫「{name}」的卡片，相近的有：{'、'.join(near)}", MISUSE, json=json)
    drawn = wires(CARDS[name])
    if platform is not None:
        drawn = {platform.value: drawn[platform.value]}
    pretty = jsonlib.dumps(drawn, ensure_ascii=False, indent=2)
    show({"name": name, **drawn}, pretty, json=json)
