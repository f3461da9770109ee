"""What is left of a company name without its place, branch and general words.

"浙江恒信阀门销售" and "恒信阀门（上海）" are, as far as a name can tell, the same company as
"恒信阀门". A word is only taken off while something that says who it is stays: "上海阀门" and
"北京阀门" are two companies.
"""

from __future__ import annotations

import re

SHORTEST = 2
"""Characters of the shortest name that means anything."""

GENERAL = (
    "科技", "技术", "实业", "工业", "贸易", "商贸", "发展", "机械", "设备", "制造", "电子", "信息",
)  # fmt: skip
BRANCH = (
    "销售", "经销", "营销", "代理", "服务", "办事处", "营业部", "事业部", "分公司", "分部", "分厂",
    "分店", "门店", "总部",
)  # fmt: skip
TRADES = (
    "自动化", "泵业", "水泵", "阀门", "阀业", "机电", "电气", "电器", "电力", "重工", "机床",
    "仪器", "仪表", "轴承", "钢铁", "化工", "医药", "医疗", "器械", "教育", "能源", "环保", "建设",
    "建筑", "工程", "物流", "食品", "农业", "汽车", "材料", "塑料", "橡胶", "纺织", "服装", "软件",
    "网络", "智能", "控制", "投资", "置业", "传媒", "文化",
)  # fmt: skip
PLACES = (
    "中国", "北京", "天津", "上海", "重庆", "河北", "山西", "内蒙古", "辽宁", "吉林", "黑龙江",
    "江苏", "浙江", "安徽", "福建", "江西", "山东", "河南", "湖北", "湖南", "广东", "广西", "海南",
    "四川", "贵州", "云南", "西藏", "陕西", "甘肃", "青海", "宁夏", "新疆", "香港", "澳门", "台湾",
    "广州", "深圳", "珠海", "佛山", "东莞", "中山", "惠州", "汕头", "杭州", "宁波", "温州", "绍兴",
    "嘉兴", "湖州", "台州", "金华", "义乌", "南京", "苏州", "无锡", "常州", "南通", "徐州", "扬州",
    "昆山", "合肥", "芜湖", "福州", "厦门", "泉州", "南昌", "济南", "青岛", "烟台", "潍坊", "淄博",
    "郑州", "洛阳", "武汉", "宜昌", "长沙", "株洲", "南宁", "柳州", "桂林", "海口", "三亚", "成都",
    "绵阳", "贵阳", "昆明", "拉萨", "西安", "宝鸡", "兰州", "西宁", "银川", "乌鲁木齐", "石家庄",
    "唐山", "保定", "太原", "大同", "呼和浩特", "包头", "沈阳", "大连", "鞍山", "长春", "哈尔滨",
    "大庆",
)  # fmt: skip
"""Provinces and large cities; 华东 and the like are no places, companies call themselves so."""

MARKS = frozenset(
    "0123456789abcdefghijklmnopqrstuvwxyz"
    "零〇一二三四五六七八九十百千万两壹贰叁肆伍陆柒捌玖拾甲乙丙丁戊己庚辛壬癸东南西北中上下左右前后新"
)
"""Characters that number companies: another one there makes another company."""


def of(core: str) -> str:
    """The core without place, branch and general words: "上海恒信阀门销售" → "恒信阀门"."""
    for rest in (_without_word(core), _without_place_before(core), _without_place_behind(core)):
        if rest != core and _says_who(rest):
            return of(rest)
    return core


def without_bracketed_place(name: str) -> str:
    """The name, in half-width brackets, without a place in them: "恒信(上海)泵业" → "恒信泵业"."""
    return _BRACKETED.sub("", name)


def _says_who(rest: str) -> bool:
    """Whether anything in it is neither a place, a trade, a general word nor a serial mark."""
    start = 0 if len(rest) >= SHORTEST else len(rest)
    while start < len(rest):
        if length := _beginning(rest[start:], _WEAK):
            start += length
        elif rest[start] in MARKS:
            start += 1
        else:
            return True
    return False


def _without_word(core: str) -> str:
    return core[: len(core) - _ending(core, _WORDS)]


def _without_place_before(core: str) -> str:
    return core[_beginning(core, _PLACE_NAMES) :]


def _without_place_behind(core: str) -> str:
    return core[: len(core) - _ending(core, _PLACE_NAMES)]


def _beginning(core: str, words: frozenset[str]) -> int:
    """Length of the longest of `words` it begins with, 0 for none."""
    for length in _LENGTHS:
        if (head := core[:length]) in words:
            return len(head)
    return 0


def _ending(core: str, words: frozenset[str]) -> int:
    for length in _LENGTHS:
        if (tail := core[-length:]) in words:
            return len(tail)
    return 0


_WORDS = frozenset((*GENERAL, *BRANCH))
_PLACE_NAMES = frozenset(place + kind for place in PLACES for kind in ("", "省", "市"))
_WEAK = _PLACE_NAMES | _WORDS | frozenset(TRADES)
_LENGTHS = (5, 4, 3, 2)
"""Of all these words, the longest first: "上海市" before "上海"."""
_PLACE = f"(?:{'|'.join(PLACES)})[省市]?"
_BRACKETED = re.compile(rf"\({_PLACE}(?:{'|'.join(BRANCH)})?\)")
