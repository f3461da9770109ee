"""WeCom's API as the outbox and the pages use it: messages, files, card updates, login, menu."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from bot.platforms import files
from bot.platforms.api import (
    Downloaded,
    LoginRefused,
    Outcome,
    Pace,
    Receipt,
    Request,
    Undelivered,
    Uploaded,
)
from bot.platforms.files import Fetched
from bot.platforms.tokens import AccessToken, Share, unshared
from bot.platforms.wecom import errors
from bot.platforms.wecom.inbound import PLATFORM
from bot.platforms.wecom.token import fetcher
from bot.platforms.wecom.transport import exchange
from bot.settings import WeComSettings
from cards.model import Card, Content
from cards.render import wecom as renderer
from cards.render.media import MEDIA, REFERENCE
from cards.render.slot import Slot
from engine.buckets import Rate

DUPLICATE_WINDOW = 14400
"""Seconds in which WeCom delivers the same request once (the longest it allows, doc 90236)."""

WINDOW_SPREAD = 3600
"""Seconds by which the window may be shorter; it stays above every retry that is ambiguous."""

MEDIA_LIFE = timedelta(days=3, hours=-1)
"""So long an upload may be named; an hour less than WeCom keeps it (doc 90253)."""
WINDOW = "duplicate_check_interval"

_STATE = re.compile(r"[A-Za-z0-9]{1,128}")


class WeComPlatform:
    """One self-built app of one corp; fulfils `Platform`.

    `http` is the service's shared client (no base URL, no proxy from the environment).
    """

    name = PLATFORM
    pace: Sequence[Pace] = ((28, timedelta(minutes=1)), (980, timedelta(hours=1)))
    """Just below 30 a minute and 1000 an hour, beyond which WeCom drops silently (doc 90236)."""
    rate = Rate(per_second=40, burst=5000)
    """Below 10,000 calls a minute and 150,000 an hour of one API (doc 90312)."""
    together = 1000
    knows_repeats = True

    def __init__(
        self, settings: WeComSettings, http: httpx.AsyncClient, now: Callable[[], datetime],
        share: Share = unshared,
    ) -> None:  # fmt: skip
        self.tenant = settings.corp_id
        self._settings = settings
        self._http = http
        self._now = now
        self._token = AccessToken(fetcher(settings, http, now), now, share)

    def render(self, content: Content, slot: Slot, *, plain: bool = False) -> Request:
        """The message, and for a card also the body that shows it in place of an older one.

        The window of WeCom's duplicate check differs a little from message to message: the
        check compares whole requests, and would else swallow the second of two equal texts.
        """
        del plain  # content that takes no press is a text anyway
        window = DUPLICATE_WINDOW - zlib.crc32(slot.ref.encode()) % WINDOW_SPREAD
        request = {**renderer.render(content, slot), WINDOW: window}
        if isinstance(content, Card):
            request["update"] = renderer.render_update(content, slot)
        return request

    def common(self, request: Request) -> Request | None:
        """All but the window and the later face; not for a card or a file."""
        if request["msgtype"] == "template_card" or MEDIA in request:
            return None
        return {name: part for name, part in request.items() if name not in ("update", WINDOW)}

    async def send(self, account: str, request: Request) -> Receipt:
        """Send a message to one member; a repetition carries exactly the same bytes.

        Raises:
            Undelivered: it did not arrive, or nobody knows whether it did.
        """
        outcome = (await self.send_many([account], request))[account]
        if isinstance(outcome, Undelivered):
            raise outcome
        return outcome

    async def send_many(
        self, accounts: Sequence[str], request: Request
    ) -> Mapping[str, Outcome]:  # fmt: skip
        """Send one message to up to 1,000 members; who is not in the app's range is told apart.

        Raises:
            Undelivered: as `send`, for all of them.
        """
        body = {
            **_message(request),
            "touser": "|".join(accounts),
            "agentid": self._settings.agent_id,
            "enable_id_trans": 0,  # else a customer's name could expand to a colleague's
            "enable_duplicate_check": 1,
        }
        answer = await self._post("/cgi-bin/message/send", body)
        receipt = Receipt(str(answer.get("msgid") or ""), str(answer.get("response_code") or ""))
        missed = {
            account: field
            for field in ("invaliduser", "unlicenseduser")
            for account in str(answer.get(field) or "").split("|")
        }  # both are joined and in lower case, and the answer is a success all the same
        return {
            account: Undelivered("user_out_of_scope", missed[account.lower()])
            if account.lower() in missed
            else receipt
            for account in accounts
        }

    async def upload(self, name: str, content: bytes, sort: str) -> Uploaded:
        """Give WeCom a file for three days (doc 90253); every app of the corp may name it.

        Raises:
            Undelivered: it did not take it.
        """
        body, form = files.form(name, content)
        asked_at = self._now()
        params = {"type": "image" if sort == "picture" else "file"}
        answer = await self._call("POST", "/cgi-bin/media/upload", params, body, form)
        errors.check(answer)
        return Uploaded(str(answer.get("media_id") or ""), asked_at + MEDIA_LIFE)

    async def download(self, ref: str, *, most: int) -> Downloaded:
        """What a member sent, for three days (doc 90254).

        Raises:
            Undelivered: "media_gone" when it is over or never was, "media_too_large", ….
        """
        token = await self._token.get()
        found = await self._file(ref, token, most)
        if isinstance(found, dict) and errors.errcode(found) in errors.STALE_TOKEN:
            found = await self._file(ref, await self._token.renew(token), most)
        if isinstance(found, bytes):
            return Downloaded(found)
        if errors.errcode(found) in errors.NO_MEDIA:
            raise Undelivered("media_gone", str(errors.errcode(found)))
        errors.check(found)
        raise Undelivered("channel_down", "no file", retry_after=errors.BRIEFLY)

    async def _file(self, ref: str, token: str, most: int) -> bytes | dict[str, Any]:
        """A file, or the error WeCom answers in its place (200 with JSON)."""
        url, params = f"{self._settings.api_base}/cgi-bin/media/get", {"media_id": ref}
        given = {**params, "access_token": token}
        return _file_or_error(await files.fetched(self._http, url, given, most=most))

    async def update(self, account: str, receipt: Receipt, request: Request) -> Receipt:
        """Show `request` in place of the card `receipt` stands for; spends its token.

        Raises:
            Undelivered: "not_updatable" if there is no token, it is used or over 72 h old,
                or one of the two is a plain text.
        """
        if not receipt.token or "update" not in request:
            raise Undelivered("not_updatable", "no response_code or no card")
        body = {
            "userids": [account],
            "agentid": self._settings.agent_id,
            "response_code": receipt.token,
            "enable_id_trans": 0,
            "template_card": request["update"],
        }
        answer = await self._post("/cgi-bin/message/update_template_card", body)
        if answer.get("invaliduser"):
            raise Undelivered("user_out_of_scope", "invaliduser")
        return Receipt(receipt.message_id)

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """The address that opens `redirect_uri` with a login code, without asking (doc 91022).

        Raises:
            ValueError: `state` is not 1 to 128 letters and digits.
        """
        if not _STATE.fullmatch(state):
            raise ValueError("state must be 1 to 128 letters and digits")
        return (
            f"{self._settings.oauth_base}/connect/oauth2/authorize?appid={self.tenant}"
            f"&redirect_uri={quote(redirect_uri, safe='')}&response_type=code"
            f"&scope=snsapi_base&state={state}&agentid={self._settings.agent_id}#wechat_redirect"
        )

    async def user_of(self, code: str) -> str:
        """The member who came back with `code`; a code is good once, for five minutes.

        Raises:
            LoginRefused: the code is unknown, used or old, or belongs to an outsider.
            Undelivered: WeCom could not be asked.
        """
        answer = await self._call("GET", "/cgi-bin/auth/getuserinfo", {"code": code})
        if errors.errcode(answer) in errors.BAD_LOGIN:
            raise LoginRefused(str(errors.errcode(answer)))
        errors.check(answer)
        userid = answer.get("userid")
        if not isinstance(userid, str) or not userid:
            raise LoginRefused("not a member")
        return userid

    async def set_menu(self, entries: Sequence[tuple[str, str]]) -> None:
        """Put up to three (name, key) entries under the chat; a name takes 16 bytes.

        Raises:
            Undelivered: WeCom did not take the menu ("config" if it is wrong).
        """
        buttons = [{"type": "click", "name": name, "key": key} for name, key in entries]
        agent = {"agentid": str(self._settings.agent_id)}
        await self._post("/cgi-bin/menu/create", {"button": buttons}, agent)

    async def _post(
        self, path: str, body: dict[str, Any], params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        # Sorted, because a stored request may come back with its keys in another order.
        content = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
        answer = await self._call("POST", path, params or {}, content)
        errors.check(answer)
        return answer

    async def _call(
        self, method: str, path: str, params: dict[str, str], content: bytes | None = None,
        sort: str = "application/json",
    ) -> dict[str, Any]:  # fmt: skip
        """One call; with a new token once more if WeCom refused the old one, never a third."""
        url = f"{self._settings.api_base}{path}"
        token = await self._token.get()
        given = {**params, "access_token": token}
        answer = await exchange(self._http, method, url, given, content, sort=sort)
        if errors.errcode(answer) not in errors.STALE_TOKEN:
            return answer
        given = {**params, "access_token": await self._token.renew(token)}
        return await exchange(self._http, method, url, given, content, sort=sort)


def _message(request: Request) -> dict[str, Any]:
    """The message itself; a file under the reference it got meanwhile."""
    if MEDIA not in request:
        return {name: part for name, part in request.items() if name != "update"}
    rest = {name: part for name, part in request.items() if name not in {MEDIA, REFERENCE}}
    return {**rest, request["msgtype"]: {"media_id": request[REFERENCE]}}


def _file_or_error(found: Fetched) -> bytes | dict[str, Any]:
    if found.status == httpx.codes.OK and found.sort not in {"application/json", "text/plain"}:
        return found.content
    try:
        answer = json.loads(found.content)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and "errcode" in answer:
        return answer
    return found.content if found.status == httpx.codes.OK else {"errcode": -1}
