"""The fake WeCom: one corp, one app, its API and the people's phones.

What it enforces is in the modules beside this one, each rule with its document. It knows the
messages we send (text, pictures, files, template cards); other kinds are refused as 40008.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from bot.settings import WeComSettings
from bot.simulator.chaos import Chaos
from bot.simulator.phones import Message, Phones
from bot.simulator.shelf import Kept
from bot.simulator.staff import Staff
from bot.simulator.wecom import taps
from bot.simulator.wecom.agent import AgentDesk
from bot.simulator.wecom.callbacks import CallbackDriver
from bot.simulator.wecom.directory import DirectoryDesk
from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.happenings import HAPPENINGS
from bot.simulator.wecom.login import COOKIE, LoginDesk
from bot.simulator.wecom.media import MediaDesk
from bot.simulator.wecom.menu import MenuDesk
from bot.simulator.wecom.messages import MessageDesk
from bot.simulator.wecom.tokens import TokenDesk
from bot.simulator.wire import WireLog

STALL = 6.0
"""Seconds a "timeout" answer is late: longer than the service waits."""

_Work: TypeAlias = Callable[[Mapping[str, str], bytes], dict[str, Any] | Kept]
_SECRETS = frozenset({"access_token", "corpsecret", "code"})


class FakeWeCom:
    """WeCom as one service meets it; loopback only.

    `router` answers the service's calls; the other methods do what a finger does on the
    phone of the member `account` and return when the service has acknowledged it.
    """

    def __init__(  # noqa: PLR0917 - all it touches, wired once by the demo
        self,
        phones: Phones,
        settings: WeComSettings,
        callback_url: str,
        http: httpx.AsyncClient,
        now: Callable[[], datetime],
        wire: WireLog,
        chaos: Chaos,
        staff: Staff | None = None,
    ) -> None:
        self._phones = phones
        self.directory = DirectoryDesk(staff or Staff(phones))
        self._settings = settings
        self._now = now
        self._wire = wire
        self._chaos = chaos
        self._tokens = TokenDesk(settings, now)
        self._media = MediaDesk(phones)
        self.messages = MessageDesk(
            settings, phones, now, self._media, calls_back=bool(callback_url)
        )
        self._menu = MenuDesk(settings)
        self.agent = AgentDesk(settings, phones, callback_url)
        self._logins = LoginDesk(settings, phones, now)
        self._callbacks = CallbackDriver(settings, callback_url, http, wire, chaos)
        self.router = self._routes()

    @property
    def menu(self) -> list[tuple[str, str]]:
        """(name, key) of the entries under the chat, left to right."""
        return list(self._menu.entries)

    @property
    def happenings(self) -> Collection[str]:
        """What a phone can send or report besides texts and taps."""
        return HAPPENINGS

    async def say(self, account: str, text: str) -> None:
        """Type `text` to the bot."""
        self._phones.show("wecom", account, "text", {"content": text}, outgoing=False)
        await self._tell(account, taps.said(text))

    async def upload(self, account: str, filename: str, content: bytes) -> None:
        """Send a picture or a file to the bot.

        Files are in no list of what an app is sent (doc 90239); they come as the official plugin
        reads them, so that the service is ready should they come.
        """
        media_id = self._media.keep(filename, content)
        kept = self._media.find(media_id)
        kind = "image" if kept.picture else "file"
        shown = {"filename": filename, "media_id": media_id}
        self._phones.show("wecom", account, kind, shown, outgoing=False)
        await self._tell(account, taps.sent(kind, filename, media_id))

    async def press(self, message: Message, key: str, values: dict[str, str]) -> None:
        """Press the button `key` of a card after choosing `values` in its inputs.

        `values`: question_key → option id, several joined by ",".
        """
        chosen = taps.choices(message.wire, {**message.chosen, **values})
        if self._phones.message(message.id):
            self._phones.change(message.id, chosen=chosen)
        code = self.messages.code_for_press(message)
        await self._tell(message.account, taps.pressed(message, key, chosen, code))

    async def tap_menu(self, account: str, key: str) -> None:
        """Tap the menu entry `key`."""
        opens_page = self._menu.opens_page(key)
        await self._tell(account, taps.menu_tapped(key, opens_page=opens_page))

    async def happen(self, account: str, sort: str, facts: Mapping[str, str]) -> None:
        """Cause the message or event `sort`, one of `happenings`."""
        what = HAPPENINGS[sort](facts)
        if what["MsgType"] != "event":
            self._phones.show("wecom", account, sort, dict(facts), outgoing=False)
        await self._tell(account, what)

    async def verify(self) -> str:
        """Check the callback address as WeCom's console does: "ok" or what is wrong."""
        return await self._callbacks.verify()

    def clear(self) -> None:
        """Forget tokens, messages, codes and events held back; the menu stays."""
        for desk in (self._tokens, self.messages, self._logins, self._callbacks, self._media):
            desk.clear()

    async def _tell(self, account: str, what: dict[str, Any]) -> None:
        common = {
            "ToUserName": self._settings.corp_id,
            "FromUserName": account,
            "CreateTime": int(self._now().timestamp()),
            "AgentID": self._settings.agent_id,
        }
        await self._callbacks.deliver({**common, **what})

    def _routes(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        calls: tuple[tuple[str, str, _Work], ...] = (
            ("POST", "message/send", lambda _, raw: self.messages.send(raw)),
            ("POST", "message/update_template_card", lambda _, raw: self.messages.update(raw)),
            ("POST", "message/recall", lambda _, raw: self.messages.recall(raw)),
            ("POST", "menu/create", lambda q, raw: self._menu.create(q.get("agentid", ""), raw)),
            ("POST", "media/upload", self._media.upload),
            ("GET", "menu/get", lambda q, _: self._menu.get(q.get("agentid", ""))),
            ("GET", "menu/delete", lambda q, _: self._menu.delete(q.get("agentid", ""))),
            ("GET", "auth/getuserinfo", lambda q, _: self._logins.userinfo(q)),
            ("GET", "agent/get", lambda q, _: self.agent.get(q)),
            ("GET", "department/list", lambda *_: self.directory.departments()),
            ("GET", "user/list", lambda q, _: self.directory.users(q)),
            ("GET", "user/get", lambda q, _: self.directory.user(q)),
        )
        for method, name, work in calls:
            endpoint = self._endpoint(self._with_token(work))
            router.add_api_route(f"/cgi-bin/{name}", endpoint, methods=[method])
        media = self._endpoint(self._with_token(lambda q, _: self._media.get(q)))
        router.add_api_route("/cgi-bin/media/get", media, methods=["GET"])
        gettoken = self._endpoint(lambda q, _: self._tokens.issue(q))
        router.add_api_route("/cgi-bin/gettoken", gettoken, methods=["GET"])
        router.add_api_route("/connect/oauth2/authorize", self._authorise, methods=["GET"])
        return router

    def _with_token(self, work: _Work) -> _Work:
        def guarded(query: Mapping[str, str], raw: bytes) -> dict[str, Any] | Kept:
            if self._chaos.strikes("wecom", "token_expired"):
                self._tokens.expire()
            self._tokens.check(query)
            if self._chaos.strikes("wecom", "over_quota"):
                raise Refused(45009, "api daily quota reach limit")
            return work(query, raw)

        return guarded

    def _endpoint(self, work: _Work) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            raw = await request.body()
            if self._chaos.strikes("wecom", "down"):
                return self._log(request, raw, HTMLResponse("<h1>503</h1>", 503))
            if self._chaos.strikes("wecom", "5xx"):
                return self._log(request, raw, HTMLResponse("<h1>502</h1>", 502))
            address = request.client.host if request.client else "127.0.0.1"
            try:
                answer: dict[str, Any] | Kept = self._answer(work, request.query_params, raw)
            except Refused as refused:
                answer = refused.answer(address)
            if self._chaos.strikes("wecom", "timeout"):
                await asyncio.sleep(STALL)
            if isinstance(answer, Kept):
                file = Response(answer.content, media_type=answer.media_type)
                return self._log(request, raw, file)
            return self._log(request, raw, JSONResponse(answer), answer)

        return endpoint

    def _answer(
        self, work: _Work, query: Mapping[str, str], raw: bytes
    ) -> dict[str, Any] | Kept:  # fmt: skip
        if self._chaos.strikes("wecom", "ip_denied"):
            raise Refused(60020, "not allow to access from your ip")
        if self._chaos.strikes("wecom", "429"):
            raise Refused(45009, "api freq out of limit")
        return work(query, raw)

    async def _authorise(self, request: Request) -> Response:
        """The page WeCom opens for a moment: sends the phone back with a code."""
        try:
            back = self._logins.authorise(request.query_params, request.cookies.get(COOKIE, ""))
        except Refused as refused:
            return self._log(request, b"", HTMLResponse(str(refused), 403))
        return self._log(request, b"", RedirectResponse(back, 302))

    def _log(
        self,
        request: Request,
        raw: bytes,
        response: Response,
        answer: dict[str, Any] | None = None,
    ) -> Response:
        """Note the exchange in the wire log, secrets masked."""
        verdict = response.status_code if answer is None else answer["errcode"]
        query = "&".join(
            f"{name}={'***' if name in _SECRETS else value}"
            for name, value in request.query_params.items()
        )
        form = request.headers.get("content-type", "").startswith("multipart/")
        body = f"({len(raw)} bytes)" if form else raw.decode(errors="replace")
        shown = {n: "***" if n in _SECRETS else v for n, v in (answer or {}).items()}
        self._wire.add(
            "wecom",
            "from_bot",
            f"{request.method} {request.url.path} → {verdict}",
            raw=f"{request.method} {request.url.path}?{query}\n{body}".rstrip(),
            answer=shown,
        )
        return response
