"""The State Council's yearly notice on holidays, read from its text as people copy it.

《国务院办公厅关于20XX年部分节假日安排的通知》 has a sentence or two for each festival:
「春节：2月15日（农历腊月二十八、周日）至23日（周一）放假调休，共9天。2月14日（周六）上班。」
Whatever it says twice (weekdays, numbers of days) must agree, so that a slip in the text is
found here and not on the day itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from engine.calendar import SATURDAY, Day, Quality, dates_of, derived
from engine.text import clean

FESTIVALS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
FIXED = {"元旦": (1, 1), "劳动节": (5, 1), "国庆节": (10, 1)}
"""Festivals whose month and day are known: it must be one of their days off."""
NEW_YEAR = "元旦"
DECEMBER = 12
LONGEST = 14
"""Days a holiday can have; more is a slip in a month."""
WEEKDAYS = "一二三四五六日"
SHAPE = "例如「元旦：1月1日（周五）至3日（周日）放假，共3天。」"

_NAME = "|".join(FESTIVALS) + "|清明|端午|中秋|国庆"
_HEADING = re.compile(rf"((?:{_NAME})(?:[、和及,](?:{_NAME}))*):")
_TITLE = re.compile(rf"(20\d\d)年(?:部分节假日|{_NAME})")
_DATE = re.compile(
    r"(至|到|[-—–~]+|[、和及,])?(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日"
    r"(?:\(([^()]*)\)|((?:周|星期).))?"
)
_LISTED = frozenset("、和及,")
_WEEKDAY = re.compile(r"(?:周|星期)([一二三四五六日天])")
_VERB = re.compile("(放假|补休|上班)")
_COUNT = re.compile(r"^(\d+)天|共(\d+)天")
_END = re.compile(r"[。.;]|(?<=[班休假天])\n")
"""Where a sentence ends; copied without its 。, the end of a line has to do."""


class NoticeError(Exception):
    """The text cannot be taken over; every line of it is a Chinese sentence to show as it is."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notice says about a year.

    `named` are the days it names, with some of the December before. `missing` are festivals
    it should name and does not: then it is not the whole notice.
    """

    year: int
    named: Mapping[date, Day]
    missing: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its official title."""
        return f"国务院办公厅关于{self.year}年部分节假日安排的通知"

    @property
    def days(self) -> dict[date, Day]:
        """All days it settles: the whole year, or if it is not whole only what it names."""
        if self.missing:
            return dict(self.named)
        plain = {
            day: replace(derived(day), quality=Quality.OFFICIAL) for day in dates_of(self.year)
        }
        return plain | dict(self.named)


def parse(text: str, year: int | None = None) -> Notice:
    """Read a notice; `year` where its title was not copied.

    Raises:
        NoticeError: no year, no festival, or anything that does not fit together; the text
            names every line and what is wrong with it.
    """
    plain = re.sub(r"[^\S\n]", "", unicodedata.normalize("NFKC", clean(text)))
    reader = _Reader(_year(plain, year))
    headings = list(_HEADING.finditer(plain))
    if not headings:
        raise NoticeError(f"没有找到节日的安排，每个节日写一段，{SHAPE}")
    ends = [*(heading.start() for heading in headings[1:]), len(plain)]
    for heading, end in zip(headings, ends, strict=True):
        reader.take(heading[1], plain, heading.end(), end)
    if reader.problems:
        raise NoticeError("\n".join(reader.problems))
    missing = tuple(name for name in FESTIVALS if name not in reader.found)
    return Notice(reader.year, reader.days, missing)


def _year(plain: str, given: int | None) -> int:
    title = _TITLE.search(plain.replace("\n", ""))
    written = int(title[1]) if title else None
    year = given or written
    if year is None:
        raise NoticeError("没有写是哪一年的安排，请连标题一起复制，或用 --year 说明")
    if written not in {None, year}:
        raise NoticeError(f"标题写的是{written}年，--year 是 {year}，请核对")
    return year


class _Wrong(Exception):
    """What is wrong with a sentence."""


