"""`jianliu dlq`: what did not arrive or was not done, from the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.commands.console import CONFIG, MISUSE, PROBLEM, UNREACHABLE, Config, Json, fail, show
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from cards import dead_letters
from cards.dead_letters import Told
from cards.health import lane_name
from cards.operations import reason
from engine import dead_letters as letters
from engine.unit import Unit

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="死信：没送到的消息、没办成的事。")

MOST = 1000
"""Letters one call lists or decides on."""
Ids = Annotated[list[int] | None, typer.Argument(metavar="[编号]...", help="dlq list 里的编号")]
Lane = Annotated[str, typer.Option(help="只算这个队列，如 inbox")]
All = Annotated[bool, typer.Option("--all", help="全部，可以再加 --lane")]


@app.command("list", help="列出等人决定的死信，新的在前。")
def show_letters(config: Config = CONFIG, *, lane: Lane = "", json: Json = False) -> None:
    """Whose, about what, why and since when, one line each."""

    def work(db: Unit, clock: Clock) -> list[tuple[dict[str, Any], str]]:
        found = [dead_letters.tell(db, one) for one in letters.newest(db, most=MOST, lane=lane)]
        return [(_facts(told, clock), _line(told, clock)) for told in found]

    listed = _do(work, config, json=json)
    words = "\n".join(line for _, line in listed) or "没有死信"
    show({"letters": [facts for facts, _ in listed]}, words, json=json)


@app.command(help="再办一次：消息重发给同一个人，没办成的事重新办。")
def replay(
    ids: Ids = None, config: Config = CONFIG, *, every: All = False, lane: Lane = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Do the letters again; exit 1 when one of them was decided already."""
    _decide(dead_letters.replay, "已重新安排", ids or [], config, every=every, lane=lane, json=json)


@app.command(help="放下不办；记录保留。")
def drop(
    ids: Ids = None, config: Config = CONFIG, *, every: All = False, lane: Lane = "",
    json: Json = False,
) -> None:  # fmt: skip
    """Leave the letters undone; exit 1 when one of them was decided already."""
    _decide(dead_letters.drop, "已放下", ids or [], config, every=every, lane=lane, json=json)


def _decide(
    decision: Callable[..., int], done: str, ids: Sequence[int], config: Config, *,
    every: bool, lane: str, json: bool,
) -> None:  # fmt: skip
    if bool(ids) == every:
        fail("写上编号，或者写 --all，二选一", MISUSE, json=json)

    def work(db: Unit, clock: Clock) -> tuple[int, int]:
        wanted = ids or [one.id for one in letters.newest(db, most=MOST, lane=lane)]
        count = decision(db, wanted, now=clock.now())
        return count, len(wanted)

    count, asked = _do(work, config, json=json)
    late = asked - count
    words = f"{done} {count} 件" + (f"；{late} 件没有这个编号，或已经处理过" if late else "")
    show({"done": count, "not_found": late}, words, json=json)
    if late:
        raise typer.Exit(PROBLEM)


def _do(work: Callable[[Unit, Clock], T], config: Config, *, json: bool) -> T:
    """The result of a unit of work, or the end of this run in words."""
    settings = settings_of(config, json=json)
    with closing(database_of(settings, json=json)) as database:
        try:
            clock = Clock(settings.time.zone)
            clock.anchor(database)
            return database.writer.run(lambda db: work(db, clock))
        except SQLAlchemyError as broken:
            fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)


def _facts(told: Told, clock: Clock) -> dict[str, Any]:
    return {
        "id": told.id, "lane": told.lane, "uncertain": told.uncertain, "who": told.who,
        "what": told.what, "reason": told.reason,
        "ended_at": told.ended_at.astimezone(clock.zone).isoformat(timespec="seconds"),
    }  # fmt: skip


def _line(told: Told, clock: Clock) -> str:
    state = "不确定" if told.uncertain else "死信"
    about = f"{lane_name(told.lane)} {told.who or '—'} {told.what}：{reason(told)}"
    return f"{told.id} {told.ended_at.astimezone(clock.zone):%m-%d %H:%M} {state} {about}"
