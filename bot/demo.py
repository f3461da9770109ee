"""`jianliu demo`: the real service, both fake platforms and the phones in one process."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from pydantic import SecretStr
from sqlalchemy import ColumnElement, Table, delete, not_, select, true

from bot.app import Service
from bot.clock import Clock
from bot.heads import place
from bot.rates import Rate
from bot.serve import serve
from bot.settings import (
    DatabaseSettings,
    DingTalkSettings,
    Server,
    Settings,
    VaultSettings,
    WeComBotSettings,
    WeComSettings,
)
from bot.settings_connectors import Connector
from bot.simulator import api, seed, staff_api
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk import FakeDingTalk
from bot.simulator.page import gallery
from bot.simulator.phones import Phones
from bot.simulator.seed_talk import plant_talk
from bot.simulator.showcase import samples
from bot.simulator.staff import Staff
from bot.simulator.wecom import FakeWeCom
from bot.simulator.wecom_bot import FakeWeComBot
from bot.simulator.wecom_bot.fake import PATH as GATEWAY
from bot.simulator.wire import WireLog
from bot.tables import metadata
from bot.working_days import renew
from connectors import holidays
from engine import calendar_days, turns
from engine.audit_guard import guard, unguard
from engine.ids import next_number
from sales.rules.all import provide

START = datetime.fromisoformat("2026-11-23T10:00:00+08:00")
TEMPLATE = "jianliu-demo.schema"
HOOKS = {
    "website": "官网表单", "expo": "展会扫码", "callin": "电话呼入", "whitepaper": "白皮书下载",
}  # fmt: skip
"""The demo's connectors, and where their leads come from."""
RATE = Rate(per_minute=120, burst=100)
"""Scripts play people here, faster than people; a flood still is one."""
KEPT = ("secret", "channel", "allowance")
"""Tables a reset leaves alone."""
LINES = "line/"
"""How the leases of connections that stand begin; others would bind the past to the future."""


def _forgotten(table: Table) -> ColumnElement[bool]:
    """The rows of a table that a reset takes away.

    Lines that stand stay, and so do the days the holiday package brings, and how often days
    have changed.
    """
    it = table.c
    match table.name:
        case "lease":
            return not_(it.name.startswith(LINES))
        case "calendar_day":
            return it.source != holidays.SOURCE
        case "sequence":
            return it.kind != calendar_days.COUNTER
    return true()


