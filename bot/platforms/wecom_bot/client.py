"""The smart bot as the outbox uses it: replies within their window, pushes at any other time.

A card is safe to repeat, because its task_id may exist once. A reply is safe to repeat, because
its req_id may be answered once. A text pushed without an answer is neither: nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog

from bot.outgoing import Addresses
from bot.platforms.api import Downloaded, Outcome, Receipt, Request, Undelivered, Uploaded
from bot.platforms.api import Pace as PerPerson
from bot.platforms.wecom_bot import downloads, errors, frames, uploads
from bot.platforms.wecom_bot.frames import Frame
from bot.platforms.wecom_bot.inbound import PLATFORM
from bot.platforms.wecom_bot.line import Line
from bot.platforms.wecom_bot.link import NoAnswer, NotSent, Pace
from bot.platforms.wecom_bot.windows import Window, Windows
from bot.settings import WeComBotSettings
from cards.model import Card, Content
from cards.render import wecom_bot as renderer
from cards.render.media import MEDIA, REFERENCE
from cards.render.slot import Slot
from engine.buckets import Rate

log = structlog.get_logger(__name__)

MEDIA_LIFE = timedelta(days=3, hours=-1)
"""So long an upload may be named; an hour less than WeCom keeps it."""

ANY, REPLIES = (frames.WELCOME, frames.REPLY), (frames.REPLY,)
"""What may answer a person: who enters is not welcomed with a file."""

TRIES = 2
"""How often a reply is sent under one req_id before it is given up or pushed instead."""


class WeComBotPlatform:
    """One smart bot of one corp; fulfils `Platform`. Only the holder of its line sends."""

    name = PLATFORM
    pace: Sequence[PerPerson] = ((28, timedelta(minutes=1)), (980, timedelta(hours=1)))
    """Just below 30 a minute and 1000 an hour in one conversation, replies included."""
    rate = Rate(per_second=20, burst=40)
    """One connection carries everything; nothing is documented, so we are modest."""
    together = 1
    knows_repeats = False

    def __init__(  # noqa: PLR0917 - all it touches, wired once
        self, settings: WeComBotSettings, tenant: str, addresses: Addresses,
        http: httpx.AsyncClient, now: Callable[[], datetime],
        pushed: Callable[[Frame], None], pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> None:  # fmt: skip
        self.tenant = tenant
        self._http = http
        self._now = now
        self.line = Line(settings, addresses, pushed, pace)
        self.written: set[str] = set()
        self._replies = Windows(pace.window)
        self._updates = Windows(pace.window)
        self._uploading = asyncio.Lock()

    def render(self, content: Content, slot: Slot, *, plain: bool = False) -> Request:
        """The message, and for a card also the body that shows it in place of an older one."""
        del plain  # a card costs nothing here
        message = renderer.render(content, slot)
        request: Request = {"ref": slot.ref, "message": message}
        if isinstance(content, Card):
            request["update"] = renderer.render_update(content, slot)
        if MEDIA in message:
            request[MEDIA] = message.pop(MEDIA)
        return request

    def common(self, request: Request) -> Request | None:
        """Nothing: every conversation is told by a frame of its own."""
        del request
        return None

    async def send_many(
        self, accounts: Sequence[str], request: Request
    ) -> Mapping[str, Outcome]:  # fmt: skip
        """Send one message to each.

        Raises:
            Undelivered: as `send`.
        """
        return {account: await self.send(account, request) for account in accounts}

    def may_answer(self, account: str, request: str, command: str) -> None:
        """Something that may be replied to for some seconds has come in."""
        if command == frames.UPDATE:
            self._updates.open(request, request, command)
        elif command:
            self._replies.open(account.lower(), request, command)

    async def send(self, account: str, request: Request) -> Receipt:
        """Send a message to one person, as the reply to what they did if it is one in time.

        Raises:
            Undelivered: it did not arrive, or nobody knows whether it did.
        """
        message, receipt = _message(request), Receipt(request["ref"])
        card = "template_card" in message
        doubtful = False
        window = self._replies.take(account.lower(), REPLIES if MEDIA in request else ANY)
        if window is not None:
            body = _as_reply(message, request["ref"], window.command)
            code, doubtful = await self._reply(window, body)
            if code == 0 or (doubtful and code == errors.REPLIED):
                return receipt
            if card and code == errors.TAKEN_TASK:
                return receipt
            if doubtful and not card:
                raise _in_doubt(repeatable=False)
        body = {"chatid": account, "chat_type": 1, **message}
        try:
            answer = await self.line.call(frames.PUSH, frames.new_request(frames.PUSH), body)
        except NotSent:
            raise (_in_doubt(repeatable=True) if doubtful else _not_sent()) from None
        except NoAnswer:
            raise _in_doubt(repeatable=card) from None
        if answer.errcode == 0 or (card and answer.errcode == errors.TAKEN_TASK):
            return receipt
        raise errors.failure(answer.errcode, has_written=self._known(account, answer.errcode))

    def _known(self, account: str, code: int) -> bool:
        """Whether they have written; once they cannot be pushed to, this is asked but once.

        Refused again after the minute, it is not the rate of a minute: they are waited for.
        """
        person = account.lower()
        known = person in self.written
        if code == errors.NOT_PUSHABLE:
            self.written.discard(person)
        return known

    async def update(self, account: str, receipt: Receipt, request: Request) -> Receipt:
        """Show `request` in place of the card whose press `receipt` has the token of.

        Raises:
            Undelivered: "not_updatable" once the press is some seconds old.
        """
        window = (
            self._updates.take(receipt.token, (frames.UPDATE,)) if "update" in request else None
        )
        if window is None:
            raise Undelivered("not_updatable", "no press to answer")
        body = {
            "response_type": "update_template_card",
            "userids": [account],
            "template_card": request["update"],
        }
        code, doubtful = await self._reply(window, body)
        if code == 0 or (doubtful and code == errors.REPLIED):
            return Receipt(receipt.message_id)
        raise Undelivered("not_updatable", str(code))

    async def upload(self, name: str, content: bytes, sort: str) -> Uploaded:
        """Give WeCom a file for three days, over the line.

        Raises:
            Undelivered: it did not take it.
        """
        asked_at = self._now()
        sort = "image" if sort == "picture" else "file"
        async with self._uploading:  # one at a time: words go over the same line
            ref = await uploads.uploaded(self.line, name, content, sort)
        return Uploaded(ref, asked_at + MEDIA_LIFE)

    async def download(self, ref: str, *, most: int) -> Downloaded:
        """What somebody sent, for five minutes; it comes by HTTP, in any process.

        Raises:
            Undelivered: "media_gone", "media_too_large", or it may be tried again.
        """
        return await downloads.downloaded(self._http, ref, most=most)

    async def say_at_once(self, request: str, words: str) -> None:
        """Answer one push with a sentence that is kept nowhere."""
        message = {"msgtype": "markdown", "markdown": {"content": words}}
        body = _as_reply(message, request, frames.REPLY)
        try:
            await self.line.call(frames.REPLY, request, body)
        except (NotSent, NoAnswer):
            log.info("wecom_bot_sentence_lost")

    async def _reply(self, window: Window, body: Mapping[str, Any]) -> tuple[int | None, bool]:
        """The errcode (None for none) of a reply, and whether an attempt stayed unanswered."""
        doubtful = False
        for _ in range(TRIES):
            try:
                answer = await self.line.call(window.command, window.request, body)
            except NotSent:
                break
            except NoAnswer:
                doubtful = True
            else:
                return answer.errcode, doubtful
        return None, doubtful


def _message(request: Request) -> Mapping[str, Any]:
    """The message as it goes out: a file under the name its upload has."""
    message: Mapping[str, Any] = request["message"]
    if MEDIA not in request:
        return message
    return {**message, message["msgtype"]: {"media_id": request[REFERENCE]}}


def _as_reply(message: Mapping[str, Any], ref: str, command: str) -> Mapping[str, Any]:
    """A reply knows no plain markdown: it is a stream of one piece, in a welcome a text."""
    if message["msgtype"] != "markdown":
        return message
    words = message["markdown"]["content"]
    if command == frames.WELCOME:
        return {"msgtype": "text", "text": {"content": words}}
    return {"msgtype": "stream", "stream": {"id": ref, "finish": True, "content": words}}


def _not_sent() -> Undelivered:
    return Undelivered("channel_down", "not connected", retry_after=errors.SOON, spent=False)


def _in_doubt(*, repeatable: bool) -> Undelivered:
    wait = errors.SOON if repeatable else None
    return Undelivered("channel_down", "no answer", retry_after=wait, ambiguous=True)
