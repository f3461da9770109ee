"""Files to and from WeCom: the fake's rules, and what our client makes of them."""

from __future__ import annotations

import pytest

from bot.platforms.api import Undelivered
from bot.platforms.files import form
from cards.model import Media
from cards.render.slot import Slot
from tests.wecom.fake_kit import World, promise, running

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
MEGABYTE = 1 << 20


async def uploaded(world: World, name='报价 "A".xlsx', content=b"123456", sort="file"):
    body, _ = form(name, content)
    return await world.call("media/upload", body, type=sort)


@promise
async def test_a_file_comes_back_as_it_was_given_for_three_days(world):
    one = await world.platform.upload('报价 "A".xlsx', b"PK\x03\x04\r\n--x\r\n\r\ny", "file")
    assert await world.platform.download(one.ref, most=1000) == (b"PK\x03\x04\r\n--x\r\n\r\ny", "")
    assert world.phones.shelf("wecom").get(one.ref).name == '报价 "A".xlsx'
    world.clock.advance(days=3)
    with pytest.raises(Undelivered) as gone:
        await world.platform.download(one.ref, most=1000)
    assert (gone.value.reason, gone.value.detail) == ("media_gone", "40145")
    assert one.good_until < world.clock()


@promise
async def test_what_was_never_there_is_gone_and_what_is_too_large_is_not_read(world):
    with pytest.raises(Undelivered) as gone:
        await world.platform.download("no-such-media", most=1000)
    assert (gone.value.reason, gone.value.detail) == ("media_gone", "40007")
    one = await world.platform.upload("x.pdf", bytes(1001), "file")
    with pytest.raises(Undelivered) as large:
        await world.platform.download(one.ref, most=1000)
    assert (large.value.reason, large.value.retry_after) == ("media_too_large", None)


@promise
async def test_sizes_and_sorts_are_those_of_the_documents(world):
    assert (await uploaded(world, sort="paper"))["errcode"] == 40004
    assert (await world.call("media/upload", b"{}", type="file"))["errcode"] == 41005
    assert (await uploaded(world, content=b"12345"))["errcode"] == 40006
    gif, large = b"GIF89a-no-picture-here", PNG + bytes(10 * MEGABYTE)
    assert (await uploaded(world, content=gif, sort="image"))["errcode"] == 40005
    assert (await uploaded(world, content=large, sort="image"))["errcode"] == 45001
    assert (await uploaded(world, content=bytes(20 * MEGABYTE + 1)))["errcode"] == 45001
    assert (await uploaded(world, content=PNG, sort="image"))["errcode"] == 0


@promise
async def test_a_refused_token_is_renewed_once_for_files_too(world):
    world.chaos.order("wecom", "token_expired", 1)
    one = await world.platform.upload("x.pdf", b"%PDF-1.7".ljust(20), "file")
    world.chaos.order("wecom", "token_expired", 1)
    assert (await world.platform.download(one.ref, most=1000)).content.startswith(b"%PDF")


@promise
async def test_a_message_shows_the_file_it_names_and_none_that_is_over(world):
    platform, slot = world.platform, Slot("d1", 1)
    picture = platform.render(Media("漏斗.png", "picture", "a" * 64), slot)
    one = await platform.upload("漏斗.png", PNG, "picture")
    await platform.send("lisi", {**picture, "media_id": one.ref})
    (shown,) = world.shown()
    assert (shown.kind, shown.wire["filename"]) == ("image", "漏斗.png")

    file = platform.render(Media("周报.pdf", "file", "b" * 64), slot)
    world.clock.advance(days=4)
    with pytest.raises(Undelivered) as expired:
        await platform.send("lisi", {**file, "media_id": one.ref})
    assert expired.value.reason == "media_expired"
    assert expired.value.retry_after is not None


@pytest.mark.parametrize("fault", ["5xx", "down"])
def test_trouble_on_the_way_is_tried_again_and_names_no_address(fault):
    async def story(world):
        one = await world.platform.upload("x.pdf", b"%PDF-1.7", "file")
        world.chaos.order("wecom", fault, 2)
        for call in (
            world.platform.upload("y.pdf", b"%PDF-1.7", "file"),
            world.platform.download(one.ref, most=1000),
        ):
            with pytest.raises(Undelivered) as down:
                await call
            assert (down.value.reason, down.value.retry_after is None) == ("channel_down", False)
            assert "://" not in str(down.value)
            assert one.ref not in str(down.value)

    running(story)