def settings(folder: Path, port: int, database: str = "") -> Settings:
    """Settings of a demo in `folder`: made-up organisations, secrets that stay the same.

    `database` "" is a SQLite file in the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "secrets.json"
    names = ("secret", "token", "client_secret", "bot_secret")
    made = {name: secrets.token_hex(16) for name in names}
    made |= {name: f"whsec_{b64encode(secrets.token_bytes(32)).decode()}" for name in HOOKS}
    made |= {"aes_key": secrets.token_hex(22)[:42] + "A", "vault": secrets.token_hex(32)}
    if path.exists():
        made |= json.loads(path.read_text())
    path.touch(0o600)
    path.write_text(json.dumps(made))
    kept = {name: SecretStr(value) for name, value in made.items()}
    here = f"http://127.0.0.1:{port}"
    return Settings(
        allow_unofficial_api=True,
        server=Server(port=port, public_url=here),
        database=DatabaseSettings(
            url=SecretStr(database or f"sqlite:///{folder / 'jianliu.db'}")
        ),
        vault=VaultSettings(key=kept["vault"], erase_list=str(folder / "jianliu.erased")),
        wecom=WeComSettings(
            corp_id="wwjianliudemo", agent_id=1000002, secret=kept["secret"],
            token=kept["token"], aes_key=kept["aes_key"], api_base=here, oauth_base=here,
            bot=WeComBotSettings(
                bot_id="aibjianliudemo", secret=kept["bot_secret"],
                gateway=f"ws://127.0.0.1:{port}{GATEWAY}",
            ),
        ),
        dingtalk=DingTalkSettings(
            client_id="dingjianliudemo", client_secret=kept["client_secret"],
            robot_code="dingjianliudemo", corp_id="dingcorpdemo", api_base=here, oapi_base=here,
            templates={"card": TEMPLATE},
        ),
        connectors={
            name: Connector(kind="webhook", source=source, secret=kept[name])
            for name, source in HOOKS.items()
        },
    )  # fmt: skip


@dataclass(slots=True)
class Demo:
    """The running demo as its page, its API and the tests see it (`simulator.world.World`)."""

    service: Service
    phones: Phones
    staff: Staff
    wire: WireLog
    chaos: Chaos
    wecom: FakeWeCom
    wecom_bot: FakeWeComBot
    dingtalk: FakeDingTalk
    http: httpx.AsyncClient
    folder: Path

    def now(self) -> datetime:
        """The demo clock."""
        return self.service.clock.now()

    async def settle(self) -> None:
        """Return when the service has nothing in flight."""
        await self.service.settle()

    async def advance(self, to: datetime) -> list[dict[str, Any]]:
        """Jump to `to` through every moment at which something is due."""
        ran: list[dict[str, Any]] = []
        await self._come(self.now())
        while upcoming := self._upcoming(to):
            await self._come(upcoming[0][1])
            ran += [
                {"lane": lane, "at": due.astimezone(self.service.clock.zone).isoformat()}
                for lane, due in upcoming
            ]
        await self._come(to)
        return ran

    async def _come(self, moment: datetime) -> None:
        """Make it `moment` and let everything happen that is due then."""
        await self.settle()
        self._set_clock(moment)
        await self.service.cron.notice()
        self.service.wake()
        await self.settle()

    async def rows(self, table: str, filters: dict[str, str]) -> list[dict[str, Any]]:
        """Rows of a table, those made first in front, read only; times as ISO text.

        Raises:
            KeyError: no such table or column.
        """
        source = metadata.tables[table]
        for name in filters:
            source.c[name]  # an unknown column is a KeyError
        with self.service.database.reading() as db:
            found = list(db.execute(select(source)).mappings())
        order = [one for one in ("created_at", "seq") if one in source.c]
        if order:  # PostgreSQL moves a row that is changed, and puts a new one where one has gone
            found.sort(key=itemgetter(*order))
        rows = [{name: _plain(value) for name, value in row.items()} for row in found]
        return [row for row in rows if all(str(row[k]) == v for k, v in filters.items())]

    async def reset(self) -> None:
        """Back to the first minute: data, phones, wire, faults and clock."""
        await self.settle()
        self.staff.reset()
        self._set_clock(START)
        self.service.database.writer.run(self._replant, alone=True)
        if (kept := place(self.service.settings, self.service.database.url)) is not None:
            kept.unlink(missing_ok=True)
        with self.service.database.reading() as db:
            self.service.rules.reread(db)
        self.phones.clear()
        self.wire.clear()
        self.chaos.clear()
        self.wecom.clear()
        self.wecom_bot.clear()
        self.dingtalk.meter.clear()
        self.service.rates.forget()

    async def run(self, page: FastAPI, port: int, ready: Callable[[], None]) -> None:
        """Serve until the process is told to stop; `ready` is called when it listens."""
        try:
            await serve(page, self.service, host="127.0.0.1", port=port, ready=ready,
                        larger=api.LARGER)  # fmt: skip
        finally:
            await self.dingtalk.close()
            await self.http.aclose()

    def plant_if_empty(self) -> None:
        """Write the demo company into a new database."""
        with self.service.database.reading() as db:
            planted = db.execute(select(metadata.tables["person"].c.id)).first()
        if planted is None:
            self.service.database.writer.run(self._plant)

    def _upcoming(self, to: datetime) -> list[tuple[str, datetime]]:
        """(lane, moment) of what comes next, all of it at one moment."""
        now = self.now()
        with self.service.database.reading() as db:
            coming = (
                turns.upcoming(db, now=now, until=to),
                self.service.timers.upcoming(db, now=now, until=to),
                *self.service.cron.upcoming(now=now, until=to),
            )
        found = [one for one in coming if one is not None]
        first = min((at for _, at in found), default=None)
        return [one for one in found if one[1] == first]

    def _replant(self, db: Any) -> None:
        for statement in unguard(db.dialect_name):
            db.drive(statement)
        for table in reversed(metadata.sorted_tables):
            if table.name not in KEPT:
                db.execute(delete(table).where(_forgotten(table)))
        for statement in guard(db.dialect_name):
            db.drive(statement)
        next_number(db, calendar_days.COUNTER)  # days that were told by hand are gone
        self._plant(db)

    def _plant(self, db: Any) -> None:
        seed.plant(db, self.service.settings.tenants(), self.now())
        seed.plant_contacts(db, self.service.vault, self.now())
        plant_talk(db, self.now())
        seed.plant_directory(db, self.service.settings.tenants(), self.staff, self.now())
        renew(db, self.service.clock)
        provide(db, self.now())

    def _set_clock(self, to: datetime) -> None:
        self.service.clock.jump(to)
        _write_offset(self.folder, self.service.clock.offset)


def build(folder: Path, port: int, database: str = "") -> tuple[Demo, FastAPI]:
    """A demo in `folder` and the web application that shows it, on loopback only."""
    clock = Clock("Asia/Shanghai", _read_offset(folder))
    chosen = settings(folder, port, database)
    service = Service(chosen, clock, rate=RATE)
    phones = Phones(seed.members(), clock.now)
    staff = Staff(phones)
    wire, chaos, http = WireLog(clock.now), Chaos(clock.now), httpx.AsyncClient(trust_env=False)
    assert chosen.wecom is not None  # noqa: S101  made above
    assert chosen.wecom.bot is not None  # noqa: S101  made above
    assert chosen.dingtalk is not None  # noqa: S101  made above
    demo = Demo(
        service=service, phones=phones, staff=staff, wire=wire, chaos=chaos, http=http,
        folder=folder,
        wecom=FakeWeCom(phones, chosen.wecom, f"{service.public_url}/wecom/callback", http,
                        clock.now, wire, chaos, staff),
        wecom_bot=FakeWeComBot(phones, chosen.wecom.bot, clock.now, wire, chaos),
        dingtalk=FakeDingTalk(phones, chosen.dingtalk, http, clock.now, wire, chaos, staff),
    )  # fmt: skip
    demo.plant_if_empty()
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(demo.wecom.router)
    app.include_router(demo.wecom_bot.router)
    app.include_router(demo.dingtalk.router)
    app.include_router(api.router(demo))
    tell = demo.dingtalk.event
    app.include_router(staff_api.router(phones, staff, tell, demo.settle))
    app.include_router(gallery.router(samples()))
    app.add_api_route("/", lambda: RedirectResponse("/sim"), include_in_schema=False)
    app.mount("/", service.asgi)
    return demo, app


def _read_offset(folder: Path) -> timedelta:
    """How far the demo clock is from the real one; a restart goes on where it was."""
    path = folder / "clock.json"
    if path.exists():
        return timedelta(seconds=json.loads(path.read_text())["offset_seconds"])
    clock = Clock("Asia/Shanghai")
    clock.jump(START)
    folder.mkdir(parents=True, exist_ok=True)
    _write_offset(folder, clock.offset)
    return clock.offset


def _write_offset(folder: Path, offset: timedelta) -> None:
    (folder / "clock.json").write_text(json.dumps({"offset_seconds": offset.total_seconds()}))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else value
