"""Figures about colleagues that another system counts, brought as a sheet (B24).

A figure is a whole number under the heading the sheet gave it: 当前待办数, 今日打卡次数. A rule may
take one instead of what we count ourselves; whether it was the right one is for
`sales.figure_doubts` to doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, select
from sqlmodel import Field

from engine import audit
from engine.masking import mask
from engine.model import WITHOUT_ROWID, Row, table
from engine.statement import Statement
from engine.types import UtcTime
from engine.unit import Unit
from sales import people
from sales.importing import Line, Outcome, Wrong
from sales.people import Role

NAME = "name"
"""The column that says whose figures a line holds; every other one is a figure, by its heading."""
LONGEST = 20
"""Characters of a heading that may name a figure."""
_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


class Figure(Row, table=True):
    """The last value somebody reported of a colleague under one heading."""

    __tablename__ = "figure"
    __table_args__ = WITHOUT_ROWID

    title: str = Field(primary_key=True)
    person_id: str = Field(primary_key=True, foreign_key="person.id")
    value: int = Field(sa_type=BigInteger)
    reported_at: datetime = Field(sa_type=UtcTime)


FIGURE = table(Figure).c
_OF = Statement(
    select(FIGURE.person_id, FIGURE.value).where(FIGURE.title == bindparam("wanted"))
)  # fmt: skip
_TITLES = Statement(select(FIGURE.title).distinct().order_by(FIGURE.title))
_REPORT = Statement(
    lambda dialect: (new := dialect.insert(table(Figure))).on_conflict_do_update(
        index_elements=["title", "person_id"],
        set_={"value": new.excluded.value, "reported_at": new.excluded.reported_at},
    ),
    columns=["title", "person_id", "value", "reported_at"],
)


def of(db: Unit, title: str) -> dict[str, int]:
    """{person id: value} of everybody who has this figure."""
    return {row.person_id: row.value for row in _OF.rows(db, {"wanted": title})}


def titles(db: Unit) -> list[str]:
    """The figures anybody has."""
    return [row.title for row in _TITLES.rows(db, {})]


def figures_from(
    db: Unit, lines: Iterable[Line], *, file: str, now: datetime, dry_run: bool = False
) -> Outcome:
    """Take every column of whole numbers; a later sheet replaces what an earlier one said.

    A column with anything else in it is left out and noted. With a wrong line, or `dry_run`,
    nothing is written.
    """
    told, outcome = list(lines), Outcome()
    owners = _owners(db, told, outcome)
    taken = _numeric(told, outcome)
    if not taken:
        outcome.wrong.append(Wrong(told[0].number if told else 1, NAME, "没有一列都是整数"))
    if outcome.wrong:
        return outcome
    known = {title: of(db, title) for title in taken}
    rows: list[dict[str, Any]] = []
    for line in told:
        whose = owners[line.number]
        said = {title: int(words) for title in taken if (words := line.values[title])}
        was = {title: known[title][whose] for title in said if whose in known[title]}
        outcome.created += bool(said) and not was
        outcome.completed += bool(was) and was != said
        outcome.unchanged += was == said
        rows += (
            {"title": title, "person_id": whose, "value": value, "reported_at": now}
            for title, value in said.items()
        )
    if not dry_run:
        _REPORT.run_many(db, rows)
        detail = {"titles": taken, "created": outcome.created, "changed": outcome.completed}
        audit.record(db, "figures.imported", ("file", mask(file)), at=now, detail=detail)
    return outcome


def _owners(db: Unit, lines: Sequence[Line], outcome: Outcome) -> Mapping[int, str]:
    """{line: person id}; a line that names no seller, several, or one named before is wrong."""
    sellers = people.by_name(db, Role.REP)
    owners: dict[int, str] = {}
    for line in lines:
        name, ids = line.values[NAME], sellers.get(line.values[NAME], [])
        why = ""
        if not ids:
            why = f"没有叫「{name}」的在职销售"
        elif len(ids) > 1:
            why = f"有 {len(ids)} 位同事都叫「{name}」，分不清是哪一位"
        elif ids[0] in owners.values():
            why = f"「{name}」前面已经有一行"
        if why:
            outcome.wrong.append(Wrong(line.number, NAME, why))
        else:
            owners[line.number] = ids[0]
    return owners


def _numeric(lines: Sequence[Line], outcome: Outcome) -> list[str]:
    """The headings under which there are whole numbers only."""
    taken: list[str] = []
    for title in sorted(lines[0].values.keys() - {NAME}) if lines else ():
        said = [(line.number, line.values[title]) for line in lines if line.values[title]]
        odd = next((number for number, words in said if not _WHOLE.fullmatch(words)), None)
        if odd is not None:
            why = f"「{title}」这一列要全是整数才用得上，这次没有用"
            outcome.notes.append(Wrong(odd, title, why))
        elif said:
            taken.append(title)
    return taken
