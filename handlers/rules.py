"""`/规则 …`: the company's own rules, looked at and changed from chat (A3, B79–B81)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cards import rules as cards
from cards import rules_drafts as changing
from cards.model import Choice, Content
from engine.errors import Refusal
from handlers.api import Ask, Ctx, Routes
from handlers.unfinished import asked, finished
from sales import lead_replay, policy
from sales.lead_export import RIGHT as EXPORT
from sales.rules import drafts, editing, reading, since
from sales.rules.all import KINDS
from sales.rules.api import Kind, Trial
from sales.rules.assigning_checks import ASSIGNING
from sales.rules.drafts import Draft
from sales.rules.editing import By, DraftOver, NoDraft, Published

routes = Routes("rules", privileged=True)

READ, EDIT = "rules.read", "rules"
SHOWN = 6
"""Versions on a history card; it has no room for more."""

LONGEST_NUMBER = 9
"""Digits of a version's number; the databases hold a little more."""


class NoNumber(Refusal):
    """A version is named by its number."""

    code = "rule_no_number"
    text = "「{words}」不是版本号，要写数字，如 2。"


def _rules(_: Ctx, typed: str) -> Sequence[Choice]:
    return [Choice(kind.title, kind.title) for kind in KINDS if typed in kind.title]


Rule = Annotated[str, Ask("哪条规则？", "规则", "", _rules)]
Number = Annotated[str, Ask("第几版？", "版本", "数字，如 2")]
Reason = Annotated[str, Ask(changing.WHY, "原因", changing.WHY_HINT)]


@routes.query(
    "规则 列表", alias="rules list", summary="有哪些规则、第几版、各进程用上没有",
    example="/规则 列表", permission=READ,
)  # fmt: skip
def overview(ctx: Ctx) -> Content:
    """Every rule, its version, what is planned, and the versions of the processes."""
    found = [reading.standing(ctx.db, kind, now=ctx.now) for kind in KINDS]
    return cards.overview(found, zone=_zone(ctx), flow=ctx.flow)


@routes.query(
    "规则 看", alias="rules show", summary="一条规则现在怎么定的", example="/规则 看 未办完提醒",
    permission=READ,
)  # fmt: skip
def show(ctx: Ctx, rule: Rule = "", version: Number = "") -> Content:
    """A rule as it holds, or what one of its versions says.

    Raises:
        UnknownRule: there is no such rule.
        NoVersion: nor such a version of it.
    """
    if not rule:
        return cards.which(KINDS, cards.SHOW, flow=ctx.flow)
    kind = reading.find(rule)
    if version:
        number = _number(version)
        edition, body = reading.edition(ctx.db, kind, number, now=ctx.now)
        return cards.version(kind, edition, body, zone=_zone(ctx), flow=ctx.flow)
    found = reading.standing(ctx.db, kind, now=ctx.now)
    return cards.show(
        found, kind.warnings(ctx.db, found.body.model_dump()), zone=_zone(ctx),
        may_edit=policy.may(ctx.who, EDIT), flow=ctx.flow,
    )  # fmt: skip


@routes.command(
    "规则 改", alias="rules set", summary="改一项，先存成草稿",
    example="/规则 改 未办完提醒 首次提醒 2小时", permission=EDIT,
)  # fmt: skip
def change(
    ctx: Ctx, rule: Rule = "",
    item: Annotated[str, Ask("哪一项？", "项")] = "",
    value: Annotated[str, Ask("改成什么？", "值")] = "",
) -> Content:  # fmt: skip
    """A draft with one item changed; what is not said is asked for, one question at a time.

    Raises:
        UnknownRule: there is no such rule.
        UnknownItem: it has no such item.
        BadValue: the words are no value of the item.
        NothingNew: the rule would not change.
    """
    if not rule:
        return cards.which(KINDS, cards.CHANGE, flow=ctx.flow)
    kind = reading.find(rule)
    body = ctx.rules.at(kind, ctx.now).body
    if not item:
        return cards.which_item(kind, body, flow=ctx.flow)
    name = reading.find_item(kind, item)
    if not value:
        return changing.new_value(kind, name, getattr(body, name), flow=ctx.flow)
    made = editing.change(ctx.db, kind, name, value, _by(ctx))
    if isinstance(made, DraftOver):
        return changing.given_up(made, flow=ctx.flow)
    return changing.draft(made, flow=ctx.flow)


