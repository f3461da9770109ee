"""`/同步`: the platforms' directories beside what we know, and who is new there."""

from __future__ import annotations

from typing import Annotated, Any

from cards import directory as cards
from cards import outbox
from cards.directory import Stranger
from cards.model import Content
from cards.words import PLATFORMS
from engine.errors import Refusal
from handlers.api import Ask, Ctx, Routes
from sales import directory, directory_apply, people, staff
from sales.directory import LISTED, WAITING, Listed, Order, Place
from sales.people import Role

routes = Routes("directory", privileged=True)

MANAGE = "people.manage"
SHOWN = 10
"""A WeCom drop-down holds as many."""
BY_NAME = {name: platform for platform, name in PLATFORMS.items()}


class UnknownDirectory(Refusal):
    """Not a platform with a directory."""

    code = "unknown_directory"
    text = "没有「{word}」的通讯录，可以写：企业微信、钉钉，或不写（都读）。"


class NotListed(Refusal):
    """The account is not in the directory any more, or somebody has decided."""

    code = "not_listed"
    text = "账号 {account} 已经有人处理过，或者不在通讯录里了。"


@routes.command("同步", alias="sync", summary="看通讯录有什么变化，再决定办不办", permission=MANAGE,
                example="/同步")  # fmt: skip
def sync(
    ctx: Ctx, platform: Annotated[str, Ask("哪个平台？", "平台", "不写就都读")] = ""
) -> Content:  # fmt: skip
    """Read now and show the difference; nothing is changed by looking.

    Raises:
        UnknownDirectory: `platform` is none.
    """
    wanted = BY_NAME.get(platform, platform)
    if wanted and wanted not in PLATFORMS:
        raise UnknownDirectory(word=platform)
    _ask(ctx, wanted, dry=True)
    return cards.reading(wanted, flow=ctx.flow)


@routes.query("同步 新人", alias="sync new", summary="通讯录里还没有决定的新账号",
              example="/同步 新人", permission=MANAGE)  # fmt: skip
def newcomers(ctx: Ctx) -> Content:
    """Strangers the directory lists and nobody has decided about."""
    rows = directory.waiting(ctx.db, most=SHOWN)
    found = [Stranger((row.platform, row.tenant), row.account, row.name) for row in rows]
    return cards.waiting(found, flow=ctx.flow)


@routes.action(MANAGE)
def apply(ctx: Ctx, *, platform: str = "") -> Content:
    """Read once more and make the changes; leavers beyond the limit still need a word."""
    _ask(ctx, platform)
    return cards.reading(platform, flow=ctx.flow)


@routes.action(MANAGE)
def proceed(ctx: Ctx, *, platform: str, confirmed: str, card: str) -> Content:
    """These accounts are gone indeed: everybody who was asked sees that it is decided."""
    _ask(ctx, platform, confirmed=confirmed)
    words = cards.decided(f"{ctx.who.name} 已确认，正在办离职", key=card)
    outbox.settle(ctx.db, card, words, now=ctx.now)
    return words


@routes.action(MANAGE)
def postpone(ctx: Ctx, *, card: str) -> Content:
    """Nothing is done; the next reading asks again if it is still so."""
    words = cards.decided(f"{ctx.who.name} 选了先不办，下次同步再看", key=card)
    outbox.settle(ctx.db, card, words, now=ctx.now)
    return words


@routes.action(MANAGE, changes=False)
def newcomer(ctx: Ctx, *, platform: str, tenant: str, account: str) -> Content:
    """One stranger, with the ways on.

    Raises:
        NotListed: it was decided.
    """
    place = platform, tenant
    row = _waiting(ctx, place, account)
    units = directory.known_departments(ctx.db, place)
    named = [units[one].name for one in row.departments if one in units]
    above = people.known(ctx.db, platform, tenant, row.manager) if row.manager else None
    alike = directory_apply.names_like(ctx.db, [row.name])
    return cards.newcomer(
        Stranger(place, account, row.name, "、".join(filter(None, named)),
                 above.name if above else row.manager, row.name if alike else "",
                 alike.get(row.name, "")),
        flow=ctx.flow,
    )  # fmt: skip


@routes.action(MANAGE)
def admit(ctx: Ctx, *, platform: str, tenant: str, account: str, role: str) -> Content:
    """A new colleague with this account; one of the same name gets the department behind it.

    Raises:
        NotListed: it was decided.
        NameTaken: even so they could not be told apart.
    """
    place = platform, tenant
    staff.in_turn(ctx.db)
    row = _waiting(ctx, place, account)
    name = row.name
    if directory_apply.names_like(ctx.db, [name]):
        units = directory.known_departments(ctx.db, place)
        unit = next((units[one].name for one in row.departments if one in units), account)
        name = f"{name}（{unit or account}）"
    directory_apply.admit(ctx.db, place, account, name, role=Role(role),
                          above=_above(ctx, place, row), now=ctx.now)  # fmt: skip
    return cards.done(f"{name} 已加入", f"{PLATFORMS[platform]}账号 {account}", flow=ctx.flow)


@routes.action(MANAGE)
def attach(ctx: Ctx, *, platform: str, tenant: str, account: str, person: str) -> Content:
    """The account is a colleague's whom we know, because an administrator has made sure.

    Raises:
        NotListed: it was decided.
        MoreThanOwn: that colleague has rights this person has not.
    """
    place = platform, tenant
    staff.in_turn(ctx.db)
    _waiting(ctx, place, account)
    one = staff.get(ctx.db, person)
    staff.bind(ctx.db, one, *place, account, by=ctx.who, now=ctx.now)
    directory_apply.settle(ctx.db, place, account, "")
    return cards.done(f"{one.name} 的{PLATFORMS[platform]}账号已绑定", f"账号 {account}",
                      flow=ctx.flow)  # fmt: skip


@routes.action(MANAGE)
def pass_over(ctx: Ctx, *, platform: str, tenant: str, account: str) -> Content:
    """Not one of us; it is not asked again.

    Raises:
        NotListed: it was decided.
    """
    place = platform, tenant
    row = _waiting(ctx, place, account)
    directory_apply.decline(ctx.db, place, account, now=ctx.now)
    return cards.done(f"{row.name} 不加", "以后要加，发 /同事 新建", flow=ctx.flow)


def _waiting(ctx: Ctx, place: Place, account: str) -> Any:
    row = directory.entry(ctx.db, place, account)
    if row is None or row.asked != WAITING or row.state != LISTED:
        raise NotListed(account=account)
    return row


def _above(ctx: Ctx, place: Place, row: Any) -> str:
    one = Listed(row.account, row.name, tuple(row.departments), row.manager)
    return directory.superior(one, directory.known_departments(ctx.db, place))


def _ask(ctx: Ctx, platform: str, *, dry: bool = False, confirmed: str = "") -> None:
    to = {**ctx.address._asdict(), "flow": ctx.flow}
    order = Order(platform, dry=dry, confirmed=confirmed, to=to)
    directory.ask(ctx.db, f"asked/{ctx.cause}", order, now=ctx.now)
