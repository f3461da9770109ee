"""The simulated DingTalk: its API for the service, its app for a finger."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from fastapi import APIRouter

from bot.settings import DingTalkSettings
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk.cards import Cards, Instance
from bot.simulator.dingtalk.directory import Contacts
from bot.simulator.dingtalk.faults import NAME, ApiFault
from bot.simulator.dingtalk.gateway import Gateway
from bot.simulator.dingtalk.happenings import HAPPENINGS
from bot.simulator.dingtalk.media import MediaDesk
from bot.simulator.dingtalk.meter import Meter, Tokens
from bot.simulator.dingtalk.oldapi import OldApi
from bot.simulator.dingtalk.openapi import OpenApi
from bot.simulator.dingtalk.org import Ground, Org
from bot.simulator.dingtalk.webhook import Webhook
from bot.simulator.dingtalk.wires import (
    card_callback,
    file_said,
    form_params,
    over_quota,
    robot_message,
    text_said,
)
from bot.simulator.phones import Message, Phones
from bot.simulator.staff import Staff
from bot.simulator.wire import WireLog

ROBOT_TOPIC = "/v1.0/im/bot/messages/get"
CARD_TOPIC = "/v1.0/card/instances/callback"

PUSH_SECONDS = 3.0
"""How long a Stream push waits for its ack before it counts as unacknowledged."""

CARD_SECONDS = 2.0
"""How long a phone waits for the answer to a press; a later one is ignored."""

NO_ANSWER = "操作失败，请稍后重试"
"""What the phone says when a press was not answered in time."""

REDELIVERIES = 5
FREE_EVENTS = frozenset({
    "user_add_org", "user_modify_org", "user_leave_org", "org_dept_create", "org_dept_modify",
    "org_dept_remove",
})  # fmt: skip
"""Changes in the directory are not counted (reference §1.5)."""

_SPELLED = re.compile(r"/卡 (?P<ref>\S+) (?P<key>\S+\.(?:form|[0-9]+))")
_ESCAPED = re.compile(r"\\(.)")


class FakeDingTalk:
    """One organisation with one app, on the service's own `router`, `phones` and clock.

    `callback_base` is the service's address for HTTP mode. Pushes go to Stream or HTTP as
    `settings.mode` says. `org` holds what tests may set up differently.
    """

    def __init__(  # noqa: PLR0917 - the demo has as many parts
        self,
        phones: Phones,
        settings: DingTalkSettings,
        http: httpx.AsyncClient,
        now: Callable[[], datetime],
        wire: WireLog,
        chaos: Chaos,
        staff: Staff | None = None,
    ) -> None:
        self.org = Org()
        self._ground = ground = Ground(settings, self.org, phones, now, wire, chaos)
        self.meter = Meter(ground)
        self.gateway = Gateway(ground)
        self.callback_base = ""
        self._cards = Cards(phones)
        self._webhook = Webhook(http, ground)
        tokens = Tokens(ground)
        self._media = MediaDesk(ground, tokens)
        self._api = OpenApi(ground, self._cards, tokens, self.meter, self._media)
        self.old = OldApi(ground, tokens)
        self.contacts = Contacts(ground, tokens, staff or Staff(phones))
        self.router = APIRouter()
        self._media.add_routes(self.router)
        self.old.add_routes(self.router)
        self._api.add_routes(self.router)
        self.contacts.add_routes(self.router)
        self.gateway.add_routes(self.router)
        self._tasks: set[asyncio.Task[None]] = set()

    async def say(self, account: str, text: str) -> None:
        """Write `text` to the robot; returns when it was acknowledged, or not in time."""
        self._ground.phones.show(NAME, account, "text", {"content": text}, outgoing=False)
        await self._tell(account, text_said(text))

    async def upload(self, account: str, filename: str, content: bytes) -> None:
        """Send a picture or a file to the robot."""
        code = self._media.sent(filename, content)
        kept = self._ground.phones.shelf(NAME).get(code)
        picture = kept is not None and kept.picture
        shown = {"filename": filename, "mediaId": code}
        kind = "picture" if picture else "file"
        self._ground.phones.show(NAME, account, kind, shown, outgoing=False)
        await self._tell(account, file_said(filename, code, picture=picture))

    @property
    def happenings(self) -> Collection[str]:
        """What a phone can send besides texts and taps."""
        return HAPPENINGS

    async def happen(self, account: str, sort: str, facts: Mapping[str, str]) -> None:
        """Send the robot something of `happenings`."""
        self._ground.phones.show(NAME, account, sort, dict(facts), outgoing=False)
        await self._tell(account, HAPPENINGS[sort](facts))

    async def _tell(self, account: str, said: dict[str, Any]) -> None:
        """Push a robot message; without its words once the month's pushes are used up."""
        member = self._ground.phones.member(NAME, account)
        name = member.name if member else account
        body = robot_message(self._ground.settings, account, name, self._ground.now(), said)
        session, ends = self.old.session(account)
        base = self._ground.settings.oapi_base
        body["sessionWebhook"] = f"{base}/robot/sendBySession?session={session}"
        body["sessionWebhookExpiredTime"] = int(ends.timestamp() * 1000)
        if not self.org.published:
            del body["senderStaffId"]  # nobody outside knows who speaks to an unpublished robot
        if not self.meter.push():
            body = over_quota(body)
        if self._ground.settings.mode == "http":
            secret = self._ground.settings.client_secret.get_secret_value()
            await self._webhook.robot(f"{self.callback_base}/dingtalk/robot", secret, body)
        elif not await self._pushed(body):
            self._spawn(self._redeliver(body))

    async def press(self, message: Message, key: str, values: dict[str, str]) -> None:
        """Press a button, or submit the form, of a message as the phone shows it.

        Nothing checks that the key is on the card: forged presses are made this way too.
        """
        if message.kind != "card":
            await self.say(message.account, _spoken(message, key, values))
            return
        form = key.endswith(".form")
        action = "form" if form else "button"
        params = form_params(message.wire, key, values) if form else {"key": key}
        body = card_callback(self._ground.settings, message.ref, message.account, action, params)
        self.meter.push()
        card = self._cards.get(message.ref)
        answer = await self._card_answer(card, body)
        if answer is None:
            if self._ground.phones.message(message.id) == message:
                self._ground.phones.change(message.id, trouble=NO_ANSWER)
        elif isinstance(response := answer.get("response"), dict):
            self._answered(card, message.account, response)

    async def event(self, event_type: str, event_id: str, body: dict[str, Any]) -> bool:
        """Push a change in the organisation; whether it was taken at once.

        What was not, or was answered LATER, comes again after growing waits over Stream, and
        waits to be asked for (`call_back/get_call_back_failed_result`) in HTTP mode.
        """
        if event_type not in FREE_EVENTS:
            self.meter.push()
        if self._ground.settings.mode == "http":
            return await self._posted(event_type, event_id, body)
        headers = {
            "eventType": event_type,
            "eventId": event_id,
            "eventCorpId": self._ground.settings.corp_id,
            "eventBornTime": str(int(self._ground.now().timestamp() * 1000)),
        }
        if await self._told(body, headers):
            return True
        self._spawn(self._tell_later(body, headers))
        return False

    async def close(self) -> None:
        """Give up redelivering."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pushed(self, body: dict[str, Any]) -> bool:
        ack = await self.gateway.push("CALLBACK", ROBOT_TOPIC, body, within=PUSH_SECONDS)
        return ack is not None

    async def check_url(self) -> bool:
        """Ask as the console does when the address for events is saved; whether it answers."""
        address = f"{self.callback_base}/dingtalk/event"
        return await self._webhook.event(address, {"EventType": "check_url"})

    async def _posted(self, event_type: str, event_id: str, body: dict[str, Any]) -> bool:
        told = {
            "EventType": event_type,
            "eventId": event_id,
            "CorpId": self._ground.settings.corp_id,
            "TimeStamp": str(int(self._ground.now().timestamp() * 1000)),
            **body,
        }
        taken = await self._webhook.event(f"{self.callback_base}/dingtalk/event", told)
        if not taken:
            self.old.missed.append(told)
        return taken

    async def _told(self, body: dict[str, Any], headers: dict[str, str]) -> bool:
        ack = await self.gateway.push("EVENT", "*", body, within=PUSH_SECONDS, headers=headers)
        return ack is not None and ack.get("status") != "LATER"

    async def _tell_later(self, body: dict[str, Any], headers: dict[str, str]) -> None:
        for attempt in range(REDELIVERIES):
            await asyncio.sleep(self.org.redeliver_after * 2**attempt)
            if await self._told(body, headers):
                return

    async def _redeliver(self, body: dict[str, Any]) -> None:
        for _ in range(REDELIVERIES):
            await asyncio.sleep(self.org.redeliver_after)
            if await self._pushed(body):
                return

    async def _card_answer(self, card: Instance, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the service answers to a press; None if it is late, refuses or is not asked."""
        if card.callback == "HTTP":
            url, secret = self._api.routes[card.route]
            response = await self._webhook.card(url, secret, body)
            return None if response is None else {"response": response}
        if card.callback != "STREAM":
            return None
        return await self.gateway.push("CALLBACK", CARD_TOPIC, body, within=CARD_SECONDS)

    def _answered(self, card: Instance, account: str, response: dict[str, Any]) -> None:
        try:
            card.answer(account, response)
        except ApiFault:
            return  # the client ignores a response it cannot read
        self._cards.redraw(card)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _spoken(message: Message, key: str, values: dict[str, str]) -> str:
    """The line a tap makes the phone say, or the person types after reading the message."""
    for value in message.wire.values():
        url = urlsplit(str(value)) if str(value).startswith("dtmd:") else None
        line = parse_qs(url.query).get("content", [""])[0] if url else ""
        if line.endswith(f" {key}"):
            return line
    text = _ESCAPED.sub(r"\1", str(message.wire.get("text", "")))
    for spelled in _SPELLED.finditer(text):
        if spelled["key"] == key:
            filled = "".join(f" {name}={value}" for name, value in values.items())
            return f"/卡 {spelled['ref']} {key}{filled}"
    raise ValueError(f"no button {key!r} on message {message.id}")
