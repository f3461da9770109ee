"""`/同事`: who there is, and what an administrator does with people, all from a phone (B79)."""

from __future__ import annotations

from typing import Annotated

from cards import lead_heirs
from cards import people as cards
from cards.model import Choice, Content
from cards.words import PLATFORMS
from engine.errors import Refusal
from handlers.api import Ask, Ctx, Routes
from sales import binding, leaving, people, policy, staff
from sales.desk import Timing
from sales.staff import Colleague

routes = Routes("people", privileged=True)

READ, MANAGE = "people.read", "people.manage"
ROLE, MANAGER = "角色", "上级"
FACTS = {"区域": "region", "职级": "rank", "序列": "series", "产品线": "product_line"}
"""What rules may ask of a colleague, and the columns it is in."""


class UnknownItem(Refusal):
    """Nothing of a colleague is called so."""

    code = "unknown_item"
    text = (
        "同事的「{item}」改不了，能改的是角色、上级、区域、职级、序列、产品线，"
        "如 /同事 改 张三 上级 王经理。"
    )


class UnknownPlatform(Refusal):
    """Not a platform in use."""

    code = "unknown_platform"
    text = "没有接「{word}」。能绑定的是：{platforms}。"


class NotBound(Refusal):
    """There is no such account of theirs, or more than one."""

    code = "not_bound"
    text = "{name} 在{platform}上没有这个账号，或者有好几个。发送 /同事 看 {name} 看账号，再写全。"


class OwnAccount(Refusal):
    """Nobody locks themselves out."""

    code = "own_account"
    text = "不能解绑您正在用的这个账号，请从另一个应用发，或请另一位管理员来做。"


def _roles(ctx: Ctx, typed: str) -> list[Choice]:  # noqa: ARG001  as every list of options
    return [Choice(word, word) for word in staff.ROLES]


def _items(ctx: Ctx, typed: str) -> list[Choice]:  # noqa: ARG001  as every list of options
    return [Choice(item, item) for item in (ROLE, MANAGER, *FACTS)]


Name = Annotated[str, Ask("哪位同事？", "姓名", "如 张三")]


@routes.query("同事 列表", alias="people list", summary="看看有哪些同事", example="/同事 列表",
              permission=READ)  # fmt: skip
def listing(ctx: Ctx, words: Annotated[str, Ask("名字里有什么字？", "名字")] = "") -> Content:
    """The first twenty by name."""
    rows = staff.listed(ctx.db, words, policy.subordinates(ctx.who, READ))
    return cards.listed(rows, flow=ctx.flow)


@routes.query("同事 看", alias="people show", summary="一位同事的角色、账号和名下", permission=READ,
              example="/同事 看 张三")  # fmt: skip
def show(ctx: Ctx, name: Name) -> Content:
    """One person.

    Raises:
        UnknownColleague: nobody this person may see is called so.
        SameName: several are.
    """
    one = staff.find(ctx.db, name, policy.subordinates(ctx.who, READ))
    return _card(ctx, one)


@routes.command("同事 新建", alias="people add", summary="加一位同事", permission=MANAGE,
                example="/同事 新建 周八 销售 王经理")  # fmt: skip
def add(
    ctx: Ctx, name: Annotated[str, Ask("姓名？", "姓名")],
    role: Annotated[str, Ask("什么角色？", "角色", "", _roles)],
    manager: Annotated[str, Ask("上级是谁？", "上级", "没有就不写")] = "",
) -> Content:  # fmt: skip
    """A new person; an account is the next step.

    Raises:
        UnknownRole: `role` is none of ours.
        UnknownColleague: `manager` is nobody.
        NameTaken: there is one of this name.
        AdminOnly: only an administrator makes one.
    """
    above = _find(ctx, manager) if manager else None
    staff.join(ctx.db, name, staff.role_of(role), above, by=ctx.who, now=ctx.now)
    one = _find(ctx, name)
    hint = f"接着绑定账号：/同事 绑定 {one.name} 企业微信 账号"
    return cards.done(f"{one.name} 已加入", hint, flow=ctx.flow)


@routes.command("同事 绑定", alias="people bind", summary="给同事绑定平台账号", permission=MANAGE,
                example="/同事 绑定 周八 企业微信 zhouba")  # fmt: skip
def bind(
    ctx: Ctx, name: Name, platform: Annotated[str, Ask("哪个平台？", "平台", "企业微信或钉钉")],
    account: Annotated[str, Ask("账号是什么？", "账号", "管理后台通讯录里的账号")],
) -> Content:  # fmt: skip
    """An account is bound because somebody who may says so, never because names are alike.

    Raises:
        UnknownColleague: `name` is nobody.
        MoreThanOwn: the person has rights that one has not.
        UnknownPlatform: it is not in use.
        AccountTaken: the account is somebody's.
    """
    used = {PLATFORMS[one]: (one, tenant) for one, tenant in people.tenants(ctx.db).items()}
    if platform not in used:
        raise UnknownPlatform(word=platform, platforms="、".join(used))
    one = _find(ctx, name)
    staff.bind(ctx.db, one, *used[platform], account, by=ctx.who, now=ctx.now)
    return cards.done(f"{one.name} 的{platform}账号已绑定", f"账号 {account}", flow=ctx.flow)


