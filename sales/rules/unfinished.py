"""When somebody is reminded of an errand they have begun and not finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

from sqlalchemy import bindparam, select

from engine.deadlines import DEADLINE
from engine.documents import Name
from engine.statement import Statement
from engine.types import UtcTime
from sales.rules.api import LATELY, Item, Kind, Rule, Trial
from sales.rules.values import HOUR, WorkingTime

DAY = 450
"""Working minutes of a day with the usual shifts."""
LONGEST = 10 * DAY
LOOKED_AT = 2000
"""Errands a dry run counts; working out the moments of more would take seconds."""


class UnfinishedTimes(Rule):
    """Working time until the two reminders of an errand."""

    first_after_minutes: Annotated[
        int, Item("首次提醒", "问完没有答，过多少工作时间提醒本人", WorkingTime(15, 5 * DAY))
    ] = 2 * HOUR
    last_after_minutes: Annotated[
        int, Item("再次提醒", "首次提醒后再过多少工作时间最后提醒一次", WorkingTime(HOUR, LONGEST))
    ] = DAY

    def faults(self) -> Iterator[str]:
        """Both together, after which nobody remembers what it was about."""
        if self.first_after_minutes + self.last_after_minutes > LONGEST:
            yield "两次提醒合起来不能超过 10 个工作日，那时没有人还记得这件事"

    @property
    def allowance(self) -> timedelta:
        """Working time from the question to the first reminder."""
        return timedelta(minutes=self.first_after_minutes)

    @property
    def until_last(self) -> timedelta:
        """Working time from the first reminder to the last."""
        return timedelta(minutes=self.last_after_minutes)


_D = DEADLINE.c
_WAITED = Statement(
    select(_D.started_at, _D.due_at, _D.closed_at)
    .where(_D.kind == "unfinished", _D.started_at >= bindparam("since", type_=UtcTime))
    .order_by(_D.id.desc())
    .limit(LOOKED_AT)
)


def trial(trial: Trial, before: UnfinishedTimes, after: UnfinishedTimes) -> list[str]:
    """How many of the last month's errands would have been reminded earlier, later, or not."""
    if before.allowance == after.allowance:
        return []
    waited = _WAITED.rows(trial.db, {"since": trial.now - LATELY})
    if not waited:
        return ["过去 30 天没有等过人的事，看不出差别"]
    counted = Counter(_difference(trial, one, after.allowance) for one in waited)
    said = [f"{what} {counted[what]} 件" for what in ("提前", "推迟", "多提醒", "少提醒")
            if counted[what]]  # fmt: skip
    some = (
        f"最近 {len(waited):,} 件" if len(waited) == LOOKED_AT else f"过去 30 天 {len(waited)} 件"
    )
    return [f"{some}等过人的事，首次提醒：{'，'.join(said) or '没有差别'}"]


def _difference(trial: Trial, errand: Any, allowance: timedelta) -> str:
    """What would have become of the first reminder of one errand."""
    due = trial.calendar.add_working_time(errand.started_at, allowance).at
    ended = errand.closed_at or trial.now
    was, would = errand.due_at <= ended, due <= ended
    if was and would:
        return "提前" if due < errand.due_at else "推迟" if due > errand.due_at else ""
    return "少提醒" if was else "多提醒" if would else ""


UNFINISHED = Kind(
    Name("sla", "unfinished"), "未办完提醒", "问了还没有答的事，什么时候提醒本人",
    "已经在等的事不变，以后问的按新时限", UnfinishedTimes, trial,
)  # fmt: skip
