"""Files over the smart bot: fetched with their own key, uploaded in pieces, never in doubt."""

from __future__ import annotations

import asyncio
import base64
import gzip
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from hashlib import md5

import httpx
import pytest
import respx

from bot.outgoing import Addresses
from bot.platforms.api import Undelivered
from bot.platforms.files import fetched
from bot.platforms.wecom_bot import downloads, inbound
from bot.platforms.wecom_bot.client import WeComBotPlatform
from bot.platforms.wecom_bot.frames import MESSAGE, PUSH, WELCOME, Frame
from bot.settings import WeComBotSettings
from cards.model import Media, Text
from cards.render.media import REFERENCE
from cards.render.slot import Slot
from tests.wecom_bot import kit
from tests.wecom_bot.kit import QUICK, gateway, until
from tests.wecom_bot.lab import BOT, NOW, SECRET, client, lab
from tests.wecom_bot.test_official_sdk import Quiet, official

INIT, CHUNK, FINISH = (f"aibot_upload_media_{step}" for step in ("init", "chunk", "finish"))
SHEET = b"PK\x03\x04" + bytes(range(256)) * 3000
"""More than one piece."""
PLACE = "https://files.example.com/one"


@asynccontextmanager
async def bot(address, secret=SECRET, bot_id=BOT):
    """Our client on a line of its own."""
    settings = WeComBotSettings(bot_id=bot_id, secret=secret, gateway=address)
    async with httpx.AsyncClient(trust_env=False) as http:
        made = WeComBotPlatform(
            settings, "ww", Addresses(loopback=True), http, lambda: NOW, lambda _: None, QUICK
        )
        running = asyncio.create_task(made.line.run())
        try:
            await until(lambda: made.line.connected)
            yield made
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def promise(story):
    def test():
        asyncio.run(story())

    test.__name__, test.__doc__ = story.__name__, story.__doc__
    return test


async def why_not(work):
    with pytest.raises(Undelivered) as refused:
        await work
    return refused.value


async def sent(here, peer, name="客户 名单.xlsx", content=SHEET):
    """What a bot is told of a file 张三 sends."""
    sending = asyncio.create_task(here.fake.upload("zhangsan", name, content))
    while True:
        _, body = await peer.next()
        if body["msgtype"] == "file":
            break
    sending.cancel()
    return body


def told(body):
    """The reference we keep of it."""
    push = inbound.read(Frame(MESSAGE, "r1", body, 0), "ww", NOW)
    [one] = push.inbound.attachments
    assert (push.inbound.kind, one.kind, one.name) == ("file", "unnamed", "")
    return one.ref


@promise
async def test_a_sent_file_is_fetched_with_its_key_and_has_its_name():
    async with lab() as here, client(here) as peer:
        await peer.subscribe()
        body = await sent(here, peer)
        async with httpx.AsyncClient(trust_env=False) as http:
            whole = await downloads.downloaded(http, told(body), most=10**6)
            assert whole == (SHEET, "客户 名单.xlsx")
            large = await why_not(downloads.downloaded(http, told(body), most=1000))
            assert (large.reason, large.retry_after) == ("media_too_large", None)
            here.clock[0] += timedelta(minutes=5)
            gone = await why_not(downloads.downloaded(http, told(body), most=10**6))
            assert (gone.reason, gone.retry_after) == ("media_gone", None)


@promise
async def test_the_official_client_opens_what_the_fake_has_encrypted():
    async with lab() as here, client(here) as peer:
        await peer.subscribe()
        file = (await sent(here, peer))["file"]
        log = Quiet()
        got = await official(here.address, log).download_file(file["url"], file["aeskey"])
        assert (got, log.troubles) == ((SHEET, "客户 名单.xlsx"), [])


@promise
async def test_a_file_goes_up_in_pieces_and_every_message_names_it():
    async with lab() as here, bot(here.address) as ours:
        await here.fake.say("zhangsan", "在吗")
        up = await ours.upload("明细.xlsx", SHEET, "file")
        assert NOW + timedelta(days=2) < up.good_until < NOW + timedelta(days=3)
        request = ours.render(Media("明细.xlsx", "file", "b1"), Slot("D1", 1))
        for _ in range(2):
            await ours.send("zhangsan", {**request, REFERENCE: up.ref})
        for message in here.shown:
            assert (message.kind, message.wire["filename"]) == ("file", "明细.xlsx")
            assert here.phones.shelf("wecom_bot").get(message.wire["media_id"]).content == SHEET
        assert len(here.shown) == 2


