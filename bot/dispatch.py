"""From an inbound event to one handler call: who, what, may they, then the answer.

Everything here runs inside a unit of work and touches only the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot import reception
from bot.clock import Clock
from bot.platforms.api import Inbound
from bot.platforms.wecom_bot.inbound import encrypted
from bot.presses import Back, Stale, resolve
from cards import help as texts
from cards import outbox
from cards.model import Content
from engine.calendar_days import Calendars
from engine.errors import Refusal
from engine.masking import mask
from engine.rulebook import Rulebook
from engine.text import MOST
from engine.unit import Unit
from engine.vault import Vault
from handlers import binding, forms, lines
from handlers.api import FILE, FLOW, SAID, Ctx, Registry
from handlers.lines import Call, Guess
from sales import people, policy
from sales.people import Address, Who
from sales.rules.texts import SENTENCES, Sentences

THIS = "这一步"
ENCRYPTED = (
    "企业微信没有告诉我您是谁：给的是加密账号。这个智能机器人要由超级管理员创建，请转告管理员"
    "重新创建一个，再把新的 Bot ID 和 Secret 填进配置。"
)


class UnknownPress(Refusal):
    """A press on a message we never sent."""

    code = "unknown_press"
    text = "这张卡片已经失效了，请重新发起一次。"


class TooLong(Refusal):
    """A message or a field beyond what anybody writes by hand."""

    code = "too_long"
    text = f"这条消息太长了，最多 {MOST} 个字，没有处理。请缩短后再发，名单一类的请用文件导入。"


class UnknownAction(Exception):
    """A button this version has no handler for: its card was posted by a newer one."""


class Task(NamedTuple):
    """One understood request: who wants which route with which arguments."""

    who: Who
    address: Address
    call: Call
    flow: str
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Knows the routes, the clock, the calendar, the rules and the vault's key; no more."""

    registry: Registry
    clock: Clock
    calendars: Calendars
    rules: Rulebook
    vault: Vault

    @property
    def words(self) -> Sentences:
        """What is said when something cannot be done."""
        return self.rules.at(SENTENCES, self.clock.now()).body

    def understand(
        self, db: Unit, inbound: Inbound, cause: int, now: datetime
    ) -> Task | Content | Stale | None:
        """What is asked: a task to run, a ready answer, a repaint, or deliberate silence.

        `cause` is the inbox job; it names a new errand.

        Raises:
            Refusal: the person may not, or the press means nothing.
        """
        account = (inbound.platform, inbound.tenant, inbound.account)
        who = people.acting(db, *account, now=now, stays=True)
        if inbound.kind == "event":
            return reception.happened(
                db, inbound, who, registry=self.registry, words=self.words, now=now
            )
        if who is None:
            return self._nobody(db, inbound, now)
        db.occasion = db.occasion._replace(actor=who.id)
        if inbound.too_long:
            raise TooLong
        address = Address(who.id, *account)
        flow = f"{FLOW}{cause}"
        if inbound.kind == "press":
            return self._pressed(db, inbound, who, address, flow, now=now)
        if inbound.kind == "other":
            return reception.unreadable(inbound, self.words)
        if inbound.kind == "file":
            return self._sent(db, inbound, who, address, flow)
        return self._said(db, inbound, who, address, flow)

    def run(self, db: Unit, task: Task, cause: int, now: datetime) -> Content | None:
        """Call the handler, or ask for what is missing.

        Raises:
            Refusal: the business turns it down.
        """
        route, args = task.call.route, task.call.args
        ctx = Ctx(
            db=db, who=task.who, address=task.address, now=now,
            today=self.clock.date_of(now), flow=task.flow, cause=str(cause),
            registry=self.registry, calendars=self.calendars, rules=self.rules, vault=self.vault,
            opened_at=task.opened_at,
        )  # fmt: skip
        if route.missing(args):
            return forms.ask(ctx, route, args)
        return route.handler(ctx, **{k: v for k, v in args.items() if k in route.names})

    def _nobody(self, db: Unit, inbound: Inbound, now: datetime) -> Content | None:
        """What somebody is told who is none of us, or no longer."""
        if not inbound.account:
            return None
        if people.has_left(db, inbound.platform, inbound.tenant, inbound.account):
            return texts.say(self.words.left)
        if encrypted(inbound.account):
            return texts.say(ENCRYPTED)
        if inbound.kind == "text" and not inbound.too_long:
            match lines.read(inbound.text, self.registry):
                case Call(route=route, args=args) if route.action == binding.BIND and args:
                    to = Address("", inbound.platform, inbound.tenant, inbound.account)
                    if inbound.weak:
                        raise binding.NotProven
                    return binding.of_stranger(db, self.vault, args["code"], to, now=now)
        return texts.say(self.words.stranger, account=inbound.account)

    def _sent(
        self, db: Unit, inbound: Inbound, who: Who, address: Address, flow: str
    ) -> Task | Content:
        """A file without a word goes to the handler of its kind; several are as good as one."""
        file = inbound.attachments[0]
        route = self.registry.by_file.get(file.kind)
        if route is None:
            return reception.unreadable(inbound, self.words)
        policy.require(db, who, route.permission, route.summary)
        return Task(who, address, Call(route, {FILE: file}), flow)

    def _said(
        self, db: Unit, inbound: Inbound, who: Who, address: Address, flow: str
    ) -> Task | Content:
        line = inbound.text
        match lines.read(line, self.registry):
            case Call(route=route, args=args) as call:
                policy.require(db, who, route.permission, f"/{route.word}")
                if inbound.weak and route.privileged:
                    return texts.was_it_you(line, route.action, args, flow=flow)
                return Task(who, address, call, flow)
            case Guess(call, meant, typed) if policy.may(who, call.route.permission):
                return texts.did_you_mean(typed, meant, call.route.action, call.args, flow=flow)
        if (meant_by := self.registry.meant_by(line, who)) is not None:
            return Task(who, address, Call(meant_by, {SAID: line}), flow)
        return texts.say(self.words.not_understood, line=mask(line)[:20])

    def _pressed(
        self, db: Unit, inbound: Inbound, who: Who, address: Address, flow: str, *, now: datetime
    ) -> Task | Content | Stale:  # fmt: skip
        press = resolve(db, inbound, who)
        if press is None:
            raise UnknownPress
        if isinstance(press, Stale):
            return press
        if isinstance(press, Back):
            return press.face
        route = self.registry.by_action.get(press.action)
        if route is None:
            raise UnknownAction
        policy.require(db, who, route.permission, f"/{route.word}" if route.word else THIS)
        if press.face is not None and press.asks:
            return press.face
        if press.face is not None:
            outbox.post(db, press.face, [address], now=now)
        if press.card_key.startswith(FLOW) and not press.fresh:
            flow = press.card_key
        return Task(who, address, Call(route, dict(press.args)), flow, press.opened_at)