@routes.command("同事 解绑", alias="people unbind", summary="收回同事的一个平台账号",
                example="/同事 解绑 李四 企业微信", permission=MANAGE)  # fmt: skip
def unbind(
    ctx: Ctx, name: Name, platform: Annotated[str, Ask("哪个平台？", "平台", "企业微信或钉钉")],
    account: Annotated[str, Ask("哪个账号？", "账号", "有好几个才要写")] = "",
) -> Content:  # fmt: skip
    """The account is nobody's from the next message on; an administrator may give it to another.

    Raises:
        UnknownColleague: `name` is nobody.
        NotBound: the account is not theirs, or it has to be said which.
        OwnAccount: it is the one this line came from.
        MoreThanOwn: the person has rights that one has not.
    """
    one = _find(ctx, name)
    staff.may_open(one, ctx.who)
    found = [
        there for there in people.accounts(ctx.db, one.id)
        if PLATFORMS[there.platform] == platform and account.lower() in {"", there.account}
    ]  # fmt: skip
    if len(found) != 1:
        raise NotBound(name=one.name, platform=platform)
    if found[0] == ctx.address:
        raise OwnAccount
    binding.unbind(ctx.db, found[0], now=ctx.now, reason="管理员解绑")
    return cards.done(
        f"{one.name} 的{platform}账号已解绑", f"账号 {found[0].account}", flow=ctx.flow
    )


@routes.command("同事 改", alias="people edit", summary="改角色、上级、区域、职级",
                example="/同事 改 张三 上级 陈总", permission=MANAGE)  # fmt: skip
def edit(
    ctx: Ctx, name: Name, item: Annotated[str, Ask("改哪一项？", "哪一项", "", _items)],
    value: Annotated[str, Ask("改成什么？", "改成")],
) -> Content:  # fmt: skip
    """Another role or manager, with its rights from the next message on, or what rules ask.

    Raises:
        UnknownItem: nothing is called so.
        Refusal: as `sales.staff` says for each.
    """
    one = _find(ctx, name)
    if item == ROLE:
        staff.give_role(ctx.db, one, staff.role_of(value), by=ctx.who, now=ctx.now)
    elif item == MANAGER:
        staff.report_to(ctx.db, one, _find(ctx, value), now=ctx.now)
    elif item in FACTS:
        people.change(ctx.db, one.id, {FACTS[item]: value}, now=ctx.now)
    else:
        raise UnknownItem(item=item)
    return _card(ctx, _find(ctx, name))


@routes.command("同事 离职", alias="people leave", summary="停用账号，名下的全部交接",
                example="/同事 离职 李四 张三", permission=MANAGE)  # fmt: skip
def leave(
    ctx: Ctx, name: Name, successor: Annotated[str, Ask("交给谁？", "交给", "如 张三")], *,
    confirmed: bool = False,
) -> Content:  # fmt: skip
    """Asked once more, then at once: no rights, no open reminders, everything handed over.

    Raises:
        Refusal: as `sales.leaving.leave` says.
    """
    one, heir = _find(ctx, name), _find(ctx, successor)
    if not confirmed:
        leaving.may_leave(ctx.db, one, heir, by=ctx.who)
        return cards.sure(one, heir, flow=ctx.flow)
    timing = Timing(ctx.rules, ctx.calendars.current(ctx.db), ctx.now)
    leads = leaving.leave(ctx.db, one, heir, by=ctx.who, timed=timing)
    lead_heirs.tell(ctx.db, leads, heir.id, one.name, now=ctx.now)
    owned = f"{one.customers} 个客户、{one.opportunities} 个商机、{one.leads} 条线索"
    words = f"{owned}已交给 {heir.name}"
    return cards.done(f"{one.name} 已离职", words, flow=ctx.flow)


@routes.command("同事 复职", alias="people return", summary="让离职的同事回来",
                example="/同事 复职 李四", permission=MANAGE)  # fmt: skip
def come_back(ctx: Ctx, name: Name) -> Content:
    """With the same accounts; what was handed over stays where it is.

    Raises:
        UnknownColleague: `name` is nobody.
        MoreThanOwn: the person has rights that one has not.
        NotHere: they had not left.
    """
    one = _find(ctx, name)
    leaving.come_back(ctx.db, one, by=ctx.who, now=ctx.now)
    return _card(ctx, _find(ctx, name))


def _find(ctx: Ctx, name: str) -> Colleague:
    return staff.find_to_change(ctx.db, name, policy.subordinates(ctx.who, MANAGE))


def _card(ctx: Ctx, one: Colleague) -> Content:
    return cards.colleague(one, may_manage=policy.may(ctx.who, MANAGE), flow=ctx.flow)
