"""What a field may say: the words of the house, and the other names people have for them.

Raw words are kept where they come in; rules, lists and numbers speak the house's words only, so
that 教培, 培训 and the 教肓 of a bad scan are one industry (requirements B10, B25).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol, TypeAlias

from engine.documents import Name
from sales.rules.api import Item, Kind, Rule
from sales.rules.values import NONE, Unreadable

Terms: TypeAlias = dict[str, list[str]]
"""House word → its other names."""
MOST_TERMS, LONGEST_TERM = 60, 12
_BETWEEN_TERMS, _BETWEEN_NAMES = re.compile(r"[;；\n]"), re.compile(r"[、,，\s]+")


@dataclass(frozen=True, slots=True)
class TermList:
    """The words of one field, typed as 医疗：医药、医院；教育：教培, or as +医疗：药企.

    `samples` are words of this field, for its example.
    """

    samples: Mapping[str, Sequence[str]]
    longest = 2000

    @property
    def example(self) -> str:
        """How the words are typed: two of them, each with two other names."""
        two = list(self.samples.items())[:2]
        return self.words({term: list(others[:2]) for term, others in two})

    @property
    def amending(self) -> str:
        """How a few names are added or taken out."""
        term, others = next(iter(self.samples.items()))
        return f"+{term}：别的叫法；-{term}：{others[0]}"

    def amend(self, words: str, present: Terms) -> Terms | None:
        """+未联系：未接通 adds a name, -未联系：未接通 takes it out, -未联系 the whole word.

        Raises:
            Unreadable: a change beside a whole list, or of what is not there.
        """
        parts = [part.strip() for part in _BETWEEN_TERMS.split(_plain(words)) if part.strip()]
        signed = [part for part in parts if part[0] in "+-"]
        if not signed:
            return None
        if len(signed) < len(parts):
            raise Unreadable(f"加减要每段都写 + 或 -，如 {self.amending}")
        terms = {term: list(others) for term, others in present.items()}
        for part in signed:
            term, names = _term(part[1:])
            (_add if part[0] == "+" else _take_out)(terms, term, names)
        return terms

    def read(self, words: str) -> Terms:
        """House words apart by ；, their other names behind ： and apart by 、."""
        terms: Terms = {}
        for part in _BETWEEN_TERMS.split(_plain(words)):
            term, names = _term(part)
            if not term:
                continue
            if term in terms:
                raise Unreadable(f"「{term}」写了两次")
            terms[term] = names
        if not terms:
            raise Unreadable(f"要写成 {self.example}")
        return terms

    def words(self, value: Mapping[str, list[str]]) -> str:
        """The words as they are typed."""
        return "；".join(
            f"{term}：{'、'.join(others)}" if others else term for term, others in value.items()
        )

    def apart(self, before: Terms, after: Terms) -> tuple[str, str]:
        """The words whose names differ; a list may be longer than any card."""
        old = {term: names for term, names in before.items() if after.get(term) != names}
        new = {term: names for term, names in after.items() if before.get(term) != names}
        return self.words(old) or NONE, self.words(new) or NONE

    def faults(self, value: Mapping[str, list[str]]) -> Iterator[str]:
        """A name that means two things, or too many or too long ones."""
        if not 1 <= len(value) <= MOST_TERMS:
            yield f"要有 1 到 {MOST_TERMS} 个词，现在 {len(value)} 个"
        owner: dict[str, str] = {}
        for term, others in value.items():
            for name in (term, *others):
                if not 1 <= len(name) <= LONGEST_TERM:
                    yield f"「{name[:LONGEST_TERM]}」要有 1 到 {LONGEST_TERM} 个字"
                if owner.setdefault(name, term) != term:
                    yield f"「{name}」同时属于「{owner[name]}」和「{term}」，只能属于一个"


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", words)


def _term(part: str) -> tuple[str, list[str]]:
    term, _, others = part.partition(":")
    return term.strip(), [name for name in _BETWEEN_NAMES.split(others.strip()) if name]


def _add(terms: Terms, term: str, names: Sequence[str]) -> None:
    there = terms.setdefault(term, [])
    there.extend(name for name in dict.fromkeys(names) if name not in there)


def _take_out(terms: Terms, term: str, names: Sequence[str]) -> None:
    if term not in terms:
        raise Unreadable(f"没有「{term}」这个词，有：{'、'.join(terms)}")
    for name in names:
        if name not in terms[term]:
            raise Unreadable(f"「{term}」没有「{name}」这个叫法，有：{'、'.join(terms[term])}")
        terms[term].remove(name)
    if not names:
        del terms[term]


class Worded(Protocol):
    """A rule that says which words a field may have."""

    @property
    def terms(self) -> Terms:
        """House word → its other names."""


_INDUSTRIES: Terms = {
    "医疗": ["医药", "医院", "器械"], "教育": ["教培", "培训", "学校"], "制造": ["制造业", "工厂"],
    "零售": ["零售业", "商超"], "金融": ["银行", "保险"], "互联网": ["软件"],
    "政府": ["政务", "事业单位"],
}  # fmt: skip
_REGIONS: Terms = {
    "华东": [
        "江浙沪", "上海", "江苏", "浙江", "安徽", "福建", "江西", "山东",
        "南京", "苏州", "无锡", "常州", "南通", "徐州", "扬州", "盐城", "泰州", "镇江", "杭州",
        "宁波", "温州", "嘉兴", "绍兴", "金华", "台州", "湖州", "合肥", "芜湖", "福州", "厦门",
        "泉州", "南昌", "赣州", "济南", "青岛", "烟台", "潍坊", "临沂", "淄博", "济宁",
    ],
    "华南": [
        "广东", "广西", "海南", "广州", "深圳", "佛山", "东莞", "惠州", "珠海", "中山", "江门",
        "汕头", "湛江", "南宁", "柳州", "桂林", "海口", "三亚",
    ],
    "华北": [
        "京津冀", "北京", "天津", "河北", "山西", "内蒙古", "石家庄", "唐山", "保定", "廊坊",
        "邯郸", "沧州", "太原", "大同", "呼和浩特", "包头", "鄂尔多斯",
    ],
    "华中": [
        "湖北", "湖南", "河南", "武汉", "宜昌", "襄阳", "长沙", "株洲", "岳阳", "衡阳", "郑州",
        "洛阳", "新乡", "南阳",
    ],
    "西南": [
        "川渝", "四川", "重庆", "云南", "贵州", "西藏", "成都", "绵阳", "德阳", "宜宾", "昆明",
        "曲靖", "贵阳", "遵义", "拉萨",
    ],
    "西北": [
        "陕西", "甘肃", "青海", "宁夏", "新疆", "西安", "咸阳", "宝鸡", "榆林", "兰州", "西宁",
        "银川", "乌鲁木齐", "克拉玛依",
    ],
    "东北": [
        "东三省", "辽宁", "吉林", "黑龙江", "沈阳", "大连", "鞍山", "长春", "哈尔滨", "大庆",
        "齐齐哈尔",
    ],
}  # fmt: skip
"""The provinces, their capitals and the cities with the most trade."""
_SOURCES: Terms = {
    "官网表单": ["官网", "网站", "官网H5表单"], "展会扫码": ["展会", "展会码"],
    "电话呼入": ["来电", "呼入", "400电话"], "白皮书下载": ["白皮书", "下载"],
    "转介绍": ["老带新", "老客户介绍"], "转发": ["微信转发"], "表格导入": ["导入"],
    "自拓": ["陌拜", "自己找的"],
}  # fmt: skip

_STATES: Terms = {
    "未联系": ["未沟通", "未跟进", "未处理", "待联系", "待跟进", "没联系", "未接通", "新线索"],
    "已联系": ["已沟通", "已跟进", "跟进中", "沟通中", "联系中"],
    "有意向": ["意向", "意向客户", "高意向"],
    "待回访": ["需回访", "约了回访"],
    "已转商机": ["转商机", "已转化", "已成交", "成交"],
    "无效": ["无效线索", "已作废", "空号"],
}


class Industries(Rule):
    """Industries."""

    terms: Annotated[Terms, Item("行业词", "行业有哪些，别人还怎么叫", TermList(_INDUSTRIES))] = (
        _INDUSTRIES
    )


class Regions(Rule):
    """Regions."""

    terms: Annotated[Terms, Item("区域词", "区域有哪些，别人还怎么叫", TermList(_REGIONS))] = (
        _REGIONS
    )


class Sources(Rule):
    """Where leads come from."""

    terms: Annotated[Terms, Item("来源词", "线索来源有哪些，别人还怎么叫", TermList(_SOURCES))] = (
        _SOURCES
    )


class States(Rule):
    """How other systems and people's sheets call the states of a lead."""

    terms: Annotated[Terms, Item("状态词", "表格里的跟进状态叫什么", TermList(_STATES))] = _STATES

    def faults(self) -> Iterator[str]:
        """The states are ours: only their other names are the company's."""
        if self.terms.keys() != _STATES.keys():
            yield f"状态就是这几个，不能增减：{'、'.join(_STATES)}。可以改的是它们的别的叫法"


INDUSTRIES = Kind(
    Name("terms", "industry"), "行业词典", "行业有哪些词，哪些叫法是同一个",
    "从生效后进来的线索算起，已有的标签不变", Industries,
)  # fmt: skip
REGIONS = Kind(
    Name("terms", "region"), "区域词典", "区域有哪些词，哪些省市归到哪里",
    "从生效后进来的线索算起，已有的标签不变", Regions,
)  # fmt: skip
SOURCES = Kind(
    Name("terms", "source"), "来源词典", "线索来源有哪些词，哪些叫法是同一个",
    "从生效后进来的线索算起，已有的标签不变", Sources,
)  # fmt: skip
STATES = Kind(
    Name("terms", "state"), "状态词典", "别的表格里的跟进状态，是我们的哪个状态",
    "从下一次导入算起，线索的状态不因为导入而变", States,
)  # fmt: skip
