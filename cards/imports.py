"""The card of one sheet sent in chat, from the first look to the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cards.model import Button, Card, Text
from sales.importing import Outcome

RUN = "imports.run"
LISTED = 5
"""Problems the card names; all of them are in the file that follows it."""
COLUMNS = 12
"""Headings a card names."""
UNNAMED = "这个文件"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a sheet: rows without and with problems, and headings.

    `understood` are the columns we take, `ignored` those we do not, `unread` further worksheets.
    `sort` is what it is a list of; `notes` say what is odd and stops nothing.
    """

    good: int
    bad: int
    problems: tuple[str, ...]
    understood: tuple[str, ...]
    ignored: tuple[str, ...]
    unread: tuple[str, ...]
    sort: str
    notes: tuple[str, ...] = ()


def reading(name: str) -> Text:
    """It has come; somebody looks at it now. No card: what follows must not overtake a file."""
    what = f" {name}" if name else "文件"
    return Text(f"收到{what}，正在检查，还没有导入。结果马上发给您。")


def checked(name: str, look: Look, outcome: Outcome, blob: str, *, flow: str) -> Card:
    """Every row is right: one tap imports it."""
    nothing = not (outcome.created or outcome.completed or outcome.doubted)
    button = Button("导入", RUN, {"blob": blob, "name": name}, "primary")
    return Card(
        key=flow,
        title=f"{name} 检查通过，还没有导入",
        subtitle=f"{look.sort}都已经有了，没有新内容" if nothing else counts(outcome, "将"),
        facts=_facts(look),
        quote=_some(look.notes),
        buttons=() if nothing else (button,),
        done="不用导入" if nothing else "",
        tone="good",
    )


def refused(name: str, look: Look, *, flow: str) -> Card:
    """Some rows are wrong, so none is imported; the marked file follows."""
    return Card(
        key=flow,
        title=f"{name} 有 {look.bad} 行要改，一行都没有导入",
        subtitle="改好下面文件里标红的行，再把文件发给我。",
        facts=_facts(look),
        quote=_some(look.problems),
        done="没有导入",
        tone="warning",
    )


def unreadable(name: str, why: str, *, flow: str) -> Card:
    """The file as a whole cannot be used."""
    return Card(
        key=flow, title=f"{name or UNNAMED} 没有导入", subtitle=why, done="没有导入", tone="warning"
    )


def running(name: str, *, flow: str) -> Card:
    """The tap was taken."""
    return Card(
        key=flow, title=f"正在导入 {name}", subtitle="好了会在这里告诉您。", done="正在导入"
    )


def imported(name: str, look: Look, outcome: Outcome, *, flow: str) -> Card:
    """It is done."""
    return Card(
        key=flow,
        title=f"{name} 已导入",
        subtitle=counts(outcome, "已"),
        quote=_some(look.notes),
        done="已导入",
        tone="good",
    )


def failed(name: str, number: str, *, flow: str) -> Card:
    """It could not be done; the number finds it."""
    return Card(
        key=flow,
        title=f"{name or UNNAMED} 没有处理成",
        subtitle=f"编号 {number}，已经记录下来。请再发一次文件，或把编号发给管理员。",
        done="没有导入",
        tone="bad",
    )


def broken_off(name: str, outcome: Outcome, why: str, *, flow: str) -> Card:
    """Some of it was written, then it could not go on; `why`, and what does the rest."""
    return Card(
        key=flow,
        title=f"{name or UNNAMED} 只导入了一部分",
        subtitle=f"{counts(outcome, '已')}。后面的没有导入：{why}已有的不会重复，会接着导入。",
        done="导入了一部分",
        tone="bad",
    )


def _some(lines: Sequence[str]) -> str:
    left = len(lines) - LISTED
    return "\n".join((*lines[:LISTED], *((f"还有 {left} 处",) if left > 0 else ())))


def counts(outcome: Outcome, did: str) -> str:
    """What an import did, or `did` "将" would do, in a sentence."""
    new, more, same = outcome.created, outcome.completed, outcome.unchanged
    told = f"{did}新建 {new} 行，补充 {more} 行，{same} 行没有变化"
    odd = outcome.doubted
    return f"{told}，其中 {odd} 行和系统记的不一样，请负责人核对" if odd else told


def _facts(look: Look) -> tuple[tuple[str, str], ...]:
    facts = (
        ("当作", f"{look.sort}表"),
        ("没有问题", f"{look.good} 行"),
        ("要改", f"{look.bad} 行" if look.bad else ""),
        ("认出的列", _listed(look.understood)),
        ("没用到的列", _listed(look.ignored)),
        ("没读的表", _listed(look.unread)),
    )
    return tuple((name, value) for name, value in facts if value)


def _listed(headings: Sequence[str]) -> str:
    more = f"等 {len(headings)} 列" if len(headings) > COLUMNS else ""
    return "、".join(headings[:COLUMNS]) + more
