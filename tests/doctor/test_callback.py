"""WeCom's question at our public address: every way to answer it wrongly has its own verdict."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.doctor.finding import Finding, Verdict
from bot.platforms.wecom.callback import Callback
from bot.settings import Server, WeComSettings
from bot.web import callbacks
from bot.web.front import Front
from tests.doctor.kit import certificate, examined, served, server, settings, wecom

NAME = "wecom.callback"
HERE = Callback(wecom())


def answering(answer: Callable[[str, str], Response]) -> ASGIApp:
    """A server that can decrypt, and then does `answer` with the plaintext and what it got."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        plain = HERE.echo(request.url.query, datetime.now(UTC))
        await answer(plain, request.query_params["echostr"])(scope, receive, send)

    return app


def product(of: WeComSettings) -> ASGIApp:
    """Our own callback address, as the service runs it, with another configuration."""

    async def nobody(*_: object) -> None:
        raise AssertionError

    routes = callbacks.wecom(Callback(of), nobody, lambda: datetime.now(UTC))
    return Front(PlainTextResponse("", 404), routes)


def verdict(folder, app: ASGIApp, *, path: str = "", **tls: object) -> Finding:
    async def run() -> Finding:
        async with served(app, **tls) as port:
            url = server(port, "https", "localhost") if tls else server(port, path=path)
            found = await examined(settings(folder, server=url, wecom=wecom()), NAME)
            return found[NAME]

    return asyncio.run(run())


def told(found: Finding) -> str:
    return f"{found.seen} {found.cause} {found.fix}"


def test_the_service_itself_passes(tmp_path):
    found = verdict(tmp_path, product(wecom()))
    assert found.verdict is Verdict.GOOD, found
    assert "答对" in found.seen


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda plain, _: PlainTextResponse(f'"{plain}"'), "多了引号"),
        (lambda plain, _: PlainTextResponse(json.dumps({"echostr": plain})), "包了一层 JSON"),
        (lambda plain, _: Response(b"\xef\xbb\xbf" + plain.encode()), "BOM"),
        (lambda plain, _: PlainTextResponse(f"{plain}\n"), "换行"),
        (lambda _, echo: PlainTextResponse(echo), "没有解密"),
        (lambda *_: Response(b""), "空的"),
        (lambda *_: PlainTextResponse("success"), "不是解密后的明文"),
        (lambda *_: HTMLResponse("<!doctype html><title>登录后台</title>"), "网页"),
        (lambda *_: HTMLResponse("<title>Just a moment...</title>", 403), "人机验证"),
        (lambda *_: Response(b"x", 403, {"cf-mitigated": "challenge"}), "人机验证"),
        (lambda *_: HTMLResponse("<h1>请完成验证</h1>"), "人机验证"),
        (lambda *_: HTMLResponse("<h1>404</h1><hr>nginx", 404), "没有把 /wecom/callback 转给建流"),
        (lambda *_: Response(b'{"detail":"Not Found"}', 404), "路径前缀没去掉"),
        (lambda *_: RedirectResponse("https://login.example.com/?next=x"), "login.example.com"),
        (lambda *_: RedirectResponse("/wecom/callback/", 301), "跳转到 /wecom/callback/"),
        (lambda *_: HTMLResponse("<h1>502</h1>", 502), "后面的建流没有答复"),
        (lambda *_: Response(b"", 500), "服务出错了"),
        (lambda *_: Response(b"", 401, {"www-authenticate": "Basic"}), "不设登录"),
        (lambda *_: Response(b"", 405), "不是建流"),
    ],
)  # fmt: skip
def test_every_wrong_answer_is_named(tmp_path, answer, words):
    found = verdict(tmp_path, answering(answer))
    assert found.verdict is Verdict.BAD
    assert words in told(found)
    assert found.fix


def test_an_answer_after_more_than_a_second_is_too_late(tmp_path):
    app = answering(lambda plain, _: PlainTextResponse(plain))

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(1.05)
        await app(scope, receive, send)

    found = verdict(tmp_path, slow)
    assert found.verdict is Verdict.BAD
    assert "只等 1 秒" in found.cause


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token": "anothertoken"}, "Token 和这份配置不一样"),
        ({"corp_id": "wwanothercorp00"}, "corp_id 和这份配置不一样"),
        ({"aes_key": f"{'a' * 42}A"}, "EncodingAESKey 和这份配置不一样"),
    ],
)
def test_a_service_that_runs_with_another_configuration_is_found_out(tmp_path, changes, words):
    found = verdict(tmp_path, product(wecom(**changes)))
    assert found.verdict is Verdict.BAD
    assert words in found.cause
    assert "重启" in found.fix


def test_a_prefix_that_the_proxy_does_not_take_off_is_named(tmp_path):
    found = verdict(tmp_path, product(wecom()), path="/jianliu")
    assert "前缀" in told(found)


def test_a_certificate_of_nobody_is_named(tmp_path):
    pem = str(certificate(tmp_path))
    found = verdict(tmp_path, product(wecom()), ssl_certfile=pem)
    assert found.verdict is Verdict.BAD
    assert "自签" in found.seen


def test_a_port_without_tls_is_named(tmp_path):
    async def run() -> Finding:
        async with served(product(wecom())) as port:
            of = settings(tmp_path, server=server(port, "https", "localhost"), wecom=wecom())
            return (await examined(of, NAME))[NAME]

    assert "TLS" in asyncio.run(run()).seen


def address(tmp_path, url: str, **changes: object) -> Finding:
    of = settings(tmp_path, server=Server(public_url=url), wecom=wecom(), **changes)
    return asyncio.run(examined(of, NAME))[NAME]


def test_nobody_at_the_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = address(tmp_path, f"http://127.0.0.1:{port}")
    assert "拒绝连接" in found.seen
    assert "jianliu run" in found.fix


def test_d27_a_private_address_is_named_and_not_called(tmp_path):
    found = address(tmp_path, "https://10.1.2.3")
    assert found.verdict is Verdict.BAD
    assert "内网地址，没有去连" in found.seen


def test_d27_this_machine_is_not_called_for_a_real_company(tmp_path):
    of = settings(
        tmp_path,
        allow_unofficial_api=False,
        server=Server(public_url="https://127.0.0.1:1"),
        wecom=wecom(
            api_base="https://qyapi.weixin.qq.com", oauth_base="https://open.weixin.qq.com"
        ),
    )
    assert "没有去连" in asyncio.run(examined(of, NAME))[NAME].seen


def test_a_name_nobody_knows_is_named(tmp_path, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "解析不到地址" in address(tmp_path, "https://bot.example.com").seen


def test_no_public_address_at_all_is_named(tmp_path):
    assert "server.public_url" in address(tmp_path, "").seen


def test_what_a_stranger_answers_shows_no_secret(tmp_path):
    def echoing(_: str, echo: str) -> Response:
        return RedirectResponse(f"/{wecom().secret.get_secret_value()}?{echo}")

    found = verdict(tmp_path, answering(echoing))
    assert wecom().secret.get_secret_value() not in told(found)
    assert "***" in found.seen