class _Reader:
    """Gathers the days and the problems of a notice, festival by festival."""

    def __init__(self, year: int) -> None:
        self.year = year
        self.days: dict[date, Day] = {}
        self.found: set[str] = set()
        self.problems: list[str] = []
        self._names: list[str] = []

    def take(self, heading: str, plain: str, start: int, end: int) -> None:
        """Read what stands under a heading: `plain` from `start` to `end`."""
        names = re.findall(_NAME, heading)
        self._names = [name if name in FESTIVALS else f"{name}节" for name in names]
        self.found.update(self._names)
        known, off = len(self.problems), set[date]()
        for place, sentence in _sentences(plain, start, end):
            try:
                off |= self._sentence(sentence)
            except _Wrong as wrong:
                self._problem(plain, place, heading, str(wrong))
        if len(self.problems) == known:
            for name in self._names:
                self._check(plain, start, name, off)

    def _check(self, plain: str, start: int, name: str, off: set[date]) -> None:
        if not off:
            self._problem(plain, start, name, f"没有写哪几天放假，{SHAPE}")
        elif name in FIXED and date(self.year, *FIXED[name]) not in off:
            self._problem(plain, start, name, f"放假的日子里没有{_words(*FIXED[name])}")

    def _problem(self, plain: str, place: int, name: str, words: str) -> None:
        line = plain.count("\n", 0, place) + 1
        self.problems.append(f"第 {line} 行 {name}：{words}")

    def _sentence(self, sentence: str) -> set[date]:
        """Note the days of a sentence; those it gives off. Without a verb it says nothing."""
        off: set[date] = set()
        parts = _VERB.split(sentence)
        for words, verb, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            dates = self._dates(words)
            worked = verb == "上班"
            if not worked:
                _counted(dates, after)
                off.update(dates)
            for day in dates:
                self._note(day, worked=worked)
        if len(parts) > 1 and (left := _DATE.search(parts[-1])):
            raise _Wrong(f"「{left[0]}」后面没有写是放假还是上班")
        return off

    def _note(self, day: date, *, worked: bool) -> None:
        if worked and day.weekday() < SATURDAY:
            raise _Wrong(f"{_written(day)}不是周末，不用写上班，请核对日期")
        known = Day(worked, "、".join(self._names), Quality.OFFICIAL)
        said = self.days.setdefault(day, known)
        if said.is_workday is not worked:
            raise _Wrong(f"{_written(day)}又放假又上班，请核对日期")

    def _dates(self, words: str) -> list[date]:
        """The dates of a list of dates and ranges; the month may be said once for all."""
        dates: list[date] = []
        month: str | None = None
        for joint, year, own_month, number, aside, weekday in _DATE.findall(words):
            month = own_month or month
            if month is None:
                raise _Wrong(f"「{number}日」前面没有写月份")
            day = self._date(year, int(month), int(number))
            if (told := _WEEKDAY.search(aside or weekday)) and _is_other(day, told[1]):
                raise _Wrong(f"{_written(day)}，写的是周{told[1]}，请核对日期")
            if not dates or joint in _LISTED:
                dates.append(day)
            elif not joint:
                raise _Wrong(f"{_written(day)}和前一个日期之间应写「至」或「、」")
            elif not timedelta() < day - dates[-1] < timedelta(days=LONGEST):
                raise _Wrong(f"{_written(dates[-1])}至{_written(day)}不像一个假期，请核对日期")
            else:
                days = (day - dates[-1]).days
                dates += [dates[-1] + timedelta(days=i + 1) for i in range(days)]
        return dates

    def _date(self, written_year: str, month: int, number: int) -> date:
        """A date as it is meant: New Year's holiday can begin in the December before."""
        early = month == DECEMBER and NEW_YEAR in self._names
        year = int(written_year) if written_year else self.year - early
        if year not in {self.year, self.year - early}:
            raise _Wrong(f"{year}年{_words(month, number)}不在{self.year}年的安排里")
        try:
            return date(year, month, number)
        except ValueError:
            raise _Wrong(f"没有{_words(month, number)}这一天") from None


def _sentences(plain: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The sentences of a part of the text in one line each, with the place they begin at."""
    stops = [(stop.start(), stop.end()) for stop in _END.finditer(plain, start, end)]
    for stop, following in [*stops, (end, end)]:
        sentence = plain[start:stop]
        yield start + len(sentence) - len(sentence.lstrip("\n")), sentence.replace("\n", "")
        start = following


def _counted(dates: list[date], after: str) -> None:
    """Hold the number of days against 「共3天」."""
    count = _COUNT.search(after)
    if count and (told := int(count[1] or count[2])) != len(dates):
        raise _Wrong(f"写的是{told}天，日期数下来是 {len(dates)} 天，请核对")


def _is_other(day: date, weekday: str) -> bool:
    return WEEKDAYS[day.weekday()] != weekday.replace("天", "日")


def _words(month: int, number: int) -> str:
    return f"{month}月{number}日"


def _written(day: date) -> str:
    return f"{_words(day.month, day.day)}是周{WEEKDAYS[day.weekday()]}"
