"""`jianliu rules`: the company's own rules for whoever sits at the server, and for scripts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.commands.console import (
    CONFIG,
    MISUSE,
    NO_DATABASE,
    PROBLEM,
    UNREACHABLE,
    Config,
    Json,
    beside,
    fail,
    show,
)
from bot.commands.console import database as database_of
from bot.commands.console import settings as settings_of
from engine import documents
from engine.calendar import Calendar
from engine.calendar_days import days
from engine.database import Database
from engine.errors import Refusal
from engine.unit import Unit
from sales.rules import drafts, editing
from sales.rules.all import KINDS, provide
from sales.rules.api import Kind, Trial
from sales.rules.editing import By, DraftOver, NothingNew, Published, Turned
from sales.rules.reading import Standing, body_of, find, find_item, standing

T = TypeVar("T")

NOT_PROVIDED = "规则还没有建立，先启动一次服务：jianliu run。"
HELP = "业务规则：看、检查、试算、发布、回滚；平时在聊天里用 /规则。"
AT = "从什么时候起，如 2026-12-01 或 2026-12-01T09:00"
MOST_VERSION = 999_999_999
"""The largest number a version can have; the databases hold a little more."""

app = typer.Typer(no_args_is_help=True, help=HELP)
Name = Annotated[str, typer.Argument(help="规则，如 未办完提醒 或 sla/unfinished")]
Sets = Annotated[list[str], typer.Option("--set", help="项=值，如 首次提醒=2小时，可以写几个")]
Version = Annotated[int, typer.Option(help="第几版，不写就是现在的", min=0, max=MOST_VERSION)]
Back = Annotated[int, typer.Argument(help="改回第几版", min=1, max=MOST_VERSION)]
Why = Annotated[str, typer.Option(help="为什么改，写给以后的人看")]
From = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help=AT)
]


class BadSet(Refusal):
    """An option that does not say which item gets which value."""

    code = "rule_bad_set"
    text = "--set 要写成 项=值，不能是「{words}」。"


@app.command("list", help="每条规则的版本，和各进程用上没有；有进程没用上时退出码是 1。")
def list_(config: Config = CONFIG, *, json: Json = False) -> None:
    """Every rule and how far the processes are."""

    def look(db: Unit, clock: Clock) -> list[Standing]:
        return [standing(db, kind, now=clock.now()) for kind in KINDS]

    found = _look(config, look, json=json)
    facts = [
        {
            "rule": str(one.kind.name), "title": one.kind.title, "version": one.current.number,
            "planned": next((soon.number for soon in one.planned), None),
            "effective_from": next((soon.effective_from for soon in one.planned), None),
            "processes": one.processes, "behind": [worker.id for worker in one.behind],
        }
        for one in found
    ]  # fmt: skip
    words = [
        f"{one.kind.title}（{one.kind.name}）第 {one.current.number} 版"
        + "".join(f"，第 {soon.number} 版定好了" for soon in one.planned)
        + f"，{one.processes - len(one.behind)}/{one.processes} 个进程已用上"
        for one in found
    ]
    show({"rules": facts}, "\n".join(words), json=json)
    if any(one.behind for one in found):
        raise typer.Exit(PROBLEM)


@app.command("show", help="一条规则现在怎么定的，或者某一版。")
def show_one(
    rule: Name, config: Config = CONFIG, *, version: Version = 0, json: Json = False
) -> None:  # fmt: skip
    """The items of a version."""

    def look(db: Unit, clock: Clock) -> tuple[Kind[Any], int, Any]:
        kind = find(rule)
        current = standing(db, kind, now=clock.now())
        number = version or current.current.number
        return kind, number, body_of(db, kind, number)

    kind, number, body = _look(config, look, json=json)
    lines = [f"{kind.title}（{kind.name}）第 {number} 版：{kind.meaning}"]
    lines += [
        f"  {item.title}：{item.value.words(getattr(body, name))}    {item.meaning}"
        for name, item in kind.items.items()
    ]
    show({"rule": str(kind.name), "version": number, "body": body.model_dump()},
         "\n".join(lines), json=json)  # fmt: skip


@app.command("lint", help="检查所有已发布的规则和草稿；有问题时退出码是 1。")
def lint(config: Config = CONFIG, *, json: Json = False) -> None:
    """Whether everything stored passes this version's checks, and is as it was written."""

    def look(db: Unit, _: Clock) -> list[str]:
        found = []
        for kind in KINDS:
            for row in (*documents.published(db, kind.name), *documents.drafts(db, kind.name)):
                told = f"{kind.title} 第 {row.version} 版"
                found += [f"{told}：{fault}" for fault in kind.faults_here(db, row.body)]
                if documents.fingerprint(row.body) != row.sha256:
                    found.append(f"{told}：内容和登记的指纹不一致，被人从库里改过")
        return found

    faults = _look(config, look, json=json)
    show({"faults": faults}, "\n".join(faults) or "没有问题", json=json)
    if faults:
        raise typer.Exit(PROBLEM)


