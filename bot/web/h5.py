"""The two-field form as a phone page, opened from a WeCom card (A28 way b).

Login is the platform's; only the person the card was sent to gets in. A submission becomes
an inbound press on that card and takes the same path as every other message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import select, update

from bot.clock import Clock
from bot.dispatch import Dispatcher
from bot.platforms.api import Answer, Inbound, LoginRefused, Receive, Unavailable, Undelivered
from bot.web.pages import HEADERS, notice, page
from bot.web.sessions import Sessions
from cards.model import Card, Choice, Text, load
from cards.model import Form as CardForm
from cards.tables import CARD, DELIVERY, CardRow, Delivery
from engine.database import Database
from engine.errors import Refusal
from engine.text import clean
from engine.unit import Unit
from handlers.api import Ctx
from sales import people, policy
from sales.people import Address

LISTED = 50
LOOPBACK = frozenset({"127.0.0.1", "::1"})
GONE = ("表单不存在", "这个链接已经失效，请回到聊天里重新发起。")
NOT_YOURS = ("不能打开", "这张表单是发给别人的。请在自己的聊天里发起。")
EXPIRED = ("页面已过期", "请关闭页面，回到聊天里再点一次「打开填写」。")
AGAIN = "这一页提交过一次了，请核对后再点一次提交。"
LATER = ("已提交", "结果会出现在聊天里。")
BUSY_LOGIN = ("没有打开", "企业微信暂时没有应答，请稍后再点一次「打开填写」。")
BUSY = ("没有提交成功", "服务正忙，填写的内容没有保存。请返回后再点一次提交。")


class Login(Protocol):
    """A platform that can say who holds the phone."""

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Where the phone proves who it is."""

    async def user_of(self, code: str) -> str:
        """The account behind a login code; raises LoginRefused or Undelivered."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it stands in the database."""

    delivery_id: str
    platform: str
    tenant: str
    account: str
    version: int
    card: Card


