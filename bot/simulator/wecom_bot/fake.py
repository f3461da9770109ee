"""The fake gateway of WeCom's smart bot, and the bot's chat on everybody's phone.

Enforced: one connection per bot, of which the newest wins; the 5 s in which something may be
answered; no push before the person has written; the rates of a conversation; task_ids that
exist once; a press that is told once. When nobody is connected, what is said is lost.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from hmac import compare_digest
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.websockets import WebSocket

from bot.settings import WeComBotSettings
from bot.simulator.chaos import Chaos
from bot.simulator.phones import Message, Phones
from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.taps import choices
from bot.simulator.wecom_bot.connection import SUBSCRIBE, Connection
from bot.simulator.wecom_bot.desk import NAME, Desk
from bot.simulator.wecom_bot.media import Files
from bot.simulator.wire import WireLog

PATH = "/openws"
FILES = "/openws-files/"
"""Where what people send lies; the real ones are in Tencent's object store."""
ENTERED = "enter_chat"
BAD_SECRET = 853000
SWITCHED_OFF = 846601
ANSWER_SECONDS = 1.0
"""How long a finger waits to see an answer; nothing tells that there will be none."""

REPLY = "aibot_respond_msg"
WELCOME = "aibot_respond_welcome_msg"
UPDATE = "aibot_respond_update_msg"
PING = "ping"


