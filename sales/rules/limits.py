"""How much one person may ask of the bot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Count


class PersonLimits(Rule):
    """What one person may do before they are asked to wait."""

    commands_per_minute: Annotated[
        int, Item("每分钟", "一个人每分钟最多发多少条，持续下来",
                  Count("条", 6, 600, "再少，正常办事也会被拦"))
    ] = 30  # fmt: skip
    commands_at_once: Annotated[
        int, Item("一口气", "一个人一下子最多连发多少条",
                  Count("条", 3, 600, "一次登记就要按两三下"))
    ] = 20  # fmt: skip
    reveals_per_day: Annotated[
        int, Item("看号码", "一个人每天最多看多少个完整的电话号码",
                  Count("个", 1, 1000, "要全部禁止请收回权限，不要设成 0"))
    ] = 50  # fmt: skip
    export_rows: Annotated[
        int, Item("导出", "一次最多导出多少条线索",
                  Count("条", 1, 20_000, "要全部禁止请收回权限，不要设成 0"))
    ] = 2000  # fmt: skip

    def faults(self) -> Iterator[str]:
        """A burst that takes longer than a minute to earn again is none."""
        if self.commands_at_once > self.commands_per_minute:
            yield "一口气能发的不能多于每分钟能发的"


LIMITS = Kind(
    Name("limits", "people"), "每人限额", "一个人一段时间里最多能用多少次",
    "从生效后的下一条消息算起", PersonLimits,
)  # fmt: skip
