"""message/send and update_template_card: who gets what, once, and who may change it."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.settings import WeComSettings
from bot.simulator.phones import Message, Phones
from bot.simulator.wecom import reading
from bot.simulator.wecom.errors import Refused, ok
from bot.simulator.wecom.media import MediaDesk
from bot.simulator.wecom.rules import INTERACTIVE, check_card

MOST_RECEIVERS = 1000
TEXT_BYTES = 2048
LONGEST_WINDOW = 14400
USUAL_WINDOW = 1800
MOST_GROUPS = 100
CODE_LIFE = timedelta(hours=72)
RECALL_LIFE = timedelta(hours=24)
CALLS_A_MINUTE = 10_000
"""Of one API, for all apps of a corp; more are refused with 45009."""
MINUTE = timedelta(minutes=1)
PACE = ((timedelta(minutes=1), 30), (timedelta(hours=1), 1000))
"""Messages an app may show one member per span; more are dropped without a word."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One accepted message and its copy on each phone (lower-cased userid → message id)."""

    task_id: str
    card_type: str
    at: datetime
    copies: dict[str, str]


class MessageDesk:
    """Everything WeCom remembers about an app's messages.

    `calls_back`: the app has a callback address, without which no interactive card is taken.
    `unlicensed` are members (in lower case) without a licence. `dropped` counts what was kept
    from each member because the app sent too much.
    """

    def __init__(
        self,
        settings: WeComSettings,
        phones: Phones,
        now: Callable[[], datetime],
        media: MediaDesk,
        *,
        calls_back: bool,
    ) -> None:
        self._agent_id = settings.agent_id
        self._phones = phones
        self._now = now
        self._media = media
        self._calls_back = calls_back
        self.unlicensed: set[str] = set()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._task_ids: set[str] = set()
        self._by_copy: dict[str, Sent] = {}
        self._by_msgid: dict[str, Sent] = {}
        self._codes: dict[str, tuple[Sent, datetime]] = {}
        self._answers: dict[bytes, tuple[datetime, dict[str, Any]]] = {}
        self._shown: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._calls: deque[datetime] = deque()
        self.dropped: Counter[str] = Counter()
        self.unlicensed.clear()

    def send(self, raw: bytes) -> dict[str, Any]:
        """The answer to message/send.

        Raises:
            Refused: the message breaks a documented rule, or there were too many.
        """
        now = self._now()
        self._count(now)
        until, answer = self._answers.get(raw, (now, {}))
        if now < until:
            return answer
        body = reading.body(raw)
        if body.get("agentid") != self._agent_id:
            raise Refused(301002, "not allow operate another agent with this accesstoken")
        window = _duplicate_window(body)
        for switch in ("safe", "enable_id_trans"):
            reading.number(body, switch, 0, (0, 1))
        kind, wire = self._content(body)
        accounts, invalid = self._receivers(body)
        unlicensed = [a.lower() for a in accounts if a.lower() in self.unlicensed]
        answer = ok(invaliduser="|".join(invalid), unlicenseduser="|".join(unlicensed),
                    msgid=secrets.token_urlsafe(24))  # fmt: skip
        taking = [a for a in accounts if a.lower() not in unlicensed]
        sent = self._by_msgid[answer["msgid"]] = self._show(taking, kind, wire)
        if sent.card_type in INTERACTIVE or "action_menu" in wire:
            answer["response_code"] = self._issue(sent)
        if window:
            self._answers[raw] = (now + window, answer)
        return answer

    def update(self, raw: bytes) -> dict[str, Any]:
        """The answer to update_template_card; the response_code is spent by one call.

        Raises:
            Refused: 60140 unknown, used or over 72 h old code; 42015 another app's.
        """
        body = reading.body(raw)
        if body.get("agentid") != self._agent_id:
            raise Refused(42015, "not the app that sent the card")
        code = reading.text(body, "response_code")
        sent, issued_at = self._codes.get(code, (None, self._now()))
        if sent is None or self._now() - issued_at > CODE_LIFE:
            raise Refused(60140, "response_code invalid, expired or used")
        wanted = _userids(body)
        change = self._change(body, sent)
        del self._codes[code]
        accounts = list(sent.copies) if body.get("atall") == 1 else wanted
        for account in accounts:
            if account in sent.copies:
                self._repaint(sent.copies[account], change)
        return ok(invaliduser=[a for a in accounts if a not in sent.copies])

    def recall(self, raw: bytes) -> dict[str, Any]:
        """The answer to message/recall; the message leaves every phone (doc 94867).

        Raises:
            Refused: 40058 not a message of this app, 42052 over 24 h old.
        """
        sent = self._by_msgid.get(reading.text(reading.body(raw), "msgid"))
        if sent is None:
            raise Refused(reading.ILLEGAL, "msgid not of this app")
        if self._now() - sent.at > RECALL_LIFE:
            raise Refused(42052, "message too old to recall")
        for copy in sent.copies.values():
            self._phones.change(copy, state="recalled")
        return ok()

    def code_for_press(self, message: Message) -> str:
        """A response_code for the person who pressed a card; "" if we never sent it."""
        sent = self._by_copy.get(message.id)
        return self._issue(sent) if sent else ""

    def _content(self, body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        kind = reading.text(body, "msgtype")
        if kind == "text":
            content = reading.needed(reading.obj(body, "text"), "content", 44004)
            shown = content.encode(errors="replace")[:TEXT_BYTES].decode(errors="ignore")
            return kind, {"content": shown}
        if kind in {"image", "file"}:
            media_id = reading.needed(reading.obj(body, kind), "media_id", 40007)
            return kind, {"media_id": media_id, "filename": self._media.find(media_id).name}
        if kind != "template_card":
            raise Refused(40008, "invalid message type")
        card = reading.obj(body, "template_card")
        check_card(card, update=False)
        calls_back = card["card_type"] in INTERACTIVE or "action_menu" in card
        if calls_back and not self._calls_back:
            raise Refused(43012, "app must have a callback url")
        if card.get("task_id") in self._task_ids:
            raise Refused(42014, "task_id already used")
        return kind, card

    def _receivers(self, body: dict[str, Any]) -> tuple[list[str], list[str]]:
        named = reading.text(body, "touser")
        if not any(reading.text(body, field) for field in ("touser", "toparty", "totag")):
            raise Refused(82001, "touser, toparty and totag are all empty")
        for field, code in (("toparty", 82002), ("totag", 82003)):
            if len(reading.text(body, field).split("|")) > MOST_GROUPS:
                raise Refused(code, f"too many in {field}")
        if named == "@all":
            accounts = [m.accounts["wecom"] for m in self._phones.members if "wecom" in m.accounts]
            return accounts, []
        wanted = list(dict.fromkeys(filter(None, named.split("|"))))
        if len(wanted) > MOST_RECEIVERS:
            raise Refused(reading.ILLEGAL, "too many users")
        known = [a for a in wanted if self._phones.member("wecom", a)]
        if not known:
            raise Refused(81013, "user & party & tag all invalid")
        return known, [a.lower() for a in wanted if a not in known]

    def _show(self, accounts: list[str], kind: str, wire: dict[str, Any]) -> Sent:
        ref = str(wire.get("task_id", ""))
        if ref:
            self._task_ids.add(ref)
        sent = Sent(ref, str(wire.get("card_type", "")), self._now(), {})
        for account in accounts:
            if self._over_pace(account.lower()):
                self.dropped[account.lower()] += 1
                continue  # as the real one does: no error, no trace in the answer
            copy = self._phones.show("wecom", account, kind, wire, ref=ref)
            sent.copies[account.lower()] = copy.id
            self._by_copy[copy.id] = sent
        return sent

    def _count(self, now: datetime) -> None:
        while self._calls and not timedelta() <= now - self._calls[0] < MINUTE:
            self._calls.popleft()
        if len(self._calls) >= CALLS_A_MINUTE:
            raise Refused(45009, "api freq out of limit")
        self._calls.append(now)

    def _over_pace(self, account: str) -> bool:
        now, shown = self._now(), self._shown[account]
        while shown and now - shown[0] >= PACE[-1][0]:
            shown.popleft()
        ages = [now - at for at in shown]  # negative once the demo clock was set back
        if any(sum(timedelta() <= a < span for a in ages) >= most for span, most in PACE):
            return True
        shown.append(now)
        return False

    def _issue(self, sent: Sent) -> str:
        code = secrets.token_urlsafe(24)
        self._codes[code] = (sent, self._now())
        return code

    @staticmethod
    def _change(body: dict[str, Any], sent: Sent) -> dict[str, Any]:
        """The new wire form, or only the grey word for the old one."""
        if "template_card" in body:
            card = reading.obj(body, "template_card")
            check_card(card, update=True)
            if card.get("task_id", sent.task_id) != sent.task_id:
                raise Refused(42016, "no card with this task_id")
            return card
        name = reading.needed(reading.obj(body, "button"), "replace_name", reading.ILLEGAL)
        if sent.card_type not in INTERACTIVE:
            raise Refused(reading.ILLEGAL, "this card has no button")
        return {"replace_text": name}

    def _repaint(self, message_id: str, change: dict[str, Any]) -> None:
        shown = self._phones.message(message_id)
        if shown is None or shown.state == "recalled":
            return
        wire = change if "card_type" in change else {**shown.wire, **change}
        self._phones.change(message_id, wire=wire, kind="template_card", state="updated")


def _duplicate_window(body: dict[str, Any]) -> timedelta | None:
    """How long an equal request is delivered only once; None: no check was asked for."""
    window = reading.number(
        body, "duplicate_check_interval", USUAL_WINDOW, range(1, LONGEST_WINDOW + 1)
    )
    asked = reading.number(body, "enable_duplicate_check", 0, (0, 1))
    return timedelta(seconds=window) if asked else None


def _userids(body: dict[str, Any]) -> list[str]:
    reading.number(body, "atall", 0, (0, 1))
    wanted = body.get("userids") or []
    groups = [body.get(field) or [] for field in ("partyids", "tagids")]
    if not all(isinstance(one, list) for one in (wanted, *groups)):
        raise Refused(reading.ILLEGAL, "receivers must be lists")
    if not all(isinstance(one, str) for one in wanted):
        raise Refused(reading.ILLEGAL, "userids must be texts")
    if len(wanted) > MOST_RECEIVERS or any(len(group) > MOST_GROUPS for group in groups):
        raise Refused(reading.ILLEGAL, "too many receivers")
    if not wanted and body.get("atall") != 1:
        raise Refused(82001, "no receivers")
    return [one.lower() for one in wanted]