class FakeWeComBot:
    """One bot as one service meets it; loopback only."""

    def __init__(
        self, phones: Phones, settings: WeComBotSettings, now: Callable[[], datetime],
        wire: WireLog, chaos: Chaos,
    ) -> None:  # fmt: skip
        self._files = Files(phones, now)
        self.desk = Desk(phones, now, lambda ref: self._files.find(ref).name)
        self.connection: Connection | None = None
        self.switched_off = False
        self._phones = phones
        self._settings = settings
        self._now = now
        self._wire = wire
        self._chaos = chaos
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_websocket_route(PATH, self._connect)
        self.router.add_api_route(FILES + "{place}", self._fetched, methods=["GET"])

    async def say(self, account: str, text: str) -> None:
        """Open the chat and write `text` to the bot."""
        await self.enter(account)
        self._phones.show(NAME, account, "text", {"content": text}, outgoing=False)
        await self.tell(account, {"msgtype": "text", "text": {"content": text}})

    async def upload(self, account: str, filename: str, content: bytes) -> None:
        """Send a picture or a file to the bot, which is told where it lies and its key."""
        await self.enter(account)
        ref, place, key = self._files.sent(filename, content)
        kind = "image" if self._files.find(ref).picture else "file"
        shown = {"media_id": ref, "filename": filename}
        self._phones.show(NAME, account, kind, shown, outgoing=False)
        host = self.connection.host if self.connection else ""
        file = {"url": f"http://{host}{FILES}{place}", "aeskey": key}
        await self.tell(account, {"msgtype": kind, kind: file})

    async def enter(self, account: str) -> None:
        """Open the chat; the bot is told the first time each day."""
        today = f"{self._now():%Y%m%d}"
        if self.desk.entered.get(account) != today:
            self.desk.entered[account] = today
            await self._event(account, WELCOME, {"eventtype": ENTERED})

    @property
    def happenings(self) -> Collection[str]:
        """What a phone can do here besides texts and taps."""
        return (ENTERED,)

    async def happen(self, account: str, sort: str, facts: Mapping[str, str]) -> None:
        """Open the bot's chat, the first time that day."""
        del sort, facts
        await self.enter(account)

    async def tell(self, account: str, body: dict[str, Any], *, chat: str = "") -> None:
        """Send any message, in a group when it has the bot's name in it."""
        if not chat:
            self.desk.written.add(account.lower())
        where = {"chattype": "group", "chatid": chat} if chat else {"chattype": "single"}
        await self._push("aibot_msg_callback", account, {**body, **where}, REPLY, chat=chat)

    async def press(self, message: Message, key: str, values: dict[str, str]) -> None:
        """Press the button `key` of a card after choosing `values` in its inputs."""
        chosen = choices(message.wire, {**message.chosen, **values})
        if self._phones.message(message.id):
            self._phones.change(message.id, chosen=chosen)
        items = [
            {"question_key": question, "option_ids": {"option_id": ids.split(",") if ids else []}}
            for question, ids in chosen.items()
        ]
        pressed: dict[str, Any] = {
            "card_type": str(message.wire.get("card_type", "")),
            "event_key": key,
            "task_id": message.ref,
        }
        if items:
            pressed["selected_items"] = {"selected_item": items}
        event = {"eventtype": "template_card_event", "template_card_event": pressed}
        await self._event(message.account, UPDATE, event, task_id=message.ref)

    def clear(self) -> None:
        """Forget who wrote and what was said; the connection stays."""
        self.desk.clear()
        self._files.clear()

    async def _fetched(self, place: str) -> Response:
        kept = self._files.fetched(place)
        if kept is None:
            return Response(status_code=403)
        name = f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}"
        return Response(kept.content, headers={"Content-Disposition": name})

    async def _event(
        self, account: str, command: str, event: dict[str, Any], *, task_id: str = ""
    ) -> None:  # fmt: skip
        body = {"msgtype": "event", "event": event, "chattype": "single"}
        await self._push("aibot_event_callback", account, body, command, task_id=task_id)

    async def _push(
        self, command: str, account: str, body: dict[str, Any], answer: str, *, chat: str = "",
        task_id: str = "",
    ) -> None:  # fmt: skip
        """Push once, twice if the fault says so, and wait a moment for the answer."""
        request = secrets.token_hex(12)
        frame = {"cmd": command, "headers": {"req_id": request}, "body": {
            "msgid": secrets.token_hex(16), "aibotid": self._settings.bot_id,
            "create_time": int(self._now().timestamp()), "from": {"userid": account}, **body,
        }}  # fmt: skip
        line = self.connection
        self._note("to_bot", f"{command} → {'已推送' if line else '没有连接，丢了'}", frame)
        if line is None:
            return
        self.desk.asked(request, answer, account, chat=chat, task_id=task_id)
        answered = line.answered[request] = asyncio.Event()
        for _ in range(2 if self._chaos.strikes(NAME, "duplicate") else 1):
            await line.push(frame)
        with suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), ANSWER_SECONDS)
        line.answered.pop(request, None)

    async def _connect(self, websocket: WebSocket) -> None:
        if self._chaos.strikes(NAME, "down"):
            await websocket.close()
            return
        await websocket.accept()
        line = Connection(websocket, self._handle)
        try:
            await line.read()
        finally:
            if self.connection is line:
                self.connection = None

    def _handle(self, line: Connection, frame: dict[str, Any]) -> Mapping[str, Any] | None:
        """Do what a request asks; what its answer says besides, None if that gets lost."""
        command, errcode = frame["cmd"], 0
        try:
            told = self._do(line, frame)
        except Refused as refused:
            errcode = refused.errcode
            raise
        finally:
            if command != PING:
                self._note("from_bot", f"{command} → {errcode}", frame)
        heard = command in {SUBSCRIBE, PING} or not self._chaos.strikes(NAME, "timeout")
        return told if heard else None

    def _do(self, line: Connection, frame: dict[str, Any]) -> Mapping[str, Any]:
        match frame["cmd"]:
            case "aibot_subscribe":
                self._subscribe(line, frame["body"])
            case "aibot_send_msg":
                self._limited()
                self.desk.push(frame["body"])
            case "aibot_respond_msg" | "aibot_respond_welcome_msg" | "aibot_respond_update_msg":
                self._limited()
                self.desk.answer(frame["cmd"], frame["headers"]["req_id"], frame["body"])
            case "aibot_upload_media_init":
                self._limited()
                return self._files.begin(frame["body"])
            case "aibot_upload_media_chunk":
                return self._files.piece(frame["body"])
            case "aibot_upload_media_finish":
                return self._files.end(frame["body"])
            case "ping":
                pass
            case _:
                raise Refused(40008, "unknown cmd")
        return {}

    def _subscribe(self, line: Connection, body: dict[str, Any]) -> None:
        ours = (self._settings.bot_id, self._settings.secret.get_secret_value())
        given = (str(body.get("bot_id")), str(body.get("secret")))
        known = [compare_digest(a.encode(), b.encode()) for a, b in zip(ours, given, strict=True)]
        if not all(known):
            raise Refused(BAD_SECRET, "invalid bot_id or secret")
        if self.switched_off:
            raise Refused(SWITCHED_OFF, "long connection is switched off")
        old, self.connection = self.connection, line
        line.subscribed = True
        if old is not None and old is not line:
            self._leaving = asyncio.create_task(self._throw_out(old))

    async def _throw_out(self, old: Connection) -> None:
        """Tell a connection that a newer one has replaced it, and end it."""
        event = {"msgtype": "event", "event": {"eventtype": "disconnected_event"}}
        frame = {"cmd": "aibot_event_callback", "headers": {"req_id": secrets.token_hex(12)},
                 "body": {"msgid": secrets.token_hex(16), **event}}  # fmt: skip
        self._note("to_bot", "disconnected_event → 被新连接顶替", frame)
        await old.push(frame)
        await old.close()

    def _limited(self) -> None:
        if self._chaos.strikes(NAME, "429"):
            raise Refused(45009, "api freq out of limit")

    def _note(self, direction: Any, summary: str, frame: dict[str, Any]) -> None:
        body = frame.get("body", {})
        hidden = {"secret", "base64_data"} & body.keys()
        shown = {**frame, "body": {**body, **dict.fromkeys(hidden, "***")}} if hidden else frame
        raw = json.dumps(shown, ensure_ascii=False)
        self._wire.add(NAME, direction, summary, raw=raw, decoded=shown)
