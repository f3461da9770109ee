"""The HTTP API of the fake: tokens, robot messages, cards. Reference dingtalk.md §1, §3.1, §4."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response

from bot.simulator.dingtalk import checks
from bot.simulator.dingtalk.cards import Cards, Instance, params
from bot.simulator.dingtalk.faults import NAME, ApiFault, strike, strike_api
from bot.simulator.dingtalk.media import MediaDesk
from bot.simulator.dingtalk.meter import TOKEN_SECONDS, Meter, Tokens
from bot.simulator.dingtalk.org import Ground
from bot.simulator.dingtalk.wires import body_of

Work: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]

_ROBOT = "qyapi_robot_sendmsg"
_CARD = "Card.Instance.Write"


class OpenApi:
    """Answers the service's calls as api.dingtalk.com would."""

    def __init__(
        self, ground: Ground, cards: Cards, tokens: Tokens, meter: Meter, media: MediaDesk
    ) -> None:  # fmt: skip
        self.routes: dict[str, tuple[str, str]] = {}
        """Where card presses go in HTTP mode: route key → (address, secret)."""
        self._ground = ground
        self._cards = cards
        self._tokens = tokens
        self._meter = meter
        self._media = media
        self._serial = 0

    def add_routes(self, router: APIRouter) -> None:
        """Put every call on `router`."""
        calls = (
            ("POST", "/v1.0/oauth2/accessToken", self._access_token, ""),
            ("POST", "/v1.0/robot/oToMessages/batchSend", self._batch_send, _ROBOT),
            ("POST", "/v1.0/robot/messageFiles/download", self._media.download, _ROBOT),
            ("POST", "/v1.0/card/instances/createAndDeliver", self._create_and_deliver, _CARD),
            ("PUT", "/v1.0/card/instances", self._update, _CARD),
            ("POST", "/v1.0/card/callbacks/register", self._register, _CARD),
        )
        for method, path, work, scope in calls:
            endpoint = self._endpoint(work, scope)
            router.add_api_route(path, endpoint, methods=[method], include_in_schema=False)
        router.add_api_route("/gettoken", self._old_token, methods=["GET"], include_in_schema=False)

    def _endpoint(self, work: Work, scope: str) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            return await self._serve(request, work, scope)

        return endpoint

    async def _serve(self, request: Request, work: Work, scope: str) -> Response:
        body = await body_of(request)
        try:
            strike(self._ground.chaos)
            if scope:
                self._admit(request, scope)
            answer = work(body)
        except ApiFault as fault:
            self._note(request, body, fault.status, fault.body())
            return fault.response()
        self._note(request, body, 200, answer)
        if scope and self._ground.chaos.strikes(NAME, "timeout"):
            await asyncio.sleep(self._ground.org.stall)
        return JSONResponse(answer)

    def _admit(self, request: Request, scope: str) -> None:
        if self._ground.chaos.strikes(NAME, "token_expired"):
            self._tokens.expire()
        if not self._tokens.valid(request.headers.get("x-acs-dingtalk-access-token", "")):
            raise ApiFault("InvalidAuthentication")
        strike_api(self._ground.chaos)
        if scope in self._ground.org.missing_scopes:
            code = "Forbidden.AccessDenied.AccessTokenPermissionDenied"
            raise ApiFault(code, status=403, scope=scope)
        self._meter.call(request.url.path)

    def _note(self, request: Request, body: Any, status: int, answer: Any) -> None:
        summary = f"{request.method} {request.url.path} → {status}"
        self._ground.note("from_bot", summary, body, answer)

    async def _old_token(self, request: Request) -> Response:
        query = dict(request.query_params)
        token = self._tokens.issue(query.get("appkey"), query.get("appsecret"))
        answer: dict[str, Any] = {"errcode": 40096, "errmsg": "不合法的appKey或appSecret"}
        if token:
            answer = {"errcode": 0, "errmsg": "ok", "access_token": token}
            answer["expires_in"] = TOKEN_SECONDS
        self._note(request, query, 200, answer)
        return JSONResponse(answer)

    def _access_token(self, body: dict[str, Any]) -> dict[str, Any]:
        if not body:
            raise ApiFault("Missingbody")
        token = self._tokens.issue(body.get("appKey"), body.get("appSecret"))
        if token is None:
            raise ApiFault("invalidClientIdOrSecret")
        return {"accessToken": token, "expireIn": TOKEN_SECONDS}

    def _batch_send(self, body: dict[str, Any]) -> dict[str, Any]:
        accounts, sort, param = checks.robot_message(body, self._ground.settings, self._ground.org)
        self._check_media(sort, param)
        unknown = [a for a in accounts if self._ground.phones.member(NAME, a) is None]
        held = [a for a in accounts if a in self._ground.org.flow_controlled]
        for account in accounts:
            if account not in unknown and account not in held:
                self._ground.phones.show(NAME, account, sort, param)
        self._serial += 1
        return {
            "processQueryKey": f"sim-process-{self._serial}",
            "invalidStaffIdList": unknown,
            "flowControlledStaffIdList": held,
        }

    def _check_media(self, sort: str, param: dict[str, str]) -> None:
        """A message may name only what was uploaded; a picture may also have an address."""
        ref = {"file": param.get("mediaId"), "imageMsg": param.get("photoURL")}.get(sort)
        if ref and not ref.startswith("https://") and not self._media.knows(ref):
            raise ApiFault("invalidParameter.msgParam.invalid")

    def _create_and_deliver(self, body: dict[str, Any]) -> dict[str, Any]:
        readers = checks.new_card(body, self._ground.settings, self._ground.org)
        for reader in readers:
            if self._ground.phones.member(NAME, reader) is None:
                raise ApiFault("param.userIdNotExist")
        route = str(body.get("callbackRouteKey", ""))
        if body.get("callbackType") == "HTTP" and route not in self.routes:
            raise ApiFault("param.callbackRouteKeyNotExist")
        private = body.get("privateData") or {}
        ref = body["outTrackId"]
        self._cards.add(
            Instance(
                ref,
                callback=str(body.get("callbackType", "")),
                route=route,
                public=params(body["cardData"]),
                private={account: params(data) for account, data in private.items()},
            ),
            readers,
        )
        results = [
            {"spaceType": "IM_ROBOT", "spaceId": r, "success": True, "carrierId": f"{ref}-{r}"}
            for r in readers
        ]
        return {"success": True, "result": {"outTrackId": ref, "deliverResults": results}}

    def _update(self, body: dict[str, Any]) -> dict[str, Any]:
        checks.update(body)
        card = self._cards.get(str(body["outTrackId"]))
        public = params(body["cardData"]) if body.get("cardData") else None
        options = body.get("cardUpdateOptions") or {}
        card.update(public, body.get("privateData") or {}, options)
        self._cards.redraw(card)
        return {"success": True, "result": True}

    def _register(self, body: dict[str, Any]) -> dict[str, Any]:
        route, url = body.get("callbackRouteKey"), body.get("callbackUrl")
        if not route or not url:
            raise ApiFault("param.empty")
        secret = str(body.get("apiSecret", ""))
        self.routes[str(route)] = (str(url), secret)
        return {"success": True, "result": {"callbackUrl": url, "apiSecret": secret}}
