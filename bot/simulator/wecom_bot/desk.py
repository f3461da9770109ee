"""What the gateway remembers of a bot: who wrote to it, what may still be answered, the rates."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.simulator.phones import Phones, PlatformName
from bot.simulator.wecom.errors import Refused
from bot.simulator.wecom.reading import obj, text
from bot.simulator.wecom_bot import rules

NAME: PlatformName = "wecom_bot"
WINDOW = 5.0
"""Seconds after a push in which it may be answered."""
STREAM = 600.0
"""Seconds a stream may take from its first piece to its last."""
PACE = ((timedelta(minutes=1), 30), (timedelta(hours=1), 1000))
LATE, UNKNOWN, REPLIED, NOT_PUSHABLE, STREAM_LATE = 846604, 846605, 846606, 846607, 846608


@dataclass(frozen=True, slots=True)
class Asked:
    """One push that may be answered by `command`; `stream` is the answer that goes on."""

    command: str
    account: str
    chat: str
    at: float
    task_id: str = ""
    answered: bool = False
    stream: str = ""


class Desk:
    """The rules of doc 101463 that need a memory; every refusal has its documented code.

    `name_of` is the file name of an upload; it refuses what is none.
    """

    def __init__(
        self, phones: Phones, now: Callable[[], datetime], name_of: Callable[[str], str]
    ) -> None:
        self._phones = phones
        self._now = now
        self._name_of = name_of
        self.window = WINDOW
        self.groups: defaultdict[str, list[str]] = defaultdict(list)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.written: set[str] = set()
        self.entered: dict[str, str] = {}
        self._asked: dict[str, Asked] = {}
        self._tasks: dict[str, str] = {}
        self._streams: dict[str, str] = {}
        self._shown: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self.groups.clear()

    def asked(self, request: str, command: str, account: str, *, chat: str = "",
              task_id: str = "") -> None:  # fmt: skip
        """Something was pushed under `request`."""
        self._asked[request] = Asked(command, account, chat, time.monotonic(), task_id)

    def answer(self, command: str, request: str, body: Mapping[str, Any]) -> None:
        """An answer to a push.

        Raises:
            Refused: it is late, repeated, for another push, over the rate or no message.
        """
        asked = self._asked.get(request)
        if asked is None or asked.command != command:
            raise Refused(UNKNOWN, "invalid req_id")
        goes_on = asked.stream and text(obj(dict(body), "stream"), "id") == asked.stream
        if asked.answered and not goes_on:
            raise Refused(REPLIED, "already replied")
        if goes_on and time.monotonic() - asked.at > STREAM:
            raise Refused(STREAM_LATE, "stream expired")
        if not goes_on and time.monotonic() - asked.at > self.window:
            raise Refused(LATE, "req_id expired")
        if command == "aibot_respond_update_msg":
            self._update(asked, dict(body))
        else:
            read = rules.welcome if command == "aibot_respond_welcome_msg" else rules.reply
            self._say(asked.account, asked.chat, read(dict(body)), goes_on=bool(goes_on))
        stream = obj(dict(body), "stream")
        running = text(stream, "id") if stream and not stream.get("finish") else ""
        self._asked[request] = replace(asked, answered=True, stream=running)

    def push(self, body: Mapping[str, Any]) -> None:
        """A message nobody asked for.

        Raises:
            Refused: 846607 if the person never wrote; over the rate; or no message.
        """
        account, content = text(dict(body), "chatid"), rules.push(dict(body))
        if self._phones.member(NAME, account) is None:
            raise Refused(93006, "invalid chatid")
        if account.lower() not in self.written:
            raise Refused(NOT_PUSHABLE, "the user has never written to the bot")
        self._say(account, "", content)

    def _say(self, account: str, chat: str, content: tuple[str, dict[str, Any]], *,
             goes_on: bool = False) -> None:  # fmt: skip
        kind, wire = content
        if "media_id" in wire:
            wire = {**wire, "filename": self._name_of(wire["media_id"])}
        ref = text(wire, "task_id") if kind == "template_card" else ""
        if ref and ref in self._tasks:
            raise Refused(rules.BAD_TASK, "task_id already used")
        self._count(chat or account.lower())
        if chat:
            self.groups[chat].append(str(wire.get("content") or wire))
            return
        if goes_on:
            self._phones.change(self._streams[account], wire=wire)
            return
        copy = self._phones.show(NAME, account, kind, wire, ref=ref)
        self._streams[account] = copy.id
        if ref:
            self._tasks[ref] = copy.id

    def _update(self, asked: Asked, body: dict[str, Any]) -> None:
        card = obj(body, "template_card")
        rules.check_card(card)
        if body.get("response_type") != "update_template_card":
            raise Refused(40008, "invalid response_type")
        if text(card, "task_id") != asked.task_id:
            raise Refused(rules.BAD_TASK, "not the card that was pressed")
        wanted = [str(one).lower() for one in body.get("userids") or [asked.account]]
        copy = self._phones.message(self._tasks.get(asked.task_id, ""))
        if copy is not None and copy.account.lower() in wanted:
            self._phones.change(copy.id, wire=card, state="updated", chosen={})

    def _count(self, conversation: str) -> None:
        now, shown = self._now(), self._shown[conversation]
        while shown and now - shown[0] >= PACE[-1][0]:
            shown.popleft()
        ages = [now - at for at in shown]
        if any(sum(timedelta() <= a < span for a in ages) >= most for span, most in PACE):
            raise Refused(NOT_PUSHABLE, "too many messages in this conversation")
        shown.append(now)
