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
from sales import dictionary, numerals
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
    "行业": "industry", "区域": "region", "地区": "region", "城市": "region", "来源": "source",
    "姓名": "name", "邮箱": "email", "信用代码": "credit_code",
}  # fmt: skip
_GLUED: Mapping[str, str] = {
    "预算": "budget", "需求": "need", "联系人": "name", "电话": "phone", "手机": "phone",
    "微信": "wechat",
}  # fmt: skip
"""Labels that need no colon: 预算12万."""
_LABELLED = re.compile(
    rf"(?:(?P<label>{'|'.join(_LABELS)})[:=]|(?P<glued>{'|'.join(_GLUED)})(?:大概|约|是|为)?[:=]?)"
    r"(?P<rest>.*)"
)
_CONTACT = ("name", "phone", "email", "wechat")
_TITLED = re.compile(
    r"[\u4e00-\u9fff]{1,3}(?:总|总监|经理|先生|女士|主任|老师|院长|校长)|[\u4e00-\u9fff]工"
)
_CALLED = re.compile(
    r"(?:的|叫|我是|联系)(?P<name>[\u4e00-\u9fff]{1,2}(?:总|经理|先生|女士|主任|老师))"
)
_DIGITS = r"\d[\d,]*(?:\.\d+)?"
_MONEY = re.compile(
    rf"¥{_DIGITS}[千万亿kw]?元?|{_DIGITS}(?:[千万亿kw]元?|元)|\d{{1,3}}(?:,\d{{3}})+"
    rf"|[{numerals.CHARACTERS}]+(?:万[{numerals.CHARACTERS}]*|亿|元)元?",
    re.IGNORECASE,
)
_COMPANY = re.compile(
    r"(?:我们?是|这边是|来自)?(?P<name>[\u4e00-\u9fffA-Za-z0-9()（）]{2,30}?(?:有限公司|股份公司|"
    r"公司|集团|医院|学校|大学|学院|工厂|厂|科技|教育|医疗|制造|泵业|阀业|阀门|机电))"
)
_BEFORE = re.compile(r"^.*(?:我们?是|这边是|来自|您好|你好)")
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
    plain = unicodedata.normalize("NFKC", text)
    said: dict[str, str] = {}
    plain = _take(_EMAIL, "email", plain, said)
    plain = _take(_PHONE, "phone", plain, said)
    plain = _take(_LANDLINE, "phone", plain, said)
    plain = _take(_CODE, "credit_code", plain, said)
    rest: list[str] = []
    for word in filter(None, _APART.split(plain)):
        field, value = _field(word, rules, now)
        if field and not value:
            continue  # a label whose number was taken out before
        if field and field not in said:
            said[field] = value
        else:
            rest.append(word)
    if "name" not in said and (called := _CALLED.search(plain)) is not None:
        said["name"] = called["name"]
        rest = [word.replace(said["name"], f"{said['name'][0]}*") for word in rest]
    company = said.pop("company", "") or _company(rest, typed=typed)
    need = " ".join(filter(None, (said.pop("need", ""), *rest)))
    contact = {name: said.pop(name) for name in _CONTACT if name in said}
    return RawLead(
        company=company, source=said.pop("source", source), need=need, contact=contact, **said
    )


def _take(pattern: re.Pattern[str], field: str, text: str, said: dict[str, str]) -> str:
    """The text without what is found; the first of them is kept."""
    found = pattern.search(text)
    if found is None or field in said:
        return text
    said[field] = found[0]
    return f"{text[: found.start()]} {text[found.end() :]}"


def _field(word: str, rules: Rulebook, now: datetime) -> tuple[str, str]:
    """Which field a word is, and its value; ("", word) if it is none."""
    if (found := _LABELLED.fullmatch(word)) is not None:
        return _LABELS.get(found["label"] or "") or _GLUED[found["glued"]], found["rest"]
    if _MONEY.fullmatch(word):
        return "budget", word
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
    for place, word in enumerate(rest):
        if (found := _COMPANY.search(_BEFORE.sub("", word))) is not None:
            if found[0] == word:
                rest.pop(place)
            return found["name"]
    return ""