@promise
async def test_what_the_platform_has_forgotten_is_uploaded_anew():
    async with lab() as here, bot(here.address) as ours:
        await here.fake.say("zhangsan", "在吗")
        up = await ours.upload("明细.xlsx", SHEET, "file")
        here.clock[0] += timedelta(days=3)
        request = ours.render(Media("明细.xlsx", "file", "b1"), Slot("D1", 1))
        refused = await why_not(ours.send("zhangsan", {**request, REFERENCE: up.ref}))
        assert refused.reason == "media_expired"
        assert refused.retry_after is not None


@pytest.mark.parametrize(
    ("moods", "reason"),
    [
        (["mute"], "channel_down"),
        (["ok"], "channel_down"),  # taken, but nothing to name it by
        ([45009], "rate_limited"),
        ([40058], "channel_down"),  # it knows the upload no more: once again from the start
        (["drop"], "channel_down"),
    ],
)
def test_an_upload_that_fails_leaves_no_doubt_and_may_be_tried_again(moods, reason):
    async def story():
        async with gateway() as there, bot(there.address, kit.SECRET, kit.BOT) as ours:
            there.moods = moods
            refused = await why_not(ours.upload("明细.xlsx", SHEET, "file"))
            assert (refused.reason, refused.ambiguous) == (reason, False)
            assert refused.retry_after is not None

    asyncio.run(story())


def test_what_the_platform_will_never_take_is_not_uploaded_again():
    async def story():
        async with gateway() as there, bot(there.address, kit.SECRET, kit.BOT) as ours:
            there.moods = [45001]
            return await why_not(ours.upload("明细.xlsx", SHEET, "file"))

    refused = asyncio.run(story())
    assert (refused.reason, refused.retry_after) == ("card_invalid", None)


@promise
async def test_a_file_is_no_welcome_and_leaves_the_welcome_to_the_words():
    async with gateway() as there, bot(there.address, kit.SECRET, kit.BOT) as ours:
        ours.may_answer("lisi", "r1", WELCOME)
        file = ours.render(Media("明细.xlsx", "file", "b1"), Slot("D1", 1))
        await ours.send("lisi", {**file, REFERENCE: "m1"})
        await ours.send("lisi", ours.render(Text("您好"), Slot("D2", 1)))
        assert [one["cmd"] for one in there.frames[1:]] == [PUSH, WELCOME]


@pytest.mark.parametrize(
    ("answer", "reason", "again"),
    [
        ({"status_code": 403}, "media_gone", False),
        ({"status_code": 502}, "channel_down", True),
        ({"side_effect": httpx.ConnectError}, "channel_down", True),
        ({"content": b"x" * 31}, "media_gone", False),
        ({"content": b""}, "media_gone", False),
        (
            {"content": gzip.compress(bytes(10**6)), "headers": {"content-encoding": "gzip"}},
            "media_gone",
            False,
        ),
        ({"content": bytes(64)}, "media_gone", False),  # under another key
    ],
)
def test_what_cannot_be_had_or_opened_is_said(answer, reason, again):
    async def story():
        key = base64.b64encode(bytes(range(32))).decode().rstrip("=")
        with respx.mock() as net:
            route = net.get(PLACE)
            route.mock(**answer) if "side_effect" in answer else route.respond(**answer)
            async with httpx.AsyncClient() as http:
                refused = await why_not(downloads.downloaded(http, f"{key} {PLACE}", most=1000))
        assert (refused.reason, refused.retry_after is not None) == (reason, again)

    asyncio.run(story())


@pytest.mark.parametrize("url", ["https://xn--a/", ""])
def test_an_address_that_cannot_be_is_no_traceback(url):
    async def story():
        async with httpx.AsyncClient() as http:
            return await why_not(fetched(http, url, None, most=9))

    assert asyncio.run(story()).reason == "channel_down"