@dataclass(frozen=True, slots=True)
class FormPages:
    """The routes under /h5/."""

    database: Database
    receive: Receive
    dispatcher: Dispatcher
    clock: Clock
    sessions: Sessions
    logins: dict[str, Login]
    public_url: str

    def router(self) -> APIRouter:
        """The pages as plain routes: every value is a word, and none is required.

        Typed parameters would bring 3 MB of pydantic.v1 along.
        """
        router = APIRouter()
        router.add_route("/h5/form/{form}", self.show, ["GET"])
        router.add_route("/h5/form/{form}", self.submit, ["POST"])
        router.add_route("/h5/form/{form}/options", self.options, ["GET"])
        router.add_route("/h5/login/{form}", self.login, ["GET"])
        return router

    async def show(self, request: Request) -> Response:
        """The form, its result, or the way to the login."""
        form = request.path_params["form"]
        sheet = await asyncio.to_thread(self._sheet, form)
        if sheet is None:
            return notice(*GONE, status=404)
        account = self.sessions.account(request, form)
        if not account:
            return self._to_login(sheet)
        if account != sheet.account.lower() or not await asyncio.to_thread(self._active, sheet):
            return notice(*NOT_YOURS, status=403)
        if sheet.card.form is None:
            return _result(sheet.card)
        await self._note_opening(form)
        return self._form(sheet, account)

    async def login(self, request: Request) -> Response:
        """Back from the platform: remember who it is and go on to the form."""
        form, asked = request.path_params["form"], request.query_params
        sheet = await asyncio.to_thread(self._sheet, form)
        login = self.logins.get(sheet.platform) if sheet else None
        if login is None:
            return notice(*GONE, status=404)
        if not self.sessions.ends_login(request, form, asked.get("state", "")):
            return notice(*EXPIRED, status=403)
        try:
            account = await login.user_of(asked.get("code", ""))
        except LoginRefused:
            return notice(*NOT_YOURS, status=403)
        except Undelivered:
            return notice(*BUSY_LOGIN, status=503)
        response = RedirectResponse(f"/h5/form/{form}", 303)
        self.sessions.remember(response, form, account.lower())
        return response

    async def submit(self, request: Request) -> Response:
        """Take the values in as a press on the card."""
        form = request.path_params["form"]
        posted: dict[str, str] = {}
        async with request.form() as given:
            for name, value in given.multi_items():
                if isinstance(value, str):  # of check-boxes every one that is ticked
                    posted[name] = f"{posted[name]},{value}" if name in posted else value
        sheet = await asyncio.to_thread(self._sheet, form)
        if sheet is None:
            return notice(*GONE, status=404)
        account = self.sessions.account(request, form)
        ticket = posted.get("ticket", "")
        redeemed = self.sessions.redeem(ticket, form, account) if account else None
        if redeemed is None:
            return notice(*EXPIRED, status=403)
        if sheet.card.form is None:
            return _result(sheet.card)
        try:
            answer = await self.receive(
                self._pressed(sheet, sheet.card.form, redeemed, posted, _ip(request))
            )
        except Unavailable:
            return notice(*BUSY, status=503)
        return await self._answered(sheet, account, posted, answer)

    def _pressed(
        self, sheet: Sheet, form: CardForm, ticket: tuple[int, str], posted: dict[str, str],
        ip: str,
    ) -> Inbound:  # fmt: skip
        version, nonce = ticket
        values = {
            field.name: posted.get(f"{field.name}.id") or posted.get(field.name, "")
            for field in form.fields
        }
        return Inbound(
            platform=sheet.platform, tenant=sheet.tenant, event_key=f"h5/{nonce}",
            account=sheet.account, at=self.clock.now(), kind="press", ref=sheet.delivery_id,
            key=f"{version}.form", values=values, inline=True, ip=ip,
        )  # fmt: skip

    async def _answered(
        self, sheet: Sheet, account: str, posted: dict[str, str], answer: Answer
    ) -> Response:
        if isinstance(answer.content, Text):
            return self._form(sheet, account, error=answer.content.text, given=posted)
        newest = await asyncio.to_thread(self._sheet, sheet.delivery_id)
        if newest is not None and newest.card.form is None:
            return _result(newest.card)
        if answer.duplicate:
            return self._form(sheet, account, error=AGAIN, given=posted)
        return notice(*LATER)

    async def options(self, request: Request) -> Response:
        """What the field offers for the typed letters: [{id, text}], at most fifty."""
        form, asked = request.path_params["form"], request.query_params
        field, typed = asked.get("field", ""), asked.get("typed", "")
        sheet = await asyncio.to_thread(self._sheet, form)
        account = self.sessions.account(request, form)
        if sheet is None or account != sheet.account.lower() or sheet.card.form is None:
            return JSONResponse([], 403, headers=HEADERS)
        try:
            found = await asyncio.to_thread(self._choices, sheet, sheet.card.form, field, typed)
        except Refusal:
            return JSONResponse([], 403, headers=HEADERS)
        return JSONResponse([{"id": c.id, "text": c.text} for c in found], headers=HEADERS)

    def _choices(self, sheet: Sheet, form: CardForm, field: str, typed: str) -> Sequence[Choice]:
        route = self.dispatcher.registry.by_action[form.action]
        asks = [p.ask for p in route.asked if p.name == field and p.ask is not None]
        with self.database.reading() as db:
            ctx = self._ctx(db, sheet)
            if ctx is None or not asks or asks[0].options is None:
                return ()
            policy.require(db, ctx.who, route.permission, route.word)
            return asks[0].options(ctx, clean(typed[:50]))[:LISTED]

    def _active(self, sheet: Sheet) -> bool:
        """Whether the person is still with us; a login outlives nobody's leaving."""
        with self.database.reading() as db:
            return people.known(db, sheet.platform, sheet.tenant, sheet.account) is not None

    def _ctx(self, db: Unit, sheet: Sheet) -> Ctx | None:
        now = self.clock.now()
        who = people.acting(db, sheet.platform, sheet.tenant, sheet.account, now=now)
        if who is None:
            return None
        address = Address(who.id, sheet.platform, sheet.tenant, sheet.account)
        return Ctx(db=db, who=who, address=address, now=now, today=self.clock.date_of(now),
                   flow="", cause="", registry=self.dispatcher.registry,
                   calendars=self.dispatcher.calendars, rules=self.dispatcher.rules,
                   vault=self.dispatcher.vault)  # fmt: skip

    def _form(
        self, sheet: Sheet, account: str, *, error: str = "", given: dict[str, str] | None = None
    ) -> Response:
        ticket = self.sessions.ticket(sheet.delivery_id, sheet.version, account)
        return page("form.html", sheet=sheet, ticket=ticket, error=error, given=given or {})

    def _to_login(self, sheet: Sheet) -> Response:
        login = self.logins.get(sheet.platform)
        if login is None:
            return notice(*GONE, status=404)
        response = RedirectResponse("/", 303)
        state = self.sessions.begin_login(response, sheet.delivery_id)
        back = f"{self.public_url}/h5/login/{sheet.delivery_id}"
        response.headers["location"] = login.authorise_url(back, state)
        return response

    async def _note_opening(self, form: str) -> None:
        now = self.clock.now()
        first = (
            update(Delivery)
            .where(DELIVERY.id == form, DELIVERY.opened_at.is_(None))
            .values(opened_at=now)
        )
        await asyncio.wrap_future(
            self.database.writer.submit(lambda db: db.execute(first).rowcount)
        )

    def _sheet(self, form: str) -> Sheet | None:
        with self.database.reading() as db:
            row = db.execute(
                select(DELIVERY.id, DELIVERY.platform, DELIVERY.tenant, DELIVERY.account,
                       CARD.version, CARD.body)
                .join(CardRow, CARD.id == DELIVERY.card_id)
                .where(DELIVERY.id == form)
            ).one_or_none()  # fmt: skip
        card = load(row.body) if row is not None else None
        if row is None or not isinstance(card, Card):
            return None
        return Sheet(row.id, row.platform, row.tenant, row.account, row.version, card)


def _ip(request: Request) -> str:
    """Whose connection it is; a proxy on this machine says whose it was, at the end of its list."""
    host = "" if request.client is None else request.client.host
    told = request.headers.get("x-forwarded-for", "")
    return told.rpartition(",")[2].strip() if told and host in LOOPBACK else host


def _result(card: Card) -> Response:
    return page("result.html", card=card)
