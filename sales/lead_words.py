"""A lead out of a line of chat or a forwarded text: words in any order, told apart by sort.

"海河医疗 华东 医疗 预算12万 官网表单" and a customer's own words with a telephone number in them
lead to the same `RawLead` (B4). A word counts as a tag only if a dictionary has it, or one that
looks the same; whatever is left over is the need, never thrown away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime

from engine.rulebook import Rulebook
from sales import company_words, dictionary, numerals
from sales.dictionary import How
from sales.lead_intake import DICTIONARIES, RawLead

OWN, FORWARDED = "自拓", "转发"
"""The sources of a line typed and of a text forwarded, unless they say another."""
_PHONE = re.compile(r"(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s]?\d{4}[-\s]?\d{4}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)0\d{2,3}[-\s]\d{7,8}(?!\d)")
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_CODE = re.compile(
    r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}\d{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"
)
_ALONE = 14
"""Characters: a line no longer than this is a number alone, not a text."""
_GROUPS = r"(?<=\d)(?<!\d{4}),(?=\d{3}(?!\d))"
"""The comma of 120,000, which belongs to the number."""
_APART = re.compile(rf"(?:(?!{_GROUPS})[\s,、;。!?|])+")
_LABELS: Mapping[str, str] = {
    "公司": "company", "客户": "company", "单位": "company", "企业": "company",
    "行业": "industry", "区域": "region", "地区": "region", "城市": "region",
    "姓名": "name", "邮箱": "email", "信用代码": "credit_code",
}  # fmt: skip
_GLUED: Mapping[str, str] = {
    "预算": "budget", "需求": "need", "联系人": "name", "电话": "phone", "手机": "phone",
    "微信": "wechat", "来源": "source",
}  # fmt: skip
"""Labels that need no colon: 预算12万."""
_ALONE_TOO = ("industry", "region", "source")
"""What may be said in the word after its label: 来源 抖音."""
_CHANNELS = (
    "抖音", "快手", "小红书", "知乎", "视频号", "公众号", "微博", "B站", "朋友圈", "百度", "头条",
    "1688", "阿里巴巴", "淘宝", "京东",
)  # fmt: skip
"""Where people hear of a house: said alone it is a source, whether the dictionary has it or not."""
_LABELLED = re.compile(
    rf"(?:(?P<label>{'|'.join(_LABELS)})(?:[:=]|$)|(?P<glued>{'|'.join(_GLUED)})(?:大概|约|是|为)?[:=]?)"
    r"(?P<rest>.*)"
)
_CONTACT = ("name", "phone", "email", "wechat")
_WECHAT = re.compile(
    r"(?<![A-Za-z0-9])(?:微信|weixin|wechat|wx|vx)(?:号|id)?\s*[:是为]?\s*"
    r"(?P<value>[A-Za-z][-_A-Za-z0-9]{5,19})(?![-_A-Za-z0-9])",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"[\u4e00-\u9fff]{1,3}(?:总|总监|经理|先生|女士|主任|老师|院长|校长)|[\u4e00-\u9fff]工"
)
_CALLED = re.compile(
    r"(?:的|叫|我是|联系)(?P<name>[\u4e00-\u9fff]{1,2}(?:总|经理|先生|女士|主任|老师))"
)
_DIGITS = r"\d[\d,]*(?:\.\d+)?"
_MONEY = (
    rf"(?:¥{_DIGITS}[千万亿kw]?元?|{_DIGITS}(?:[千万亿kw]元?|元)|\d{{1,3}}(?:,\d{{3}})+"
    rf"|[{numerals.CHARACTERS}]+(?:[万亿][{numerals.CHARACTERS}]*元?|元))"
)
_ABOUT = r"\s*(?:左右|上下)?"
_AMOUNT = re.compile(rf"(?P<value>{_MONEY}){_ABOUT}", re.IGNORECASE)
_BUDGET = re.compile(
    rf"预算(?:大概|大约|约|在|是|为|有)*\s*[:=]?\s*(?>(?P<value>{_MONEY}|\d+(?:\.\d+)?))"
    rf"(?!\s*[\d万千亿kw.到至~—–-]|,\d|[a-z]){_ABOUT}",
    re.IGNORECASE,
)
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱郭何林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘蒋蔡余杜程魏吕丁沈姚"
    "卢姜崔钟谭陆汪范廖贾夏韦付邹孟熊秦邱江尹薛闫侯史黎贺顾郝龚邵钱严覃武戴莫孔欧"
)
_PERSON = re.compile(
    rf"(?:负责人|对接人|经办人|采购(?:员|经理|主管))(?P<name>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})"
    r"(?![\u4e00-\u9fff])"
    rf"|采购(?P<buyer>[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})"
    rf"[\s,:]*(?:(?:电话|手机|微信)号?[\s:是]*)?(?={_PHONE.pattern})"
)
"""采购李明 and his number; 采购 alone is what somebody wants to buy, unless a number follows."""
_TAKEN = (
    ("email", _EMAIL), ("wechat", _WECHAT), ("phone", _PHONE), ("phone", _LANDLINE),
    ("credit_code", _CODE), ("budget", _BUDGET),
)  # fmt: skip
"""What is told by its form alone, wherever it stands."""
_SHORT = 6
"""Characters of a word that may be a slip of a tag; a longer one is a name."""


def looks_forwarded(text: str) -> bool:
    """Whether a line that is no command may be a customer's words: a telephone number is in it."""
    plain = unicodedata.normalize("NFKC", text)
    return len(plain) > _ALONE and _PHONE.search(plain) is not None