def test_whoever_sends_a_byte_now_and_then_is_given_up(monkeypatch):
    monkeypatch.setattr("bot.platforms.files.SECONDS", 0.3)

    async def story():
        gone = asyncio.Event()

        async def drip(_, writer):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            with suppress(ConnectionError):
                while not writer.is_closing():
                    writer.write(b"x")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            writer.close()
            gone.set()

        async with (
            await asyncio.start_server(drip, "127.0.0.1", 0) as server,
            httpx.AsyncClient(trust_env=False) as http,
        ):
            port = server.sockets[0].getsockname()[1]
            slow = await why_not(fetched(http, f"http://127.0.0.1:{port}/", None, most=999))
            await gone.wait()
        return slow

    slow = asyncio.run(story())
    assert (slow.reason, slow.retry_after is not None) == ("channel_down", True)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=UTF-8''%E5%AE%A2%20%E6%88%B7.xlsx", "客 户.xlsx"),
        ("attachment; filename=a.xlsx; filename*=UTF-8''%E5%AE%A2.xlsx", "客.xlsx"),
        ("attachment; filename=%E5%AE%A2.csv", "客.csv"),
        ('attachment; filename="a;b.csv"', "a;b.csv"),
        ("attachment", ""),
        ("", ""),
        (";;filename", ""),
        ("attachment; filename=a.xlsx; filename*=UTF-8''", "a.xlsx"),
        ("attachment; filename*=UTF-8''50%2525.csv", "50%25.csv"),
        ("attachment; filename*=idna''x; filename=a.csv", "a.csv"),
        ("attachment; filename*=undefined''x", ""),
        ("attachment; filename*=punycode''%FF", ""),
        ("attachment; filename*UTF-8''%FF", ""),
        ('attachment; x;"' + ";" * 50_000, ""),
    ],
)
def test_a_file_is_named_as_its_answer_says(header, name):
    async def story():
        with respx.mock() as net:
            net.get(PLACE).respond(200, content=b"x", headers={"content-disposition": header})
            async with httpx.AsyncClient() as http:
                return await fetched(http, PLACE, None, most=9)

    assert asyncio.run(story()).name == name


@pytest.mark.parametrize(
    "file",
    [{}, {"url": PLACE}, {"aeskey": "QUJD", "url": PLACE}, {"aeskey": "ä" * 43, "url": PLACE},
     {"aeskey": 7, "url": ["x"]}, {"aeskey": "A" * 43, "url": f"{PLACE}{'x' * 5000}"}],
)  # fmt: skip
def test_a_file_that_cannot_be_fetched_is_something_sent_without_words(file):
    body = {"msgid": "m", "from": {"userid": "lisi"}, "msgtype": "file", "file": file}
    push = inbound.read(Frame(MESSAGE, "r1", body, 0), "ww", NOW)
    assert (push.inbound.kind, push.inbound.text) == ("other", "file")


@promise
async def test_the_fake_takes_no_upload_that_is_not_whole():
    about = {"type": "file", "filename": "a.pdf", "total_size": 6, "total_chunks": 1}
    piece = {"chunk_index": 0, "base64_data": base64.b64encode(b"%PDF-1").decode()}
    async with lab() as here, client(here) as peer:
        await peer.subscribe()
        assert await peer.ask(INIT, {**about, "type": "sheet"}) == 40004
        assert await peer.ask(INIT, {**about, "total_chunks": 101}) == 40058
        assert await peer.ask(INIT, {**about, "total_size": 600_000}) == 45001
        assert await peer.ask(CHUNK, {"upload_id": "x", **piece}) == 40058
        assert await peer.ask(INIT, {**about, "md5": md5(b"other").hexdigest()}) == 0
        upload = {"upload_id": peer.bodies[-1]["upload_id"]}
        assert await peer.ask(FINISH, upload) == 40058
        assert await peer.ask(CHUNK, {**upload, **piece, "chunk_index": 1}) == 40058
        assert await peer.ask(CHUNK, {**upload, **piece, "base64_data": "%"}) == 40058
        assert await peer.ask(CHUNK, {**upload, **piece}) == 0
        assert await peer.ask(FINISH, upload) == 40058, "another file was announced"
        for _ in range(29):
            assert await peer.ask(INIT, about) == 0
        assert await peer.ask(INIT, about) == 45009
        here.clock[0] += timedelta(minutes=1)
        assert await peer.ask(INIT, about) == 0