@routes.query(
    "规则 试算", alias="rules try", summary="草稿放到过去 30 天会怎样",
    example="/规则 试算 未办完提醒", permission=EDIT,
)  # fmt: skip
def dry_run(ctx: Ctx, rule: Rule = "", *, draft: int = 0) -> Content:
    """What one's draft would have made different.

    Raises:
        UnknownRule: there is no such rule.
        NoDraft: it has no draft of this person.
    """
    if not rule:
        return cards.which(KINDS, changing.TRY, flow=ctx.flow)
    kind = reading.find(rule)
    made = _draft(ctx, kind, draft)
    lines = _tried(ctx, kind, made)
    moved = kind is ASSIGNING and not {lead_replay.NOTHING, lead_replay.UNCHANGED} & set(lines)
    listed = moved and policy.may(ctx.who, EXPORT)
    return changing.trial(made, lines, listed=listed, flow=ctx.flow)


@routes.command(
    "规则 发布", alias="rules publish", summary="发布草稿，写明原因，可以定时",
    example="/规则 发布 未办完提醒 客户等太久 从 2026-12-01 起", permission=EDIT,
)  # fmt: skip
def publish(
    ctx: Ctx, rule: Rule = "", reason: Reason = "", *, draft: int = 0, starts: str = ""
) -> Content:  # fmt: skip
    """Publish one's draft, now or from a day on; `starts` was said before the reason.

    Raises:
        UnknownRule: there is no such rule.
        NoDraft: it has no open draft of this person.
        BadDate: the moment named is none.
    """
    if not rule:
        return cards.which(KINDS, changing.PUBLISH, flow=ctx.flow)
    kind = reading.find(rule)
    why, then = _why(ctx, reason, starts)
    if not why:
        made = _draft(ctx, kind, draft)
        card = changing.why(made, then, zone=_zone(ctx), flow=ctx.flow)
        return asked(ctx, card, _unpublished(kind, made.version))
    done = editing.publish(ctx.db, kind, _by(ctx), version=draft, reason=why, since=then)
    number = done.version if isinstance(done, Published) else 0
    return _decided(ctx, done, _unpublished(kind, number))


@routes.command(
    "规则 放弃", alias="rules drop", summary="放弃自己的草稿，发布过的不变",
    example="/规则 放弃 未办完提醒", permission=EDIT,
)  # fmt: skip
def give_up(ctx: Ctx, rule: Rule = "", *, draft: int = 0) -> Content:
    """One's draft is let go; a button means the `draft` it names.

    Raises:
        UnknownRule: there is no such rule.
        NoDraft: it has no open draft of this person.
        DraftGone: it was published, or let go, before.
    """
    if not rule:
        return cards.which(KINDS, changing.GIVE_UP, flow=ctx.flow)
    done = editing.give_up(ctx.db, reading.find(rule), _by(ctx), version=draft)
    finished(ctx, _unpublished(done.kind, done.version))
    return changing.given_up(done, flow=ctx.flow)


@routes.command(
    "规则 撤回", alias="rules recall", summary="撤回定好以后生效的版本",
    example="/规则 撤回 未办完提醒", permission=EDIT,
)  # fmt: skip
def call_off(ctx: Ctx, rule: Rule = "", *, version: int = 0) -> Content:
    """Take back what was to come into effect later; a button means the `version` it names.

    Raises:
        UnknownRule: there is no such rule.
        NothingPlanned: nothing waits for its time.
        PlannedAnew: the last that waits is another version.
    """
    if not rule:
        return cards.which(KINDS, cards.CALL_OFF, flow=ctx.flow)
    kind = reading.find(rule)
    done = editing.call_off(ctx.db, kind, _by(ctx), version=version)
    return changing.called_off(done, zone=_zone(ctx), flow=ctx.flow)


@routes.query(
    "规则 对比", alias="rules diff", summary="两个版本差在哪里",
    example="/规则 对比 未办完提醒 1 2", permission=READ,
)  # fmt: skip
def compare(ctx: Ctx, rule: Rule = "", first: Number = "", second: Number = "") -> Content:
    """What two versions say differently: the one in effect and the one before unless told.

    Raises:
        UnknownRule: there is no such rule.
        NoVersion: nor such a version of it.
    """
    if not rule:
        return cards.which(KINDS, cards.COMPARE, flow=ctx.flow)
    kind = reading.find(rule)
    newest = reading.standing(ctx.db, kind, now=ctx.now).current.number
    after = _number(second) if second else newest
    before = _number(first) if first else _before(ctx, kind, newest)
    bodies = (reading.body_of(ctx.db, kind, number).model_dump() for number in (before, after))
    return cards.difference(kind, before, after, drafts.changes(kind, *bodies), flow=ctx.flow)


