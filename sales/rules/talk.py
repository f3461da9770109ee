"""How talk tracks reach those who use them."""

from __future__ import annotations

from typing import Annotated

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import Count


class TalkNotices(Rule):
    """Who is told of a new version."""

    seen_days: Annotated[
        int, Item("近几天", "多少天里看过旧版的人，收到一次新版通知",
                  Count("天", 1, 90, "刚看过的人会照旧的说", "早就不用的人不想收"))
    ] = 7  # fmt: skip


TALK = Kind(
    Name("notices", "talk"), "话术通知", "话术发布新版时告诉谁", "从生效后发布的下一版算起",
    TalkNotices,
)  # fmt: skip
