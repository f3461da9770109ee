"""How much of what the platforms' directories say is done without asking."""

from __future__ import annotations

from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Count, OneOf

TEAM, EVERYBODY, ASK = "team", "everybody", "ask"


class DirectorySync(Rule):
    """Who is let in, and how many may leave at once, before an administrator is asked."""

    newcomers: Annotated[
        str, Item("新人", "通讯录里的新账号：上级是销售经理的直接加为销售，还是全加、都问管理员",
                  OneOf({TEAM: "看上级", EVERYBODY: "全加", ASK: "都问"}))
    ] = TEAM  # fmt: skip
    leavers_percent: Annotated[
        int, Item("离职上限", "一次有多少比例的账号不见了，就先问管理员再办离职",
                  Count("%", 1, 100, "至少 1，不然每走一个人都要问"))
    ] = 20  # fmt: skip


DIRECTORY = Kind(
    Name("directory", "sync"), "通讯录同步", "通讯录里的变化哪些直接办、哪些先问",
    "从生效后的下一次同步算起", DirectorySync,
)  # fmt: skip
