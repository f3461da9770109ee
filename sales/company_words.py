"""A company's name in running words.

Of 王总说他们公司苏州金鸡湖器械厂想了解维保 it is 苏州金鸡湖器械厂: the longest run
that ends in a legal form or in a word for a house, without what introduces it (他们公司, 我们是)
and what is wanted of us (想了解, 需要).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_HOUSE = "公司|单位|企业|集团|工厂|厂|医院|学校|中心"
_INTRODUCED = re.compile(
    rf"(?:我|他|她|你|您|咱|贵|本|该|这家|那家|一家|有家|(?<!某)某)们?的?(?:{_HOUSE})(?:名称|全称)?[是叫]?"
    r"|(?:公司|单位|企业|客户)(?:名称|全称)?[是叫]|(?:我|他|她|咱)(?:们|是|叫|这边|那边)+"
    r"|(?:这边|那边|对方|这)是|[是有]一?[个家]|来自|名叫|全称是?|您好|你好|客户|介绍|推荐|说"
)
"""What stands before a name."""
_OF = re.compile(r"(?<!美)的(?:公司|单位)?[是叫]?")
_WANTED = re.compile(
    r"(?<![联理思梦畅])想|需要|(?<![主重首])要|了解|打听|麻烦|预算|采购(?!中心|服务|供应|有限|股份)"
)
"""Where the name is over, and what somebody wants begins."""
_TITLED = re.compile(
    r"^[\u4e00-\u9fff]{1,2}?(?:总(?!医院|公司|厂|院|部|店)|经理|先生|女士|主任|老师)"
)
_NAME = r"[\u4e00-\u9fffA-Za-z0-9()·&-]"
_HOUSES = (
    "公司|集团|医院|卫生院|学校|大学|学院|中学|小学|幼儿园|工厂|厂|中心|研究院|研究所|事务所|银行"
    "|合作社|工作室"
)
_TRADES = "科技|教育|医疗|制造|泵业|阀业|药业|实业|阀门|机电"
_KINDS = (
    re.compile(rf"{_NAME}{{2,28}}?(?:有限责任公司|有限公司|股份公司)(?:{_NAME}{{2,8}}?分公司)?"),
    re.compile(rf"{_NAME}{{2,28}}(?:{_HOUSES})"),
    re.compile(rf"{_NAME}{{2,28}}(?:{_TRADES})"),
)
"""The surer first: a legal form, a word for a house, a trade."""


def find(words: Iterable[str]) -> tuple[int, str] | None:
    """(place of the word, the company in it), of the words of a text in their order.

    None where no company can be seen: it is asked for then, never guessed.
    """
    runs = [(place, run) for place, word in enumerate(words) for run in _runs(word)]
    for kind in _KINDS:
        for place, run in runs:
            if (found := kind.search(run)) is not None:
                return place, found[0]
    return None


def _runs(word: str) -> Iterable[str]:
    """The parts of a word that may hold a name."""
    for part in _INTRODUCED.split(word):
        for run in _OF.split(_WANTED.split(part)[0]):
            yield _TITLED.sub("", run)
