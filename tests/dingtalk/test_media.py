"""Files to and from DingTalk: the fake's rules, and what our client makes of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from bot.platforms.api import Undelivered
from bot.platforms.files import form
from cards.model import Media
from cards.render.slot import Slot
from tests.dingtalk.kit import lab

SLOT = Slot("d1", 1)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


def in_lab(story):
    """A test that is one coroutine over a fresh lab; files live on the same loopback."""

    def test():
        async def run():
            async with lab() as here:
                await story(here)

        asyncio.run(run())

    test.__name__ = story.__name__
    return test


@in_lab
async def test_a_message_shows_the_file_it_names(lab):
    platform = lab.platform
    for media, content, kind in (
        (Media("漏斗.png", "picture", "a"), PNG, "imageMsg"),
        (Media("客户-错误.xlsx", "file", "b"), b"PK\x03\x04", "file"),
    ):
        one = await platform.upload(media.filename, content, media.sort)
        assert one.ref.startswith("@lAL")
        request = {**platform.render(media, SLOT), "media_id": one.ref}
        await platform.send("user1", request)
        shown = lab.of("user1")[-1]
        assert shown.kind == kind
        ref = shown.wire.get("mediaId") or shown.wire["photoURL"]
        assert lab.phones.shelf("dingtalk").get(ref).content == content
    assert lab.of("user1")[-1].wire["fileType"] == "xlsx"


@in_lab
async def test_what_was_never_uploaded_is_not_sent(lab):
    request = lab.platform.render(Media("a.pdf", "file", "a"), SLOT)
    with pytest.raises(Undelivered) as refused:
        await lab.platform.send("user1", {**request, "media_id": "@lALmade-up"})
    assert refused.value.reason == "card_invalid"


@in_lab
async def test_a_file_somebody_sent_is_fetched_by_its_code_for_a_while(lab):
    await lab.stream()
    await lab.fake.upload("user1", "客户.xlsx", b"PK\x03\x04 rows")
    [file] = lab.inbox.events[-1].attachments
    assert (file.kind, file.name) == ("sheet", "客户.xlsx")
    assert await lab.platform.download(file.ref, most=100) == (b"PK\x03\x04 rows", "")
    with pytest.raises(Undelivered) as large:
        await lab.platform.download(file.ref, most=4)
    assert large.value.reason == "media_too_large"
    lab.wait(timedelta(days=2))
    with pytest.raises(Undelivered) as gone:
        await lab.platform.download(file.ref, most=100)
    assert (gone.value.reason, gone.value.retry_after) == ("media_gone", None)


@in_lab
async def test_a_picture_comes_without_a_name(lab):
    await lab.stream()
    await lab.fake.upload("user1", "名片.jpg", b"\xff\xd8\xff")
    [file] = lab.inbox.events[-1].attachments
    assert (file.kind, file.name) == ("picture", "")


@in_lab
async def test_an_upload_is_refused_as_the_old_api_refuses(lab):
    async def answer(name, content, sort, token=None):
        body, kind = form(name, content)
        token = token or await lab.platform._token.get()
        url = f"{lab.settings.oapi_base}/media/upload"
        async with httpx.AsyncClient(trust_env=False) as http:
            given = {"access_token": token, "type": sort}
            reply = await http.post(url, params=given, content=body, headers={"content-type": kind})
        return reply.json()["errcode"]

    assert await answer("a.pdf", b"x", "file", token="stale") == 40014
    assert await answer("a.pdf", b"x", "paper") == 40004
    assert await answer("a.exe", b"x", "file") == 40005
    assert await answer("a.pdf", b"", "file") == 40006
    assert await answer("a.pdf", b"x", "file") == 0


@in_lab
async def test_a_refused_token_is_renewed_once_for_files_too(lab):
    await lab.platform.upload("a.pdf", b"x", "file")
    platform = lab.platform
    await platform._token.get()
    lab.wait(timedelta(hours=3))
    one = await platform.upload("a.pdf", b"x", "file")
    assert lab.phones.shelf("dingtalk").get(one.ref) is not None


@pytest.mark.parametrize("fault", ["5xx", "down"])
def test_trouble_on_the_way_is_tried_again(fault):
    @in_lab
    async def story(lab):
        lab.chaos.order("dingtalk", fault, 2)
        await asyncio.sleep(0)
        for call in (
            lab.platform.upload("y.pdf", b"%PDF-1.7", "file"),
            lab.platform.download("code/x", most=100),
        ):
            with pytest.raises(Undelivered) as down:
                await call
            assert down.value.retry_after is not None

    story()
