"""Messages and cards to DingTalk: the `Platform` of one internal-app robot.

Source: reference dingtalk.md §3.1, §4.1–4.2. Our id of a card (`outTrackId`) makes sending
it idempotent; robot messages have no such key, so an ambiguous failure stays ambiguous.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

import httpx

from bot.platforms import files
from bot.platforms.api import Downloaded, Outcome, Pace, Receipt, Request, Undelivered, Uploaded
from bot.platforms.dingtalk.answers import BY_KEY
from bot.platforms.dingtalk.errors import (
    Refused,
    TokenRefused,
    charged,
    checked,
    refused,
    unreachable,
)
from bot.platforms.dingtalk.fields import items, obj, text
from bot.platforms.dingtalk.inbound import NAME
from bot.platforms.dingtalk.token import fetcher
from bot.platforms.tokens import AccessToken, Share, unshared
from bot.settings import DingTalkSettings
from cards.model import Card, Content
from cards.render import dingtalk
from cards.render.dingtalk import compact
from cards.render.media import MEDIA, REFERENCE
from cards.render.slot import Slot
from engine.buckets import Rate

TEMPLATE = "card"
"""The name under `dingtalk.templates` of our one card template."""

ROUTE = "jianliu"
"""The `callbackRouteKey` our cards name in HTTP mode."""

MEDIA_LIFE = timedelta(days=30)
"""So long an upload is named before it is made anew; DingTalk promises no end (doc media)."""

_CALLBACKS = {
    "stream": {"callbackType": "STREAM"},
    "http": {"callbackType": "HTTP", "callbackRouteKey": ROUTE},
}


_MISSED = {
    "filteredStaffIdList": "chatbotId.notAllow.sendOTO",
    "flowControlledStaffIdList": "too.many.people",
    "invalidStaffIdList": "staffId.notExisted",
}
"""Who of a batch got nothing, and which refusal that is."""


class DingTalkPlatform:
    """One app of one organisation."""

    name = NAME
    pace: Sequence[Pace] = ()
    """DingTalk limits calls per second and app, and says so; nothing is dropped per person."""
    rate = Rate(per_second=12, burst=3)
    """15 calls in any second, of the 20 of one app to one API (reference §1.6)."""
    together = 20
    knows_repeats = False

    def __init__(
        self, settings: DingTalkSettings, http: httpx.AsyncClient, now: Callable[[], datetime],
        share: Share = unshared, counted: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """`counted` is called for every call that counts in the month."""
        self.tenant = settings.tenant
        self._settings = settings
        self._http = http
        self._now = now
        self._counted = counted
        self._token = AccessToken(fetcher(settings, http, now), now, share)

    def render(self, content: Content, slot: Slot, *, plain: bool = False) -> Request:
        """A card for our template if one is configured, else an ActionCard, markdown or text.

        Our own card is for what is pressed or will change; a notice without a key does neither.
        """
        spared = isinstance(content, Card) and not (content.buttons or content.form) and (
            plain or not content.key
        )  # fmt: skip
        template = TEMPLATE in self._settings.templates and not spared
        return dingtalk.render(content, slot, template=template)

    def common(self, request: Request) -> Request | None:
        """All of a message; an interactive card has a number of its own, a file is fetched."""
        return None if "card" in request or MEDIA in request else request

    async def send(self, account: str, request: Request) -> Receipt:
        """Send to one person's chat with the robot; the receipt's id is the card's own id.

        Raises:
            Undelivered: typed by what to do next, see `errors`.
        """
        if "card" in request:
            return await self._send_card(account, request)
        message = _file_message(request) if MEDIA in request else request
        outcome = (await self.send_many([account], message))[account]
        if isinstance(outcome, Undelivered):
            raise outcome
        return outcome

    async def upload(self, name: str, content: bytes, sort: str) -> Uploaded:
        """Give DingTalk a file; it may be named for good, we give it anew after a month.

        Raises:
            Undelivered: it did not take it.
        """
        body, form = files.form(name, content)
        asked_at = self._now()
        answer = await self._renewing(lambda token: self._uploaded(token, body, form, sort))
        return Uploaded(text(answer.get("media_id")), asked_at + MEDIA_LIFE)

    async def download(self, ref: str, *, most: int) -> Downloaded:
        """What somebody sent: DingTalk gives a short-lived address for the code.

        Raises:
            Undelivered: "media_gone" when the code is over, "media_too_large", ….
        """
        wanted = {"downloadCode": ref, "robotCode": self._settings.robot_code}
        answer = await self._call("POST", "/v1.0/robot/messageFiles/download", wanted)
        found = await files.fetched(self._http, text(answer.get("downloadUrl")), None, most=most)
        if found.status != httpx.codes.OK:
            raise Undelivered("channel_down", f"HTTP {found.status}", retry_after=files.BRIEFLY)
        return Downloaded(found.content)

    async def _uploaded(self, token: str, body: bytes, form: str, sort: str) -> dict[str, Any]:
        try:
            response = await self._http.post(
                f"{self._settings.oapi_base}/media/upload",
                params={"access_token": token, "type": "image" if sort == "picture" else "file"},
                content=body, headers={"content-type": form},
            )  # fmt: skip
        except httpx.HTTPError as problem:
            raise unreachable(problem) from None
        return checked(response)

    async def update(self, account: str, receipt: Receipt, request: Request) -> Receipt:
        """Change the variables of a shown card.

        Raises:
            Undelivered: "not_updatable" for messages, which never change, and unknown cards.
        """
        del account  # a card has one reader, whom the platform knows
        if "card" not in request:
            raise Undelivered("not_updatable", "message")
        body = {
            "outTrackId": receipt.message_id,
            "cardData": request["card"],
            "cardUpdateOptions": BY_KEY,
            "userIdType": 1,
        }
        answer = await self._call("PUT", "/v1.0/card/instances", body)
        if answer.get("success") is False:
            raise refused("param.invalid", note="success=false")
        return receipt

    async def register_cards(self, url: str) -> None:
        """Tell DingTalk where card presses go in HTTP mode; needed once per address.

        Raises:
            Undelivered: as `send`.
        """
        body = {
            "callbackRouteKey": ROUTE,
            "callbackUrl": url,
            "apiSecret": self._settings.token.get_secret_value(),
            "forceUpdate": True,
        }
        await self._call("POST", "/v1.0/card/callbacks/register", body)

    async def _send_card(self, account: str, request: Request) -> Receipt:
        ref = str(request["outTrackId"])
        try:
            answer = await self._call(
                "POST", "/v1.0/card/instances/createAndDeliver", self._card(account, request)
            )
        except Refused as refusal:
            if refusal.code != "param.cardAlreadyExist":
                raise
            return Receipt(ref)  # an attempt whose answer got lost had worked
        results = [obj(r) for r in items(obj(answer.get("result")).get("deliverResults"))]
        for failed in (r for r in results if r.get("success") is not True):
            # The card exists now, so a repeat would look like success: this one is final.
            why = refused(text(failed.get("errorMsg")) or "deliverResults")
            raise Undelivered(why.reason, why.detail)
        if answer.get("success") is False:
            raise refused("param.invalid", note="success=false")
        return Receipt(ref)

    def _card(self, account: str, request: Request) -> dict[str, Any]:
        template = self._settings.templates.get(TEMPLATE)
        if not template:
            raise Undelivered(
                "config", f"dingtalk.templates.{TEMPLATE}", retry_after=timedelta(minutes=30)
            )
        summary = request["summary"]
        return {
            "cardTemplateId": template,
            "outTrackId": request["outTrackId"],
            **_CALLBACKS[self._settings.mode],
            "userIdType": 1,
            "cardData": request["card"],
            "openSpaceId": f"dtv1.card//IM_ROBOT.{account}",
            "imRobotOpenSpaceModel": {
                "supportForward": False,
                "lastMessageI18n": {"ZH_CN": summary},
                "notification": {"alertContent": summary},
            },
            "imRobotOpenDeliverModel": {
                "spaceType": "IM_ROBOT",
                "robotCode": self._settings.robot_code,
            },
        }

    async def send_many(
        self, accounts: Sequence[str], request: Request
    ) -> Mapping[str, Outcome]:  # fmt: skip
        """Send one message to up to 20 people; HTTP 200 can mean that nobody got it.

        Raises:
            Undelivered: as `send`, for all of them.
        """
        body = {
            "robotCode": self._settings.robot_code,
            "userIds": list(accounts),
            "msgKey": request["msgKey"],
            "msgParam": compact(request["msgParam"]),
        }
        answer = await self._call("POST", "/v1.0/robot/oToMessages/batchSend", body)
        missed = {
            text(account).lower(): refused(code, note=field)
            for field, code in _MISSED.items()
            for account in items(answer.get(field))
        }
        receipt = Receipt(text(answer.get("processQueryKey")))
        return {account: missed.get(account.lower(), receipt) for account in accounts}

    async def _call(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One call of the new API."""
        return await self._renewing(lambda token: self._once(method, path, body, token))

    async def _renewing(
        self, call: Callable[[str], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:  # fmt: skip
        """One call with a token; a refused one is renewed once."""
        token = await self._token.get()
        try:
            return await call(token)
        except TokenRefused:
            token = await self._token.renew(token)
        try:
            return await call(token)
        except TokenRefused:
            raise Undelivered(
                "channel_down", "InvalidAuthentication", retry_after=timedelta(minutes=1)
            ) from None

    async def _once(
        self, method: str, path: str, body: dict[str, Any], token: str
    ) -> dict[str, Any]:
        counts = True  # also if we are cut off and never know
        try:
            response = await self._http.request(
                method,
                f"{self._settings.api_base}{path}",
                json=body,
                headers={"x-acs-dingtalk-access-token": token},
            )
            counts = charged(response)
        except httpx.HTTPError as problem:
            failure = unreachable(problem)
            counts = failure.ambiguous
            raise failure from None
        finally:
            if counts:
                self._counted()
        return checked(response)


def _file_message(request: Request) -> Request:
    """A picture or a file as a message, under the reference it got meanwhile."""
    file, ref = request[MEDIA], request[REFERENCE]
    if file["sort"] == "picture":
        return {"msgKey": "sampleImageMsg", "msgParam": {"photoURL": ref}}
    suffix = PurePath(file["name"]).suffix.lower().removeprefix(".")
    named = {"mediaId": ref, "fileName": file["name"], "fileType": suffix}
    return {"msgKey": "sampleFile", "msgParam": named}
