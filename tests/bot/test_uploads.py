"""A message with a file: uploaded once, named by everybody, and never in doubt for the upload."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot import uploads
from bot.delivery import LADDER
from bot.platforms.api import Receipt, Undelivered, Uploaded
from cards import media, outbox
from engine import jobs
from sales.people import Address
from tests.bot.kit import desk

PDF = b"%PDF-1.7 a report"


class Taking:
    """What a platform does with files, noted; `failures` come first."""

    def __init__(self, d):
        self.given, self.failures, self._clock = [], [], d.clock
        d.platform.upload = self.upload

    async def upload(self, name, content, sort):
        if self.failures:
            raise self.failures.pop(0)
        self.given.append((name, content, sort))
        return Uploaded(f"ref{len(self.given)}", self._clock.now() + timedelta(days=3))


def say(d, *accounts, content=PDF):
    def work(db):
        now = d.clock.now()
        file = media.file(db, d.vault, "周报.pdf", content, personal=False, now=now)
        for account in accounts:
            outbox.post(db, file, [Address(account, "wecom", "ww", account)], now=now)

    d.database.writer.run(work)


def sent(d):
    return [(who, request["media_id"]) for who, request in d.platform.sent]


def promise(story):
    def test(tmp_path):
        async def run():
            async with desk(tmp_path) as d:
                d.platform.render = lambda content, slot, **_: {
                    "media": {"name": content.filename, "sort": content.sort, "blob": content.blob},
                    "ref": slot.ref,
                }
                await story(d, Taking(d))

        asyncio.run(run())

    test.__name__ = story.__name__
    return test


@promise
async def test_one_upload_serves_everybody(d, taking):
    say(d, "zhangsan")
    await d.deliver()
    say(d, "lisi", "wangjingli")
    await d.deliver()
    assert sent(d)[0] == ("zhangsan", "ref1")
    assert set(sent(d)[1:]) == {("lisi", "ref1"), ("wangjingli", "ref1")}  # at the same time
    assert taking.given == [("周报.pdf", PDF, "file")]


@promise
async def test_after_its_time_it_is_uploaded_anew(d, taking):
    say(d, "zhangsan")
    await d.deliver()
    d.clock.jump(d.clock.now() + timedelta(days=3, minutes=1))
    say(d, "lisi")
    await d.deliver()
    assert sent(d)[-1] == ("lisi", "ref2")
    assert len(taking.given) == 2


@promise
async def test_an_upload_that_never_works_is_dead_and_never_uncertain(d, taking):
    away = Undelivered("channel_down", "x", retry_after=timedelta(seconds=1), ambiguous=True)
    taking.failures = [away] * (len(LADDER) + 1)
    say(d, "zhangsan")
    for wait in (*LADDER, timedelta()):
        await d.deliver()
        d.clock.jump(d.clock.now() + wait)
    assert jobs.State(d.one("SELECT state FROM job WHERE lane LIKE 'outbox%'")) is jobs.State.DEAD
    assert d.platform.sent == []


@promise
async def test_what_the_platform_forgot_is_uploaded_again_at_the_next_try(d, taking):
    say(d, "zhangsan")
    send, refused = d.platform.send, []

    async def forgetful(account, request):
        if request["media_id"] == "ref1":
            refused.append(account)
            raise Undelivered("media_expired", "40007", retry_after=timedelta(seconds=1))
        return await send(account, request)

    d.platform.send = forgetful
    await d.deliver()
    d.clock.jump(d.clock.now() + LADDER[0])
    await d.deliver()
    assert (refused, sent(d)) == (["zhangsan"], [("zhangsan", "ref2")])
    assert isinstance(await send("x", {"media_id": ""}), Receipt)


def test_a_slow_upload_ends_before_the_message_may_be_in_doubt(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "UPLOAD_SECONDS", 0.05)

    @promise
    async def story(d, taking):
        async def endless(name, content, sort):
            taking.given.append((name, content, sort))
            await asyncio.Event().wait()

        d.platform.upload = endless
        say(d, "zhangsan")
        await d.deliver()
        assert "slow upload" in d.one("SELECT last_error FROM job WHERE lane LIKE 'outbox%'")
        payload = d.one("SELECT payload FROM job WHERE lane LIKE 'outbox%'")
        assert "doubtful" not in payload

    story(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("周报.pdf", b"MZ is no report"),
        ("周报", PDF),
        ("周报.exe", b"MZ" + bytes(9)),
        ("图.png", b"\x89PNG\r\n\x1a\n" + bytes(media.MOST_PICTURE)),
        ("空.pdf", b"%PDF-"),
    ],
)
def test_what_no_platform_would_take_is_never_said(tmp_path, name, content):
    async def story():
        async with desk(tmp_path) as d:
            now = d.clock.now()
            with pytest.raises(ValueError, match=r"of \d+ bytes"):
                d.database.writer.run(
                    lambda db: media.file(db, d.vault, name, content, personal=False, now=now)
                )
            assert d.one("SELECT count(*) FROM blob") == 0

    asyncio.run(story())