def read(
    text: str, rules: Rulebook, now: datetime, *, source: str, typed: bool = True
) -> RawLead:  # fmt: skip
    """What somebody wrote, as a lead; `source` is where it comes from unless they say so.

    In a line somebody `typed` the first word that is nothing else is the company; in a
    forwarded text only what looks like one is. The company is "" if none can be seen.
    """
    plain = whole = unicodedata.normalize("NFKC", text)
    said: dict[str, str] = {}
    for field, pattern in _TAKEN:
        plain = _take(pattern, field, plain, said)
    rest: list[str] = []
    label = ""
    for word in filter(None, _APART.split(plain)):
        field, value = _field(word, rules, now)
        if not field and (label or (rest and word in _CHANNELS)):
            field = label or "source"
        label = field if field in _ALONE_TOO and not value else ""
        if field and not value:
            continue  # a label whose number was taken out before, or whose word follows
        if field and field not in said:
            said[field] = value
        else:
            rest.append(word)
    if "name" not in said and (name := _called(whole)):
        said["name"] = name
        rest = [word.replace(name, f"{name[0]}*") for word in rest]
    company = said.pop("company", "") or _company(rest, typed=typed)
    if not typed and "region" not in said:
        regions = dictionary.of(rules.at(DICTIONARIES["region"], now).body.terms)
        said["region"] = regions.begins(company)
    need = " ".join(filter(None, (said.pop("need", ""), *rest)))
    contact = {name: said.pop(name) for name in _CONTACT if name in said}
    return RawLead(
        company=company, source=said.pop("source", source), need=need, contact=contact, **said
    )


def _called(text: str) -> str:
    """The name of somebody in a sentence; "" if there is none."""
    if (found := _CALLED.search(text)) is not None:
        return found["name"]
    found = _PERSON.search(text)
    return "" if found is None else found["name"] or found["buyer"]


def _take(pattern: re.Pattern[str], field: str, text: str, said: dict[str, str]) -> str:
    """The text without what is found; the first of them is kept."""
    found = pattern.search(text)
    if found is None or field in said:
        return text
    said[field] = found["value"] if "value" in pattern.groupindex else found[0]
    return f"{text[: found.start()]} {text[found.end() :]}"


def _field(word: str, rules: Rulebook, now: datetime) -> tuple[str, str]:
    """Which field a word is, and its value; ("", word) if it is none."""
    if (found := _LABELLED.fullmatch(word)) is not None:
        field = _LABELS.get(found["label"] or "") or _GLUED[found["glued"]]
        return ("", word) if field == "wechat" and found["rest"] else (field, found["rest"])
    if (amount := _AMOUNT.fullmatch(word)) is not None:
        return "budget", amount["value"]
    if _TITLED.fullmatch(word):
        return "name", word
    for name, kind in DICTIONARIES.items():
        match = dictionary.of(rules.at(kind, now).body.terms).match(word)
        if match and (match.sure or (match.how is How.SHAPE and len(word) <= _SHORT)):
            return name, word
    return "", word


def _company(rest: list[str], *, typed: bool) -> str:
    """The word that names a company, taken out of the rest."""
    if typed:
        return rest.pop(0) if rest else ""
    if (found := company_words.find(rest)) is None:
        return ""
    place, name = found
    if rest[place] == name:
        rest.pop(place)
    return name
