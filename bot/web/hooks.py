"""`POST /hooks/<name>`: leads from the company's own systems, signed, each delivery once (X14).

The address of every connector of the configuration. Whoever cannot sign is turned away as on
the platforms' callbacks, with one word; whoever can is told what is wrong in words.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from bot.clock import Clock
from bot.import_columns import LEADS
from bot.platforms.api import BadCallback, Unavailable
from bot.rates import Rate, Rates, Verdict
from bot.settings_connectors import Connector
from bot.web.callbacks import JSON
from bot.web.front import Callback, HttpAnswer, HttpRequest
from cards import lead_news
from connectors import webhook
from connectors.webhook import BadBody, NotAuthentic
from engine.calendar_days import Calendars
from engine.database import Database
from engine.errors import Refusal
from engine.rulebook import Rulebook
from engine.unit import Unit
from engine.vault import Vault
from engine.writer import Stopped
from sales import hook_leads
from sales.desk import Desk
from sales.hook_leads import OtherContent, Received

log = structlog.get_logger(__name__)

CHANNEL = "hook"
"""The way in, on the trail."""
MOST_BYTES = 64 << 10
"""Of one body; a form that somebody filled in has a few hundred."""
SECONDS = 10.0
"""Until the sender is told to try again; what was stored by then is the same lead the next time."""
TOO_FAST = "发得太快，一分钟后再试。"


@dataclass(frozen=True, slots=True)
class Hooks:
    """Takes what connectors send into the pool of leads."""

    database: Database
    clock: Clock
    vault: Vault
    rules: Rulebook
    calendars: Calendars

    def callbacks(self, connectors: Mapping[str, Connector]) -> dict[str, Callback]:
        """The addresses of the connectors."""
        return {f"/hooks/{name}": self._of(name, one) for name, one in connectors.items()}

    def _of(self, name: str, connector: Connector) -> Callback:
        key, columns = connector.key, LEADS
        rates = Rates(Rate(connector.per_minute, connector.per_minute))

        async def answer(request: HttpRequest) -> HttpAnswer:
            if request.method != "POST":
                raise BadCallback("method", HTTPStatus.METHOD_NOT_ALLOWED)
            if len(request.body) > MOST_BYTES:
                raise BadCallback("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            now = self.clock.real()
            try:
                delivery = webhook.verified(key, request.headers, request.body, now)
            except NotAuthentic as stranger:
                raise BadCallback(stranger.reason, HTTPStatus.UNAUTHORIZED) from None
            if rates.judge((CHANNEL, "", name), f"{delivery}/{now}", now) is not Verdict.TAKE:
                return _refused(name, "too_fast", TOO_FAST, HTTPStatus.TOO_MANY_REQUESTS)
            try:
                values, ignored = webhook.fields(request.body, columns)
                received = await self._receive(name, connector, delivery, values, request.body)
            except BadBody as bad:
                return _refused(name, "bad_body", str(bad), HTTPStatus.UNPROCESSABLE_ENTITY)
            except OtherContent as reused:
                return _refused(name, reused.code, str(reused), HTTPStatus.CONFLICT)
            except Refusal as refusal:
                return _refused(
                    name, refusal.code, str(refusal), HTTPStatus.UNPROCESSABLE_ENTITY
                )  # fmt: skip
            taken = received.taken
            log.info("hook.taken", connector=name, new=taken.new)
            told = {"lead": received.number, "new": taken.new}
            return _json({**told, "unread": taken.unread, "ignored": ignored}, HTTPStatus.OK)

        return answer

    async def _receive(
        self, name: str, connector: Connector, delivery: str, values: Mapping[str, Any], body: bytes
    ) -> Received:  # fmt: skip
        """Commit it before the sender is told.

        Raises:
            Unavailable: it could not be stored in time; the sender tries again.
            Refusal: nothing can be made of it.
        """
        now = self.clock.now()

        def work(db: Unit) -> Received:
            db.occasion = db.occasion._replace(channel=CHANNEL, origin=f"{name}/{delivery}")
            calendar, today = self.calendars.current(db), self.clock.date_of(now)
            desk = Desk(self.vault, self.rules, calendar, now, today)
            received = hook_leads.receive(
                db, values, desk, connector=name, source=connector.source, delivery=delivery,
                body=body.decode(),
            )  # fmt: skip
            lead_news.tell(db, [received.taken], zone=calendar.zone, now=now)
            return received

        try:
            async with asyncio.timeout(SECONDS):
                return await asyncio.wrap_future(self.database.writer.submit(work))
        except (DBAPIError, Stopped, TimeoutError) as failure:
            log.warning("hook.not_stored", connector=name, reason=type(failure).__name__)
            raise Unavailable from failure


def _refused(name: str, code: str, words: str, status: HTTPStatus) -> HttpAnswer:
    log.warning("hook.refused", connector=name, code=code)
    return _json({"error": code, "message": words}, status)


def _json(told: Mapping[str, Any], status: HTTPStatus) -> HttpAnswer:
    body = json.dumps(told, ensure_ascii=False).encode()
    return HttpAnswer(body, int(status), JSON)