@app.command("dry-run", help="改了以后，过去 30 天会有什么不同；什么都不写入。")
def dry_run(rule: Name, sets: Sets, config: Config = CONFIG, *, json: Json = False) -> None:
    """What a change would have made different."""

    def look(db: Unit, clock: Clock) -> tuple[list[str], list[str], list[str]]:
        kind = find(rule)
        before = documents.published(db, kind.name)[0].body
        after = _after(kind, kind.read(before).model_dump(), sets)
        trial = Trial(db, clock.now(), Calendar(clock.zone, days(db)))
        told = [f"{c.item}：{c.before} → {c.after}" for c in drafts.changes(kind, before, after)]
        made = kind.trial(trial, kind.read(before), kind.read(after)) if kind.trial else ()
        return told, list(made), kind.faults_here(db, after)

    changes, made, faults = _look(config, look, json=json)
    words = [*(changes or ["没有变化"]), *made, *(f"不能发布：{fault}" for fault in faults)]
    show({"changes": changes, "trial": made, "faults": faults}, "\n".join(words), json=json)
    if faults:
        raise typer.Exit(PROBLEM)


@app.command("publish", help="改几项并发布；不能发布时说明每一条原因。")
def publish(
    rule: Name, sets: Sets, reason: Why, config: Config = CONFIG, *, since: From = None,
    json: Json = False,
) -> None:  # fmt: skip
    """Draft, check and publish in one step."""

    def work(db: Unit, by: By) -> Published | Turned:
        kind = find(rule)
        for name, words in _words(kind, sets):
            draft = editing.change(db, kind, name, words, by)
        if isinstance(draft, DraftOver):
            raise NothingNew(version=draft.same)
        starts = since and since.replace(tzinfo=by.zone)
        return editing.publish(db, kind, by, version=draft.version, reason=reason, since=starts)

    _decide(config, work, json=json)


@app.command("rollback", help="改回以前的一版，作为新的一版发布。")
def rollback(
    rule: Name, version: Back, reason: Why, config: Config = CONFIG, *, json: Json = False
) -> None:  # fmt: skip
    """Publish anew what an earlier version said."""
    _decide(config, lambda db, by: editing.roll_back(
        db, find(rule), by, version=version, reason=reason, since=None
    ), json=json)  # fmt: skip


def _words(kind: Kind[Any], sets: Sequence[str]) -> list[tuple[str, str]]:
    """(item's name, value as typed) of each.

    Raises:
        BadSet: one of them is not of this form.
        UnknownItem: the rule has no such item.
    """
    found = []
    for one in sets:
        item, equals, words = one.partition("=")
        if not equals:
            raise BadSet(words=one)
        found.append((find_item(kind, item.strip()), words.strip()))
    return found


def _after(kind: Kind[Any], body: Mapping[str, Any], sets: Sequence[str]) -> Mapping[str, Any]:
    """The body once every item is set, one after the other."""
    for name, words in _words(kind, sets):
        body = {**body, name: editing.value(kind, name, words, body)}
    return body


def _look(config: Path, look: Callable[[Unit, Clock], T], *, json: bool) -> T:
    """Look at the rules beside a running service."""
    settings = settings_of(config, json=json)
    try:
        with beside(settings) as db:
            if not all(documents.published(db, kind.name) for kind in KINDS):
                fail(NOT_PROVIDED, PROBLEM, json=json)
            return look(db, Clock(settings.time.zone))
    except FileNotFoundError:
        fail(NO_DATABASE, PROBLEM, json=json)
    except Refusal as refusal:
        fail(str(refusal), MISUSE, json=json)
    except SQLAlchemyError as broken:
        fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)


class _NotPublishedError(Exception):
    """Takes the draft back with everything its unit has written."""

    def __init__(self, turned: Turned) -> None:
        super().__init__()
        self.turned = turned


def _done(
    database: Database, work: Callable[[Unit, By], Published | Turned], by: By
) -> Published | Turned:  # fmt: skip
    """All of it or nothing: what is refused leaves no draft the next one would build on.

    That it was refused stays on the trail (B58).
    """

    def unit(db: Unit) -> Published:
        done = work(db, by)
        if isinstance(done, Turned):
            raise _NotPublishedError(done)
        return done

    try:
        return database.writer.run(unit)
    except _NotPublishedError as refused:
        turned = refused.turned
    database.writer.run(lambda db: editing.refused(db, turned, by))
    return turned


def _decide(
    config: Path, work: Callable[[Unit, By], Published | Turned], *, json: bool
) -> None:  # fmt: skip
    """Change a rule; running processes hear of it within seconds."""
    from bot.migrate import upgrade

    settings = settings_of(config, json=json)
    clock = Clock(settings.time.zone)
    with closing(database_of(settings, json=json)) as database:
        try:
            upgrade(database)
            clock.anchor(database)
            by = By("", clock.now(), clock.zone)
            database.writer.run(lambda db: provide(db, by.now))
            done = _done(database, work, by)
        except Refusal as refusal:
            fail(str(refusal), MISUSE, json=json)
        except SQLAlchemyError as broken:
            fail(UNREACHABLE.format(reason=type(broken).__name__), PROBLEM, json=json)
    if isinstance(done, Turned):
        fail("\n".join(done.reasons), PROBLEM, json=json)
    changes = [f"{c.item}：{c.before} → {c.after}" for c in done.changes]
    words = [f"已发布：{done.kind.title} 第 {done.version} 版", *changes, done.kind.begins]
    show({"rule": str(done.kind.name), "version": done.version, "changes": changes},
         "\n".join(words), json=json)  # fmt: skip
