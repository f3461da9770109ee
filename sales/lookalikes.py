"""Characters that look alike: what OCR and tired eyes take for one another.

Pinyin does not help there: 教肓 sounds unlike 教育 and looks the same. Every group holds
characters in common use, the first one stands for all of them when two words are compared.
"""

from __future__ import annotations

GROUPS = (
    "育肓盲", "未末", "己已巳", "土士", "侯候", "日曰", "人入", "千干于", "太大犬", "天夭",
    "田由甲申", "贝见", "几儿", "刀力", "又叉", "子孑", "王玉主", "木本术", "牛午", "为办",
    "东车", "乌鸟", "今令", "仑仓", "免兔", "冶治", "历厉", "辨辩辫", "折拆析", "炙灸", "拔拨",
    "埸场", "壁璧", "杆秆竿", "晴睛", "暑署", "桐恫", "沐沭", "没设", "洒酒", "浙淅", "海悔",
    "清请", "渴喝", "烧浇", "狠狼", "矢失", "祟崇", "栗粟", "茶荼", "萧箫", "复覆", "赝膺",
    "遣遗", "郎朗", "西酉", "钓钩", "锋峰", "阀阂", "阳阴", "陡徒", "鸣呜", "麾靡", "医匡",
    "械诫", "互瓦", "网冈", "泵汞", "仪议", "器嚣", "戊戌戍", "洋样", "厂广",
)  # fmt: skip
_FIRST = str.maketrans({other: group[0] for group in GROUPS for other in group[1:]})


def shape(word: str) -> str:
    """A word with every character replaced by what stands for its look-alikes: 教肓 → 教育."""
    return word.translate(_FIRST)
