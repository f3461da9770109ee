"""A corp whose platforms live here and whose service is another process."""

import os
import signal
import time
from datetime import UTC, datetime

import httpx
from fastapi import FastAPI
from sqlalchemy import insert

from bot.demo import settings as demo_settings
from bot.simulator import seed
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk import FakeDingTalk
from bot.simulator.phones import Member, Phones
from bot.simulator.wecom import FakeWeCom
from bot.simulator.wire import WireLog
from engine.database import Database
from sales.people import Identity, Person
from tests.forks import FORKS, serve
from tests.ready import upgrade

REPS = [f"rep{n}" for n in range(8)]
"""Enough people that none is written to more than 28 times in a minute."""


class Corp:
    """Both fake platforms behind one loopback address, and the service's configuration."""

    def __init__(self, folder, port, database=""):
        self.folder, self.port = folder, port
        self.settings = demo_settings(folder, port, database)
        self.database = self.settings.database.url.get_secret_value()
        members = [
            *seed.members(),
            *(Member(r, r, "rep", "wangjingli", "华东", {"wecom": r, "dingtalk": r}) for r in REPS),
        ]
        self.phones = Phones(members, lambda: datetime.now(UTC))
        self.wire, self.chaos = WireLog(self.phones.now), Chaos(self.phones.now)
        self.http = httpx.AsyncClient(trust_env=False)
        self.wecom = FakeWeCom(
            self.phones, self.settings.wecom, f"http://127.0.0.1:{port}/wecom/callback",
            self.http, self.phones.now, self.wire, self.chaos,
        )  # fmt: skip
        self.dingtalk = FakeDingTalk(
            self.phones, self.settings.dingtalk, self.http, self.phones.now, self.wire, self.chaos
        )
        self.dingtalk.org.redeliver_after = 0.3
        self.app = FastAPI(on_shutdown=[self.dingtalk.close, self.http.aclose])
        self.app.include_router(self.wecom.router)
        self.app.include_router(self.dingtalk.router)
        self.app.add_api_route("/finger", self._finger, methods=["POST"])

    async def _finger(self, account: str, text: str) -> None:
        """Somebody writes to the robot in DingTalk."""
        await self.dingtalk.say(account, text)

    def plant(self):
        """The demo company and the extra reps, in the service's database."""
        database = Database(self.database)
        upgrade(database)
        tenants = {"wecom": self.settings.wecom.corp_id, "dingtalk": self.settings.dingtalk.corp_id}
        now = datetime.now(UTC)

        def work(db):
            seed.plant(db, tenants, now)
            people = [
                Person(id=rep, name=rep, role="rep", manager_id="wangjingli", region="华东",
                       created_at=now)
                for rep in REPS
            ]  # fmt: skip
            accounts = [
                Identity(id=f"{rep}-{platform}", person_id=rep, platform=platform,
                         tenant=tenant, account=rep, created_at=now)
                for rep in REPS for platform, tenant in tenants.items()
            ]  # fmt: skip
            db.execute(insert(Person), [row.model_dump() for row in people])
            db.execute(insert(Identity), [row.model_dump() for row in accounts])

        database.writer.run(work)
        database.close()

    def configure(self, platforms):
        """Write the service's config.toml; its platforms are at this address."""
        wecom, dingtalk = self.settings.wecom, self.settings.dingtalk
        path = self.folder / "config.toml"
        path.touch(0o600)
        path.write_text(f"""
allow_unofficial_api = true
[server]
port = {self.port}
public_url = "http://127.0.0.1:{self.port}"
[database]
url = "{self.database}"
[vault]
key = "{self.settings.vault.key.get_secret_value()}"
[wecom]
corp_id = "{wecom.corp_id}"
agent_id = {wecom.agent_id}
secret = "{wecom.secret.get_secret_value()}"
token = "{wecom.token.get_secret_value()}"
aes_key = "{wecom.aes_key.get_secret_value()}"
api_base = "{platforms}"
oauth_base = "{platforms}"
[dingtalk]
client_id = "{dingtalk.client_id}"
client_secret = "{dingtalk.client_secret.get_secret_value()}"
robot_code = "{dingtalk.robot_code}"
corp_id = "{dingtalk.corp_id}"
api_base = "{platforms}"
oapi_base = "{platforms}"
templates.card = "{dingtalk.templates["card"]}"
""")


class Process:
    """The service, which may be killed and started again."""

    def __init__(self, folder, *switches, before=None):
        self.folder, self.before = folder, before
        self.arguments = ("run", "-c", str(folder / "config.toml"), *switches)
        self.start()

    def start(self):
        """Start it; `before` is called in it first."""
        told = (self.folder, self.arguments, self.before)
        self.running = FORKS.Process(target=serve, args=told)
        self.running.start()

    def kill(self):
        """kill -9."""
        self.running.kill()
        self.running.join()

    def freeze(self):
        """SIGSTOP: it lives, holds what it holds, and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self):
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    def stop(self):
        """Ask it to end and wait; its exit code."""
        self.running.terminate()
        return self.ended()

    def ended(self):
        """Wait until it has ended; its exit code."""
        self.running.join(20)
        assert self.running.exitcode is not None, "it goes on"
        return self.running.exitcode

    def _signal(self, number):
        if self.running.is_alive():
            os.kill(self.running.pid, number)


def until(met, patience=60.0):
    """Wait for a condition; the last failure is the answer."""
    deadline = time.monotonic() + patience
    while not met():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)
