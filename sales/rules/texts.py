"""The sentences the bot says when it cannot do what was asked, to be put in the house's words."""

from __future__ import annotations

from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule, Trial
from sales.rules.values import Sentence

MOST = 120
"""Characters; more than that nobody reads in a chat."""
_LINE, _ACCOUNT, _NUMBER = {"line": "/商几"}, {"account": "wang.wu"}, {"number": "E42"}
_WHAT, _NAMED = {"what": "语音"}, {"name": "张三", "commands": "/商机、/客户"}


class Sentences(Rule):
    """What is said word for word, placeholders filled in."""

    not_understood: Annotated[
        str, Item("没听懂", "一句话看不出是哪个指令", Sentence(MOST, _LINE))
    ] = "没听懂「{line}」。发送 /帮助 看看您能用的指令。"
    stranger: Annotated[
        str, Item("不认识", "发消息的账号还没有绑定到人", Sentence(MOST, _ACCOUNT))
    ] = (
        "还不认识您的账号（{account}）。在另一个应用里已经用上建流的，在那边发送 /绑定 拿绑定码，"
        "再到这里发送 /绑定 绑定码；还没有的，请把这句话转给管理员。"
    )
    left: Annotated[str, Item("已停用", "账号还在，人已经离职或停用", Sentence(MOST, {}))] = (
        "您的账号在建流里已停用，这条没有处理。如果弄错了，请联系管理员。"
    )
    unsupported: Annotated[
        str, Item("看不懂", "收到的是图片、语音这些还不会处理的", Sentence(MOST, _WHAT))
    ] = "{what}暂时看不懂，请打字告诉我。发送 /帮助 看看您能用的指令。"
    greeting: Annotated[
        str, Item("打招呼", "打开应用时说的话，每人一天最多一次", Sentence(MOST, _NAMED))
    ] = "{name}，您好。可以直接发给我：{commands}。发送 /帮助 看全部。"
    not_received: Annotated[
        str, Item("没收到", "平台没有把消息内容转过来，如额度用完", Sentence(MOST, {}))
    ] = "平台没有把您刚才的消息转给我，这条没有处理。已经告诉管理员，急事请直接找他。"
    incident: Annotated[
        str, Item("没成功", "程序出错，这一步没有办成", Sentence(MOST, _NUMBER))
    ] = "这一步没有成功，编号 {number}，已经记录下来。请稍后再试，或把编号发给管理员。"
    help_title: Annotated[str, Item("帮助标题", "帮助卡片的标题", Sentence(30, {}))] = (
        "您可以这样用建流"
    )


def trial(_: Trial, before: Sentences, after: Sentences) -> list[str]:
    """The new sentences as somebody would read them."""
    said = []
    for name, item in SENTENCES.items.items():
        new = getattr(after, name)
        if new != getattr(before, name) and isinstance(item.value, Sentence):
            said.append(f"{item.title}：{item.value.filled(new)}")
    return said


SENTENCES: Kind[Sentences] = Kind(
    Name("texts", "answers"), "固定用语", "听不懂、不认识、出错时说的话",
    "从生效后的下一句算起", Sentences, trial,
)  # fmt: skip
