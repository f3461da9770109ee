"""Binding codes and what came of them, on a phone."""

from __future__ import annotations

from cards.model import Button, Card, Content, Secret, Text
from cards.words import PLATFORMS
from sales.people import Address

NOT_ME = "binding.not_me"


def code(person_id: str) -> Text:
    """The code stands below; the courier puts it in while it draws."""
    words = (
        "请在另一个应用里给建流发送 /绑定 加下面这 8 位数字，10 分钟内有效，只能用一次。"
        "不要发给任何人：谁输入了，谁就能以您的身份操作。"
    )
    return Text(words, Secret(person_id, "code"))


def wrong(left: int) -> Text:
    """The code is none; how often it may still be tried."""
    if left <= 0:
        return Text("绑定码输错次数太多，请一小时后再试，或请管理员绑定。")
    return Text(f"绑定码不对或已过期，还可以试 {left} 次。请在另一个应用里发送 /绑定 拿一个新的。")


def bound(name: str, at: Address) -> Content:
    """Said where the code was typed."""
    return Card(title=f"已绑定，您是 {name}", subtitle=f"这个{PLATFORMS[at.platform]}账号可以用了，"
                "发送 /帮助 看看能做什么", done="已办好", tone="good")  # fmt: skip


def was_it_you(at: Address) -> Card:
    """Said where the person was known before."""
    args = {"platform": at.platform, "tenant": at.tenant, "account": at.account}
    return Card(
        key=f"binding/{at.platform}/{at.account}",
        title=f"{PLATFORMS[at.platform]}账号 {at.account} 绑定到了您",
        subtitle="以后从那边发的都算您本人。不是您自己做的，马上点下面",
        buttons=(Button("不是我，解绑", NOT_ME, args, "danger"),),
        tone="warning",
    )


def undone(account: str, *, flow: str) -> Card:
    """Taken back."""
    return Card(key=flow, title=f"账号 {account} 已解绑", subtitle="请告诉管理员发生了什么",
                done="已解绑", tone="good")  # fmt: skip
