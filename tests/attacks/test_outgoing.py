"""D27: our own calls reach public addresses, the ones that were checked, and nothing else."""

from __future__ import annotations

import asyncio
import socket
import threading

import httpcore
import httpx
import pytest
from pydantic import ValidationError

from bot import outgoing
from bot.outgoing import Addresses, Forbidden, client, look_up
from bot.platforms.dingtalk.stream import Stream
from bot.settings import Settings
from tests.dingtalk.kit import Inbox, settings
from tests.wecom.kit import SETTINGS as WECOM

INSIDE = (
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.100.100.200", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "2001::1",
    "fec0::1", "::10.0.0.1", "::8.8.8.8", "::ffff:0:10.0.0.1", "64:ff9b:1::a00:1", "192.0.0.192",
    "168.63.129.16", "::ffff:168.63.129.16",
)  # fmt: skip
OUTSIDE = ("203.119.214.120", "8.8.8.8", "2400:3200::1", "64:ff9b::808:808", "::ffff:8.8.8.8")
SPELLINGS = ("127.0.0.1", "0x7f.1", "2130706433", "127.1", "017700000001", "[::ffff:127.0.0.1]")


class Canary:
    """Listens on loopback and counts who comes."""

    def __init__(self, answer=b""):
        self.visits = 0
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            visitor, _ = self._socket.accept()
            with visitor:
                if visitor.recv(65536) == b"bye":
                    return
                self.visits += 1
                visitor.sendall(self._answer)

    def close(self):
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"bye")
        self._thread.join()
        self._socket.close()


@pytest.fixture
def canary():
    made = Canary(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngold")
    yield made
    made.close()


def answers(*rounds):
    """A name server that says another thing each time."""
    left = list(rounds)

    async def look_up(host, port):
        return list(left.pop(0))

    return look_up


def get(url, addresses, **options):
    async def main():
        async with client(addresses, 3) as http:
            return await http.get(url, **options)

    return asyncio.run(main())


@pytest.mark.parametrize("address", INSIDE)
def test_d27_an_inside_address_is_never_called(address):
    with pytest.raises(Forbidden):
        asyncio.run(Addresses(loopback=False, look_up=answers([address])).of("a.example", 443))


@pytest.mark.parametrize("address", OUTSIDE)
def test_d27_a_public_address_is(address):
    addresses = Addresses(loopback=False, look_up=answers([address]))
    assert asyncio.run(addresses.of("a.example", 443)) == [address]


def test_d27_one_inside_address_among_public_ones_is_enough_to_refuse():
    with pytest.raises(Forbidden):
        asyncio.run(
            Addresses(loopback=False, look_up=answers(["8.8.8.8", "10.0.0.1"])).of("a.example", 1)
        )


def test_d27_the_demo_may_call_this_machine_and_still_nothing_else_inside():
    of = Addresses(loopback=True, look_up=answers(["127.0.0.1"], ["::1"], ["10.0.0.1"])).of
    assert asyncio.run(of("localhost", 80)) == ["127.0.0.1"]
    assert asyncio.run(of("localhost", 80)) == ["::1"]
    with pytest.raises(Forbidden):
        asyncio.run(of("inside", 80))


@pytest.mark.parametrize("host", SPELLINGS)
def test_d27_however_loopback_is_spelled_the_canary_hears_nothing(canary, host):
    with pytest.raises(httpx.ConnectError):
        get(f"https://{host}:{canary.port}/", Addresses(loopback=False))
    assert canary.visits == 0


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "file:///etc/passwd", "https://u:p@8.8.8.8/"])
def test_d27_only_https_without_credentials(url):
    with pytest.raises(httpx.UnsupportedProtocol):
        get(url, Addresses(loopback=False))


def test_d27_a_name_that_turns_inside_after_the_check_is_not_asked_again(canary, monkeypatch):
    """DNS rebinding: the first answer was checked, so the first answer is called."""
    called = []

    async def connect_tcp(self, host, port, *rest, **options):
        called.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
    rebinding = answers(["203.119.214.120"], ["127.0.0.1"])
    with pytest.raises(httpx.ConnectError):
        get(f"https://rebind.example:{canary.port}/", Addresses(loopback=False, look_up=rebinding))
    assert called == ["203.119.214.120"]
    with pytest.raises(httpx.ConnectError):
        get("https://a.example/", Addresses(loopback=False, look_up=answers(["127.0.0.1"])))
    assert (called, canary.visits) == (["203.119.214.120"], 0)


def test_d27_the_next_address_is_tried_when_one_is_deaf(canary):
    both = answers(["::1", "127.0.0.1"])
    assert get(f"http://demo:{canary.port}/", Addresses(loopback=True, look_up=both)).text == "gold"


def test_d27_a_redirect_is_an_answer_and_not_followed(canary):
    elsewhere = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{canary.port}/\r\n"
    first = Canary(f"{elsewhere}content-length: 0\r\n\r\n".encode())
    try:
        answer = get(f"http://127.0.0.1:{first.port}/", Addresses(loopback=True))
    finally:
        first.close()
    assert (answer.status_code, first.visits, canary.visits) == (302, 1, 0)


def test_d27_the_stream_goes_to_no_inside_endpoint_the_gateway_names(canary):
    endpoint = f"wss://127.0.0.1:{canary.port}/connect"
    grant = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"endpoint": endpoint, "ticket": "t"})
    )

    async def main():
        async with httpx.AsyncClient(transport=grant) as http:
            stream = Stream(settings(), http, Addresses(loopback=False), Inbox().receive, None)
            with pytest.raises(Forbidden):
                await stream._open()

    asyncio.run(main())
    assert canary.visits == 0


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.1", "file:///etc/passwd", "https://u:p@qyapi.weixin.qq.com", "ftp://a.example",
     "http://qyapi.weixin.qq.com", "https://a.example/?next=x", "//a.example"],
)  # fmt: skip
def test_d27_the_configuration_takes_no_such_address_at_all(address):
    values = WECOM.model_dump() | {"api_base": address}
    with pytest.raises(ValidationError):
        Settings(allow_unofficial_api=True, wecom=values)


def test_d27_without_leave_only_the_official_hosts_are_configured():
    with pytest.raises(ValidationError):
        Settings(wecom=WECOM.model_dump() | {"api_base": "https://a.example"})


def test_d27_the_service_calls_through_the_guard_and_through_nothing_else(office):
    service = office.demo.service
    assert isinstance(service.http._transport, outgoing.Outgoing)
    assert not service.http.follow_redirects
    assert asyncio.run(look_up("127.0.0.1", 80)) == ["127.0.0.1"]