@routes.command(
    "规则 回滚", alias="rules rollback", summary="改回以前的一版，写明原因",
    example="/规则 回滚 未办完提醒 1 新时限太紧", permission=EDIT,
)  # fmt: skip
def roll_back(
    ctx: Ctx, rule: Rule = "", version: Number = "", reason: Reason = "", *, starts: str = ""
) -> Content:
    """Publish anew what an earlier version said, now or from a day on.

    Raises:
        UnknownRule: there is no such rule.
        NoVersion: nor such a version of it.
        NothingNew: it says what the newest says.
        BadDate: the moment named is none.
    """
    if not rule:
        return cards.which(KINDS, cards.ROLL_BACK, flow=ctx.flow)
    kind = reading.find(rule)
    if not version:
        found = reading.former(ctx.db, kind, most=SHOWN, now=ctx.now)
        return cards.which_version(kind, found, zone=_zone(ctx), flow=ctx.flow)
    number = _number(version)
    why, then = _why(ctx, reason, starts)
    if not why:
        differs = editing.back(ctx.db, kind, number)
        card = changing.why_back(kind, number, differs, then, zone=_zone(ctx), flow=ctx.flow)
        return asked(ctx, card, _unturned(kind, number))
    done = editing.roll_back(ctx.db, kind, _by(ctx), version=number, reason=why, since=then)
    return _decided(ctx, done, _unturned(kind, number))


@routes.query(
    "规则 历史", alias="rules history", summary="谁在什么时候为什么改的",
    example="/规则 历史 未办完提醒", permission=READ,
)  # fmt: skip
def history(ctx: Ctx, rule: Rule = "") -> Content:
    """The newest published versions, and one's own draft: who, when, why.

    Raises:
        UnknownRule: there is no such rule.
    """
    if not rule:
        return cards.which(KINDS, cards.HISTORY, flow=ctx.flow)
    kind = reading.find(rule)
    found = reading.history(ctx.db, kind, who=ctx.who.id, most=SHOWN, now=ctx.now)
    may_edit = policy.may(ctx.who, EDIT)
    return cards.history(kind, found, zone=_zone(ctx), may_edit=may_edit, flow=ctx.flow)


def _why(ctx: Ctx, typed: str, starts: str) -> tuple[str, datetime | None]:
    """The reason and its moment; the form for the reason has kept one that was said before."""
    why, then = since.split(typed, _zone(ctx), ctx.now)
    if then is None and starts:
        then = datetime.fromisoformat(starts)
    return why, None if then == ctx.now else then


def _unpublished(kind: Kind[Any], version: int) -> str:
    return f"{kind.title} 的第 {version} 版还没有发布：差原因"


def _unturned(kind: Kind[Any], version: int) -> str:
    return f"{kind.title} 还没有改回第 {version} 版：差原因"


def _decided(ctx: Ctx, done: editing.Published | editing.Turned, about: str) -> Content:
    finished(ctx, about)  # what was turned down was answered, too
    if isinstance(done, Published):
        return changing.published(done, zone=_zone(ctx), flow=ctx.flow)
    return changing.turned(done, flow=ctx.flow)


def _draft(ctx: Ctx, kind: Kind[Any], number: int) -> Draft:
    made = drafts.draft_of(ctx.db, kind, ctx.who.id, number)
    if made is None:
        raise NoDraft(rule=kind.title)
    return made


def _tried(ctx: Ctx, kind: Kind[Any], made: Draft) -> Sequence[str]:
    if kind.trial is None:
        return ()
    before = reading.body_of(ctx.db, kind, made.base)
    trial = Trial(ctx.db, ctx.now, ctx.calendars.current(ctx.db))
    return kind.trial(trial, before, kind.read(made.body))


def _before(ctx: Ctx, kind: Kind[Any], newest: int) -> int:
    found = reading.former(ctx.db, kind, most=1, now=ctx.now)
    return found[0].number if found else newest


def _number(words: str) -> int:
    digits = words.removeprefix("第").removesuffix("版").strip()
    if not digits.isdecimal() or len(digits) > LONGEST_NUMBER:
        raise NoNumber(words=words[:20])
    return int(digits)


def _by(ctx: Ctx) -> By:
    return By(ctx.who.id, ctx.now, _zone(ctx))


def _zone(ctx: Ctx) -> ZoneInfo:
    return ctx.calendars.current(ctx.db).zone
