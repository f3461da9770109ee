"""A deployment to examine: its platforms and its public address are real servers on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from starlette.types import ASGIApp

from bot.doctor.all import CHECKS
from bot.doctor.examination import examine
from bot.doctor.finding import Finding
from bot.settings import DatabaseSettings, DingTalkSettings, Server, Settings, WeComSettings
from bot.simulator.chaos import Chaos
from bot.simulator.dingtalk import FakeDingTalk
from bot.simulator.phones import Member, Phones
from bot.simulator.wecom import FakeWeCom
from bot.simulator.wire import WireLog

CORP, CLIENT = "ww0123456789abcdee", "dingqwertyuiopasdf"
SECRET, CLIENT_SECRET = "app-secret-that-nobody-may-see", "client-secret-that-nobody-may-see"
TOKEN, AES_KEY = "tok123tok123", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
TEMPLATE = "11111111-2222-3333-4444-555555555555.schema"
PEOPLE = [
    Member("zhangsan", "张三", "rep", "", "华东", {"wecom": "zhangsan", "dingtalk": "d001"}),
    Member("lisi", "李四", "rep", "", "华东", {"wecom": "lisi"}),
]
CLOSED = "http://127.0.0.1:9"


def wecom(**changes: Any) -> WeComSettings:
    values = {"corp_id": CORP, "agent_id": 1000002, "secret": SECRET, "token": TOKEN,
              "aes_key": AES_KEY, "api_base": CLOSED, "oauth_base": CLOSED}  # fmt: skip
    return WeComSettings.model_validate(values | changes)


def dingtalk(**changes: Any) -> DingTalkSettings:
    values = {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "robot_code": CLIENT,
              "corp_id": "dingcorp", "api_base": CLOSED, "oapi_base": CLOSED,
              "templates": {"card": TEMPLATE}}  # fmt: skip
    return DingTalkSettings.model_validate(values | changes)


def settings(folder: Path, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "allow_unofficial_api": True,
        "database": DatabaseSettings(url=f"sqlite:///{folder}/jianliu.db"),
    }
    return Settings(**(values | changes))


async def examined(of: Settings, *names: str, config: Path | None = None) -> dict[str, Finding]:
    """What the checks of these names find; all of them if none is named."""
    checks = [check for check in CHECKS if check.name in names or not names]
    assert not names or len(checks) == len(names)
    return {one.name: one.finding for one in await examine(of, config, checks=checks)}


def finding(of: Settings, name: str, **rest: Any) -> Finding:
    return asyncio.run(examined(of, name, **rest))[name]


@asynccontextmanager
async def served(app: ASGIApp, port: int = 0, **options: Any) -> AsyncIterator[int]:
    """`app` on a loopback port, a free one unless it is given."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        config = uvicorn.Config(
            app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1,
            ws="websockets-sansio", **options,
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(10):
                while not server.started:  # noqa: ASYNC110 - uvicorn has no event
                    await asyncio.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


class Company:
    """Both fake platforms behind one address, to be misused at will."""

    def __init__(
        self,
        public_url: str = "http://127.0.0.1:8787",
        apps: tuple[WeComSettings, DingTalkSettings] | None = None,
    ) -> None:
        ours, theirs = apps or (wecom(), dingtalk())
        self.phones = phones = Phones(list(PEOPLE), lambda: datetime.now(UTC))
        self.http = httpx.AsyncClient(trust_env=False)
        self.chaos, wire = Chaos(phones.now), WireLog(phones.now)
        address = f"{public_url}/wecom/callback"
        self.wecom = FakeWeCom(phones, ours, address, self.http, phones.now, wire, self.chaos)
        self.dingtalk = FakeDingTalk(phones, theirs, self.http, phones.now, wire, self.chaos)
        self.app = FastAPI(openapi_url=None)
        self.app.include_router(self.wecom.router)
        self.app.include_router(self.dingtalk.router)


def at_company(look: Callable[[Company, str], Awaitable[dict[str, Finding]]]) -> dict[str, Finding]:
    """`look` is given the fakes and their address."""

    async def run() -> dict[str, Finding]:
        async with AsyncExitStack() as stack:
            company = Company()
            stack.push_async_callback(company.http.aclose)
            port = await stack.enter_async_context(served(company.app))
            return await look(company, f"http://127.0.0.1:{port}")

    return asyncio.run(run())


def certificate(folder: Path, host: str = "localhost", *, age: timedelta = timedelta()) -> Path:
    """A self-signed certificate and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    begins = datetime.now(UTC) - age - timedelta(days=1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(begins).not_valid_after(begins + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    path = folder / "certificate.pem"
    path.write_bytes(
        made.public_bytes(pem)
        + key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )  # fmt: skip
    return path


def server(port: int, scheme: str = "http", host: str = "127.0.0.1", path: str = "") -> Server:
    return Server(public_url=f"{scheme}://{host}:{port}{path}")
