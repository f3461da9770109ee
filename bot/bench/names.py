"""Company names by number: realistic, and no two that the product takes for one company.

A name is place + three characters + trade + legal form ("苏州恒信达阀门有限公司"). The third
character follows from the first two, so that two names differ in two characters or none; all
characters sound different, so that no two names sound alike (`sales.names.keys`).
"""

from __future__ import annotations

SYLLABLES = (
    "恒兴瑞丰泰德诚安博创佳宏康隆利民茂鹏启清荣森特通旺祥旭雅益永宇源泽展志卓邦宝昌辰春迪尔飞富光国海惠吉建"
    "杰金京军凯科坤联良伦马美蒙米欧普全群仁润赛善申速腾天维文沃武希先欣雄迅阳耀业银优跃云正洲竹纵尊索汉禾贝"
    "贵环图彩灿驰诗岩朗磊灵麦曼沛品秦琼柔帅双"
)
"""A prime number of characters, each with one reading of its own and none a serial mark."""
TRADES = (
    "阀门", "机电", "轴承", "化工", "医疗", "能源", "环保", "物流", "食品", "纺织", "软件", "橡胶",
    "塑料", "仪表", "照明", "建材", "农资", "印刷", "家具", "汽配", "玻璃", "陶瓷", "包装",
)  # fmt: skip
"""Trades that share no character."""
PLACES = ("苏州", "无锡", "常州", "杭州", "宁波", "温州", "上海", "南京", "南通", "绍兴", "合肥")
LEGAL = ("有限公司", "股份有限公司", "有限责任公司")
MIXING = 7919
"""Neighbouring numbers should not give neighbouring names; prime, so that none is left out."""

COUNT = len(SYLLABLES) ** 2 * len(TRADES)
"""How many names there are."""


def company(number: int) -> str:
    """The name with this number, 0 to `COUNT` - 1.

    Raises:
        ValueError: there are not so many names.
    """
    if not 0 <= number < COUNT:
        raise ValueError(f"there are {COUNT} company names")
    order, trade = divmod(number, len(TRADES))
    size = len(SYLLABLES)
    first, second = divmod(order * MIXING % size**2, size)
    own = "".join(SYLLABLES[i] for i in (first, second, (first + second) % size))
    place, legal = PLACES[number % len(PLACES)], LEGAL[number % len(LEGAL)]
    return f"{place}{own}{TRADES[trade]}{legal}"
