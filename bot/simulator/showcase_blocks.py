"""Every block a card can have, in the combinations that are drawn differently, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cards.model import (
    Button,
    Card,
    Choice,
    Content,
    Field,
    Figure,
    Form,
    Link,
    Menu,
    Picture,
)

PAGE = "http://127.0.0.1:8787/h5/receipts"
CHART = Picture("本周回款走势：周三最高", url="http://127.0.0.1:8787/sim/static/chart.png")
REGION = Field("region", "区域", "select", (Choice("e", "华东"), Choice("s", "华南")))
SORT = Field("sort", "行业", "select", (Choice("a", "制造"), Choice("b", "医疗")))
TAGS = Field("tags", "交易标签", "multi", tuple(
    Choice(f"t{i}", text) for i, text in enumerate(("阀门", "年度框架", "工程项目", "增值税专票"))
))  # fmt: skip
DROP = Button("放下", "x.drop", style="danger", confirm="放下以后就找不回来了，真的不要了吗？")
LETTER = Card(
    title="有 1 条消息没有送达", facts=(("对象", "张三"), ("原因", "平台没有应答")),
    buttons=(Button("重发", "x.again", style="primary"), DROP), tone="bad",
    menu=Menu("您是管理员，没有送达的消息由您决定。", "x"),
)  # fmt: skip

CARDS: Mapping[str, Content] = {
    "数字和链接": Card(
        title="本周回款", subtitle="11-16 至 11-21", figure=Figure("128.5 万", "完成目标的 64%"),
        facts=(("逾期", "2 笔，最久 15 天"),), links=(Link("看明细", PAGE),), tone="good",
    ),
    "图片": Card(
        title="本周回款", figure=Figure("128.5 万", "完成目标的 64%"), picture=CHART,
        links=(Link("看明细", PAGE),),
    ),
    "按钮旁的图片和链接": Card(
        title="本周回款", figure=Figure("128.5 万", "完成目标的 64%"), picture=CHART,
        facts=(("逾期", "2 笔"),), links=(Link("看明细", PAGE),),
        buttons=(Button("知道了", "help.commands", style="primary"),),
    ),
    "选一项": Card(
        title="看哪个区域？", form=Form("customer.show", (REGION,), "看看"),
        buttons=(Button("全部", "help.commands"),),
    ),
    "选几项": Card(title="要哪些标签？", form=Form("x.tags", (TAGS,), "筛选")),
    "分别选": Card(title="看哪一块？", form=Form("x.both", (REGION, SORT), "看看")),
    "提醒的菜单": LETTER,
    "再问一次": replace(LETTER, asking=1),
    "只有菜单": Card(
        title="留痕已核对", menu=Menu("您负责保管留痕的留底。", "x"), tone="good"
    ),
}  # fmt: skip
